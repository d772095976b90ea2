"""Colours of AI marks: one per part of the body, told apart by colour-blind people too (after Okabe and Ito)."""

from __future__ import annotations

_HEART = "#ff8a5c"
_LUNG = "#f2c14e"
_PLEURA = "#a995f5"  # no sky blue: that is the reader's
_BONE = "#d79ac2"
_DEVICE = "#4fc2a0"

_OF_LABEL = {
    "enlarged cardiomediastinum": _HEART,
    "cardiomegaly": _HEART,
    "lung opacity": _LUNG,
    "lung lesion": _LUNG,
    "edema": _LUNG,
    "consolidation": _LUNG,
    "pneumonia": _LUNG,
    "atelectasis": _LUNG,
    "pneumothorax": _PLEURA,
    "pleural effusion": _PLEURA,
    "pleural other": _PLEURA,
    "fracture": _BONE,
    "support devices": _DEVICE,
}

OF_THE_CROP = "#8a929c"
READER = "#56b4e9"
"""Of every box that a reader drew or moved: solid, and as blue as their measurements. No finding has this colour."""


def of_label(label: str) -> str:
    """The colour of a finding's boxes and of its row, as #rrggbb."""
    return _OF_LABEL.get(label, _LUNG)
