"""The findings as a Comprehensive SR with template TID 1500. Runs in the writing child only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from inference.dicom.codes import CodedLabel, coded, concepts
from inference.dicom.header import code_of, frames_of, identity, source_named, state_flags
from inference.dicom.observers import observers
from inference.dicom.requests import CodedFinding, ReadingObjects, Region
from viewer.writer.errors import NotWritten

PRESENCE = {
    "present": codes.SCT.Present,
    "absent": codes.SCT.Absent,
    "undetermined": codes.SCT.Undetermined,
}
CHANGE = {
    "larger": codes.SCT.IncreaseInSize,
    "smaller": codes.SCT.DecreaseInSize,
    "unchanged": codes.SCT.NoSignificantChangesInTheFinding,
}
URGENCY = {
    "1": codes.cid7035.ACRCategory1ActionableFinding,
    "2": codes.cid7035.ACRCategory2ActionableFinding,
    "3": codes.cid7035.ACRCategory3ActionableFinding,
}
OF_THE_READER = "Place given by the reader; the AI's own place has the same tracking UID."


def findings_sr(
    sources: list[Dataset], priors: list[Dataset], reading: ReadingObjects, equipment: dict[str, Any]
) -> Dataset:
    """One group for each place of a finding (TID 1410), or for the finding where it has none (TID 1501).

    Raises:
        NotWritten: A finding names a film that is not here, or a place outside its film.
    """
    from highdicom.sr import ComprehensiveSR, MeasurementReport

    groups = [group for finding in reading.findings for group in _groups(sources, priors, reading, finding)]
    referenced = [*sources, *priors]
    content = MeasurementReport(
        observation_context=observers(reading, equipment),
        procedure_reported=_procedure(sources[0]),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=None,
    )
    return ComprehensiveSR(
        evidence=referenced,
        content=content,
        manufacturer=equipment["manufacturer"],
        **identity(reading, "findings"),
        **state_flags(reading, "findings", sources[0].StudyInstanceUID),
    )


def _procedure(source: Dataset) -> Any:
    """The study's own procedure, else a plain chest film."""
    from highdicom.sr import CodedConcept

    for item in source.get("ProcedureCodeSequence") or []:
        if item.get("CodeValue") and item.get("CodingSchemeDesignator") and item.get("CodeMeaning"):
            return CodedConcept(item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning)
    return code_of(concepts()["plain chest film"])


def _groups(
    sources: list[Dataset], priors: list[Dataset], reading: ReadingObjects, finding: CodedFinding
) -> list[Any]:
    made = []
    for region in finding.regions:
        film = source_named(priors if region.by == "prior" else sources, region.sop_instance_uid)
        made.append(_group_of_a_place(film, reading, finding, region))
    if not any(region.by != "prior" for region in finding.regions):
        film = source_named(sources, finding.sop_instance_uid)
        made.append(_group_of_a_film(film, reading, finding))
    return made


def _group_of_a_place(film: Dataset, reading: ReadingObjects, finding: CodedFinding, region: Region) -> Any:
    """TID 1410: an outline of five points, said to bound the finding and not to follow its contour."""
    from highdicom.sr import (
        GraphicTypeValues,
        ImageRegion,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        SourceImageForRegion,
        TrackingIdentifier,
    )

    told = _on_the_prior(finding) if region.by == "prior" else finding
    image = SourceImageForRegion.from_source_image(film, frames_of(film, region.frame))
    outline = ImageRegion(GraphicTypeValues.POLYLINE, closed_outline(region, film), image)
    name = finding.name if region.by == "ai" else f"{finding.name}, {_WHOSE[region.by]}"
    group = PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(region.tracking_uid, name),
        referenced_region=outline,
        geometric_purpose=codes.SCT.BoundedBy,
        **_told(reading, told, is_by_ai=finding.by == "ai" and region.by != "reader"),
    )
    notes = (OF_THE_READER,) if region.by == "reader" and finding.by == "ai" else ()
    _add_comments(group, told, notes)
    return group


def _on_the_prior(finding: CodedFinding) -> CodedFinding:
    """There it is present, whatever became of it; what is told of the current film does not belong to it."""
    return replace(finding, presence="present", certainty_percent=None, change="", urgency="", comments=())


_WHOSE = {"reader": "reader's version", "prior": "on the prior"}


def _group_of_a_film(film: Dataset, reading: ReadingObjects, finding: CodedFinding) -> Any:
    """TID 1501: absent, or told of the film as a whole."""
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        SourceImageForMeasurementGroup,
        TrackingIdentifier,
    )

    image = SourceImageForMeasurementGroup.from_source_image(film, frames_of(film, finding.frame))
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(finding.tracking_uid, finding.name),
        source_images=[image],
        **_told(reading, finding, is_by_ai=finding.by == "ai"),
    )
    _add_comments(group, finding, ())
    return group


def _told(reading: ReadingObjects, finding: CodedFinding, *, is_by_ai: bool) -> dict[str, Any]:
    """What both templates say of a finding: its kind, whether it is there, how sure, by which algorithm."""
    from highdicom.sr import (
        AlgorithmIdentification,
        CodedConcept,
        FindingSite,
        Measurement,
        QualitativeEvaluation,
    )

    label = coded(finding.label)
    evaluations = [QualitativeEvaluation(codes.DCM.PresenceOfProperty, PRESENCE[finding.presence])]
    if finding.change:
        evaluations.append(QualitativeEvaluation(codes.DCM.DescriptionOfChange, CHANGE[finding.change]))
    if finding.urgency:
        evaluations.append(QualitativeEvaluation(codes.SCT.Urgency, URGENCY[finding.urgency]))
    told: dict[str, Any] = {"qualitative_evaluations": evaluations}
    if finding.certainty_percent is not None and is_by_ai:
        percent = CodedConcept("%", "UCUM", "Percent")
        told["measurements"] = [
            Measurement(codes.DCM.CertaintyOfFinding, round(finding.certainty_percent, 1), percent)
        ]
    if reading.algorithm is not None and is_by_ai:
        told["algorithm_id"] = AlgorithmIdentification(
            reading.algorithm.name, reading.algorithm.version, list(reading.algorithm.parameters) or None
        )
    told |= _kind(label, FindingSite)
    return told


def _kind(label: CodedLabel | None, site: Any) -> dict[str, Any]:
    if label is None:
        return {}
    if label.is_site_only:
        return {"finding_sites": [site(code_of(label.concept))]}
    return {"finding_type": code_of(label.concept)}


def _add_comments(group: Any, finding: CodedFinding, notes: tuple[str, ...]) -> None:
    """What no code carries, each in a comment item of the group."""
    from highdicom.sr import RelationshipTypeValues, TextContentItem

    label = coded(finding.label)
    in_words = (f"Finding: {finding.label}",) if label is None or label.match != "exact" else ()
    for text in (*in_words, *notes, *finding.comments):
        item = TextContentItem(codes.DCM.Comment, text[:1024], RelationshipTypeValues.CONTAINS)
        group[0].ContentSequence.append(item)


def closed_outline(region: Region, film: Dataset) -> Any:
    """Shape (5, 2): column and row of the corners, the first again at the end.

    Raises:
        NotWritten: The box has no area or leaves its film.
    """
    left, top, right, bottom = region.xyxy
    inside = 0 <= left < right <= int(film.Columns) and 0 <= top < bottom <= int(film.Rows)
    if not inside:
        raise NotWritten("GraphicData: a box does not lie on its film; nothing was written.")
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return np.array(corners, np.float32).astype(
        np.float64
    )  # the VR is FL: what is read back is what was meant
