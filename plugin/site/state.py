"""What happens to the site's settings. About no study: it is told with an empty key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Names of fields of `SiteSettings`, never their values."""

    names: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class ConsentChanged:
    """Whether corrections may be kept for training from now on."""

    is_given: bool
    at: str


SiteEvent = SettingsChanged | ConsentChanged
