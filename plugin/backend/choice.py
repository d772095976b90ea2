"""Which model reads, as the reader chose it; kept among the panel's settings. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from plugin.settings import PanelSettings
from viewer.api import PluginSettings

NAME = "model"
PRECISION_CHOICES = (
    ("", "as this computer does best"),
    ("float32", "float32: most memory"),
    ("bfloat16", "bfloat16: half of it"),
    ("int8", "int8: a quarter of it"),
)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Empty = what the program would take by itself."""

    pack: str = ""
    precision: str = ""


def kept_choice(settings: PluginSettings, told: PanelSettings) -> ModelChoice:
    """The reader's choice; a pack that the environment names stands before it."""
    kept = settings.get(NAME)
    values = kept if isinstance(kept, Mapping) else {}
    pack, precision = values.get("pack", ""), values.get("precision", "")
    known = {value for value, _ in PRECISION_CHOICES}
    chosen = ModelChoice(pack if isinstance(pack, str) else "", precision if precision in known else "")
    return ModelChoice(told.pack, chosen.precision) if told.pack else chosen


def keep_choice(settings: PluginSettings, choice: ModelChoice) -> None:
    settings.set(NAME, asdict(choice))
