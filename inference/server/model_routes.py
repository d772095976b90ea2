"""Routes about the model: what it is, what it takes, load, unload, verify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from inference.errors import UnknownModel
from inference.plain import from_plain, to_plain
from inference.server.aside import aside
from inference.server.model_desk import ModelDesk, plan_to_json
from inference.server.openai_shape import OpenAiRoute, openai_model
from inference.server.scheduler import Scheduler
from inference.server.schema import described, json_body


@dataclass(frozen=True, slots=True)
class LoadBody:
    """How a model is loaded."""

    accept_slow: bool = False  # also where one study takes minutes on this computer


def model_routes(scheduler: Scheduler, desk: ModelDesk) -> APIRouter:
    """The one model that this backend reads with; plans and checks of all that are installed."""
    routes = APIRouter(tags=["models"], route_class=OpenAiRoute)

    @routes.get("/health")
    async def health() -> dict[str, str]:
        """Answers without a token, and says nothing but this."""
        return {"status": "ok", "state": scheduler.readiness}

    @routes.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The pack that reads, in OpenAI's list; empty until it was loaded. 503 with the reason if it could not be."""
        if scheduler.readiness == "failed" and scheduler.failure is not None:
            raise scheduler.failure.with_traceback(None)
        info = scheduler.info
        packs = [] if info is None else [openai_model(info)]
        return {
            "object": "list",
            "state": scheduler.readiness,
            "data": packs,
            "loading": None if scheduler.loading is None else to_plain(scheduler.loading),
            "runs_on": None if scheduler.runs_on is None else to_plain(scheduler.runs_on),
            "synthesis": None if scheduler.synthesis is None else to_plain(scheduler.synthesis),
        }

    @routes.get("/v1/packs")
    async def packs() -> dict[str, Any]:
        """The packs on this computer, as their manifests describe them; also while none of them can be loaded."""
        return {"packs": [to_plain(pack) for pack in await aside(desk.packs)]}

    @routes.get("/v1/models/{model_id}")
    async def model(model_id: str) -> dict[str, Any]:
        """One pack, in OpenAI's shape; 404 unless it is the one that reads."""
        _check(model_id)
        assert scheduler.info is not None
        return openai_model(scheduler.info)

    @routes.post("/v1/models/{model_id}/load", openapi_extra=described(LoadBody))
    async def load(model_id: str, request: Request) -> dict[str, Any]:
        """Load the model again, after it was unloaded or failed. Answers at once; /health says when it is ready."""
        body = from_plain(LoadBody, await json_body(request, may_be_empty=True))
        if scheduler.info is not None:
            _check(model_id)
        if body.accept_slow:
            desk.accept_slow()
        scheduler.load()
        return {"id": model_id, "state": scheduler.readiness}

    @routes.post("/v1/models/{model_id}/unload")
    async def unload(model_id: str) -> dict[str, Any]:
        """Free the model's memory; the next request loads it again. 409 while it is at work."""
        _check(model_id)
        scheduler.unload()
        return {"id": model_id, "state": scheduler.readiness}

    @routes.post("/v1/models/{model_id}/verify")
    async def verify(model_id: str) -> dict[str, Any]:
        """Hash every byte of an installed pack. 503 with the file's name if one is not as the manifest says."""
        return await aside(lambda: desk.verify(model_id))

    @routes.get("/v1/plan")
    async def plan(
        pack: Annotated[
            str | None, Query(max_length=100, description="id; none = the one that reads")
        ] = None,
    ) -> dict[str, Any]:
        """What a pack would take on this computer, by part; and what was measured, if it is the one that reads."""
        loaded = None if scheduler.info is None else scheduler.info.id
        made = await aside(lambda: desk.plan(pack or loaded))
        is_loaded = loaded is not None and pack in (None, loaded)
        return plan_to_json(made, scheduler.memory if is_loaded else None)

    def _check(model_id: str) -> None:
        if scheduler.info is None or scheduler.info.id != model_id:
            raise UnknownModel("This model is not loaded.")

    return routes
