"""The contract between whoever wants a film read and whoever reads it. No Qt, no torch.

A request goes in, a stream of events comes out, and it can be stopped. The server sends the same dataclasses as
Server-Sent Events, one to one, their names in snake case; `inference.wire` turns them into JSON and back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from viewer.core.study import PixelDescription

FINDINGS: tuple[str, ...] = (
    "enlarged cardiomediastinum",
    "cardiomegaly",
    "lung opacity",
    "lung lesion",
    "edema",
    "consolidation",
    "pneumonia",
    "atelectasis",
    "pneumothorax",
    "pleural effusion",
    "pleural other",
    "fracture",
    "support devices",
)
"""The 13 findings of M4CXR's prompt, in its order and its lower case (CheXbert's without "no finding")."""

DRAFT_MARK = "AI DRAFT – NOT REVIEWED"
RESEARCH_USE = (
    "Research use only. Not a medical device. Not for diagnosis without review by a qualified reader."
)

Presence = Literal["present", "absent", "not assessed"]
Role = Literal["current", "lateral", "prior"]
Xyxy = tuple[float, float, float, float]
"""A box in stored pixels of its film: x right, y down, edges, origin top left of the stored rows."""
NO_FINDING = "no finding"


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, eq=False)
class FilmInput:
    """One film as the backend receives it: decoded stored values and how to show them. No identity.

    `image_sha256` covers the pixels and the attributes (see `inference.wire.film_digest`) and names the film in
    every event about it.
    """

    image_sha256: str
    stored: NDArray[Any]  # (rows, columns) or (rows, columns, 3), see viewer.core.study.FilmPixels
    description: PixelDescription
    modality: str = ""  # (0008,0060)
    body_part: str = ""  # (0018,0015)
    view_position: str = ""  # (0018,5101)
    is_synthetic: bool = False  # (0008,001C)


@dataclass(frozen=True, slots=True)
class StudyFilm:
    """A film's part in a study that is to be read."""

    image_sha256: str
    role: Role = "current"
    days_before: int | None = None  # of a prior: days before the current study, None = date not known


@dataclass(frozen=True, slots=True)
class PriorReport:
    """The findings text of one of several priors."""

    text: str
    days_before: int | None = None  # as its films say it


@dataclass(frozen=True, slots=True)
class StudyInput:
    """What is read together. The id is random; no name, patient id or accession number may be put here.

    Priors may be of several dates: the nearest one that can be read is compared with, and its own report is given to
    the model (`PriorChosen` says which it was). `age` and `sex` stand in none of M4CXR's prompts: they are kept with
    the study and used for nothing.
    """

    study_id: str
    films: tuple[StudyFilm, ...]
    prior_report: str = ""  # findings text of the nearest prior, as signed or as drafted
    indication: str = ""  # used by ReadStudy with style "with_indication" only
    age: str = ""
    sex: str = ""
    prior_reports: tuple[
        PriorReport, ...
    ] = ()  # each with its prior's date; where one fits it is taken first


ReportStyle = Literal["chain_of_thought", "single_turn", "with_indication"]


@dataclass(frozen=True, slots=True)
class ReadStudy:
    """Gate, findings, boxes, report, places of its sentences, impression.

    `style` says what the report is written from: the finding list of the turn before (chain_of_thought, as
    published), the films alone (single_turn), or one film and the study's indication (with_indication; the model has
    that prompt for a single film without a prior, anything else is refused). The findings are asked for in each.
    """

    study_id: str
    style: ReportStyle = "chain_of_thought"


GroundingKind = Literal["phrase", "finding", "anatomy", "organ", "abnormality", "findings"]
RegionKind = Literal["phrase", "finding", "anatomy", "organ"]


@dataclass(frozen=True, slots=True)
class GroundPhrase:
    """Where is it? Boxes on one film.

    What `phrase` holds depends on `kind`: words of a report (phrase), a finding's name (finding), one of
    `inference.text.places.ANATOMY` (anatomy) or of ORGANS (organ; empty = lung). It stays empty for "abnormality",
    all abnormal regions, and for "findings", which of the 13 are present and where.
    """

    study_id: str
    image_sha256: str
    phrase: str = ""
    kind: GroundingKind = "phrase"


@dataclass(frozen=True, slots=True)
class DescribeRegion:
    """What is here? Words for a place on one film.

    `kind` says which words: of a report (phrase), one of the 13 findings, of the 29 regions of
    `inference.text.places.ANATOMY`, or of ORGANS. An organ may take several boxes (two lungs), the others one.
    """

    study_id: str
    image_sha256: str
    boxes: tuple[Xyxy, ...]
    kind: RegionKind = "phrase"


@dataclass(frozen=True, slots=True)
class Classify:
    """Is it there? Each film is asked about alone, with a probability for each answer.

    `finding` is one of FINDINGS or NO_FINDING: answered yes, no or uncertain. Empty: which of the 13 are present.
    Without `image_sha256` all current films that can be read are asked about.
    """

    study_id: str
    finding: str = ""
    image_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Compare:
    """What changed since the nearest prior? One film of each: the first that can be read.

    With a question the model answers it over both films. Without one each film gets its 13 findings with their boxes,
    and each finding a `Change`; `changes_only` leaves out the model's own words on what has changed.
    """

    study_id: str
    question: str = ""
    changes_only: bool = False


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["user", "assistant"]
    content: str


