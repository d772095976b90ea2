"""Routes about training runs: what there is, start, watch, pause, resume. A run has a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from inference.npy import npy_bytes
from inference.packs.manifest import ID_PATTERN
from inference.plain import from_plain, to_plain
from inference.server.aside import aside
from inference.server.errands import Errands
from inference.server.job_routes import job_told
from inference.server.schema import described, json_body
from inference.server.shelf import Shelf
from inference.server.teaching import check_candidates, places_of
from inference.server.training_desk import TrainingDesk, checked_sources, checked_wish
from inference.train_status import Adapters, Means, PlanWish, RunDetail, RunSummary, TeachingCandidate
from inference.training.plan import TrainingPlan
from inference.training.teaching_order import Strategy
from inference.wire import attributes_json

Pack = Annotated[
    str | None, Query(pattern=ID_PATTERN, description="id of a base; none = the one that is set up")
]


@dataclass(frozen=True, slots=True)
class StartBody:
    """The plan, as POST /v1/datasets/plan proposed it, edited or not."""

    plan: TrainingPlan


@dataclass(frozen=True, slots=True)
class DoctorBody:
    """Sources, each KIND:PATH with an absolute path; `corrections:` is the store of this computer."""

    data: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class TeachingBody:
    """The studies to choose from. Words for studies and patients are the caller's own; no identity has a place here."""

    candidates: Annotated[tuple[TeachingCandidate, ...], Field(max_length=5_000)]
    known: Annotated[
        tuple[str, ...], Field(max_length=5_000)
    ] = ()  # image_sha256 of films that were judged already
    wanted: Annotated[int, Field(ge=1, le=1_000)] = 50
    seed: int = 0  # of the order by lot


@dataclass(frozen=True, slots=True)
class CompareRunBody:
    """The study that both shall read; it lies here already."""

    study_id: str


def comparing_routes(desk: TrainingDesk, errands: Errands, shelf: Shelf) -> APIRouter:
    """Base and adapter side by side on one study."""
    routes = APIRouter(tags=["training"])

    @routes.post("/v1/train/{run_id}/compare", status_code=202, openapi_extra=described(CompareRunBody))
    async def compare_training(run_id: str, request: Request) -> dict[str, Any]:
        """Read a study with the base, then with the run's adapter, active or not. The run was judged before.

        The job's result has `before` and `after` (findings, report, impression) and `changed`. Both are drafts.
        """
        body = from_plain(CompareRunBody, await json_body(request))
        folder = await aside(lambda: desk.folder_to_compare(run_id))
        study, films = shelf.study(body.study_id)
        parts = {one.image_sha256: one for one in study.films}
        told = [
            {
                "image": film.image_sha256,
                "attributes": attributes_json(film),
                "part": to_plain(parts[film.image_sha256]),
            }
            for film in films
        ]
        asked = {"errand": "compare", "run": str(folder), "films": told, "prior_report": study.prior_report}
        blobs = await aside(lambda: [npy_bytes(film.stored) for film in films])
        return job_told(errands.start(asked, blobs=blobs))

    return routes


def teaching_routes(features: Callable[[Sequence[str]], Mapping[str, tuple[float, ...]]]) -> APIRouter:
    """Active learning. `features` tells what the model saw of films, by their hash; others are left out."""
    routes = APIRouter(tags=["training"])

    @routes.post("/v1/activelearning/{strategy}", openapi_extra=described(TeachingBody))
    async def teaching_order(strategy: Strategy, request: Request) -> dict[str, Any]:
        """Which of these studies would teach the model most, best first, each with its reason in words."""
        body = from_plain(TeachingBody, await json_body(request))
        check_candidates(body.candidates, body.known, body.wanted)
        images = [image for one in body.candidates for image in one.images]
        seen = await aside(lambda: features((*images, *body.known)))
        known = [seen[image] for image in body.known if image in seen]
        places = await aside(
            lambda: places_of(body.candidates, strategy, seen, known, body.wanted, body.seed)
        )
        return {"places": [to_plain(one) for one in places]}

    return routes


