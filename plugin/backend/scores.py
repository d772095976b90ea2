"""The measured numbers of a pack's manifest as rows of a table. Pure.

A manifest's `scores` may hold anything: what has the form that our training writes is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TESTS = {"real_films_held_out": "Real films", "phantoms_held_out": "Digital phantoms"}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One measured number: on which films, of what, the value with its interval, and from how many cases."""

    films: str
    what: str
    value: str
    cases: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return (self.films, self.what, self.value, self.cases)


HEAD = ("Test films", "What", "Measured", "Cases")


def score_rows(scores: Mapping[str, Any]) -> tuple[ScoreRow, ...]:
    """All rows that can be read from a manifest's scores, in its order."""
    return tuple(
        row for key, title in _TESTS.items() for row in _of_test(title, scores.get(key)) if row is not None
    )


def _of_test(title: str, told: Any) -> Iterator[ScoreRow]:
    if not isinstance(told, Mapping):
        return
    yield from _of_films(title, told)
    for name, films in told.items():
        if isinstance(films, Mapping) and name not in ("boxes", "auroc", "macro_auroc") and "films" in films:
            yield from _of_films(f"{title}: {name.replace('_', ' ')}", films)
    yield from _boxes(title, told.get("boxes"))
    yield from _readings(title, told)
    yield from _changes(title, told.get("change_direction"))


def _of_films(title: str, told: Mapping[str, Any]) -> Iterator[ScoreRow]:
    count = told.get("films")
    if isinstance(macro := told.get("macro_auroc"), Mapping) and (text := _interval(macro)):
        yield ScoreRow(title, "AUROC, mean of its findings", text, f"{count} films" if count else "")
    if text := _above_plain(told.get("plain_cnns")):
        yield ScoreRow(title, "AUROC above a plain CNN trained on the same films", text, f"{count} films")
    if isinstance(each := told.get("auroc"), Mapping):
        for label, one in each.items():
            if isinstance(one, Mapping) and (text := _interval(one)):
                yield ScoreRow(title, f"AUROC, {label}", text, _cases(one))
    if (error := _number(told.get("calibration_error"))) is not None:
        yield ScoreRow(title, "Calibration error", f"{error:.3f}", f"{count} films" if count else "")


def _boxes(title: str, told: Any) -> Iterator[ScoreRow]:
    if not isinstance(told, Mapping):
        return
    groups = {"all": told} if "mean_iou" in told else told
    for label, one in groups.items():
        if not isinstance(one, Mapping) or (iou := _number(one.get("mean_iou"))) is None:
            continue
        hit = _number(one.get("hit_rate"))
        inside = f", centre inside {hit:.0%}" if hit is not None else ""
        yield ScoreRow(
            title, f"Boxes, {label}", f"mean IoU {iou:.2f}{inside}", f"{one.get('boxes', '?')} boxes"
        )


def _readings(title: str, told: Mapping[str, Any]) -> Iterator[ScoreRow]:
    """What whole readings list and what their reports state, against the known labels."""
    for name, one in told.items():
        if not name.startswith("readings") or not isinstance(one, Mapping):
            continue
        which = " with a lateral" if name.endswith("lateral") else ""
        report = one.get("report")
        stated = report.get("micro_f1_14") if isinstance(report, Mapping) else None
        for what, value in (("Finding list", one.get("list_micro_f1")), ("Report", stated)):
            if (number := _number(value)) is not None:
                cases = f"{one.get('studies', '?')} studies"
                yield ScoreRow(title, f"{what}{which}, F1 of what it states", f"{number:.2f}", cases)


def _changes(title: str, told: Any) -> Iterator[ScoreRow]:
    if isinstance(told, Mapping) and (right := _number(told.get("right"))) is not None:
        cases = f"{told.get('findings', '?')} findings in {told.get('studies', '?')} pairs"
        yield ScoreRow(title, "Change since the prior, direction right", f"{right:.0%}", cases)


def _above_plain(told: Any) -> str:
    """By how much the pack is above the first of the networks trained beside it."""
    first = told[0] if isinstance(told, list | tuple) and told else None
    gain = first.get("starter_above_it") if isinstance(first, Mapping) else None
    return _interval(gain) if isinstance(gain, Mapping) else ""


def _interval(told: Mapping[str, Any]) -> str:
    value, low, high = (_number(told.get(name)) for name in ("value", "low", "high"))
    if value is None:
        return ""
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _cases(told: Mapping[str, Any]) -> str:
    positives, negatives = told.get("positives"), told.get("negatives")
    return f"{positives} with, {negatives} without" if isinstance(positives, int) else ""


def _number(told: Any) -> float | None:
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None
