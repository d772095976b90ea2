"""Tracking UIDs that follow from what they name: the panel and a batch give the same place the same UID. Pure."""

from __future__ import annotations

from inference.dicom.requests import Xyxy
from viewer.core.element_values import derived_uid


def uid_of_finding(study_uid: str, sop_instance_uid: str, name: str) -> str:
    """Of a finding on a film; `name` is the model's label, or the id of one that a reader added."""
    return derived_uid("finding", study_uid, sop_instance_uid, name)


def uid_of_box(study_uid: str, sop_instance_uid: str, label: str, xyxy: Xyxy) -> str:
    """Of a box that nobody has touched."""
    corners = ",".join(f"{value:.2f}" for value in xyxy)
    return derived_uid("box", study_uid, sop_instance_uid, label, corners)
