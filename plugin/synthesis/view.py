"""Wishes in words, for the page. Pure."""

from __future__ import annotations

from inference.synthesis.wish import VIEW_SENTENCES
from plugin import wording
from plugin.synthesis import words
from plugin.synthesis.fold import QUEUED
from plugin.synthesis.state import Trouble, Wish


def title(wish: Wish) -> str:
    """For the list of wishes."""
    form = wish.form
    if wish.patient is not None:
        return (
            f"From this patient ({wish.patient.film_title}) · {wish.patient.said} · {words.VIEWS[form.view]}"
        )
    return words.form_title(form.view, form.text)


def made_how(wish: Wish) -> str:
    """All that decides how the films look, so that they can be made again."""
    form = wish.form
    asked = f"Asked: {VIEW_SENTENCES[form.view]} {form.text}".strip()
    how = f"{words.seeds(form.seed, form.count)}, {form.steps} steps, guidance {form.guidance:g}"
    patient = wish.patient
    if patient is not None:
        asked += f" (from {patient.words_from})"
        how += f", from the {patient.film_title} film, {round(patient.strength * 100)} % drawn anew"
    notes = patient.notes if patient is not None else ()
    return "\n".join((asked, wording.sentence_case(f"{how}."), *notes))


def status(wish: Wish) -> str:
    """Where a wish is, or how it ended."""
    if wish.is_running:
        return _stage(wish)
    made, wanted = len(wish.drawn), wish.form.count
    told = f"{made} {'film' if made == 1 else 'films'} drawn."
    if made < wanted:
        told = f"{made} of {wanted} films drawn." if wanted > 1 else "No film was drawn."
    if wish.is_stopped:
        return f"Stopped: {told[:1].lower()}{told[1:]}"
    return "" if wish.trouble is not None else told


def trouble_text(trouble: Trouble) -> str:
    """What went wrong and what to do next."""
    return " ".join(text for text in (trouble.message, trouble.remedy) if text)


def _stage(wish: Wish) -> str:
    if not wish.stage:
        return "Asking the generator…"
    if wish.stage == QUEUED:
        return f"Waiting, {wish.done} before this one" if wish.done else "Waiting for its turn…"
    if wish.stage != "drawing":
        name = wording.STAGES.get(wish.stage, wording.sentence_case(wish.stage))
        return f"{name}…"
    left = f" · about {wording.seconds(wish.seconds_left)} left" if wish.seconds_left else ""
    return f"Drawing, step {wish.done} of {wish.total}{left}"