QuestionTemplate = Literal["auto", "conversation", "question", "difference"]


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """A question, as the last of `messages`; earlier turns are history. About the study's current films.

    `template` is the published prompt it is put into: free conversation; "question" for a short answer about one
    film, as in the visual question answering sets; "difference" over the prior's film and the current one. "auto"
    takes "difference" where the user's questions compare, in a study with a prior that was not read yet, else
    "conversation".
    """

    study_id: str | None
    messages: tuple[ChatMessage, ...]
    max_new_tokens: int = 500
    stop: tuple[str, ...] = ()  # the answer ends before the first of these texts, which is not shown
    template: QuestionTemplate = "auto"


SummaryStyle = Literal["impression", "plain", "patient", "concise", "sentence", "points", "lesion"]


@dataclass(frozen=True, slots=True)
class Summarise:
    """Other words for a report: of the study's last reading, or of `text` where that is given.

    plain and patient explain it in easy language, concise, sentence and points shorten it, lesion names the most
    important one.
    """

    study_id: str | None
    style: SummaryStyle
    text: str = ""


@dataclass(frozen=True, slots=True)
class WriteImpression:
    """Impression from a findings text. No picture is looked at."""

    findings: str


@dataclass(frozen=True, slots=True)
class WriteSentence:
    """One sentence about findings on one film, anew: the report's own prompts, with these findings as their list.

    `findings` are some of FINDINGS. No prior is looked at, so nothing is compared.
    """

    study_id: str
    image_sha256: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefetch:
    """Look at a study's films and read how its reading begins, before anybody asks. Nothing is drafted."""

    study_id: str


FilmView = Literal["PA", "AP", "lateral"]


@dataclass(frozen=True, slots=True)
class DrawFilm:
    """Make synthetic films of a description: `count` of them, with the seeds `seed`, `seed` + 1 and so on.

    Without a source film the text alone decides. With `source_image` (a film of the study) they are made *from this
    patient*, which is experimental: `strength` 0 leaves that film as it is, 1 takes nothing of it.
    """

    text: str
    view: FilmView = "PA"
    seed: int = 0
    count: int = 1
    steps: int = 20
    guidance: float = 4.0
    study_id: str | None = None
    source_image: str = ""
    strength: float = 0.6


Request = (
    ReadStudy
    | GroundPhrase
    | DescribeRegion
    | Classify
    | Compare
    | AskQuestion
    | Summarise
    | WriteImpression
    | WriteSentence
    | Prefetch
    | DrawFilm
)


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Queued:
    position: int  # 0 = next


@dataclass(frozen=True, slots=True)
class Progress:
    stage: str  # "gate", "encode", "findings", "confidence", "boxes", "report", "places",
    # "impression", "answer", "loading", "drawing" (a synthetic film),
    # "waiting" (a more urgent job runs first), "training" (a training run is leaving the graphics card)
    done: int
    total: int
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """New text of the named channel. The channels' texts are: the raw finding list, report, impression, answer."""

    text: str
    channel: Literal["findings", "report", "impression", "answer"] = "report"


@dataclass(frozen=True, slots=True)
class NotRead:
    """A film the gate refused; the reading goes on with the others."""

    image: str  # image_sha256
    reason: str  # words for the reader: "not a chest radiograph (Modality CT)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One of the 13, about one film. Each film that a reading looked at gets all 13, absent ones too."""

    id: str  # unique in the job: "f3"
    label: str  # from FINDINGS; NO_FINDING where just that was asked
    presence: Presence
    confidence: (
        float | None
    )  # probability that it is present, 0..1, from the model's own yes/no; None = not known
    calibrated: bool  # False: the panel shows "not calibrated here"
    image: str  # image_sha256


@dataclass(frozen=True, slots=True)
class PriorChosen:
    """Which prior the current study is compared with."""

    images: tuple[str, ...]  # image_sha256 of its films
    days_before: int | None
    others: int  # further priors that were given and are not looked at
    why: str  # words for the reader: "the nearest of 3 priors"
    report: Literal["given", "drafted", "not used"]  # drafted: by the model, from the prior's films


ChangeKind = Literal[
    "new", "larger", "unchanged", "smaller", "resolved", "still present", "absent", "not assessed"
]
ChangeBasis = Literal["each film's own findings", "size of the boxes", "the model's certainty"]


