"""What everything that we write has in common: who wrote it, in which character set. Runs in the writing child only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset

RESEARCH_USE = (
    "Research use only. Not a medical device. Not for diagnosis without review by a qualified reader."
)
DRAFT_MARK = "AI DRAFT - NOT REVIEWED"
"""In ASCII, as it stands in headers."""


def add_equipment(dataset: Dataset, equipment: dict[str, Any]) -> None:
    """General and Enhanced General Equipment Module (PS3.3 C.7.5.1, C.7.5.2)."""
    dataset.Manufacturer = equipment["manufacturer"]
    dataset.ManufacturerModelName = equipment["model_name"]
    dataset.SoftwareVersions = equipment["software_version"]
    dataset.DeviceSerialNumber = equipment["installation_id"]


def add_moment(dataset: Dataset, moment: datetime | None = None) -> None:
    """When it was made (now, unless it is told), for the content, the series and the instance."""
    now = moment or datetime.now().astimezone()
    day, time = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    dataset.ContentDate = dataset.SeriesDate = dataset.InstanceCreationDate = day
    dataset.ContentTime = dataset.SeriesTime = dataset.InstanceCreationTime = time
    dataset.TimezoneOffsetFromUTC = now.strftime("%z")


UNPAIRED = (
    "CHEST",
    "ABDOMEN",
    "HEAD",
    "SKULL",
    "NECK",
    "PELVIS",
    "HEART",
    "SPINE",
    "CSPINE",
    "TSPINE",
    "LSPINE",
    "BRAIN",
)
"""Body parts without a side: with one of them Laterality must be absent (PS3.3 C.7.3.1)."""


def add_body_part(dataset: Dataset, source: Dataset) -> None:
    """Body Part Examined and Laterality as the film says; a side that is not known is there, but empty."""
    part = str(source.get("BodyPartExamined") or "").strip()
    side = str(source.get("Laterality") or "")
    if part:
        dataset.BodyPartExamined = part
    if part not in UNPAIRED:
        dataset.Laterality = side if side in ("L", "R") else ""
    elif "Laterality" in dataset:
        del dataset.Laterality
