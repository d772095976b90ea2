"""How others talk to a backend about training: typed, synchronous. Part of `inference.client.BackendClient`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

from inference.plain import from_plain, to_plain
from inference.run import Run, answer, send
from inference.train_status import (
    Adapters,
    Means,
    PlanWish,
    RunDetail,
    RunSummary,
    TeachingCandidate,
    TeachingPlace,
)
from inference.training.plan import TrainingPlan


class TrainClient:
    """The training runs of this computer. Safe to use from several threads.

    Every method raises BackendLost when the backend does not answer, and the error that the backend names when it
    refuses. A run is a process of its own: it needs no backend, only whoever watches it does.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def means(self) -> Means:
        """What one can train from on this computer."""
        return from_plain(Means, self._asked("GET", "/v1/datasets"), "means")

    def examine(self, data: Sequence[str]) -> Run:
        """Look for faults in data, each KIND:PATH; the job's result is an `Examination` in plain values."""
        return self._job("/v1/datasets/doctor", {"data": list(data)})

    def plan(self, wish: PlanWish) -> Run:
        """Work out a plan; the job's result is a `TrainingPlan` in plain values."""
        return self._job("/v1/datasets/plan", to_plain(wish))

    def evaluate(self, id: str) -> Run:
        """Ask base and adapter about the held-out patients, and the gate; RUN/evaluation.json is written anew."""
        return self._job(f"{_path(id)}/evaluate", None)

    def promote(self, id: str) -> Run:
        """Let a run's adapter be read with, if the gate accepts it. The job ends with an error where it refuses."""
        return self._job(f"{_path(id)}/promote", None)

    def compare(self, id: str, study_id: str) -> Run:
        """Read a study that the backend holds with the base, then with a run's adapter; the job's result has both."""
        return self._job(f"{_path(id)}/compare", {"study_id": study_id})

    def adapters(self, pack: str = "") -> Adapters:
        """With which adapter a pack is read; empty: the one that is set up."""
        return from_plain(Adapters, self._asked("GET", "/v1/adapters", params=_pack(pack)), "adapters")

    def roll_back(self, pack: str = "") -> Adapters:
        """Read without the active adapter. Raises PackError: none is active."""
        told = self._asked("POST", "/v1/adapters/rollback", params=_pack(pack))
        return from_plain(Adapters, told, "adapters")

    def teaching_order(
        self, candidates: Sequence[TeachingCandidate], known: Sequence[str] = (), wanted: int = 50
    ) -> tuple[TeachingPlace, ...]:
        """Which of these studies would teach the model most, best first: uncertainty, then novelty.

        `known`: image_sha256 of films that were judged already; new is what is unlike them.
        """
        body = {"candidates": to_plain(tuple(candidates)), "known": list(known), "wanted": wanted}
        told = self._asked("POST", "/v1/activelearning/uncertainty_then_novelty", json=body)
        return tuple(from_plain(TeachingPlace, one, "place") for one in told["places"])

    def runs(self) -> tuple[RunSummary, ...]:
        """All runs, the newest first."""
        return tuple(from_plain(RunSummary, one, "run") for one in self._asked("GET", "/v1/train")["runs"])

    def run(self, id: str, after: int = 0) -> RunDetail:
        """One run, with the lines of its log after the first `after`.

        Raises:
            UnknownRun: There is none.
        """
        return from_plain(RunDetail, self._asked("GET", _path(id), params={"after": after}), "run")

    def start(self, plan: TrainingPlan) -> RunSummary:
        """Start a run.

        Raises:
            InvalidRequest: The plan names what can't be.
            RunNotReady: Another run is at work.
        """
        return self._summary("POST", "/v1/train", json={"plan": to_plain(plan)})

    def pause(self, id: str) -> RunSummary:
        """Let a run stop at its next step; it can be resumed."""
        return self._summary("DELETE", _path(id))

    def resume(self, id: str) -> RunSummary:
        """Go on from the newest checkpoint. Raises RunNotReady."""
        return self._summary("POST", f"{_path(id)}/resume")

    def _job(self, path: str, body: Any) -> Run:
        return Run(
            self._http, str(self._asked("POST", path, **({} if body is None else {"json": body}))["id"])
        )

    def _summary(self, method: str, path: str, **more: Any) -> RunSummary:
        return from_plain(RunSummary, self._asked(method, path, **more), "run")

    def _asked(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        return answer(send(self._http, method, path, **more))


def _path(id: str) -> str:
    return f"/v1/train/{quote(id, safe='')}"


def _pack(pack: str) -> dict[str, str]:
    return {"pack": pack} if pack else {}