@dataclass(frozen=True, slots=True)
class Change:
    """A finding on the prior's film and on the current one; its boxes on both came before (`Box.finding_id`).

    "Still present": it is on both, and nothing tells whether it grew. Larger and smaller by "the model's certainty"
    mean that the model is more or less sure of it, not that a size was compared.
    """

    label: str
    change: ChangeKind
    prior_finding_id: str
    finding_id: str
    basis: ChangeBasis = "each film's own findings"
    why: str = ""  # in words for the reader


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a film, in that film's own pixels (x right, y down, edges; origin top left of the stored rows)."""

    id: str
    image: str
    xyxy: tuple[float, float, float, float]
    finding_id: str | None = None
    sentence_id: str | None = None
    agreement: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the drafted report, the findings it states, and where on the films that is."""

    id: str
    text: str
    finding_ids: tuple[str, ...] = ()
    provenance: str = "model"
    box_ids: tuple[str, ...] = ()  # of its findings or of its own; each came before
    no_place: str = ""  # why no box shows it, in words for the reader; empty where one does


@dataclass(frozen=True, slots=True)
class Flag:
    """A reason to doubt, or something the reader must know (kinds: comparison_without_prior, measurement,
    unsupported_sentence, dropped_finding, cropped, prior_report_is_draft, box_outside, smaller_plan, not_groundable,
    uncertain_finding, incomplete, left_out_of_report, copied_prior, forced_answer,
    untold, side_mismatch, adapter_left_out, hanging: a film hangs wrongly or may be no frontal chest film,
    no_film: a film that an answer describes was not made)."""

    kind: str
    why: str
    sentence_id: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """A synthetic film on its way, coarse and already marked as synthetic."""

    film: int  # 0 = the first of the request
    step: int
    steps: int
    png: str  # base64
    part: int | None = None  # of an answer, as in `FilmDrawn`


@dataclass(frozen=True, slots=True)
class FilmDrawn:
    """A synthetic film. The picture is marked: word burned in, watermark in its pixels. No unmarked one exists here.

    `seen_view` is what the view classifier says of it. `doubts` are words for the reader: the wrong view, one lung
    field, a description with words the generator does not know. In an answer it stands at `part`.
    """

    film: int
    image: str  # SHA-256 of the PNG's bytes
    png: str  # base64, 8-bit grey
    width: int
    height: int
    text: str
    view: FilmView
    seed: int
    seen_view: str = ""
    doubts: tuple[str, ...] = ()
    source_image: str = ""
    strength: float | None = None  # of the source film; None without one
    pack: str = ""  # id and version
    weights_sha256: str = ""
    part: int | None = None  # of an answer: the place among `inference.text.film_tags.answer_parts`


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a run that went well. `result` holds the texts: report, impression, answer, findings."""

    result: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(
        default_factory=dict
    )  # counts: encoder_calls, prefill_tokens, new_tokens, seconds
    fingerprint: Mapping[str, Any] = field(default_factory=dict)  # pack, hashes, versions, precision, device


@dataclass(frozen=True, slots=True)
class Cancelled:
    pass


@dataclass(frozen=True, slots=True)
class Error:
    type: str
    message: str
    remedy: str = ""


Event = (
    Queued
    | Progress
    | TextDelta
    | NotRead
    | PriorChosen
    | Finding
    | Change
    | Box
    | Sentence
    | Flag
    | Preview
    | FilmDrawn
    | Finished
    | Cancelled
    | Error
)
LAST_EVENTS = (Finished, Cancelled, Error)
"""Exactly one of these ends every stream."""


# ── the backend ─────────────────────────────────────────────────────────────────────────────────────────────────


class CancelToken:
    """Set from any thread; looked at between tokens, where a more urgent job may take its turn too.

    Args:
        let_others: Called between two tokens, in the inference thread. It may run another request to its end before
            it returns, so nothing half-written may lie in what two requests share.
    """

    def __init__(self, let_others: Callable[[], None] | None = None) -> None:
        self._event = threading.Event()
        self._let_others = let_others

    def cancel(self) -> None:
        self._event.set()

    def rest(self) -> None:
        """Between two tokens: let more urgent work go first."""
        if self._let_others is not None:
            self._let_others()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()


@dataclass(frozen=True, slots=True)
class PackInfo:
    """What the reader is told about the model that is loaded."""

    id: str
    version: str
    sha256: str  # over the manifest, which names the SHA-256 of every file
    title: str
    licence: str
    research_only: bool
    card: str  # model card, plain text: trained on what, how good it measured, known failures
    not_assessed: tuple[str, ...] = ()  # findings that this pack can't judge


class Backend(Protocol):
    """Reads chest radiographs. All methods are called from one inference thread, never the window's."""

    def info(self) -> PackInfo: ...

    def put_film(self, film: FilmInput) -> None:
        """Keep a film for later requests. Raises InvalidFilm if its shape and description disagree."""
        ...

    def has_film(self, image_sha256: str) -> bool: ...

    def put_study(self, study: StudyInput) -> None:
        """Raises UnknownFilm if one of its films was never put."""
        ...

    def forget_study(self, study_id: str) -> None:
        """Free the study's caches; unknown ids are ignored."""
        ...

    def run(self, request: Request, cancel: CancelToken) -> Iterator[Event]:
        """Yield events as they happen, then exactly one `Finished`.

        Raises:
            InferenceCancelled: Within one token of `cancel.cancel()`.
            InferenceError: Anything else that can be told to the reader; the backend stays fit for the next request.
        """
        ...


def is_last(event: Event) -> bool:
    """True for the one event that ends a stream."""
    return isinstance(event, LAST_EVENTS)
