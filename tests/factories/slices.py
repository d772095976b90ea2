"""CT and MR slices and enhanced instances as DICOM files: a bright square that moves from slice to slice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, MRImageStorage

from tests.factories.dicom_film import chest_film_dataset, uid, write_dataset

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def slice_values(number: int, side: int = 32) -> NDArray[np.int16]:
    """Stored values of one slice: air around soft tissue, and `number` in HU at the first pixel."""
    values = np.full((side, side), -1000, np.int16)
    values[side // 4 : -side // 4, side // 4 : -side // 4] = 40
    values[0, 0] = number
    return values


def slice_dataset(
    number: int,
    *,
    position_mm: float | None = None,
    orientation: Sequence[float] = AXIAL,
    side: int = 32,
    modality: str = "CT",
    series: str = "ct",
    frame_of_reference: str = "body",
    **more: Any,
) -> FileDataset:
    """Return one slice; without `position_mm` it has no place in the patient. `number` is its Instance Number."""
    stored = slice_values(number, side) + (1024 if modality == "CT" else 1000)
    told: dict[str, Any] = {
        "modality": modality,
        "view_position": "",
        "bits": 16,
        "pixel_spacing_mm": None,
        "study_uid": uid("study", "slices"),
        "series_uid": uid("series", series),
        "sop_uid": uid("slice", series, number, str(orientation)),
        "InstanceNumber": number,
        "SeriesDescription": series,
        "SOPClassUID": MRImageStorage if modality == "MR" else CTImageStorage,
        "FrameOfReferenceUID": uid("frame of reference", frame_of_reference),
        "PixelSpacing": [0.7, 0.7],
    }
    if modality == "CT":
        told |= {"RescaleSlope": 1, "RescaleIntercept": -1024, "RescaleType": "HU"}
    if position_mm is not None:
        normal = np.cross(orientation[:3], orientation[3:])
        told["ImagePositionPatient"] = [round(float(value), 3) for value in normal * position_mm]
        told["ImageOrientationPatient"] = list(orientation)
    return chest_film_dataset(stored=stored, **(told | more))


def write_slices(folder: Path, positions_mm: Sequence[float], **wishes: Any) -> list[Path]:
    """Write a series whose file names say nothing about its order; Instance Numbers follow `positions_mm`."""
    return [
        write_dataset(
            folder / f"{uid(number, 'name')[-6:]}.dcm", slice_dataset(number, position_mm=position, **wishes)
        )
        for number, position in enumerate(positions_mm, start=1)
    ]


def enhanced_dataset(
    positions_mm: Sequence[float], *, orientation: Sequence[float] = AXIAL, side: int = 32, **more: Any
) -> FileDataset:
    """Return an Enhanced CT with one frame for each position; rescale and window stand in the functional groups."""
    frames = np.stack([slice_values(number, side) for number in range(len(positions_mm))]) + 1024
    dataset = chest_film_dataset(
        stored=frames,
        modality="CT",
        view_position="",
        bits=16,
        pixel_spacing_mm=None,
        study_uid=uid("study", "enhanced"),
        series_uid=uid("series", "enhanced"),
        sop_uid=uid("enhanced", len(positions_mm)),
        SOPClassUID=EnhancedCTImageStorage,
        FrameOfReferenceUID=uid("frame of reference", "enhanced"),
        RecommendedDisplayFrameRate=10,
        **more,
    )
    dataset.SharedFunctionalGroupsSequence = DicomSequence(
        [
            _group(
                PlaneOrientationSequence={"ImageOrientationPatient": list(orientation)},
                PixelMeasuresSequence={"PixelSpacing": [0.5, 0.5]},
                PixelValueTransformationSequence={
                    "RescaleSlope": 1,
                    "RescaleIntercept": -1024,
                    "RescaleType": "HU",
                },
                FrameVOILUTSequence={"WindowCenter": 30, "WindowWidth": 300},
            )
        ]
    )
    normal = np.cross(orientation[:3], orientation[3:])
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(
        [
            _group(PlanePositionSequence={"ImagePositionPatient": [float(v) for v in normal * position]})
            for position in positions_mm
        ]
    )
    return dataset


def _group(**macros: dict[str, Any]) -> Dataset:
    group = Dataset()
    for keyword, values in macros.items():
        item = Dataset()
        for name, value in values.items():
            setattr(item, name, value)
        setattr(group, keyword, DicomSequence([item]))
    return group
