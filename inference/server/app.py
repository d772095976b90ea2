"""The backend's HTTP application. All state lives in what `create_app` makes: two apps share nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from inference.errors import (
    BackendFault,
    InferenceCancelled,
    InferenceError,
    InvalidRequest,
    ModelAtWork,
    NothingToRead,
    OutOfMemory,
    PackError,
    Refused,
    RunNotReady,
    UnknownFilm,
    UnknownJob,
    UnknownModel,
    UnknownRun,
    UnknownStudy,
    VerySlow,
)
from inference.server.chat import chat_routes
from inference.server.door import Door
from inference.server.draw_routes import draw_routes, picture_routes
from inference.server.errands import ERRAND, Errands
from inference.server.job_routes import job_routes
from inference.server.model_desk import ModelDesk
from inference.server.model_routes import model_routes
from inference.server.openapi import add_openapi, allowed_methods
from inference.server.scheduler import BackendFactory, IdleLimit, Scheduler, never
from inference.server.shelf import Shelf
from inference.server.streams import Patience
from inference.server.study_routes import study_routes
from inference.server.train_routes import comparing_routes, teaching_routes, train_routes
from inference.server.training_desk import TrainingDesk
from inference.wire import error_to_json

_STATUS: tuple[tuple[type[InferenceError], int], ...] = (
    (UnknownFilm, 404),
    (UnknownStudy, 404),
    (UnknownJob, 404),
    (UnknownModel, 404),
    (UnknownRun, 404),
    (InvalidRequest, 422),
    (NothingToRead, 422),
    (Refused, 429),
    (InferenceCancelled, 409),
    (PackError, 503),
    (OutOfMemory, 503),
    (ModelAtWork, 409),
    (RunNotReady, 409),
    (VerySlow, 409),
)


def create_app(
    backend_factory: BackendFactory,
    *,
    token: str,
    port: int,
    patience: Patience | None = None,
    desk: ModelDesk | None = None,
    training: TrainingDesk | None = None,
    errand_command: Sequence[str] = ERRAND,
    idle_limit: IdleLimit = never,
) -> FastAPI:
    """The application for one backend.

    Args:
        backend_factory: Makes the backend; called in the inference thread, which starts with the app.
        token: What callers must show as `Authorization: Bearer TOKEN`.
        port: The port that the app listens on, which requests must name in `Host`.
        desk: Answers about installed packs.
        training: Starts training runs and answers about them.
        errand_command: Starts the process that answers a slow question about training.
        idle_limit: When the model is unloaded for want of work; see `Scheduler`.
    """
    shelf = Shelf()
    scheduler = Scheduler(backend_factory, shelf, idle_limit)
    errands = Errands(scheduler, errand_command)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        scheduler.start()
        yield
        errands.close()
        scheduler.close()

    app = FastAPI(
        title="Sidelight backend",
        description="Reads chest radiographs on this computer. Research use only. Not a medical device.",
        lifespan=life,
        docs_url=None,  # FastAPI's pages load scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    add_openapi(app)
    app.add_middleware(Door, token=token, port=port)
    app.include_router(model_routes(scheduler, desk or ModelDesk()))
    app.include_router(
        picture_routes(scheduler, shelf, patience or Patience())
    )  # before /v1/images/{image_sha256}
    app.include_router(study_routes(scheduler, shelf))
    app.include_router(job_routes(scheduler, patience or Patience()))
    runs = training or TrainingDesk()
    app.include_router(train_routes(runs, errands, scheduler.renew))
    app.include_router(comparing_routes(runs, errands, shelf))
    app.include_router(teaching_routes(scheduler.features))
    app.include_router(chat_routes(scheduler, shelf, patience or Patience()))
    app.include_router(draw_routes(scheduler, patience or Patience()))
    _answer_errors(app)
    return app


def _answer_errors(app: FastAPI) -> None:
    """Every refusal has the same shape: what happened, and what to do next."""

    @app.exception_handler(InferenceError)
    async def ours(_: Request, error: InferenceError) -> JSONResponse:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return JSONResponse(error_to_json(error), status)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        told = BackendFault(f"The backend met an error it did not expect ({type(error).__name__}).")
        return JSONResponse(error_to_json(told), 500)  # starlette raises it again, and it is logged

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        fields = sorted({".".join(map(str, problem["loc"])) for problem in error.errors()})
        told = InvalidRequest(f"Not as openapi.json says: {', '.join(fields)[:200]}.")
        return JSONResponse(error_to_json(told), 422)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        kind = Refused if error.status_code in (408, 413) else InvalidRequest
        told = kind(str(error.detail))
        told.remedy = "openapi.json lists the routes and what they take."
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = allowed_methods(app.openapi(), request.url.path)
        return JSONResponse(error_to_json(told), error.status_code, headers)
