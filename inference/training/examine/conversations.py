"""Conversations as they will be trained on: picture marks against pictures, and what the longest lose. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, Protocol

from inference.training.examine.faults import Fault
from inference.training.examine.subject import Row
from inference.training.samples import Sample

IMAGE = "<image>"
_MARKS = re.compile(r"<image>|\[/?INST\]|</?s>")
_PIECES = re.compile(r"(<image>|\[INST\]|\[/INST\])")
_MARK_TOKENS = 6
"""Turn marks and the full stop after them are no loss worth a word."""


class Encoder(Protocol):
    """What is asked of `inference.text.tokenizer.M4cxrTokenizer`."""

    image_tokens: int

    def encode_prompt(self, text: str) -> list[int]: ...


def marks_in_texts(rows: Sequence[Row]) -> Iterator[Fault]:
    """Picture and turn marks inside a study's own words: they would be taken for pictures and turns."""
    for row in rows:
        named = [name for name, text in row.texts if _MARKS.search(text)]
        if named:
            yield row.fault(
                "picture_count",
                f"Its {' and '.join(named)} holds a mark of the prompt (<image>, [INST], </s>).",
                "Take the mark out of the text: it would count as a picture or end a turn.",
            )


def films_named(rows: Sequence[Row]) -> Iterator[Fault]:
    """Questions that name films which their study does not have, and studies without any film."""
    for row in rows:
        have = {film.key for film in row.study.films}
        wanted = {key for answer in row.study.answers for key in answer.films} - have
        if wanted:
            yield row.fault(
                "picture_count",
                f"A question names {len(wanted)} film{'s' if len(wanted) > 1 else ''} that the study does not have.",
                "Correct the name in the question, or add the film to the study.",
            )
        elif not row.own_films:
            yield row.fault(
                "picture_count",
                "It has no film of its own." if row.study.films else "It has no film.",
                "Name its films, or take the row out.",
            )
        elif len(have) < len(row.study.films):
            yield row.fault(
                "picture_count",
                f"It names {len(row.study.films)} films, {len(have)} of them different.",
                "Name each film once.",
            )


def marks_against_pictures(
    samples: Sequence[Sample], of_study: Mapping[tuple[str, str], Row]
) -> Iterator[Fault]:
    """Samples with more or fewer `<image>` marks than films."""
    for sample in samples:
        marks, films = sample.text.count(IMAGE), len(sample.films)
        if marks != films:
            yield _fault(
                sample,
                of_study,
                f"The conversation “{sample.task}” has {marks} picture marks for {films} films.",
                "Look at the study's films and words; the same number of each is needed.",
            )


def too_long(
    samples: Sequence[Sample], encoder: Encoder, longest: int, of_study: Mapping[tuple[str, str], Row]
) -> Iterator[Fault]:
    """Samples over `longest` tokens (pictures included), with what is cut off."""
    for sample in samples:
        pieces = pieces_of(sample.text, encoder)
        length = sum(piece.tokens for piece in pieces)
        if length > longest + 1:  # the first, <s>, does not count
            yield _fault(
                sample,
                of_study,
                f"The conversation “{sample.task}” has {length - 1} tokens, {longest} are kept; cut off: "
                f"{_lost(pieces, longest + 1)}.",
                "Raise max_length in the plan, give fewer priors or pictures, or shorten the report.",
                "too_long",
            )


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a conversation: a picture, or words of a turn."""

    is_picture: bool
    turn: int  # from 1; a question and its answer
    is_answer: bool
    tokens: int


def pieces_of(text: str, encoder: Encoder) -> tuple[Piece, ...]:
    """The conversation in its order; their tokens add up to those of the whole."""
    pieces, turn, is_answer = [], 0, False
    for part in filter(None, _PIECES.split(text)):
        if part == "[INST]":
            turn, is_answer = turn + 1, False
        tokens = len(encoder.encode_prompt(part))
        pieces.append(Piece(part == IMAGE, max(turn, 1), is_answer, tokens))
        if part == "[/INST]":
            is_answer = True
    return tuple(pieces)


def _lost(pieces: Sequence[Piece], limit: int) -> str:
    """Words for what lies behind the limit; a picture that does not fit whole ends the conversation."""
    ends = list(accumulate(piece.tokens for piece in pieces))
    at = next(at for at, end in enumerate(ends) if end > limit)
    over, is_split = ends[at] - limit, not pieces[at].is_picture and ends[at] - limit < pieces[at].tokens
    told = [f"the last {over} tokens of {_named(pieces[at])}"] if is_split else []
    behind = pieces[at + 1 :] if is_split else pieces[at:]
    pictures = sum(piece.is_picture for piece in behind)
    if pictures:
        told.append(f"{pictures} of {sum(piece.is_picture for piece in pieces)} pictures")
    whole_parts = (_named(piece) for piece in behind if not piece.is_picture and piece.tokens > _MARK_TOKENS)
    told += [f"all of {part}" if part not in " ".join(told) else part for part in dict.fromkeys(whole_parts)][
        :4
    ]
    return ", ".join(told)


def _named(piece: Piece) -> str:
    return f"{'answer' if piece.is_answer else 'question'} {piece.turn}"


def _fault(
    sample: Sample,
    of_study: Mapping[tuple[str, str], Row],
    what: str,
    remedy: str,
    kind: Literal["picture_count", "too_long"] = "picture_count",
) -> Fault:
    row = of_study.get((sample.source, sample.study))
    return Fault(kind, row.study.row if row else sample.id, what, remedy, sample.study, sample.source)
