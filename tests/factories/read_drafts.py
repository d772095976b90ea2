"""Films and drafts for the tests of `inference.read`, without files."""

import zlib
from datetime import date
from pathlib import Path

from inference.backend import FINDINGS, Box, Finding, Flag, NotRead, PackInfo, Sentence
from inference.read.draft import StudyDraft
from inference.read.order import Order
from viewer.core.study import Film, FilmHeader, PixelDescription, Source

PACK = PackInfo("starter", "0.1", "a" * 64, "Starter", "CC BY-NC 4.0", True, "Card.", ("fracture",))


def film(
    name: str,
    *,
    study: str = "1.2.3",
    patient: str = "P1",
    day: date | None = None,
    view: str = "PA",
    **header,
) -> Film:
    told = FilmHeader(
        PixelDescription(200, 100),
        sop_instance_uid=f"2.25.{zlib.crc32(name.encode()) % 10**9}",
        series_instance_uid=f"{study}.1",
        study_instance_uid=study,
        patient_id=patient,
        patient_name=f"Name of {patient}",
        study_date=day,
        modality="DX",
        body_part="CHEST",
        view_position=view,
        **header,
    )
    return Film(Source(Path(name)), told, file_sha256=f"{zlib.crc32(name.encode()):064x}"[-64:])


def findings(image: str, *present: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            f"{image}-{label}",
            label,
            "not assessed" if label in PACK.not_assessed else "present" if label in present else "absent",
            None if label in PACK.not_assessed else 0.91234567 if label in present else 0.08,
            False,
            image,
        )
        for label in FINDINGS
    )


def draft(*films: Film, report: str = "Small effusion.", **changes) -> StudyDraft:
    """A finished reading with a pleural effusion and a box on every film."""
    told = tuple(one for film in films for one in findings(f"hash {film.source}", "pleural effusion"))
    boxes = tuple(
        Box(f"b{number}", one.image, (10.123456, 20.0, 50.0, 80.0), finding_id=one.id)
        for number, one in enumerate(told)
        if one.presence == "present"
    )
    fields = {
        "order": Order(films),
        "images": {film.key: f"hash {film.source}" for film in films},
        "findings": told,
        "boxes": boxes,
        "sentences": (Sentence("s1", report, (told[9].id,)),),
        "flags": (Flag("measurement", "“3 cm” was not measured.", "s1"),),
        "report": report,
        "impression": "Effusion.",
    }
    return StudyDraft(**{**fields, **changes})


def refused(film: Film, reason: str) -> NotRead:
    return NotRead(f"hash {film.source}", reason)
