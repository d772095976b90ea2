"""What the panel itself adds to the backend's events: a run begins, a film is prepared, the reader edits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from inference.backend import Event, Role
from plugin.ask.state import AskEvent
from plugin.first_look.state import FirstLookEvent
from plugin.output.state import OutputEvent
from plugin.prior.state import PriorEvent
from plugin.report.state import ReportEvent
from plugin.review.state import ReviewEvent
from plugin.signing.state import SigningEvent
from plugin.site.state import SiteEvent
from plugin.synthesis.events import SyntheticSaved

RunKind = Literal["none", "reading", "question", "comparison", "sentence", "impression"]
"""What a run is for. The events of a comparison, and of what a topic asks for, are folded by that topic."""


@dataclass(frozen=True, slots=True)
class FilmInReading:
    """A film's part in a reading. `image` names it in the backend's events, once its pixels are known."""

    film_key: str  # viewer.core.study.Film.key
    title: str  # for the reader: "PA", "Lateral", "Film 2"
    role: Role = "current"
    image: str = ""  # image_sha256, empty until its pixels were read
    not_read: str = ""  # why it was not read, in words for the reader


@dataclass(frozen=True, slots=True)
class PriorUsed:
    """The prior that was given to the model."""

    study_date: date | None = None
    days_before: int | None = None  # None: one of the two dates is not known
    has_report: bool = False  # its text was given as well
    place: int = 1  # among the patient's earlier studies of the chest, nearest first
    of_priors: int = 0  # so many there are; 0 = not counted


@dataclass(frozen=True, slots=True)
class ReadingStarted:
    """The reader asked for a reading. Clears the earlier findings, never the reader's own text."""

    films: tuple[FilmInReading, ...]
    prior: PriorUsed | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run that a topic asked for. `subject` names what it is about: a sentence's id, a box, or nothing."""

    kind: RunKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FilmPrepared:
    """The pixels of a film are decoded and it has a name in the backend's events."""

    film_key: str
    image: str


@dataclass(frozen=True, slots=True)
class FilmFailed:
    """A film can't be given to the backend; the others go on."""

    film_key: str
    reason: str


@dataclass(frozen=True, slots=True)
class StudyPut:
    """The backend holds the study and calls it so; a new backend process forgets it."""

    study_id: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """The reader pressed Stop; the run ends at its next token."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in words for the reader."""

    text: str
    remedy: str = ""
    is_backend_lost: bool = False
    kind: str = ""  # a class of inference/errors.py, for what can be done about it


@dataclass(frozen=True, slots=True)
class RunFailed:
    problem: Problem


@dataclass(frozen=True, slots=True)
class BackendAnswered:
    """A backend that was lost is there again."""


@dataclass(frozen=True, slots=True)
class ReportEdited:
    text: str


@dataclass(frozen=True, slots=True)
class ImpressionEdited:
    text: str


@dataclass(frozen=True, slots=True)
class NewDraftTaken:
    """The reader gives up the edited text for the newer draft."""


@dataclass(frozen=True, slots=True)
class FindingSelected:
    finding_id: str | None


@dataclass(frozen=True, slots=True)
class SentenceSelected:
    """The cursor was put into a sentence of the draft: its finding is what the reader looks at."""

    sentence_id: str


@dataclass(frozen=True, slots=True)
class FindingHovered:
    """The pointer is over a finding's row or one of its boxes; None: over none any more."""

    finding_id: str | None


@dataclass(frozen=True, slots=True)
class SentenceHovered:
    """The pointer or the cursor is in a sentence of the draft, by the model's id; None: in none any more."""

    sentence_id: str | None


PanelEvent = (
    Event
    | ReadingStarted
    | RunStarted
    | FilmPrepared
    | FilmFailed
    | StudyPut
    | StopAsked
    | RunFailed
    | BackendAnswered
    | ReportEdited
    | ImpressionEdited
    | NewDraftTaken
    | FindingSelected
    | SentenceSelected
    | FindingHovered
    | SentenceHovered
    | FirstLookEvent
    | PriorEvent
    | ReviewEvent
    | SigningEvent
    | SiteEvent
    | ReportEvent
    | AskEvent
    | OutputEvent
    | SyntheticSaved
)
