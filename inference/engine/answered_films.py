"""The films that an answer describes between `<Xray>` tags, as wishes for the generator. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inference.backend import ChatMessage, DrawFilm, FilmDrawn
from inference.synthesis.asked import MOST_LETTERS
from inference.synthesis.wish import view_of, without_view_sentence
from inference.text.film_tags import answer_parts

MOST_IN_ANSWER = 4
"""Films of one answer. A model that goes on and on must not keep the machine busy for an hour."""


def described_films(
    result: Mapping[str, Any], messages: Sequence[ChatMessage]
) -> Iterator[tuple[int, DrawFilm | None, str]]:
    """(place among the answer's parts, wish, "") of each film, or (place, None, why it is not made).

    A film's seed is its number in the conversation: the same conversation shows the same films, and “another one” with
    the same description is another one.
    """
    seed = sum(
        part.is_film
        for message in messages
        if message.role == "assistant"
        for part in answer_parts(message.content)
    )
    made = 0
    for place, part in enumerate(answer_parts(str(result.get("answer", "")))):
        if not part.is_film:
            continue
        if not part.is_whole and result.get("finish_reason") == "length":
            yield place, None, "The answer was cut inside the description of a film; it was not made."
        elif made == MOST_IN_ANSWER:
            yield (
                place,
                None,
                f"An answer shows {MOST_IN_ANSWER} films; the others that it describes were not made.",
            )
        else:
            words = without_view_sentence(part.text)[:MOST_LETTERS]
            yield place, DrawFilm(words, view_of(part.text), seed + made), ""
            made += 1


def films_told(films: Sequence[FilmDrawn]) -> list[dict[str, Any]]:
    """For `Finished.result`: which films there are, without their pictures."""
    return [
        {
            "image": film.image,
            "view": film.view,
            "seed": film.seed,
            "part": film.part,
            "doubts": list(film.doubts),
        }
        for film in films
    ]
