"""What the site chose: one frozen, versioned dataclass, kept among the reader's settings. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_args

from plugin.first_look.state import ReadingMode
from plugin.settings import PanelSettings
from viewer.api import PluginSettings

NAME = "site"
"""Under which the viewer keeps them for this panel."""
FORMAT = 1
LONGEST_WAIT_S = 600


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """One site's choices; what IT set in the environment stands before them (see `site_settings`)."""

    mode: ReadingMode = "second reader"
    """When the reader sees what the AI found."""
    reveal_after_s: int = 0
    """Second reader: show it after so many seconds on screen, also where the reader did not ask; 0 = never."""
    reads_by_itself: bool = False
    """Read a study as soon as it hangs; what was found still waits behind the first look."""
    reader_name: str = ""
    """Signs reports and stands in the audit log."""
    institution: str = ""
    """Stands at the head of what leaves the program."""
    keeps_corrections: bool = False
    """Consent: the drafts with what the reader made of them are kept on this computer, for training on it."""
    texts_file: str = ""
    """The site's own templates and macros; empty = those that come with the program."""


_FIELDS = {field.name: field for field in fields(SiteSettings)}
_NEWER: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()
"""How format n becomes format n + 1, oldest first. Format 1 is the first."""


def settings_from_values(values: object) -> SiteSettings:
    """Read what was kept. What is missing, unknown or of another kind falls back to its default, one by one."""
    if not isinstance(values, Mapping):
        return SiteSettings()
    told = dict(values)
    made_in = told.get("format", FORMAT)
    for step in _NEWER[made_in - 1 :] if isinstance(made_in, int) and made_in >= 1 else ():
        told = step(told)
    return _tidied(SiteSettings(**{name: told[name] for name in _FIELDS if _is_fit(name, told.get(name))}))


def values_of(settings: SiteSettings) -> dict[str, Any]:
    """The settings as plain values, with the number of their format."""
    return {"format": FORMAT, **asdict(settings)}


def changed_names(before: SiteSettings, after: SiteSettings) -> tuple[str, ...]:
    """The names of what differs, for the audit log: never what it was or is."""
    return tuple(name for name in _FIELDS if getattr(before, name) != getattr(after, name))


def site_settings(kept: PluginSettings, of_this_start: PanelSettings) -> SiteSettings:
    """The site's choices, with what the environment or the command line decided for this start before them."""
    chosen = kept_settings(kept)
    return replace(
        chosen,
        mode=of_this_start.mode or chosen.mode,
        reads_by_itself=chosen.reads_by_itself
        if of_this_start.auto_read is None
        else of_this_start.auto_read,
    )


def kept_settings(kept: PluginSettings) -> SiteSettings:
    """The site's own choices, whatever holds for this start."""
    return settings_from_values(kept.get(NAME))


def fixed_names(of_this_start: PanelSettings) -> frozenset[str]:
    """The settings that the environment or the command line decides."""
    told = {"mode": of_this_start.mode, "reads_by_itself": of_this_start.auto_read}
    return frozenset(name for name, value in told.items() if value is not None)


def keep(kept: PluginSettings, settings: SiteSettings) -> None:
    kept.set(NAME, values_of(_tidied(settings)))


def _is_fit(name: str, value: object) -> bool:
    if name == "mode":
        return value in get_args(ReadingMode)
    return type(value) is type(_FIELDS[name].default)  # a flag is no number here


def _tidied(settings: SiteSettings) -> SiteSettings:
    return replace(
        settings,
        reveal_after_s=min(max(0, settings.reveal_after_s), LONGEST_WAIT_S),
        reader_name=settings.reader_name.strip(),
        institution=settings.institution.strip(),
        texts_file=settings.texts_file.strip(),
    )
