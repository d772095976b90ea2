"""The demo patient: two studies of one digital phantom, so that every computer can show a reading at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from inference.phantom.case import Case, sample_case
from inference.phantom.detector import Exposure
from inference.phantom.dicom import Person, write_film
from inference.phantom.film import project
from inference.phantom.findings import Lesion

PERSON = Person("PHANTOM-0001", "PHANTOM^DEMO", "M", date(1957, 3, 14))
CURRENT_DATE = date(2026, 6, 15)
DAYS_BETWEEN = 91
_SIZE = (1024, 1024)
_SEED = 41


def demo_cases() -> tuple[Case, Case]:
    """Prior and current case: a small right effusion grows, the heart has become large."""
    healthy = sample_case(_SEED, findings=frozenset())
    healthy = replace(healthy, thorax=replace(healthy.thorax, rotation_deg=0.0, wall_mm=20.0))
    effusion = Lesion("pleural effusion", "fluid", "right", "lower", 0.16, 5)
    prior = replace(healthy, lesions=(effusion,), exposure=Exposure(seed=1))
    heart = Lesion("cardiomegaly", "large heart", "middle", "whole", 0.45, 6)
    current = replace(
        healthy,
        seed=_SEED + 1,
        thorax=replace(healthy.thorax, rotation_deg=1.0, inspiration_mm=healthy.thorax.inspiration_mm - 3),
        lesions=(heart, replace(effusion, severity=0.34)),
        exposure=Exposure(seed=2, latitude=1.05),
    )
    return prior, current


def write_demo_patient(folder: Path) -> Path:
    """Write three films (prior PA, current PA and lateral) into `folder`, which is made if it is not there.

    The files are the same each time.

    Returns:
        `folder`.
    """
    prior, current = demo_cases()
    before = CURRENT_DATE - timedelta(days=DAYS_BETWEEN)
    write_film(folder / "prior" / "pa.dcm", project(prior, "PA", _SIZE), PERSON, before)
    write_film(folder / "current" / "pa.dcm", project(current, "PA", _SIZE), PERSON, CURRENT_DATE)
    write_film(
        folder / "current" / "lateral.dcm", project(current, "LL", _SIZE), PERSON, CURRENT_DATE, number=2
    )
    return folder
