"""From a study's questions to the boxes that the viewer draws. Pure.

The box that the reader drew is solid, as every human mark; what the model marked as an answer is dashed.
"""

from __future__ import annotations

from plugin.ask.state import Exchange
from plugin.first_look.visible import visible
from plugin.state import StudyReading
from viewer.api import Mark

OWNER = "ask"
ANSWER_COLOR = "#b79cf2"
"""Of what the model marked for a question: none of the findings' colours, nor the readers' own."""


def ask_marks(reading: StudyReading, lit: str, reader_color: str) -> tuple[Mark, ...]:
    """The boxes of one exchange: no film is covered with the boxes of old questions.

    Args:
        reading: All that is known; what the reader may not see yet is left out here.
        lit: Id of the exchange that the reader points at or has chosen; empty = the one that runs, if any.
        reader_color: Of marks that readers make.
    """
    exchanges = visible(reading).exchanges
    shown = next((one for one in exchanges if one.id and one.id == lit), None)
    shown = shown or next((one for one in exchanges if one.is_running), None)
    return () if shown is None else (*_asked(shown, reader_color), *_answered(shown))


def exchange_of_mark(mark_id: str) -> str:
    """The exchange that a mark of ours belongs to; empty for other marks."""
    owner, _, rest = mark_id.partition(" ")
    return rest.partition(" ")[0] if owner == OWNER else ""


def _asked(exchange: Exchange, reader_color: str) -> tuple[Mark, ...]:
    asked = exchange.how
    if asked.region is None:
        return ()
    mark = Mark(
        id=f"{OWNER} {exchange.id} box",
        film_key=asked.film_key,
        xyxy=asked.region,
        caption="your question",
        color=reader_color,
        style="solid",
        is_highlighted=True,
        is_draft=False,
    )
    return (mark,)


def _answered(exchange: Exchange) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            id=f"{OWNER} {exchange.id} {number}",
            film_key=exchange.how.film_key,
            xyxy=xyxy,
            caption=exchange.how.phrase,
            color=ANSWER_COLOR,
            style="dashed",
            is_highlighted=True,
        )
        for number, xyxy in enumerate(exchange.places)
    )
