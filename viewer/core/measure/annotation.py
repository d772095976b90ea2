"""The reader's marks on one film, as frozen data, and every change to them as a pure function."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from viewer.core.measure.spacing import Calibration, Point, Spacing, spacing_of
from viewer.core.study import FilmHeader


class Kind(StrEnum):
    """What a mark measures or says."""

    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    CTR = "ctr"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    ARROW = "arrow"


POINTS: dict[Kind, int] = {
    Kind.LENGTH: 2,  # ends
    Kind.ANGLE: 3,  # leg, vertex, leg
    Kind.COBB: 4,  # ends of one line, ends of the other
    Kind.CTR: 4,  # right and left border of the heart, right and left inner border of the thorax
    Kind.ELLIPSE: 2,  # opposite corners of its box
    Kind.RECTANGLE: 2,
    Kind.ARROW: 2,  # tip, end
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One mark. All points are in stored pixel coordinates (see `viewer.core.measure.spacing.Point`)."""

    id: str
    kind: Kind
    points: tuple[Point, ...]
    spacing: Spacing  # with which its numbers are made; it stays so until the film is calibrated anew
    former: Spacing | None = None  # before the film was calibrated anew
    text: str = ""  # the words at an arrow
    label_at: Point | None = None  # where the reader dragged the label; None: beside the mark
    owner: str = ""  # the plugin that proposed it; empty: drawn by the reader
    proposal_note: str = (
        ""  # what stands at the number of a proposal until the reader has touched or accepted it
    )

    @property
    def is_proposal(self) -> bool:
        return bool(self.proposal_note)


@dataclass(frozen=True, slots=True)
class FilmMarks:
    """Everything that the reader drew on one film."""

    annotations: tuple[Annotation, ...] = ()
    calibration: Calibration | None = None
    dismissed: tuple[str, ...] = ()  # ids of proposals that the reader took away

    def find(self, annotation_id: str) -> Annotation | None:
        return next((mark for mark in self.annotations if mark.id == annotation_id), None)


def new_id() -> str:
    """A name that no other mark has."""
    return uuid.uuid4().hex


def film_spacing(header: FilmHeader, marks: FilmMarks) -> Spacing:
    """The spacing that a new measurement on this film gets."""
    return spacing_of(header.pixels, is_verified=header.is_verified, calibration=marks.calibration)


def with_annotation(marks: FilmMarks, annotation: Annotation) -> FilmMarks:
    """Add a mark, or put it in the place of the one with its id."""
    if marks.find(annotation.id) is None:
        return replace(marks, annotations=(*marks.annotations, annotation))
    return replace(
        marks,
        annotations=tuple(annotation if mark.id == annotation.id else mark for mark in marks.annotations),
    )


def without(marks: FilmMarks, annotation: Annotation) -> FilmMarks:
    """Take a mark away. One that was proposed is remembered, so that it does not come back."""
    left = tuple(mark for mark in marks.annotations if mark.id != annotation.id)
    if not annotation.owner or annotation.id in marks.dismissed:
        return replace(marks, annotations=left)
    return replace(marks, annotations=left, dismissed=(*marks.dismissed, annotation.id))


def pending(marks: FilmMarks, proposals: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """The proposals that the reader has neither taken over nor taken away."""
    settled = {mark.id for mark in marks.annotations} | set(marks.dismissed)
    return tuple(proposal for proposal in proposals if proposal.id not in settled)


def with_calibration(marks: FilmMarks, calibration: Calibration | None, header: FilmHeader) -> FilmMarks:
    """Calibrate the film anew, or take the calibration away. Every measurement shows what it was before."""
    calibrated = replace(marks, calibration=calibration)
    spacing = film_spacing(header, calibrated)

    def relabelled(mark: Annotation) -> Annotation:
        if mark.spacing == spacing:
            return mark
        return replace(mark, spacing=spacing, former=mark.spacing)

    return replace(calibrated, annotations=tuple(map(relabelled, marks.annotations)))


def touched(annotation: Annotation) -> Annotation:
    """The reader has changed or accepted it: it is a proposal no more."""
    return replace(annotation, proposal_note="")


def moved(annotation: Annotation, right: float, down: float) -> Annotation:
    """The whole mark elsewhere, its label with it."""

    def shifted(point: Point) -> Point:
        return point[0] + right, point[1] + down

    label = None if annotation.label_at is None else shifted(annotation.label_at)
    return touched(replace(annotation, points=tuple(map(shifted, annotation.points)), label_at=label))


def with_point(annotation: Annotation, index: int, at: Point) -> Annotation:
    """One handle elsewhere."""
    points = tuple(at if number == index else point for number, point in enumerate(annotation.points))
    return touched(replace(annotation, points=points))


def handles(annotation: Annotation) -> tuple[Point, ...]:
    """What can be taken hold of: the points, and for a region all four corners of its box."""
    if annotation.kind not in (Kind.ELLIPSE, Kind.RECTANGLE):
        return annotation.points
    (x1, y1), (x2, y2) = annotation.points
    return (x1, y1), (x2, y2), (x1, y2), (x2, y1)


def with_handle(annotation: Annotation, index: int, at: Point) -> Annotation:
    """Drag handle `index` of `handles` to a point."""
    if index < len(annotation.points):
        return with_point(annotation, index, at)
    (x1, y1), (x2, y2) = annotation.points
    corners = ((x1, at[1]), (at[0], y2)) if index == 3 else ((at[0], y1), (x2, at[1]))
    return touched(replace(annotation, points=corners))


def merged(stored: FilmMarks, drawn: FilmMarks) -> FilmMarks:
    """What was kept from before, and what was drawn while it was being read; the newer one wins."""
    ids = {mark.id for mark in drawn.annotations}
    older = tuple(mark for mark in stored.annotations if mark.id not in ids)
    dismissed = dict.fromkeys((*stored.dismissed, *drawn.dismissed))
    return FilmMarks((*older, *drawn.annotations), drawn.calibration or stored.calibration, tuple(dismissed))
