"""A picture that is shown in the place of a film for a while. Plain data and pure functions.

It is no film: exports, measurements and plugins are never given it, and it always says what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from viewer.core.language import tr
from viewer.core.registration import Registration
from viewer.core.voi import LINEAR_EXACT, WindowVoi
from viewer.ui.film_picture import FilmPicture
from viewer.ui.film_view import FilmView, Lying, same_look
from viewer.ui.hanging_choice import Slot
from viewer.ui.viewport import ViewportState

DIFFERENCE_VOI = WindowVoi(128.0, 255.0, LINEAR_EXACT)


@dataclass(frozen=True, slots=True, eq=False)
class StandIn:
    """What stands in, whose words are shown with it, and how the place's own zoom and posture carry over."""

    in_place_of: str  # key of the film whose viewport shows it
    picture: FilmPicture
    slot: Slot
    view: Callable[[Lying], FilmView]
    badges: tuple[str, ...]
    notices: tuple[str, ...] = ()

    def state(self, own: Lying, is_active: bool, are_marks_hidden: bool) -> ViewportState:
        """What the viewport shows in place of `own`. Marks of a film lie on its own pixels and are left out."""
        return ViewportState(
            slot=self.slot,
            view=self.view(own),
            notices=self.notices,
            badges=self.badges,
            is_stand_in=True,
            is_active=is_active,
            are_marks_hidden=are_marks_hidden,
        )


def raw_view(own: Lying, prior: FilmView, picture: FilmPicture) -> FilmView:
    """The prior as it was acquired, at the place's zoom."""
    return same_look(own, (prior, picture.pixels.description, own[2]))


def registered_view(own: Lying, prior: FilmView) -> FilmView:
    """The prior's grey levels, the current film's zoom, place and posture: its pixels lie on the current ones."""
    return replace(
        own[0],
        voi=prior.voi,
        voi_name=prior.voi_name,
        is_lut_off=prior.is_lut_off,
        is_inverted=prior.is_inverted,
        look=prior.look,
    )


def difference_view(own: Lying) -> FilmView:
    return replace(own[0], voi=DIFFERENCE_VOI, voi_name=tr("difference"), is_lut_off=False, look="")


def registered_badge(registration: Registration) -> str:
    """What was done to the prior: a reader must know that its size and tilt are not as acquired."""
    turned, scaled = f"{abs(registration.turn_deg):.1f}°", f"{registration.scale * 100:.0f} %"
    return tr("REGISTERED – prior turned {turned}, scaled {scaled}", turned=turned, scaled=scaled)
