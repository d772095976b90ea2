"""What the reader has done with a study. The films themselves say the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

StudyState = Literal["unread", "open", "reviewed", "signed"]
STATES: tuple[StudyState, ...] = get_args(StudyState)


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """Kept by Study Instance UID. A study without a record is unread."""

    state: StudyState = "unread"
    note: str = ""
    last_opened: str = ""  # date and time in UTC, ISO 8601; empty: never


UNREAD = StudyRecord()
