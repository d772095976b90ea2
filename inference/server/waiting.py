"""For routes that answer once a job has ended: wait for it, and notice a client that no longer does."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request

from inference.backend import Error
from inference.errors import InferenceCancelled, InferenceError
from inference.server.jobs import Job
from inference.server.scheduler import Scheduler
from inference.wire import make_error

LOOK_AGAIN_S = 0.05


async def loaded(scheduler: Scheduler) -> None:
    """Return once the model is not being loaded (any more): before that nobody knows which it is."""
    while scheduler.readiness == "loading":
        await asyncio.sleep(LOOK_AGAIN_S)


async def hung_up(answer: asyncio.Task[Any], job: Job, scheduler: Scheduler, request: Request) -> bool:
    """Wait for the whole answer; True if the client went before it was there. The job is stopped then."""
    gone = asyncio.create_task(_disconnect(request))
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        is_gone = not answer.done()
        if not is_gone:
            answer.result()  # raises what went wrong
        return is_gone
    finally:
        scheduler.cancel(job)
        for task in (answer, gone):
            task.cancel()
        await asyncio.gather(answer, gone, return_exceptions=True)


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def failure(job: Job) -> InferenceError:
    """Why a job that has ended did not finish."""
    last = job.log.last
    if isinstance(last, Error):
        return make_error(last.type, last.message, last.remedy)
    return InferenceCancelled("The answer was stopped.")
