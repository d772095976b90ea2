"""The rows of the comparison: one per finding that either film shows, with its boxes on both. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import Box, Change, Finding, Xyxy
from inference.text.directions import DIRECTIONS, stated_changes
from plugin import colours
from plugin.prior.state import OWN
from plugin.review.reviewed import reviewed_finding
from plugin.state import StudyReading, boxes_of_finding, lit_findings
from viewer.api import Mark

NOT_SHOWN = ("absent", "not assessed")


@dataclass(frozen=True, slots=True)
class PairRow:
    """What became of one finding, and where it is on both films."""

    change: Change
    before: Finding
    now: Finding
    prior_boxes: tuple[Box, ...] = ()
    boxes: tuple[Box, ...] = ()
    finding_id: str | None = None  # the reading's own finding, where it is present there too
    disagreement: str = ""  # what a sentence of the draft says otherwise, in words for the reader
    is_lit: bool = False
    is_rejected: bool = False  # the reader says that it is not so on the current film

    @property
    def label(self) -> str:
        return self.change.label

    @property
    def prior_image(self) -> str:
        return self.before.image

    @property
    def image(self) -> str:
        return self.now.image


def pair_rows(reading: StudyReading) -> tuple[PairRow, ...]:
    """One row for each finding that is present on either film; empty until the comparison is done."""
    view = reading.prior_view
    if view.phase != "done":
        return ()
    found = {finding.id: finding for finding in view.findings}
    lit = lit_labels(reading)
    said = _said(reading)
    rows = []
    for change in view.changes:
        before, now = found.get(change.prior_finding_id), found.get(change.finding_id)
        if change.change in NOT_SHOWN or before is None or now is None:
            continue
        rows.append(_row(reading, change, before, now, said.get(change.label, ""), change.label in lit))
    return tuple(rows)


def pair_row(reading: StudyReading, label: str | None) -> PairRow | None:
    return next((row for row in pair_rows(reading) if row.label == label), None)


def lit_labels(reading: StudyReading) -> frozenset[str]:
    """The findings whose pair is lit: chosen here, under the pointer, or lit in the reading."""
    view = reading.prior_view
    lit = lit_findings(reading)
    of_reading = {one.label for one in reading.findings if one.id in lit}
    return frozenset(of_reading | {one for one in (view.selected, view.hovered) if one is not None})


def label_of_mark(reading: StudyReading, mark_id: str | None) -> str | None:
    """The finding of a mark that `prior_marks` made; None for any other mark."""
    box = next((box for box in reading.prior_view.boxes if box.id == mark_id), None)
    finding = next((one for one in reading.prior_view.findings if box and one.id == box.finding_id), None)
    return finding.label if finding is not None else None


def prior_marks(reading: StudyReading) -> tuple[Mark, ...]:
    """Dashed boxes on the prior's film, lit together with those on the current one.

    A box of the current film that the reading has as well is drawn by the reading alone; one that only the comparison
    has is drawn here, as long as its row is lit.
    """
    marks: list[Mark] = []
    for row in pair_rows(reading):
        marks += (_mark(reading, box, row, f"{row.label} (prior)") for box in row.prior_boxes)
        if row.is_lit:
            marks += (_mark(reading, box, row, row.label) for box in row.boxes if box.id.startswith(OWN))
    return tuple(mark for mark in marks if mark.film_key)


def films_of_pair(reading: StudyReading, row: PairRow) -> tuple[tuple[str, ...], tuple[Xyxy, ...] | None]:
    """The current film and the prior's, and where to look on each; None where one of them has no box."""
    keys = tuple(key for image in (row.image, row.prior_image) if (key := _film_key(reading, image)))
    if len(keys) < 2 or not (row.boxes and row.prior_boxes):
        return keys, None
    return keys, (_around(row.boxes), _around(row.prior_boxes))


def disagreements(reading: StudyReading) -> dict[str, str]:
    """By sentence id: where the draft says that a finding went another way than the comparison of both films."""
    found: dict[str, str] = {}
    for sentence_id, label, words in _contradictions(reading):
        found.setdefault(sentence_id, f"The comparison with the prior finds {label} {words}.")
    return found


# ── the single steps ────────────────────────────────────────────────────────────────────────────────────────────


def _row(
    reading: StudyReading, change: Change, before: Finding, now: Finding, disagreement: str, is_lit: bool
) -> PairRow:
    same = next(
        (one for one in reading.findings if one.label == change.label and one.image == now.image), None
    )
    is_there = same is not None and same.presence == "present"
    own = boxes_of_finding(reading, same) if same is not None and is_there else ()
    view = reading.prior_view
    decided = reviewed_finding(reading, same.id) if same is not None and is_there else None
    is_rejected = decided is not None and not decided.stands
    return PairRow(
        change=change,
        before=before,
        now=now,
        prior_boxes=tuple(box for box in view.boxes if box.finding_id == before.id),
        boxes=own or tuple(box for box in view.boxes if box.finding_id == now.id),
        finding_id=same.id if same is not None and is_there else None,
        disagreement="" if is_rejected else disagreement,
        is_lit=is_lit,
        is_rejected=is_rejected,
    )


def _mark(reading: StudyReading, box: Box, row: PairRow, caption: str) -> Mark:
    return Mark(
        id=box.id,
        film_key=_film_key(reading, box.image),
        xyxy=box.xyxy,
        caption=caption,
        color=colours.of_label(row.label),
        style="dashed",
        is_highlighted=row.is_lit,
    )


def _film_key(reading: StudyReading, image: str) -> str:
    return next((film.film_key for film in reading.films if film.image == image and image), "")


def _around(boxes: tuple[Box, ...]) -> Xyxy:
    left, top, right, bottom = zip(*(box.xyxy for box in boxes), strict=True)
    return (min(left), min(top), max(right), max(bottom))


def _said(reading: StudyReading) -> dict[str, str]:
    """By label: the sentence that says something else about it."""
    texts = {line.id: line.text.strip() for line in reading.sentences}
    return {label: f"The draft says: “{texts[id_]}”" for id_, label, _ in _contradictions(reading)}


def _contradictions(reading: StudyReading) -> list[tuple[str, str, str]]:
    """Sentence id, label, and what the comparison finds instead."""
    if reading.prior_view.phase != "done":
        return []
    told = {change.label: change.change for change in reading.prior_view.changes}
    return [
        (line.id, label, words)
        for line in reading.sentences
        for label, stated in stated_changes(line.text)
        if (words := _instead(told.get(label, "not assessed"), stated))
    ]


def _instead(change: str, stated: str) -> str:
    """What the comparison says, where it can't be what the sentence says; empty where both may be true."""
    if change == "absent":
        return "on neither film"
    if change == "still present":
        return "on both films" if stated in ("new", "resolved") else ""
    if change not in DIRECTIONS or DIRECTIONS[change] == DIRECTIONS[stated]:
        return ""
    return "about the same" if change == "unchanged" else change
