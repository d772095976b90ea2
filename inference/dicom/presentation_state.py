"""The boxes and the draft banner as presentation states (PS3.3 A.33.1), one a film. Runs in the writing child only."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from inference.dicom.findings_sr import closed_outline
from inference.dicom.header import frames_of, identity, source_named
from inference.dicom.requests import CodedFinding, ReadingObjects, Region, ShownImage
from viewer.writer.common import RESEARCH_USE, add_body_part

SYNTHETIC = "SYNTHETIC - NOT A PATIENT IMAGE"
AI_LAYER, REVIEWED_LAYER, READER_LAYER = "AI_DRAFT", "REVIEWED", "HUMAN"
ORDER = {AI_LAYER: 1, REVIEWED_LAYER: 2, READER_LAYER: 3}
COLOURS = {
    AI_LAYER: (75.0, 15.0, 70.0),
    REVIEWED_LAYER: (75.0, -15.0, -30.0),
    READER_LAYER: (79.0, -35.0, 55.0),
}
"""CIELab: amber, blue, and the green of every mark of the reader's."""


def presentation_states(
    sources: list[Dataset], reading: ReadingObjects, equipment: dict[str, Any]
) -> list[Dataset]:
    """A state for each grey film of the reading. A colour film can't have a grey one and is passed over."""
    made: list[Dataset] = []
    for image in reading.images:
        film = source_named(sources, image.sop_instance_uid)
        if int(film.get("SamplesPerPixel") or 1) == 1:
            made.append(_state(film, image, reading, equipment, len(made) + 1))
    return made


def _state(
    film: Dataset, image: ShownImage, reading: ReadingObjects, equipment: dict[str, Any], number: int
) -> Dataset:
    from highdicom.pr import GrayscaleSoftcopyPresentationState

    annotations = _annotations(film, image, reading)
    layers = [layer for layer, _ in annotations]
    state = GrayscaleSoftcopyPresentationState(
        referenced_images=[film],
        manufacturer=equipment["manufacturer"],
        manufacturer_model_name=equipment["model_name"],
        software_versions=equipment["software_version"],
        device_serial_number=equipment["installation_id"],
        content_label="AI_DRAFT" if reading.state == "draft" else "REVIEWED",
        content_description=(reading.mark or RESEARCH_USE)[:64],
        graphic_layers=layers or None,
        graphic_annotations=[made for _, made in annotations] or None,
        **_grey(image),
        **identity(reading, "presentation", number),
    )
    area = state.DisplayedAreaSelectionSequence[0]
    area.PresentationPixelAspectRatio = list(image.pixel_aspect_ratio)
    for keyword in ("Laterality", "BodyPartExamined"):
        if keyword in state:
            del state[keyword]
    add_body_part(state, film)
    return state


def _grey(image: ShownImage) -> dict[str, Any]:
    """The way from stored values to grey, as the reader sees the film first (PS3.4 N.2)."""
    from highdicom import (
        VOILUT,
        ModalityLUTTransformation,
        PresentationLUTShapeValues,
        PresentationLUTTransformation,
    )
    from highdicom.pr import SoftcopyVOILUTTransformation

    told: dict[str, Any] = {}
    if image.rescale is not None:
        slope, intercept = image.rescale
        told["modality_lut_transformation"] = ModalityLUTTransformation(
            rescale_intercept=intercept, rescale_slope=slope, rescale_type="US"
        )
    if image.window is not None:
        center, width, function = image.window
        told["voi_lut_transformations"] = [
            SoftcopyVOILUTTransformation(window_center=center, window_width=width, voi_lut_function=function)
        ]
    elif image.curve is not None:
        first, values = image.curve
        table = VOILUT(first, np.array(values, np.uint16))
        told["voi_lut_transformations"] = [SoftcopyVOILUTTransformation(voi_luts=[table])]
    shape = PresentationLUTShapeValues.INVERSE if image.is_inverse else PresentationLUTShapeValues.IDENTITY
    told["presentation_lut_transformation"] = PresentationLUTTransformation(presentation_lut_shape=shape)
    return told


def _annotations(film: Dataset, image: ShownImage, reading: ReadingObjects) -> list[tuple[Any, Any]]:
    """One annotation a layer: boxes with their captions, and the banner in the lowest layer of all."""
    from highdicom.color import CIELabColor
    from highdicom.pr import GraphicAnnotation, GraphicLayer

    drawn: dict[str, tuple[list[Any], list[Any]]] = {}
    for finding, region, layer_name in _shown_regions(image, reading):
        boxes, texts = drawn.setdefault(layer_name, ([], []))
        boxes.append(_box(film, finding, region))
        texts.append(_caption(film, finding, region))
    banner = "   ".join(text for text in (reading.mark, _synthetic(film)) if text)
    if banner:
        drawn.setdefault(AI_LAYER, ([], []))[1].append(_banner(film, banner))
    made: list[tuple[Any, Any]] = []
    for name in sorted(drawn, key=ORDER.__getitem__):
        layer = GraphicLayer(name, ORDER[name], display_color=CIELabColor(*COLOURS[name]))
        boxes, texts = drawn[name]
        frames = frames_of(film, image.frame)
        made.append((layer, GraphicAnnotation([film], layer, frames, None, boxes or None, texts or None)))
    return made


def _shown_regions(image: ShownImage, reading: ReadingObjects) -> list[tuple[CodedFinding, Region, str]]:
    """What is drawn on this film. Rejected findings are not; once signed, only what the reader stands for is."""
    made = []
    for finding in reading.findings:
        for region in finding.regions:
            if region.by == "prior" or region.sop_instance_uid != image.sop_instance_uid:
                continue
            if region.frame not in (None, image.frame) or finding.verdict == "rejected":
                continue
            layer = _layer(finding, region)
            if reading.state != "signed" or layer != AI_LAYER:
                made.append((finding, region, layer))
    return made


def _layer(finding: CodedFinding, region: Region) -> str:
    if region.by == "reader":
        return READER_LAYER
    return REVIEWED_LAYER if finding.verdict == "accepted" else AI_LAYER


def _box(film: Dataset, finding: CodedFinding, region: Region) -> Any:
    from highdicom.pr import GraphicObject

    return GraphicObject(
        "POLYLINE",
        closed_outline(region, film),
        "PIXEL",
        tracking_id=finding.name[:64],
        tracking_uid=region.tracking_uid,
    )


def _caption(film: Dataset, finding: CodedFinding, region: Region) -> Any:
    from highdicom.pr import TextObject

    sure = f" {finding.certainty_percent:.0f} %" if finding.certainty_percent is not None else ""
    left, top, _, _ = region.xyxy
    anchor = (min(max(left, 1.0), float(film.Columns)), min(max(top, 1.0), float(film.Rows)))
    text = f"{finding.label}{sure if region.by == 'ai' else ''}"
    return TextObject(text, "PIXEL", anchor_point=anchor, anchor_point_visible=False)


def _synthetic(film: Dataset) -> str:
    return SYNTHETIC if str(film.get("SyntheticData") or "") == "YES" else ""


def _banner(film: Dataset, mark: str) -> Any:
    """Over the whole width at the top of the film."""
    from highdicom.pr import TextObject

    height = max(1.0, round(int(film.Rows) * 0.05))
    area = (0.0, 0.0, float(film.Columns), height)
    return TextObject(mark, "PIXEL", bounding_box=area)
