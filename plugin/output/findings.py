"""The findings as they leave: what the model told, what the reader made of it, both places of a moved box. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from inference.backend import Box, ChangeBasis, Finding
from inference.dicom.naming import uid_of_box, uid_of_finding
from plugin.output.document import BoxShown, FilmShown, FindingShown, Verdict
from plugin.output.legible import legible
from plugin.prior.pairs import PairRow, pair_rows
from plugin.review.reviewed import ReviewedFinding, StandingBox, reviewed_findings
from plugin.state import StudyReading

OF_SIZE: ChangeBasis = "size of the boxes"
DENIED = "The reader found nothing at a place that the AI had marked."


def findings_of(
    reading: StudyReading, films: Sequence[FilmShown], study_uid: str
) -> tuple[FindingShown, ...]:
    """Present ones and the reader's own first, then what the model called absent or could not assess.

    Findings on a film that no longer hangs are left out: nothing could be said of where they are.
    """
    by_image = films_by_image(reading, films)
    rows = {(row.label, row.image): row for row in pair_rows(reading)}
    reviewed = [
        _with_change(_reviewed(reading, one, by_image[one.image], study_uid), rows, by_image, one.image)
        for one in reviewed_findings(reading)
        if one.image in by_image
    ]
    others = [
        _with_change(_other(one, by_image[one.image], study_uid), rows, by_image, one.image)
        for one in reading.findings
        if one.presence != "present" and one.image in by_image
    ]
    return (*reviewed, *others)


def films_by_image(reading: StudyReading, films: Sequence[FilmShown]) -> Mapping[str, FilmShown]:
    """The films that hang, by the name that the backend's events give them."""
    shown = {film.key: film for film in films}
    by_image: dict[str, FilmShown] = {}
    for film in reading.films:
        if film.image and film.film_key in shown:
            by_image.setdefault(film.image, shown[film.film_key])
    return by_image


def _reviewed(reading: StudyReading, one: ReviewedFinding, film: FilmShown, study_uid: str) -> FindingShown:
    verdict: Verdict = "" if one.status == "untouched" else one.status
    return FindingShown(
        id=one.id,
        label=legible(one.label),
        presence="present",
        by="reader" if one.model is None else "ai",
        film_key=film.key,
        sop_instance_uid=film.sop_instance_uid,
        tracking_uid=uid_of_finding(
            study_uid, film.sop_instance_uid, one.model.label if one.model else one.id
        ),
        frame=film.frame,
        certainty_percent=_certainty(one.model),
        verdict=verdict,
        reason=one.reason or "",
        note=_note(reading, one),
        boxes=tuple(shown for box in one.boxes for shown in _boxes(box, film, study_uid, one.label)),
    )


def _other(finding: Finding, film: FilmShown, study_uid: str) -> FindingShown:
    return FindingShown(
        id=finding.id,
        label=finding.label,
        presence=finding.presence,
        by="ai",
        film_key=film.key,
        sop_instance_uid=film.sop_instance_uid,
        tracking_uid=uid_of_finding(study_uid, film.sop_instance_uid, finding.label),
        frame=film.frame,
        certainty_percent=_certainty(finding),
    )


def _certainty(finding: Finding | None) -> float | None:
    """A number leaves only where it was calibrated; a bare one would be read as a probability."""
    if finding is None or not finding.calibrated or finding.confidence is None:
        return None
    return None if finding.presence == "not assessed" else round(finding.confidence * 100, 1)


def _note(reading: StudyReading, one: ReviewedFinding) -> str:
    """What the reader said of it in words, and what of the model's they put aside."""
    own = one.model is None or one.status == "edited"
    renamed = one.model is not None and one.model.label != one.label
    denied = any(
        made.xyxy is None
        and one.model is not None
        and (made.label, made.image) == (one.model.label, one.image)
        for made in reading.review.boxes
    )
    told = (
        f"Side: {one.side}." if one.side else "",
        f"{one.certainty.capitalize()}, in the reader's words." if own and one.certainty else "",
        f"The AI called it {one.model.label}." if renamed and one.model is not None else "",
        DENIED if denied else "",
        one.note.strip(),
    )
    return legible(" ".join(part for part in told if part))


def _boxes(box: StandingBox, film: FilmShown, study_uid: str, label: str) -> tuple[BoxShown, ...]:
    """A moved box is told twice under one tracking UID: where the AI saw it, and where the reader does."""
    uid = box.tracking_uid or uid_of_box(study_uid, film.sop_instance_uid, label, box.xyxy)
    if box.origin == "ai":
        return (BoxShown(film.key, film.sop_instance_uid, box.xyxy, "ai", uid, film.frame),)
    shown = BoxShown(film.key, film.sop_instance_uid, box.xyxy, "reader", uid, film.frame)
    if box.of_xyxy is None:
        return (shown,)
    return (BoxShown(film.key, film.sop_instance_uid, box.of_xyxy, "ai", uid, film.frame), shown)


# ── since the prior ─────────────────────────────────────────────────────────────────────────────────────────────


def _with_change(
    finding: FindingShown,
    rows: Mapping[tuple[str, str], PairRow],
    by_image: Mapping[str, FilmShown],
    key: str,
) -> FindingShown:
    """What became of it, and its place on the prior's film under the same tracking UID."""
    row = rows.get((finding.label, key))
    if row is None or finding.by == "reader":
        return finding
    film = by_image.get(row.prior_image)
    uid = next((box.tracking_uid for box in finding.boxes), finding.tracking_uid)
    before = [] if film is None else [_of_prior(box, film, uid) for box in row.prior_boxes]
    return replace(
        finding,
        change=row.change.change,
        is_change_of_size=row.change.basis == OF_SIZE,
        boxes=(*finding.boxes, *before),
    )


def _of_prior(box: Box, film: FilmShown, uid: str) -> BoxShown:
    return BoxShown(film.key, film.sop_instance_uid, box.xyxy, "prior", uid, film.frame)
