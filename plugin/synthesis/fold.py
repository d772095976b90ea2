"""How the Synthetic views page changes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from inference.backend import Cancelled, Error, Event, FilmDrawn, Finished, Flag, Preview, Progress, Queued
from inference.status import Synthesis
from plugin.synthesis.state import (
    KEPT,
    Ended,
    FilmTaken,
    Form,
    FormChanged,
    GeneratorTold,
    SynthesisEvent,
    SynthesisState,
    Told,
    Trouble,
    Wish,
    WishBegun,
    WishShown,
)

QUEUED = "queued"


def fold(state: SynthesisState, event: SynthesisEvent) -> SynthesisState:
    """Return what the page knows after `event`. What comes late finds its own wish, or nobody."""
    match event:
        case FormChanged(form):
            return replace(state, form=form)
        case WishBegun(form, key, patient):
            if state.is_at_work:
                return state  # one at a time: the button is off meanwhile
            return _with_new(state, Wish(_new_id(state), form, key, patient))
        case Told(id, told):
            return _changed(state, id, lambda wish: _told(wish, told))
        case Ended(id, trouble, is_stopped):
            return _changed(state, id, lambda wish: _ended(wish, trouble, is_stopped))
        case WishShown(id):
            return replace(state, shown=id) if state.wish(id) is not None else state
        case GeneratorTold(generator):
            return _with_generator(state, generator)
        case FilmTaken(film, key):
            return _taken(state, film, key)


def _with_generator(state: SynthesisState, generator: Synthesis | None) -> SynthesisState:
    """Its own steps and guidance hold where nobody chose others."""
    told = replace(state, generator=generator, is_generator_known=True)
    usual = Form()
    if generator is None or (state.form.steps, state.form.guidance) != (usual.steps, usual.guidance):
        return told
    return replace(told, form=replace(state.form, steps=generator.steps, guidance=generator.guidance))


def _with_new(state: SynthesisState, wish: Wish) -> SynthesisState:
    return replace(state, wishes=(wish, *state.wishes)[:KEPT], shown=wish.id)


def _new_id(state: SynthesisState) -> int:
    return max((one.id for one in state.wishes), default=0) + 1


def _taken(state: SynthesisState, film: FilmDrawn, key: str) -> SynthesisState:
    """A film of an answer as a wish of its own; looked at again, it is not put in twice."""
    known = next((one for one in state.wishes if any(film.image == seen.image for seen in one.drawn)), None)
    if known is not None:
        return replace(state, shown=known.id)
    form = Form(film.text, film.view, film.seed, count=1)
    alone = replace(film, film=0, part=None)
    return _with_new(state, Wish(_new_id(state), form, key, films=(alone,), is_running=False))


def _changed(state: SynthesisState, id: int, change: Callable[[Wish], Wish]) -> SynthesisState:

    return replace(
        state,
        wishes=tuple(change(one) if one.id == id and one.is_running else one for one in state.wishes),
    )


def _told(wish: Wish, event: Event) -> Wish:
    match event:
        case Queued(position):
            return replace(wish, stage=QUEUED, done=position, total=0)
        case Progress(stage, done, total, eta_s):
            return replace(wish, stage=stage, done=done, total=total, seconds_left=eta_s)
        case Preview() | FilmDrawn():
            others = tuple(film for film in wish.films if film.film != event.film)
            return replace(wish, films=(*others, event))
        case Flag(_, why) if why not in wish.notes:
            return replace(wish, notes=(*wish.notes, why))
        case Finished():
            return _ended(wish, None, False)
        case Cancelled():
            return _ended(wish, None, True)
        case Error(kind, message, remedy):
            return _ended(wish, Trouble(message, remedy, kind), False)
    return wish


def _ended(wish: Wish, trouble: Trouble | None, is_stopped: bool) -> Wish:
    """Whole films stay; a preview is no film."""
    return replace(
        wish,
        films=wish.drawn,
        is_running=False,
        is_stopped=is_stopped,
        trouble=trouble,
        stage="",
        seconds_left=None,
    )
