"""Routes about training runs: what there is, start, watch, pause, resume. A run has a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from inference.plain import from_plain, to_plain
from inference.server.aside import aside
from inference.server.schema import described, json_body
from inference.server.training_desk import TrainingDesk
from inference.training.plan import TrainingPlan


@dataclass(frozen=True, slots=True)
class StartBody:
    """The plan, as POST /v1/train/plan proposed it, edited or not."""

    plan: TrainingPlan


def train_routes(desk: TrainingDesk) -> APIRouter:
    """Everything here reads and writes run folders (`inference.training.run_folder`); none of it needs the model."""
    routes = APIRouter(tags=["training"])

    @routes.get("/v1/train")
    async def training_runs() -> dict[str, Any]:
        """All training runs of this user, the newest first."""
        return {"runs": [to_plain(run) for run in await aside(desk.runs)]}

    @routes.post("/v1/train", status_code=201, openapi_extra=described(StartBody))
    async def start_training(request: Request) -> dict[str, Any]:
        """Start a run in a process of its own. It goes on when this backend ends; DELETE pauses it. One at a time."""
        body = from_plain(StartBody, await json_body(request))
        return to_plain(await aside(lambda: desk.start(body.plan)))  # type: ignore[no-any-return]  # a dataclass

    @routes.get("/v1/train/{run_id}")
    async def training_run(
        run_id: str, after: Annotated[int, Query(ge=0, description="how many lines of the log are known")] = 0
    ) -> dict[str, Any]:
        """A run: its state, its plan, what became of it, and the lines of its log after the first `after`."""
        return to_plain(await aside(lambda: desk.run(run_id, after)))  # type: ignore[no-any-return]

    @routes.delete("/v1/train/{run_id}")
    async def pause_training(run_id: str) -> dict[str, Any]:
        """Let a run stop at its next step, with a checkpoint from which it can go on. Nothing is deleted."""
        return to_plain(await aside(lambda: desk.pause(run_id)))  # type: ignore[no-any-return]

    @routes.post("/v1/train/{run_id}/resume")
    async def resume_training(run_id: str) -> dict[str, Any]:
        """Go on from the newest checkpoint. 409 where the run is done, or another one is at work."""
        return to_plain(await aside(lambda: desk.resume(run_id)))  # type: ignore[no-any-return]

    return routes