def train_routes(desk: TrainingDesk, errands: Errands, renew: Callable[[], None]) -> APIRouter:
    """Everything here reads and writes run folders (`inference.training.run_folder`); none of it needs the model.

    `renew` loads the model anew, because another adapter shall read.
    """
    routes = APIRouter(tags=["training"])

    @routes.get("/v1/datasets")
    async def datasets() -> dict[str, Any]:
        """The forms of data that can be learnt from, and how many corrections of readers lie here."""
        return _plain(await aside(desk.means))

    @routes.post("/v1/datasets/doctor", status_code=202, openapi_extra=described(DoctorBody))
    async def doctor(request: Request) -> dict[str, Any]:
        """Look for faults in data. The job's result has `faults` (kind, row, what, remedy), `sources`, `parts`."""
        body = from_plain(DoctorBody, await json_body(request))
        data = await aside(lambda: checked_sources(body.data))
        return job_told(errands.start({"errand": "doctor", "data": data}))

    @routes.post("/v1/datasets/plan", status_code=202, openapi_extra=described(PlanWish))
    async def training_plan(request: Request) -> dict[str, Any]:
        """Work out a plan from data and this computer. The job's result is the body's `plan` of POST /v1/train."""
        wish = from_plain(PlanWish, await json_body(request))
        checked = await aside(lambda: checked_wish(wish))
        return job_told(errands.start({"errand": "plan", "wish": to_plain(checked)}))

    @routes.get("/v1/train")
    async def training_runs() -> dict[str, Any]:
        """All training runs of this user, the newest first."""
        return {"runs": [to_plain(run) for run in await aside(desk.runs)]}

    @routes.post("/v1/train", status_code=201, openapi_extra=described(StartBody))
    async def start_training(request: Request) -> dict[str, Any]:
        """Start a run in a process of its own. It goes on when this backend ends; DELETE pauses it. One at a time."""
        body = from_plain(StartBody, await json_body(request))
        return _plain(await aside(lambda: desk.start(body.plan)))

    @routes.get("/v1/train/{run_id}")
    async def training_run(
        run_id: str, after: Annotated[int, Query(ge=0, description="how many lines of the log are known")] = 0
    ) -> dict[str, Any]:
        """A run: its state, its plan, what became of it, and the lines of its log after the first `after`."""
        return _plain(await aside(lambda: desk.run(run_id, after)))

    @routes.delete("/v1/train/{run_id}")
    async def pause_training(run_id: str) -> dict[str, Any]:
        """Let a run stop at its next step, with a checkpoint from which it can go on. Nothing is deleted."""
        return _plain(await aside(lambda: desk.pause(run_id)))

    @routes.post("/v1/train/{run_id}/resume")
    async def resume_training(run_id: str) -> dict[str, Any]:
        """Go on from the newest checkpoint. 409 where the run is done, or another one is at work."""
        return _plain(await aside(lambda: desk.resume(run_id)))

    @routes.post("/v1/train/{run_id}/evaluate", status_code=202)
    async def evaluate_training(run_id: str) -> dict[str, Any]:
        """Ask the base and the base with the run's adapter about held-out patients. Then the gate has its answer."""
        folder = await aside(lambda: desk.folder_to_judge(run_id))
        return job_told(errands.start({"errand": "evaluate", "run": str(folder)}))

    @routes.post("/v1/train/{run_id}/promote", status_code=202)
    async def promote_training(run_id: str) -> dict[str, Any]:
        """Let the run's adapter be read with from now on, if the gate accepts it; it is judged first where need be.

        The job ends with an error that names the rule where the gate refuses. Then the model is loaded anew.
        """
        folder = await aside(lambda: desk.folder_to_judge(run_id))
        asked = {"errand": "promote", "run": str(folder)}
        return job_told(errands.start(asked, cancel_on_disconnect=False, then=renew))

    @routes.get("/v1/adapters")
    async def adapters(pack: Pack = None) -> dict[str, Any]:
        """With which site adapter a pack is read, and all that happened to its adapters."""
        return _plain(await aside(lambda: desk.adapters(pack)))

    @routes.post("/v1/adapters/rollback")
    async def roll_back(pack: Pack = None) -> dict[str, Any]:
        """Read without the active adapter: with the one before it, or the base alone. The model is loaded anew."""
        told = _plain(await aside(lambda: desk.roll_back(pack)))
        renew()
        return told

    return routes


def _plain(told: Adapters | Means | RunSummary | RunDetail) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(told)
    return plain
