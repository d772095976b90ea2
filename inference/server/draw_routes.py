"""Routes that make synthetic films: as jobs, and `POST /v1/images/generations` in OpenAI's shape.

Every picture that goes out is marked (`inference.synthesis.drawing`). The words of a request stand in no log.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, WithJsonSchema
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from inference.backend import DrawFilm, FilmView, Finished, StudyFilm, StudyInput
from inference.errors import InvalidRequest, UnknownModel
from inference.plain import from_plain
from inference.server.films_told import FILM_DRAWN, SYNTHETIC, picture_told
from inference.server.job_routes import JobOptions, Options, job_told
from inference.server.jobs import Job
from inference.server.openai_shape import OpenAiRoute
from inference.server.scheduler import Scheduler
from inference.server.schema import described, json_body
from inference.server.shelf import Shelf
from inference.server.streams import Patience, follow, stop_if_abandoned
from inference.server.waiting import failure, hung_up, loaded
from inference.status import Synthesis
from inference.synthesis.asked import MOST_GUIDANCE, MOST_LETTERS, MOST_SEED, checked, no_generator
from inference.synthesis.wish import GUIDANCE, MOST_FILMS, MOST_STEPS, STEPS, view_of

MOST_PICTURES = 10  # as many as OpenAI's API takes

Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Guidance = Annotated[float, Field(ge=1, le=MOST_GUIDANCE)]
Strength = Annotated[
    float, Field(ge=0, le=1, description="of a film that is made from another: 0 leaves it as it is")
]
Words = Annotated[str, Field(max_length=MOST_LETTERS)]
_FILM_NAME = {"type": ["string", "null"], "pattern": "^cxr://[0-9a-f]{64}$"}


@dataclass(frozen=True, slots=True)
class DrawBody:
    """What films are wished for; without words, chest films without any listed finding."""

    text: Words = ""
    view: FilmView = "PA"
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 0
    count: Annotated[int, Field(ge=1, le=MOST_FILMS)] = 1
    steps: Steps = STEPS
    guidance: Guidance = GUIDANCE
    source_image: Annotated[
        str, Field(description="a film of the study that they are made from (experimental)")
    ] = ""
    strength: Strength = 0.6


@dataclass(frozen=True, slots=True)
class PictureBody:
    """The fields of OpenAI's request that are obeyed or do no harm, and our own; any other is refused by name."""

    prompt: Words
    model: Annotated[
        str, Field(description="The id of the pack that draws; empty: whichever is installed.")
    ] = ""
    n: Annotated[int | None, Field(ge=1, le=MOST_PICTURES)] = None
    size: Annotated[
        str | None, Field(description="`auto`, or the one size that the pack draws, `256x256` for instance.")
    ] = None
    response_format: Annotated[str | None, WithJsonSchema({"enum": ["b64_json", None]})] = None
    output_format: Annotated[str | None, WithJsonSchema({"enum": ["png", None]})] = None
    view: Annotated[
        FilmView | None, Field(description="Ours. Left out: the view that the prompt names, else PA.")
    ] = None
    seed: Annotated[
        int, Field(ge=0, le=MOST_SEED, description="Ours. The films' seeds are this, this + 1 …")
    ] = 0
    steps: Annotated[Steps | None, Field(description="Ours. Left out: as the pack says.")] = None
    guidance: Annotated[Guidance | None, Field(description="Ours. Left out: as the pack says.")] = None
    condition_image: Annotated[
        str | None,
        WithJsonSchema(
            {**_FILM_NAME, "description": "Ours, experimental: a film that was sent, to draw from."}
        ),
    ] = None
    strength: Strength = 0.6
    # without effect here
    user: Annotated[str | None, Field(description="Taken, and without effect here.")] = None
    # allowed only where they ask for nothing
    quality: Annotated[str | None, WithJsonSchema({"enum": ["auto", None]})] = None
    background: Annotated[str | None, WithJsonSchema({"enum": ["auto", "opaque", None]})] = None
    stream: Annotated[bool | None, WithJsonSchema({"enum": [False, None]})] = None


_ONLY: dict[str, tuple[tuple[Any, ...], str]] = {
    "response_format": (
        (None, "b64_json"),
        "pictures are sent in the answer; there are no addresses for them",
    ),
    "output_format": ((None, "png"), "anything but PNG would damage the watermark"),
    "quality": ((None, "auto"), "a pack draws in one quality; `steps` is what can be chosen"),
    "background": ((None, "auto", "opaque"), "films have no transparent background"),
    "stream": ((None, False), "previews are sent on the stream of a job: POST /v1/draw"),
}


