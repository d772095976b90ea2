"""Left and right: the report against its boxes, findings against impression, a named place against its box. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from inference.film_picture import FilmFrame
from inference.text.labels import PRESENT, sentences
from inference.training.examine.faults import Fault
from inference.training.examine.said import findings_said
from inference.training.examine.subject import FilmName, Row
from inference.training.examine.views import film_side
from inference.training.rows import KnownBox, KnownFilm

Side = Literal["left", "right"]
BOTH: frozenset[Side] = frozenset({"left", "right"})
CLEAR = 0.04
"""A box counts as on one side if all of it is this share of the film's width away from the middle."""
_NO_SIDE = re.compile(
    r"\b(?:to|toward|towards) the (?:left|right)\b|\b(?:right|left)-? ?to-? ?(?:left|right)\b"
    r"|\b(?:right|left) (?:heart|cardiac|atri\w+|ventric\w+|main ?stem|main bronchus|paratracheal|lateral \w+|ij\b"
    r"|internal jugular|subclavian|picc|arm|upper extremity|chest wall|sided? (?:pacemaker|port|picc|catheter|line))",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:bilateral\w*|both|bibasilar|bibasal|biapical|bases|apices|each side|either side|lungs)\b", re.I
)
_LEFT, _RIGHT = (
    re.compile(r"\b(?:left|lingulas?|lingular)\b", re.I),
    re.compile(r"\b(?:right|middle lobe)\b", re.I),
)
_ONE_PLACE = frozenset({"cardiomegaly", "enlarged cardiomediastinum", "support devices", "edema"})
"""Words of a side near these belong to something else, or to both."""


def sides_named(sentence: str) -> frozenset[Side]:
    """The sides of the patient that a sentence names; empty where it names none."""
    text = _NO_SIDE.sub(" ", sentence)
    if _BOTH.search(text):
        return BOTH
    named: set[Side] = set()
    if _LEFT.search(text):
        named.add("left")
    if _RIGHT.search(text):
        named.add("right")
    return frozenset(named)


def sides_stated(text: str) -> Mapping[str, frozenset[Side]]:
    """Sides of each finding that a text states; one that is also stated without a side is left out."""
    stated: defaultdict[str, set[Side]] = defaultdict(set)
    anywhere: set[str] = set()
    for sentence in sentences(text):
        sides = sides_named(sentence)
        for label, value in findings_said(sentence).items():
            if value == PRESENT and label not in _ONE_PLACE:
                stated[label] |= sides
                if not sides:
                    anywhere.add(label)
    return {label: frozenset(sides) for label, sides in stated.items() if label not in anywhere}


def side_contradictions(rows: Sequence[Row], frames: Mapping[FilmName, FilmFrame]) -> Iterator[Fault]:
    """One fault per study: the first contradiction that is found."""
    for row in rows:
        what = _findings_against_impression(row) or _report_against_boxes(row, frames)
        if what:
            yield row.fault(
                "side_contradiction", what, "Look at the film and correct the side in the text or the box."
            )
            continue
        what = _place_on_the_other_side(row, frames)
        if what:
            yield row.fault(
                "side_contradiction",
                what,
                "Look whether the film is mirrored or the box was measured from the other edge.",
            )


def _findings_against_impression(row: Row) -> str:
    above, below = sides_stated(row.study.findings), sides_stated(row.study.impression)
    for label in above.keys() & below.keys():
        if len(above[label]) == 1 and len(below[label]) == 1 and above[label] != below[label]:
            return f"Findings say {_word(above[label])}, the impression says {_word(below[label])}, about {label}."
    return ""


def _report_against_boxes(row: Row, frames: Mapping[FilmName, FilmFrame]) -> str:
    stated = sides_stated(row.report)
    for label, sides in stated.items():
        drawn = {
            side_of_box(frame, box)
            for film, frame in _frontal(row, frames)
            for box in film.boxes
            if box.kind == "finding" and box.label == label
        }
        if len(sides) == 1 and len(drawn) == 1 and None not in drawn and not drawn & sides:
            return (
                f"The report says {_word(sides)}, every box of {label} lies on the patient's {_other(sides)}."
            )
    return ""


def _place_on_the_other_side(row: Row, frames: Mapping[FilmName, FilmFrame]) -> str:
    """ "left lung" on the patient's right; half of such places, because a single one may be a slip of a drawing."""
    for film, frame in _frontal(row, frames):
        named = [
            (sides_named(box.label), side_of_box(frame, box)) for box in film.boxes if box.kind == "anatomy"
        ]
        judged = [(_word(sides), drawn) for sides, drawn in named if len(sides) == 1 and drawn]
        wrong = sum(side != drawn for side, drawn in judged)
        if wrong and wrong * 2 >= len(judged):
            return f"{wrong} of {len(judged)} named places lie on the other side of the film."
    return ""


def _frontal(row: Row, frames: Mapping[FilmName, FilmFrame]) -> Iterator[tuple[KnownFilm, FilmFrame]]:
    """The study's own films with their frames; sides can't be told on a lateral film."""
    for film in row.own_films:
        frame = frames.get(row.name_of(film))
        if frame is not None and film_side(film) != "lateral":
            yield film, frame


def side_of_box(frame: FilmFrame, box: KnownBox) -> Side | None:
    """The patient's side that a box lies on as a whole, on an upright frontal film; None: it reaches the middle."""
    left, _, right, _ = frame.from_film(box.xyxy)
    width, _ = frame.picture_size
    if right < width * (0.5 - CLEAR):
        return "right"  # the patient's right is on the left of the picture
    if left > width * (0.5 + CLEAR):
        return "left"
    return None


def _word(sides: frozenset[Side]) -> str:
    return next(iter(sides))


def _other(sides: frozenset[Side]) -> str:
    return "left" if sides == {"right"} else "right"
