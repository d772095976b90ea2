"""What the panel says about questions, answers and their limits. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from inference.backend import DRAFT_MARK, RESEARCH_USE, FilmDrawn, PackInfo
from inference.text.film_tags import answer_parts
from plugin import wording
from plugin.ask.state import Asked, Exchange, FilmInAnswer
from plugin.first_look.state import FirstLook
from plugin.first_look.words import ASK_AFTER

NO_BOX = "No box is marked. Press “What is this?” and draw one on a film."
BUSY = "The model was at work. Ask again when it is done."
FILM_NOT_GIVEN = (
    "The model is not given this film: it reads the study's first films and the prior's frontal ones."
)
DRAW_A_BOX = "Draw a box around what you want to ask about."
DRAWING = "Draw a box on a film… Esc gives up."
COPIED = f"Answer copied, marked {DRAFT_MARK}."
TAKEN = "The answer stands at the end of the report, as the model's words."
NO_WORDS = "The model gave no words for it."
WITHHELD = "Answered before; shown again with the AI's results."
NO_PROGRAM_ANSWER = "This pack's manifest names no finding that it can't judge."
A_FILM = "The model describes a film:"
A_FILM_MADE = "A synthetic film, made from this description:"
A_FILM_COMES = "A synthetic film is being made from this description:"
NO_SYNTHESIS = "The synthesis pack is not installed, so no film is made from it."
NOT_FINISHED = "The film was not finished."
FILM_NOT_KEPT = "The film was made in an earlier session. Synthetic films are not kept; it can be made again."
OPEN_TIP = "Look at it larger, draw it again or with other words"
CUT_SHORT = "The description was cut short."
FROM_MANIFEST = "From the model's manifest; the model was not asked."


def gate_closed(look: FirstLook) -> str:
    if look.is_hidden:
        return "AI results are hidden. Show them to ask the model."
    return ASK_AFTER


def placeholder(look: FirstLook, is_about_a_box: bool) -> str:
    if not look.shows_ai:
        return "Ask after your own first look…" if not look.is_hidden else "AI results are hidden…"
    return "Ask about the marked box…" if is_about_a_box else "Ask about these films…"


def scope(asked: Asked) -> str:
    """What the next question is about; empty: the films as a whole."""
    if asked.region is None:
        return ""
    return f"About your box on {asked.film_title}" if asked.film_title else "About your box"


def not_judged(labels: Sequence[str]) -> str:
    return wording.NOT_ASSESSED.format(findings=", ".join(labels)) if labels else NO_PROGRAM_ANSWER


def note(exchange: Exchange) -> str:
    """Under an answer: how it ended, and what it is worth."""
    if exchange.is_withheld:
        return WITHHELD
    if exchange.how.kind == "known" and not exchange.problem:
        return FROM_MANIFEST
    has_answer = bool(exchange.answer or exchange.places)
    is_silent = not (has_answer or exchange.problem or exchange.is_running)
    told = (exchange.problem, wording.MODEL_TEXT if has_answer else "", NO_WORDS if is_silent else "")
    return " ".join(text for text in told if text)


def place_title(exchange: Exchange) -> str:
    """Names the box that can be lit; empty where the exchange has none."""
    asked = exchange.how
    on = f" on {asked.film_title}" if asked.film_title else ""
    if asked.region is not None:
        return f"Your box{on}"
    if exchange.places:
        return f"Box{on}" if len(exchange.places) == 1 else f"{len(exchange.places)} boxes{on}"
    return ""


def film_title(film: FilmInAnswer | None, is_running: bool) -> str:
    """What stands above a described film."""
    if isinstance(film, FilmDrawn):
        return A_FILM_MADE
    return A_FILM_COMES if film is not None and is_running else A_FILM


def why_no_film(exchange: Exchange) -> str:
    """Stands in the place of a film that is not here."""
    return exchange.no_film or (NOT_FINISHED if exchange.problem else NO_SYNTHESIS)


def film_card(description: str, is_whole: bool) -> str:
    """What the film shall show, in the model's words."""
    return f"{description}" + ("" if is_whole else f" … {CUT_SHORT}")


def copied_answer(exchange: Exchange, pack: PackInfo | None) -> str:
    """One question and its answer for the clipboard, with the draft mark first and last."""
    said = "\n".join(
        f"[{A_FILM} {part.text}]" if part.is_film else part.text for part in answer_parts(exchange.answer)
    )
    about = place_title(exchange)
    question = f"Question: {exchange.question}" + (f" ({about[:1].lower()}{about[1:]})" if about else "")
    model = f"Model: {wording.pack_text(pack)}" if pack else ""
    ends = (*exchange.doubts, exchange.problem, wording.MODEL_TEXT, model, RESEARCH_USE, DRAFT_MARK)
    return (
        "\n".join((DRAFT_MARK, "", question, f"Answer: {said}", "", *(line for line in ends if line))) + "\n"
    )
