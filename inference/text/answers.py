"""Reads and writes the model's short answers: finding lists, yes/no, boxes. Pure, and lenient in reading.

What is written here is what a model is trained to answer; the questions are in `inference.text.prompts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inference.backend import FINDINGS
from inference.boxes import GridBox, box_text

NOT_FOUND = "Not found."
NOT_PRESENT = "Not present."
YES, NO, UNCERTAIN = "Yes.", "No.", "Uncertain."

_BOX = re.compile(r"\[\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*\]")
_MARKS = re.compile(r"</?s>|\[/?INST\]")
_LABEL_EDGES = " \t\n,.;:"


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A box of an answer and the words before it (of the first box, where several share them)."""

    label: str
    box: GridBox


def format_finding_list(labels: Iterable[str], findings: Sequence[str] = FINDINGS) -> str:
    """The answer that states exactly these findings, in the list's order.

    Raises:
        ValueError: One of `labels` is not in `findings`.
    """
    wanted = set(labels)
    if unknown := wanted - set(findings):
        raise ValueError(f"not in the finding list: {', '.join(sorted(unknown))}")
    present = [finding for finding in findings if finding in wanted]
    return ", ".join(present) + "." if present else NOT_FOUND


def format_boxes(boxes: Sequence[GridBox]) -> str:
    """Boxes as an answer about an organ holds them, without a full stop; the other answers add one."""
    return ", ".join(box_text(box) for box in boxes)


def format_found_at(boxes: Sequence[GridBox]) -> str:
    """The answer that a finding is there, and where; without a box, that it is not."""
    return f"{YES} {format_boxes(boxes)}." if boxes else NOT_PRESENT


def format_findings_at(places: Mapping[str, Sequence[GridBox]]) -> str:
    """The answer that names findings with their boxes, in the mapping's order; those without a box are not there."""
    named = [f"{name} {format_boxes(boxes)}" for name, boxes in places.items() if boxes]
    return ", ".join(named) + "." if named else NOT_FOUND


def parse_finding_list(text: str, findings: Sequence[str] = FINDINGS) -> tuple[str, ...]:
    """The findings that an answer names, in the list's order. Whole names between commas only."""
    named = set(_names(text))
    return tuple(finding for finding in findings if finding in named)


def unlisted_findings(text: str, findings: Sequence[str] = FINDINGS) -> tuple[str, ...]:
    """What an answer names besides: words between commas that are in no finding list."""
    return tuple(name for name in _names(text) if name not in findings and name != "not found")


def parse_yes_no(text: str) -> bool | None:
    """True for an answer that starts with yes, False for no or not, None for anything else ("Uncertain.")."""
    first = re.match(r"\s*([a-z]+)", _MARKS.sub("", text).lower())
    return {"yes": True, "no": False, "not": False}.get(first.group(1)) if first else None


def parse_boxes(text: str) -> tuple[LabelledBox, ...]:
    """All boxes of an answer, as they stand there, each with the words before it ("Yes." is no label).

    The numbers may lie outside 0..100 or be reversed; `inference.boxes.usable` decides what can be drawn.
    """
    found: list[LabelledBox] = []
    label, end = "", 0
    for match in _BOX.finditer(text):
        words = _MARKS.sub("", text[end : match.start()]).strip(_LABEL_EDGES)
        words = re.sub(r"^yes\b[\s,.;:]*", "", words, flags=re.IGNORECASE)
        label = words or label
        x1, y1, x2, y2 = (int(number) for number in match.groups())
        found.append(LabelledBox(label, (x1, y1, x2, y2)))
        end = match.end()
    return tuple(found)


def _names(text: str) -> list[str]:
    parts = _MARKS.sub("", text).lower().split(",")
    return [name for name in (part.strip(_LABEL_EDGES) for part in parts) if name]
