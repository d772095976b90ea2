"""Errors and models in OpenAI's shape, so that its clients raise their own exceptions and list what is here."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from inference.backend import PackInfo
from inference.errors import (
    InferenceCancelled,
    InferenceError,
    InvalidRequest,
    ModelAtWork,
    NothingToRead,
    OutOfMemory,
    PackError,
    Refused,
    UnknownFilm,
    UnknownModel,
    UnknownStudy,
    VerySlow,
)
from inference.wire import error_to_json, pack_to_json

_CODES: tuple[tuple[type[InferenceError], int, str | None], ...] = (
    (UnknownModel, 404, "model_not_found"),
    (UnknownStudy, 404, "study_not_found"),
    (UnknownFilm, 404, "film_not_found"),
    (InvalidRequest, 400, None),
    (NothingToRead, 400, "nothing_to_read"),
    (Refused, 429, "too_many_waiting"),
    (InferenceCancelled, 409, "cancelled"),
    (ModelAtWork, 409, "model_at_work"),
    (VerySlow, 409, "very_slow"),
    (OutOfMemory, 503, "out_of_memory"),
    (PackError, 503, "model_not_loaded"),
    (InferenceError, 500, None),
)


class OpenAiRoute(APIRoute):
    """A route whose refusals have OpenAI's statuses and fields: 400 where ours say 422, and `param` and `code`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except InferenceError as error:
                status = next(status for kind, status, _ in _CODES if isinstance(error, kind))
                # OpenAI's client asks again by itself, also for what was stopped or did not fit into memory
                headers = {"Retry-After": "1"} if status == 429 else {"x-should-retry": "false"}
                return JSONResponse(openai_error(error), status, headers)

        return answer


def openai_error(error: InferenceError) -> dict[str, Any]:
    """`{"error": {type, message, remedy, param, code}}`: ours, with the two fields that OpenAI's has besides."""
    told = error_to_json(error)
    named = re.match(r"body\.(\w+)|body has a field that is not allowed: (\w+)", str(error))
    told["error"]["param"] = None if named is None else named[1] or named[2]
    told["error"]["code"] = next(code for kind, _, code in _CODES if isinstance(error, kind))
    return told


def openai_model(pack: PackInfo) -> dict[str, Any]:
    """A pack as OpenAI lists a model. `created` is 0: a manifest tells no date. `pack` is all that we know."""
    return {"id": pack.id, "object": "model", "created": 0, "owned_by": "local", "pack": pack_to_json(pack)}
