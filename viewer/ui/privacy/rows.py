"""The study list without identity: who, when and how a file is called are left out. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from viewer.core.language import tr
from viewer.ui.study_rows import StudyRow


def masked_rows(rows: Sequence[StudyRow]) -> tuple[StudyRow, ...]:
    """The same rows, told apart by numbers only. Which film is which view stays, for that names nobody."""
    masked = []
    patients = studies = 0
    for row in rows:
        if row.kind == "patient":
            patients, studies = patients + 1, 0
            title = tr("Patient {number}", number=patients)
        elif row.kind == "study":
            studies += 1
            title = tr("Study {number}", number=studies)
        else:
            title = tr("Film")
        masked.append(replace(row, title=title, subtitle="", warning="", note=""))
    return tuple(masked)