def draw_routes(scheduler: Scheduler, patience: Patience) -> APIRouter:
    """Films from words, or from a film of a study. Slower than readings, and never before them."""
    routes = APIRouter(tags=["synthesis"])

    def start(wish: DrawFilm, options: JobOptions) -> dict[str, Any]:
        job = scheduler.submit(
            checked(wish),
            priority=max(options.priority, 1),
            cancel_on_disconnect=options.cancel_on_disconnect,
        )
        stop_if_abandoned(job, scheduler, patience.first_look_s)
        return job_told(job)

    @routes.post("/v1/draw", status_code=202, openapi_extra=described(DrawBody, is_needed=False))
    async def draw(request: Request, options: Options) -> dict[str, Any]:
        """Make synthetic films of a description. They are marked. Never interactive: priority 0 becomes 1."""
        body = from_plain(DrawBody, await json_body(request, may_be_empty=True))
        return start(_wish(body, None), options)

    @routes.post(
        "/v1/studies/{study_id}/draw", status_code=202, openapi_extra=described(DrawBody, is_needed=False)
    )
    async def draw_from_study(study_id: str, request: Request, options: Options) -> dict[str, Any]:
        """The same for a patient's study, also from one of its films: another view, another finding. Experimental."""
        body = from_plain(DrawBody, await json_body(request, may_be_empty=True))
        return start(_wish(body, study_id), options)

    return routes


def _wish(body: DrawBody, study_id: str | None) -> DrawFilm:
    return DrawFilm(
        body.text,
        body.view,
        body.seed,
        body.count,
        body.steps,
        body.guidance,
        study_id,
        body.source_image,
        body.strength,
    )


# ── OpenAI's shape ──────────────────────────────────────────────────────────────────────────────────────────────


def picture_routes(scheduler: Scheduler, shelf: Shelf, patience: Patience) -> APIRouter:
    """For programs that know no other way to ask for a picture."""
    routes = APIRouter(tags=["synthesis"], route_class=OpenAiRoute)

    @routes.post("/v1/images/generations", openapi_extra=described(PictureBody))
    async def generations(request: Request) -> Response:
        """Make synthetic films of a prompt and wait for them. They are marked. Hanging up ends the drawing."""
        body = from_plain(PictureBody, await json_body(request))
        _refuse_what_would_mean_something(body)
        await loaded(scheduler)
        wish = checked(_asked_for(body, _generator(body, scheduler)))
        if body.condition_image is not None:
            wish = _with_film(wish, body.condition_image, shelf, scheduler)
        job = scheduler.submit(wish, priority=1)
        return await _whole(job, scheduler, request, patience.heartbeat_s)

    @routes.api_route(
        "/v1/images/generations", methods=["GET", "HEAD", "PUT", "DELETE"], include_in_schema=False
    )
    async def no_film() -> Response:
        """Else it would be taken for the film of that name."""
        raise HTTPException(405, "Method Not Allowed")

    return routes


def _refuse_what_would_mean_something(body: PictureBody) -> None:
    for name, (allowed, why) in _ONLY.items():
        if getattr(body, name) not in allowed:
            raise InvalidRequest(f"body.{name} must be {_or(allowed)} or left out: {why}.")
    if not body.prompt.strip():
        raise InvalidRequest("body.prompt is empty.")
    if body.n is not None and not 1 <= body.n <= MOST_PICTURES:
        raise InvalidRequest(f"body.n must lie between 1 and {MOST_PICTURES}.")


def _or(allowed: tuple[Any, ...]) -> str:
    return " or ".join(json.dumps(one) for one in allowed if one is not None)


def _generator(body: PictureBody, scheduler: Scheduler) -> Synthesis:
    """What draws, if it is the model and the size that the body names."""
    if scheduler.failure is not None and scheduler.readiness == "failed":
        raise scheduler.failure.with_traceback(None)
    told = scheduler.synthesis
    if told is None:
        raise no_generator()
    if body.model and body.model != told.pack.id:
        raise UnknownModel(f"The model that draws is {told.pack.id}.")
    size = f"{told.columns}x{told.rows}"
    if body.size not in (None, "auto", size):
        raise InvalidRequest(f"body.size must be {size}, auto or left out: this pack draws no other.")
    return told


def _asked_for(body: PictureBody, generator: Synthesis) -> DrawFilm:
    return DrawFilm(
        body.prompt,
        body.view or view_of(body.prompt),
        body.seed,
        body.n or 1,
        body.steps or generator.steps,
        body.guidance or generator.guidance,
        strength=body.strength,
    )


def _with_film(wish: DrawFilm, name: str, shelf: Shelf, scheduler: Scheduler) -> DrawFilm:
    """The wish about a study of just this film."""
    named = re.fullmatch("cxr://([0-9a-f]{64})", name)
    if named is None:
        raise InvalidRequest("body.condition_image must be cxr://SHA256; other addresses are never opened.")
    study = StudyInput(str(uuid.uuid4()), (StudyFilm(named[1]),))
    for excess in shelf.put_study(study):
        scheduler.forget_study(excess)
    return replace(wish, study_id=study.study_id, source_image=named[1])


async def _whole(job: Job, scheduler: Scheduler, request: Request, heartbeat_s: float) -> Response:
    """Wait for all films while listening for the client's hanging up."""
    films = asyncio.create_task(_films(job, heartbeat_s))
    if await hung_up(films, job, scheduler, request):
        return Response(status_code=499)  # nobody reads it
    if not isinstance(job.log.last, Finished):
        raise failure(job)
    return JSONResponse(
        {"created": int(time.time()), "data": films.result(), "output_format": "png", "synthetic": SYNTHETIC}
    )


async def _films(job: Job, heartbeat_s: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async for entries in follow(job, 0, heartbeat_s):
        found += [picture_told(json.loads(entry.data)) for entry in entries if entry.name == FILM_DRAWN]
    return found
