"""Routes that start jobs, and the jobs themselves: state, events, stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import Field
from starlette.responses import StreamingResponse

from inference.backend import (
    AskQuestion,
    ChatMessage,
    Classify,
    Compare,
    DescribeRegion,
    GroundingKind,
    GroundPhrase,
    Prefetch,
    QuestionTemplate,
    ReadStudy,
    RegionKind,
    ReportStyle,
    Summarise,
    SummaryStyle,
    WriteImpression,
    WriteSentence,
    Xyxy,
)
from inference.backend import Request as Wish
from inference.errors import InvalidRequest
from inference.plain import from_plain
from inference.server.jobs import Job
from inference.server.scheduler import Scheduler
from inference.server.schema import described, json_body
from inference.server.streams import (
    FollowedStream,
    Patience,
    entry_number,
    event_stream,
    stop_if_abandoned,
)
from inference.wire import event_to_json

MAX_NEW_TOKENS = 4_096
MAX_STOPS = 4  # as many as OpenAI's API takes
MAX_STOP_LETTERS = 200
NAMED_KINDS = ("phrase", "finding", "anatomy")
"""Kinds of grounding that need words for what is looked for."""
Words = Annotated[str, Field(pattern=r"\S")]
Stop = Annotated[str, Field(min_length=1, max_length=MAX_STOP_LETTERS)]


@dataclass(frozen=True, slots=True)
class ReportBody:
    """What the report is written from; nothing needs to be said."""

    style: ReportStyle = "chain_of_thought"


@dataclass(frozen=True, slots=True)
class GroundBody:
    """What to look for, and on which film; some kinds need no phrase."""

    image_sha256: str
    phrase: str = ""
    kind: GroundingKind = "phrase"


@dataclass(frozen=True, slots=True)
class DescribeBody:
    """A place on a film, in its stored pixels, and which words are wanted for it."""

    image_sha256: str
    boxes: tuple[Xyxy, ...]
    kind: RegionKind = "phrase"


@dataclass(frozen=True, slots=True)
class ClassifyBody:
    """One finding, or none for all 13; one film, or none for all current ones."""

    finding: str = ""
    image_sha256: str = ""


@dataclass(frozen=True, slots=True)
class CompareBody:
    """A question over the prior's film and the current one, or none for what changed."""

    question: str = ""
    changes_only: bool = False


@dataclass(frozen=True, slots=True)
class SummaryBody:
    """Which words are wanted, and for what; without a text for the study's last reading."""

    style: SummaryStyle
    text: str = ""


@dataclass(frozen=True, slots=True)
class TextSummaryBody:
    """Which words are wanted for a text."""

    style: SummaryStyle
    text: Words


@dataclass(frozen=True, slots=True)
class ChatBody:
    """A conversation whose last message is the question."""

    messages: tuple[ChatMessage, ...]
    max_new_tokens: Annotated[int, Field(ge=1, le=MAX_NEW_TOKENS)] = 500
    stop: Annotated[tuple[Stop, ...], Field(max_length=MAX_STOPS)] = ()
    template: QuestionTemplate = "auto"


@dataclass(frozen=True, slots=True)
class ImpressionBody:
    """The findings text to sum up."""

    findings: Words


