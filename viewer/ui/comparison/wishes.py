"""Flicker and subtraction: what the reader can ask for, and which picture stands in the current film's place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer

from viewer.core.hanging import is_lateral
from viewer.core.language import tr
from viewer.ui import wording
from viewer.ui.background import Task
from viewer.ui.comparison.prepare import Pair, prepare
from viewer.ui.comparison.stand_in import (
    StandIn,
    difference_view,
    raw_view,
    registered_badge,
    registered_view,
)
from viewer.ui.film_loader import LoadedFilm, load_film
from viewer.ui.film_view import FilmView
from viewer.ui.hanging_choice import Hung, Slot, hang

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

RATE = "comparison.swaps_per_second"
RATES = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
"""Swaps a second. Six are three flashes a second: more can harm people with photosensitive epilepsy (WCAG 2.3.1)."""
USUAL_RATE = 2.0

Mode = Literal["off", "flicker", "difference"]


class ComparisonWishes(QObject):
    """Shows the prior, or the difference, in the place of the current film. Decides nothing about what hangs."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.mode: Mode = "off"
        self.is_prior_up = False
        self.is_raw = False
        self.pair: Pair | None = None
        self._of: tuple[str, str] = ("", "")  # keys of the films that `pair` was made of
        self._slots: tuple[Slot, Slot] | None = None  # current, prior
        self._task: Task | None = None
        self._swap = QTimer(self)
        self._swap.timeout.connect(self.swap)
        window.light_box.hung_changed.connect(self._follow_hanging)
        window.closing.connect(self.stop_comparing)

    # ── what the reader asks for ────────────────────────────────────────────────────────────────────────────

    def flicker_held(self, is_down: bool) -> None:
        """From the moment the key goes down the prior is up; after it comes up, the current film."""
        self._begin("flicker") if is_down else self.stop_comparing()

    def flicker(self) -> None:
        self.stop_comparing() if self.mode == "flicker" else self._begin("flicker")

    def subtract_prior(self) -> None:
        self.stop_comparing() if self.mode == "difference" else self._begin("difference")

    def raw_prior(self) -> None:
        """The prior as it was acquired in place of the registered one; a subtraction gives way to it, too."""
        self.is_raw = not self.is_raw
        self._show()

    def flicker_faster(self) -> None:
        self._change_rate(1)

    def flicker_slower(self) -> None:
        self._change_rate(-1)

    def stop_comparing(self) -> None:
        """The current film alone in its place again."""
        self.mode, self.is_prior_up = "off", False
        self._swap.stop()
        self._show()

    def swap(self) -> None:
        """The other of the two films."""
        self.is_prior_up = not self.is_prior_up
        self._show()

    # ── what holds ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def rate(self) -> float:
        kept = self._window.settings.number(RATE, USUAL_RATE)
        return min(RATES, key=lambda rate: abs(rate - kept))

    def _change_rate(self, by: int) -> None:
        at = min(max(RATES.index(self.rate) + by, 0), len(RATES) - 1)
        self._window.settings.set(RATE, RATES[at])
        if self._swap.isActive():
            self._swap.start(round(1000 / self.rate))
        self._window.show_message(tr("Flicker: {rate} changes a second", rate=f"{self.rate:g}"))

    def _begin(self, mode: Mode) -> None:
        slots, problem = self._pair_on_screen()
        if slots is None:
            self.stop_comparing()
            self._window.show_message(problem)
            return
        if self._window.synthetic.refuses("compare", [slot.film for slot in slots]):
            self.stop_comparing()
            return
        self._slots, self.mode, self.is_prior_up = slots, mode, True
        self._prepare(*slots)
        if mode == "flicker":
            self._swap.start(round(1000 / self.rate))
        else:
            self._swap.stop()
        self._show()

    def _pair_on_screen(self) -> tuple[tuple[Slot, Slot] | None, str]:
        return pair_on_screen(self._window.light_box.hung, self._window.films.active, self._hung_with_prior)

    def _hung_with_prior(self) -> Hung:
        """What would hang if there were room for a prior: it may be compared without being on screen."""
        box = self._window.light_box
        order = box.session.newest_drop or box.session.films
        beside = replace(box.choice, protocol="chest-2", viewports=None, is_prior_shown=True)
        shown = box.hung.slots[box.hung.leading].film
        current = box.hung.hanging.current
        beside = replace(beside, study_uid=current.instance_uid if current else "", film_key=shown.key)
        return hang(box.patients, order, beside)

    def _prepare(self, current: Slot, prior: Slot) -> None:
        of = (current.film.key, prior.film.key)
        if of == self._of:
            return
        self._forget()
        self._of = of
        loaded, read = dict(self._window.films.loaded), self._window.pixel_store.read

        def loader(slot: Slot) -> Callable[[], LoadedFilm]:
            return lambda: loaded.get(slot.film.key) or load_film(slot.film, read)

        def work(is_stopped: Callable[[], bool]) -> Iterator[Pair]:
            return prepare(loader(current), loader(prior), is_stopped)

        self._task = self._window.background.start(
            work, lambda pair: self._take(of, pair), lambda error: self._end(of, error)
        )

    def _take(self, of: tuple[str, str], pair: Pair) -> None:
        if of != self._of:
            return
        self.pair = pair
        if pair.problem:
            self._window.show_message(pair.problem)
        self._show()

    def _end(self, of: tuple[str, str], error: BaseException | None) -> None:
        if of == self._of and error is not None:
            self._forget()
            self.stop_comparing()
            self._window.show_message(tr("The prior could not be compared: {reason}", reason=error))

    def _forget(self) -> None:
        if self._task is not None:
            self._task.stop()
        self._task, self.pair, self._of = None, None, ("", "")

    def _follow_hanging(self) -> None:
        """Another film in the current place, or another prior: what was compared is over."""
        if self.mode == "off" and self.pair is None:
            return
        slots, _ = self._pair_on_screen()
        if slots is None or (slots[0].film.key, slots[1].film.key) != self._of:
            self._forget()
            self.stop_comparing()

    # ── what stands in ──────────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        actions = self._window.actions_by_id
        actions["flicker"].setChecked(self.mode == "flicker")
        actions["subtract_prior"].setChecked(self.mode == "difference")
        actions["raw_prior"].setChecked(self.is_raw)
        self._window.films.show_stand_in(self._stand_in())

    def _stand_in(self) -> StandIn | None:
        if self.mode == "off" or self._slots is None or self.pair is None or not self.is_prior_up:
            return None
        if self.mode == "difference" and not self.is_raw and self.pair.difference is not None:
            return self._difference(*self._slots)
        if self.mode == "difference" and not self.is_raw and not self.pair.problem:
            return None  # it is on its way
        return self._prior(*self._slots)

    def _prior(self, current: Slot, prior: Slot) -> StandIn:
        assert self.pair is not None
        pair = self.pair
        if pair.registered is None or pair.registration is None or self.is_raw:
            badge = tr("NOT REGISTERED – as acquired")
            return StandIn(
                current.film.key,
                pair.raw,
                prior,
                lambda own: raw_view(own, self._view_of(pair), pair.raw),
                (badge,),
                pair.prior.notices,
            )
        return StandIn(
            current.film.key,
            pair.registered,
            prior,
            lambda own: registered_view(own, self._view_of(pair)),
            (registered_badge(pair.registration),),
            pair.prior.notices,
        )

    def _difference(self, current: Slot, prior: Slot) -> StandIn:
        pair = self.pair
        assert pair is not None
        assert pair.difference is not None
        assert pair.registration is not None
        return StandIn(
            current.film.key,
            pair.difference,
            replace(current, role="difference", days_before=prior.days_before),
            difference_view,
            (tr("SUBTRACTION – not a film"), registered_badge(pair.registration)),
            (tr("Bright: denser than in the prior. Dark: clearer."), tr("A misfit looks like a change.")),
        )

    def _view_of(self, pair: Pair) -> FilmView:
        """How the prior is windowed on screen, or as acquired where it does not hang."""
        return self._window.films.views.get(pair.prior.film.key, pair.prior.first_view)


