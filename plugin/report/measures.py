"""From a mark on a film to words of the report, and whether the mark still says so. Pure.

Every length keeps the label that says where its millimetres come from (reading.md section 5). A mark that changes later
never changes the text: the sentence is flagged, and the reader decides.
"""

from __future__ import annotations

import math
import re

from plugin.report.state import InsertedMeasure, MeasuredMark
from plugin.state import StudyReading

TITLES = {
    "length": "Length",
    "angle": "Angle",
    "cobb": "Cobb angle",
    "ctr": "Cardiothoracic ratio",
    "ellipse": "Area",
    "rectangle": "Area",
}
"""The kinds of marks that hold a number, as they are called."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_AREA = re.compile(r"(\d+(?:\.\d+)?) (mm²|cm²|px²)(?: · (.+))?")


def words_of(mark: MeasuredMark) -> str:
    """For instance "measuring 23 mm (length, mm at detector)"; empty where there is nothing to say."""
    if not mark.lines:
        return ""
    first = mark.lines[0]
    number = _NUMBER.search(first)
    match mark.kind:
        case "length" if number:
            label = first[number.end() :].strip()
            unit = label.split()[0].rstrip(",") if label else ""
            return f"measuring {_rounded(number.group())} {unit} (length, {label})" if unit else ""
        case "angle" if number:
            return f"angle {number.group()}°"
        case "cobb" if number:
            return f"Cobb angle {number.group()}°"
        case "ctr" if number:
            widths = f" ({mark.lines[1]})" if len(mark.lines) > 1 else ""
            return f"cardiothoracic ratio {number.group()}{widths}"
        case "ellipse" | "rectangle":
            area = next((found for line in mark.lines if (found := _AREA.search(line))), None)
            return _area_words(area) if area else ""
    return ""


def title_of(mark: MeasuredMark) -> str:
    """For a list to choose from: "Length · 23.1 mm at detector"."""
    return " · ".join(part for part in (TITLES.get(mark.kind, mark.kind), *mark.lines[:1]) if part)


def insertable(marks: tuple[MeasuredMark, ...]) -> tuple[MeasuredMark, ...]:
    """The marks that hold a number."""
    return tuple(mark for mark in marks if words_of(mark))


def stale_measures(reading: StudyReading) -> tuple[tuple[InsertedMeasure, str], ...]:
    """Numbers that stand in the report though their mark says something else by now, each with the reason in words."""
    text = f"{reading.report.shown}\n{reading.impression.shown}"
    now = {mark.id: mark for mark in reading.writing.marks}
    return tuple(
        (one, why)
        for one in reading.writing.measures
        if one.words in text and (why := _staleness(one, now.get(one.mark.id), reading.writing.seen_films))
    )


def _staleness(one: InsertedMeasure, now: MeasuredMark | None, seen_films: tuple[str, ...]) -> str:
    if now is None:
        is_gone = one.mark.film_key in seen_films
        return f"“{one.words}”: its mark on the film was deleted since." if is_gone else ""
    if words_of(now) == one.words:
        return ""
    return f"“{one.words}”: its mark was changed since and now says {' · '.join(now.lines) or 'nothing'}."


def _area_words(area: re.Match[str]) -> str:
    number, unit, label = area.groups()
    return f"area {number} {unit} ({label})" if label else f"area {number} {unit}"


def _rounded(number: str) -> str:
    """Whole units from 10 on, one decimal below: a film shows no more."""
    value = float(number)
    return str(math.floor(value + 0.5)) if value >= 10 else f"{value:.1f}"