@dataclass(frozen=True, slots=True)
class SentenceBody:
    """Which findings, on which film, the sentence is to be about."""

    image_sha256: str
    findings: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class NoBody:
    """Nothing needs to be said."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """Query parameters that every job takes."""

    priority: int
    cancel_on_disconnect: bool


async def job_options(
    priority: Annotated[int, Query(ge=0, le=3, description="0 interactive, 1–2 prefetch, 3 batch")] = 0,
    cancel_on_disconnect: Annotated[
        bool, Query(description="stop when no stream follows the job for 2 s (10 s before the first one)")
    ] = True,
) -> JobOptions:
    """A coroutine on purpose: FastAPI would send a plain function through a thread for each request."""
    return JobOptions(priority, cancel_on_disconnect)


Options = Annotated[JobOptions, Depends(job_options)]


def question(
    study_id: str | None, messages: tuple[ChatMessage, ...], max_new_tokens: int, stop: tuple[str, ...] = ()
) -> AskQuestion:
    """A question that can be asked.

    Raises:
        InvalidRequest: There is no question at the end, or the length asked for can't be.
    """
    if not messages or messages[-1].role != "user" or not messages[-1].content.strip():
        raise InvalidRequest("The last of the messages must be the user's question.")
    if not 1 <= max_new_tokens <= MAX_NEW_TOKENS:
        raise InvalidRequest(f"max_new_tokens must lie between 1 and {MAX_NEW_TOKENS}.")
    if len(stop) > MAX_STOPS or not all(0 < len(one) <= MAX_STOP_LETTERS for one in stop):
        raise InvalidRequest(f"stop takes up to {MAX_STOPS} texts of 1 to {MAX_STOP_LETTERS} letters.")
    return AskQuestion(study_id, messages, max_new_tokens, stop)


def _text(words: str, field: str) -> str:
    if not words.strip():
        raise InvalidRequest(f"{field} is empty.")
    return words


def job_routes(scheduler: Scheduler, patience: Patience) -> APIRouter:
    """Everything that takes time is a job: it answers at once with an id, and its events are streamed."""
    routes = APIRouter(tags=["jobs"])

    def start(wish: Wish, options: JobOptions) -> dict[str, Any]:
        job = scheduler.submit(
            wish, priority=options.priority, cancel_on_disconnect=options.cancel_on_disconnect
        )
        stop_if_abandoned(job, scheduler, patience.first_look_s)
        return job_told(job)

    @routes.post(
        "/v1/studies/{study_id}/report", status_code=202, openapi_extra=described(ReportBody, is_needed=False)
    )
    async def report(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """Read the study: findings, boxes, report, places of its sentences, impression."""
        body = from_plain(ReportBody, await json_body(request, may_be_empty=True))
        return start(ReadStudy(study_id, body.style), options)

    @routes.post(
        "/v1/studies/{study_id}/prefetch",
        status_code=202,
        openapi_extra=described(NoBody, is_needed=False),
    )
    async def prefetch(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """Look at the films and read the prompt before anybody asks. Never interactive: priority 0 becomes 1."""
        from_plain(NoBody, await json_body(request, may_be_empty=True))
        return start(Prefetch(study_id), replace(options, priority=options.priority or 1))

    @routes.post("/v1/studies/{study_id}/ground", status_code=202, openapi_extra=described(GroundBody))
    async def ground(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """Boxes on one film of the study: a phrase, a finding, a region, an organ, whatever is abnormal."""
        body = from_plain(GroundBody, await json_body(request))
        if body.kind in NAMED_KINDS:
            _text(body.phrase, "body.phrase")
        return start(GroundPhrase(study_id, body.image_sha256, body.phrase, body.kind), options)

    @routes.post("/v1/studies/{study_id}/describe", status_code=202, openapi_extra=described(DescribeBody))
    async def describe(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """Words for a box on one film of the study: a phrase, a finding, a region, an organ."""
        body = from_plain(DescribeBody, await json_body(request))
        return start(DescribeRegion(study_id, body.image_sha256, body.boxes, body.kind), options)

    @routes.post(
        "/v1/studies/{study_id}/classify",
        status_code=202,
        openapi_extra=described(ClassifyBody, is_needed=False),
    )
    async def classify(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """Whether a finding is present on each current film, or which of the 13 are, with probabilities."""
        body = from_plain(ClassifyBody, await json_body(request, may_be_empty=True))
        return start(Classify(study_id, body.finding, body.image_sha256), options)

    @routes.post(
        "/v1/studies/{study_id}/compare",
        status_code=202,
        openapi_extra=described(CompareBody, is_needed=False),
    )
    async def compare(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """What changed since the nearest prior, in words and finding by finding, or an answer over both films."""
        body = from_plain(CompareBody, await json_body(request, may_be_empty=True))
        return start(Compare(study_id, body.question, body.changes_only), options)

    @routes.post("/v1/studies/{study_id}/summarise", status_code=202, openapi_extra=described(SummaryBody))
    async def summarise(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """Other words for the study's last reading: shorter, plainer, or its most important lesion."""
        body = from_plain(SummaryBody, await json_body(request))
        return start(Summarise(study_id, body.style, body.text), options)

    @routes.post("/v1/summarise", status_code=202, openapi_extra=described(TextSummaryBody))
    async def summarise_text(request: Request, options: Options) -> dict[str, Any]:
        """Other words for a findings text."""
        body = from_plain(TextSummaryBody, await json_body(request))
        return start(Summarise(None, body.style, _text(body.text, "body.text")), options)

    @routes.post("/v1/studies/{study_id}/chat", status_code=202, openapi_extra=described(ChatBody))
    async def chat(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """A question about the study's current films."""
        body = from_plain(ChatBody, await json_body(request))
        asked = question(study_id, body.messages, body.max_new_tokens, body.stop)
        return start(replace(asked, template=body.template), options)

    @routes.post("/v1/chat", status_code=202, openapi_extra=described(ChatBody))
    async def chat_without_films(request: Request, options: Options) -> dict[str, Any]:
        """A question without any film."""
        body = from_plain(ChatBody, await json_body(request))
        asked = question(None, body.messages, body.max_new_tokens, body.stop)
        return start(replace(asked, template=body.template), options)

    @routes.post("/v1/impression", status_code=202, openapi_extra=described(ImpressionBody))
    async def impression(request: Request, options: Options) -> dict[str, Any]:
        """An impression from a findings text."""
        body = from_plain(ImpressionBody, await json_body(request))
        return start(WriteImpression(_text(body.findings, "body.findings")), options)

    @routes.post("/v1/studies/{study_id}/sentence", status_code=202, openapi_extra=described(SentenceBody))
    async def sentence(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """One sentence about findings on one film of the study, anew; no prior is looked at."""
        body = from_plain(SentenceBody, await json_body(request))
        return start(WriteSentence(study_id, body.image_sha256, body.findings), options)

    _watching(routes, scheduler, patience)
    return routes


def _watching(routes: APIRouter, scheduler: Scheduler, patience: Patience) -> None:
    """How far a job is, its end, and its events."""

    @routes.get("/v1/jobs/{job_id}")
    async def job_state(job_id: str) -> dict[str, Any]:
        """Queued, running, finished, cancelled or error; and the last event once there is one."""
        return job_told(scheduler.job(job_id))

    @routes.delete("/v1/jobs/{job_id}")
    async def stop(job_id: str) -> dict[str, Any]:
        """Stop a job: generation ends after at most one more token. Its stream ends with `cancelled`."""
        job = scheduler.job(job_id)
        scheduler.cancel(job)
        return job_told(job)

    @routes.get("/v1/jobs/{job_id}/events", response_class=StreamingResponse)
    async def events(job_id: str, last_event_id: Annotated[str | None, Header()] = None) -> FollowedStream:
        """Server-Sent Events from number 1, or after Last-Event-ID; the last is finished, cancelled or error."""
        return event_stream(scheduler.job(job_id), entry_number(last_event_id), scheduler, patience)


def job_told(job: Job) -> dict[str, Any]:
    """A job as the routes answer it."""
    last = job.log.last
    return {
        "id": job.id,
        "state": job.state,
        "priority": job.priority,
        "events": job.log.count,
        "last": None if last is None else event_to_json(last),
    }
