"""What a hanging protocol says. Frozen data; its JSON form has the same names (`schema.json` describes it).

The bounds in the annotations are checked where a file is read, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from annotated_types import Ge, Le, Len

FORMAT: Final = "sidelight.hanging/1"
MOST_VIEWPORTS = 4

ViewName = Literal["frontal", "lateral", "any"]
Side = Literal["left", "right"]
Word = Annotated[str, Len(1, 64)]


@dataclass(frozen=True, slots=True)
class ViewportRule:
    """What one viewport wants. Where no film fits it is left out and the others get its room."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    show: Literal["current", "prior"]
    view: ViewName = "frontal"
    or_any_view: bool = False  # where that view is not there, another film of the study
    prior_number: Annotated[int, Ge(1), Le(9)] = 1  # 1: the nearest earlier study, 2: the one before …
    sync_group: Annotated[str, Len(0, 64)] = "films"  # viewports of one group zoom, pan, window together
    screen: Annotated[int, Ge(1), Le(2)] = 1  # 2: the second films window, where there is a second screen
    preset_key: Annotated[int, Ge(0), Le(9)] | None = None  # window preset at first; None: as acquired


@dataclass(frozen=True, slots=True)
class Fits:
    """Which studies a protocol is meant for. What is left out restricts nothing."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    modalities: Annotated[tuple[Word, ...], Len(0, 32)] = ()  # Modality (0008,0060)
    body_parts: Annotated[tuple[Word, ...], Len(0, 32)] = ()  # words of Body Part Examined (0018,0015)
    views: Annotated[tuple[Literal["frontal", "lateral"], ...], Len(0, 2)] = ()  # all must be there
    priors_at_least: Annotated[int, Ge(0), Le(9)] = 0


@dataclass(frozen=True, slots=True)
class HangingProtocol:
    """Viewports from left to right, top to bottom, and the studies that they are meant for."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    format: Literal["sidelight.hanging/1"]
    id: Annotated[str, Len(1, 64)]
    title: Annotated[str, Len(1, 80)]
    viewports: Annotated[tuple[ViewportRule, ...], Len(1, MOST_VIEWPORTS)]
    columns: Annotated[int, Ge(1), Le(MOST_VIEWPORTS)] = MOST_VIEWPORTS  # viewports in one row
    fits: Fits = Fits()
    is_automatic: bool = True  # may hang a study that it fits without being chosen
    follows_current_side: bool = True  # rows are mirrored where a site has its current films at the left


@dataclass(frozen=True, slots=True)
class HangingRules:
    """All protocols there are, a site's own before the bundled ones, and the site's side for current films."""

    protocols: tuple[HangingProtocol, ...]
    current_side: Side = "right"

    def named(self, protocol_id: str) -> HangingProtocol | None:
        return next((protocol for protocol in self.protocols if protocol.id == protocol_id), None)
