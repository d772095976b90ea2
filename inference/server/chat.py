"""`POST /v1/chat/completions` in OpenAI's shape, for scripts and other viewers that know no other.

Films are named by `metadata.study` or by `cxr://SHA256`; an address on a network or on the disk is never opened.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from inference.backend import (
    DRAFT_MARK,
    AskQuestion,
    Finished,
    StudyFilm,
    StudyInput,
)
from inference.errors import InvalidRequest, UnknownModel
from inference.plain import from_plain
from inference.server.chat_question import CompletionBody, read_question
from inference.server.films_told import FILM_DRAWN, SYNTHETIC, picture_told
from inference.server.jobs import Job
from inference.server.openai_shape import OpenAiRoute, openai_error
from inference.server.scheduler import Scheduler
from inference.server.schema import described, json_body
from inference.server.shelf import Shelf
from inference.server.streams import FollowedStream, Patience, follow
from inference.server.waiting import failure, hung_up, loaded
from inference.sse import HEARTBEAT

# ── the route ───────────────────────────────────────────────────────────────────────────────────────────────────


def chat_routes(scheduler: Scheduler, shelf: Shelf, patience: Patience) -> APIRouter:
    routes = APIRouter(tags=["chat"], route_class=OpenAiRoute)

    @routes.post("/v1/chat/completions", openapi_extra=described(CompletionBody))
    async def completions(request: Request) -> Response:
        """Ask a question. Hanging up ends generation, whether streaming or not."""
        body = from_plain(CompletionBody, await json_body(request))
        asked = read_question(body)
        await _check_model(body.model, scheduler)
        job = scheduler.submit(_with_films(asked.question, asked.films, shelf, scheduler))
        if body.stream:
            chunks = _chunks(job, _Frame(job, scheduler), asked.has_usage, patience.heartbeat_s)
            return FollowedStream(chunks, job, scheduler, grace_s=0)
        return await _whole(job, scheduler, request, patience.heartbeat_s)

    return routes


async def _check_model(model: str, scheduler: Scheduler) -> None:
    """Nobody gets another model's answer than the one asked for; while one loads, wait to see which it is."""
    if model:
        await loaded(scheduler)
    if model and scheduler.info is not None and model != scheduler.info.id:
        raise UnknownModel(f"The model that is loaded is {scheduler.info.id}.")


def _with_films(
    asked: AskQuestion, films: tuple[str, ...], shelf: Shelf, scheduler: Scheduler
) -> AskQuestion:
    """The question about a study of just these films, where it names films but no study."""
    if not films:
        return asked
    if asked.study_id is not None:
        study, _ = shelf.study(asked.study_id)
        if not set(films) <= {film.image_sha256 for film in study.films}:
            raise InvalidRequest("A film of the messages is not part of the study.")
        return asked
    study = StudyInput(str(uuid.uuid4()), tuple(StudyFilm(film) for film in films))
    for excess in shelf.put_study(study):
        scheduler.forget_study(excess)
    return replace(asked, study_id=study.study_id)


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────────


class _Frame:
    """What is the same in every piece of one answer."""

    def __init__(self, job: Job, scheduler: Scheduler) -> None:
        self._id, self._created, self._scheduler = f"chatcmpl-{job.id}", int(time.time()), scheduler

    def piece(self, kind: str, choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        info = self._scheduler.info
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": info.id if info else "",
            "choices": choices,
            "draft_mark": DRAFT_MARK,
            **more,
        }

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return _line(self.piece("chat.completion.chunk", [choice]))


def _line(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


async def _chunks(job: Job, frame: _Frame, has_usage: bool, heartbeat_s: float) -> AsyncIterator[bytes]:
    shown = 0
    yield frame.chunk({"role": "assistant", "content": ""})
    async for entries in follow(job, 0, heartbeat_s):
        if not entries:
            yield HEARTBEAT
        for entry in entries:
            if entry.name == "text_delta":
                yield frame.chunk({"content": json.loads(entry.data)["text"]})
            if entry.name == FILM_DRAWN:
                yield frame.chunk({"images": [_image(json.loads(entry.data), shown)]})
                shown += 1
    last = job.log.last
    if not isinstance(last, Finished):
        yield _line(openai_error(failure(job)))
        return
    yield frame.chunk({}, _finish_reason(last))
    if has_usage:
        yield _line(frame.piece("chat.completion.chunk", [], usage=_usage(last)))
    yield b"data: [DONE]\n\n"


async def _whole(job: Job, scheduler: Scheduler, request: Request, heartbeat_s: float) -> Response:
    """Wait for the whole answer while listening for the client's hanging up, which nobody else would notice."""
    reader = asyncio.create_task(_answer(job, heartbeat_s))
    if await hung_up(reader, job, scheduler, request):
        return Response(status_code=499)  # nobody reads it
    text, images = reader.result()
    last = job.log.last
    if not isinstance(last, Finished):
        raise failure(job)
    message = {"role": "assistant", "content": text, **({"images": images} if images else {})}
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(last)}
    frame = _Frame(job, scheduler)
    return JSONResponse(frame.piece("chat.completion", [choice], usage=_usage(last)))


async def _answer(job: Job, heartbeat_s: float) -> tuple[str, list[dict[str, Any]]]:
    """The answer's text, and the films that were drawn for it."""
    texts: list[str] = []
    images: list[dict[str, Any]] = []
    async for entries in follow(job, 0, heartbeat_s):
        texts += [json.loads(entry.data)["text"] for entry in entries if entry.name == "text_delta"]
        drawn = [json.loads(entry.data) for entry in entries if entry.name == FILM_DRAWN]
        images += [_image(film, len(images) + at) for at, film in enumerate(drawn)]
    return "".join(texts), images


def _image(film: dict[str, Any], index: int) -> dict[str, Any]:
    """A synthetic film of an answer, as other servers send pictures in a message; what we know of it beside it."""
    told = picture_told(film)
    url = f"data:image/png;base64,{told.pop('b64_json')}"
    shown = {"type": "image_url", "index": index, "image_url": {"url": url}}
    return {**shown, "film": {**told, "part": film["part"], "synthetic": SYNTHETIC}}


def _finish_reason(last: Finished) -> str:
    return str(last.result.get("finish_reason", "stop"))


def _usage(last: Finished) -> dict[str, Any]:
    """OpenAI's counts: the whole prompt, and how much of it was known from earlier turns."""
    fed, new = (int(last.usage.get(key, 0)) for key in ("prefill_tokens", "new_tokens"))
    prompt = int(last.usage.get("prompt_tokens", fed))
    return {
        "prompt_tokens": prompt,
        "completion_tokens": new,
        "total_tokens": prompt + new,
        "prompt_tokens_details": {"cached_tokens": max(0, prompt - fed)},
    }
