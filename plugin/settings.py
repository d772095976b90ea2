"""What may be set from outside, read once when the panel is activated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from plugin.first_look.state import ReadingMode

AUTO_READ = "SIDELIGHT_AUTO_READ"
ALLOW_SYNTHETIC = "SIDELIGHT_ALLOW_SYNTHETIC"
PACK = "SIDELIGHT_PACK"
DEVICE = "SIDELIGHT_DEVICE"
PREFETCH = "SIDELIGHT_PREFETCH"
MODE = "SIDELIGHT_MODE"


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """Settings of one start of the program."""

    auto_read: bool | None = None
    """Read a study as soon as it hangs, once. None: as the site chose."""
    allow_synthetic: bool = False
    """Also read films that say they are synthetic (0008,001C). Only for the demo patient and for teaching."""
    pack: str | None = None
    """Id of the model pack; None takes the best one installed."""
    device: str = "auto"
    """auto, cpu or cuda."""
    prefetch: bool = False
    """Let the backend look at the films of a study that hangs before it is asked to read it, then at those of the next
    study in the list. Nothing is drafted."""
    mode: ReadingMode | None = None
    """When the reader sees what the AI found. None: as the site chose."""


def settings_from(environment: Mapping[str, str]) -> PanelSettings:
    """Read the settings from environment variables; `1` switches on. What they say goes before the site's choices."""
    return PanelSettings(
        auto_read=_switch(environment.get(AUTO_READ, "")),
        allow_synthetic=environment.get(ALLOW_SYNTHETIC) == "1",
        pack=environment.get(PACK) or None,
        device=environment.get(DEVICE) or "auto",
        prefetch=environment.get(PREFETCH) == "1",
        mode=_mode(environment.get(MODE, "")),
    )


def _mode(told: str) -> ReadingMode | None:
    return next((mode for mode in get_args(ReadingMode) if mode == told), None)


def _switch(told: str) -> bool | None:
    """1 and 0 decide; anything else leaves it to the site."""
    return {"1": True, "0": False}.get(told.strip())
