"""What the sources call the 14 labels, and how they write present, absent and uncertain. Pure.

Not known is no entry. Equal labels of many studies are one mapping: a set of 370,000 films stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from inference.backend import FINDINGS, NO_FINDING
from inference.text.labels import ABSENT, PRESENT, UNCERTAIN, label_report
from inference.training.rows import LABELS, Known

_CHEXPERT: Mapping[str, Known] = {
    "1": "present",
    "1.0": "present",
    "0": "absent",
    "0.0": "absent",
    "-1": "uncertain",
    "-1.0": "uncertain",
}
_RULES: Mapping[int, Known] = {PRESENT: "present", ABSENT: "absent", UNCERTAIN: "uncertain"}
_COLUMNS: Mapping[str, str] = {name.title(): name for name in LABELS}
"""CheXpert's, CheXbert's and MIMIC-CXR-JPG's columns: the 14 names in title case."""

EFFUSION, LESION, OPACITY, PLEURA = "pleural effusion", "lung lesion", "lung opacity", "pleural other"


class UnknownLabelValue(ValueError):
    """A label cell holds something else than 1, 0, -1 or nothing."""


def chexpert_columns(cells: Mapping[str, str]) -> Mapping[str, Known]:
    """The 14 columns of a row: 1 present, 0 absent, -1 uncertain, empty not known.

    Raises:
        UnknownLabelValue: A cell holds something else; the message names the column.
    """
    known: list[tuple[str, Known]] = []
    for column, name in _COLUMNS.items():
        text = cells.get(column, "").strip()
        if text in _CHEXPERT:
            known.append((name, _CHEXPERT[text]))
        elif text:
            raise UnknownLabelValue(f"the column {column} holds {text[:20]!r}, not 1, 0, -1 or nothing")
    return _shared(tuple(known))


def has_label_columns(columns: Iterable[str]) -> bool:
    """True if the table has any of the 14 columns."""
    return not _COLUMNS.keys().isdisjoint(columns)


def report_labels(text: str) -> Mapping[str, Known]:
    """What a report states, denies and leaves open, by the rule labeller (`inference.text.labels`)."""
    return shared({name: _RULES[value] for name, value in label_report(text).items()})


def shared(labels: Mapping[str, Known]) -> Mapping[str, Known]:
    """The one mapping that equals `labels`, its names in the order of LABELS."""
    return _shared(tuple((name, labels[name]) for name in LABELS if name in labels))


def none_found() -> Mapping[str, Known]:
    """The labels of a film of which a reader said that there is nothing: all 13 absent."""
    known: dict[str, Known] = dict.fromkeys(FINDINGS, "absent")
    return shared(known | {NO_FINDING: "present"})


@cache
def _shared(labels: tuple[tuple[str, Known], ...]) -> Mapping[str, Known]:
    return dict(labels)