def pair_on_screen(
    hung: Hung, active: int, with_prior: Callable[[], Hung]
) -> tuple[tuple[Slot, Slot] | None, str]:
    """The film to be compared and its prior: both frontal, or both lateral where a lateral is active.

    Returns None and why not, in words for the reader, where there is no such pair.
    """
    if not hung.slots:
        return None, tr("No film is open.")
    if not any(slot.role == "prior" for slot in hung.slots):
        hung, active = with_prior(), -1
        if not hung.slots:
            return None, tr("No prior loaded: no comparison was made.")
    if hung.warning == tr(wording.SYNTHETIC_BESIDE_REAL):
        return None, hung.warning
    if hung.warning:
        return None, tr("Current and prior belong to different patients: they are not compared.")
    is_own = 0 <= active < len(hung.slots) and hung.slots[active].role != "prior"
    current = hung.slots[active if is_own else hung.leading]
    is_side = is_lateral(current.film.header)
    priors = {slot.film.key: slot for slot in hung.slots if slot.role == "prior"}
    nearest = [priors[film.key] for film in hung.hanging.prior_films if film.key in priors]
    prior = next((slot for slot in nearest if is_lateral(slot.film.header) == is_side), None)
    if prior is None:
        return None, tr("No prior loaded: no comparison was made.")
    return (current, prior), ""
