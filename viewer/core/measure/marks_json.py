"""Marks to JSON text and back, for the file in which they are kept. What comes back is checked field by field."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

from viewer.core.measure.annotation import POINTS, Annotation, FilmMarks, Kind
from viewer.core.measure.spacing import Calibration, Point, Rule, Spacing

VERSION = 1


def marks_to_text(marks: FilmMarks) -> str:
    """Return marks as JSON."""
    calibration = marks.calibration
    return json.dumps(
        {
            "version": VERSION,
            "annotations": [_from_annotation(mark) for mark in marks.annotations],
            "calibration": None if calibration is None else _from_calibration(calibration),
            "dismissed": list(marks.dismissed),
        },
        ensure_ascii=False,
    )


def marks_from_text(text: str) -> FilmMarks:
    """Return the marks that `marks_to_text` wrote.

    Raises:
        ValueError: The text was not written by it, or by a later version.
    """
    try:
        plain = json.loads(text)
        if plain["version"] != VERSION:
            raise ValueError(f"written by another version ({plain['version']})")
        calibration, annotations = plain["calibration"], plain["annotations"]
        if not isinstance(annotations, list):
            raise TypeError("annotations are no list")
        return FilmMarks(
            tuple(_to_annotation(item) for item in annotations),
            None if calibration is None else _to_calibration(calibration),
            tuple(_text(item) for item in plain["dismissed"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the marks of a film: {error!r}") from error


def _from_annotation(mark: Annotation) -> dict[str, Any]:
    return {
        "id": mark.id,
        "kind": mark.kind.value,
        "points": [list(point) for point in mark.points],
        "spacing": _from_spacing(mark.spacing),
        "former": None if mark.former is None else _from_spacing(mark.former),
        "text": mark.text,
        "label_at": None if mark.label_at is None else list(mark.label_at),
        "owner": mark.owner,
        "proposal_note": mark.proposal_note,
    }


def _to_annotation(plain: dict[str, Any]) -> Annotation:
    kind = Kind(plain["kind"])
    points = tuple(_pair(point) for point in plain["points"])
    if len(points) != POINTS[kind]:
        raise ValueError(f"{len(points)} points for {kind}")
    return Annotation(
        id=_text(plain["id"]),
        kind=kind,
        points=points,
        spacing=_to_spacing(plain["spacing"]),
        former=None if plain["former"] is None else _to_spacing(plain["former"]),
        text=_text(plain["text"]),
        label_at=None if plain["label_at"] is None else _pair(plain["label_at"]),
        owner=_text(plain["owner"]),
        proposal_note=_text(plain["proposal_note"]),
    )


def _from_spacing(spacing: Spacing) -> dict[str, Any]:
    return {
        "rule": int(spacing.rule),
        "pixel_size": list(spacing.pixel_size),
        "label": spacing.label,
        "note": spacing.note,
    }


def _to_spacing(plain: dict[str, Any]) -> Spacing:
    size, label = _pair(plain["pixel_size"]), _text(plain["label"])
    if not (min(size) > 0 and label):
        raise ValueError("a spacing without size or label")
    return Spacing(Rule(plain["rule"]), size, label, _text(plain["note"]))


def _from_calibration(calibration: Calibration) -> dict[str, Any]:
    return {
        "start": list(calibration.start),
        "end": list(calibration.end),
        "known_mm": calibration.known_mm,
        "by": calibration.by,
        "on": calibration.on.isoformat(),
        "what": calibration.what,
    }


def _to_calibration(plain: dict[str, Any]) -> Calibration:
    known = _number(plain["known_mm"])
    if known <= 0:
        raise ValueError("a calibration without length")
    return Calibration(
        start=_pair(plain["start"]),
        end=_pair(plain["end"]),
        known_mm=known,
        by=_text(plain["by"]),
        on=date.fromisoformat(plain["on"]),
        what=_text(plain["what"]),
    )


def _pair(plain: Any) -> Point:
    first, second = plain
    return _number(first), _number(second)


def _number(plain: Any) -> float:
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not math.isfinite(plain):
        raise ValueError(f"{plain!r} is no number")
    return float(plain)


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise ValueError(f"{plain!r} is no text")
    return plain
