"""From a job's log to the bytes of an open connection, and what happens when that connection closes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from inference.errors import InvalidRequest
from inference.server.jobs import Entry, Job
from inference.server.scheduler import Scheduler
from inference.sse import HEARTBEAT, format_event


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a stream may be silent, and how long a job waits for a reader who is gone."""

    heartbeat_s: float = 5.0
    grace_s: float = 2.0  # for a client that reconnects
    first_look_s: float = 10.0  # from the start of a job to its first stream


async def follow(job: Job, after: int, heartbeat_s: float) -> AsyncIterator[list[Entry]]:
    """Yield new entries until the last one; an empty list when nothing happened for `heartbeat_s`."""
    with job.log.listener() as listener:
        while True:
            listener.rest()
            is_over = job.log.last is not None  # asked before looking, so that nothing is left behind
            entries = job.log.since(after)
            if entries:
                after = entries[-1].number
                yield entries
            if is_over:
                return
            if not entries and not await listener.wait(heartbeat_s):
                yield []


def entry_number(last_event_id: str | None) -> int:
    """The header Last-Event-ID as a number; absent means from the beginning.

    Raises:
        InvalidRequest: It is no number.
    """
    if not last_event_id:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise InvalidRequest("Last-Event-ID must be the number of an event.")
    return int(last_event_id)


class FollowedStream(StreamingResponse):
    """A stream about a job; when the last reader of a job is gone and stays away, the job is stopped."""

    def __init__(self, content: AsyncIterator[bytes], job: Job, scheduler: Scheduler, grace_s: float) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._job, self._scheduler, self._grace_s = job, scheduler, grace_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with _follower(self._job, self._scheduler, self._grace_s):
            await super().__call__(scope, receive, send)


@contextlib.contextmanager
def _follower(job: Job, scheduler: Scheduler, grace_s: float) -> Iterator[None]:
    job.followers += 1
    try:
        yield
    finally:
        job.followers -= 1
        stop_if_abandoned(job, scheduler, grace_s)


def stop_if_abandoned(job: Job, scheduler: Scheduler, grace_s: float) -> None:
    """Cancel `job` after `grace_s`, unless somebody follows it then, it has ended, or it is meant to go on alone."""

    def look_again() -> None:
        if job.followers == 0 and job.ended_at is None:
            scheduler.cancel(job)

    if not job.is_cancelled_on_disconnect or job.followers or job.ended_at is not None:
        return
    if grace_s <= 0:
        look_again()
    else:
        asyncio.get_running_loop().call_later(grace_s, look_again)


def event_stream(job: Job, after: int, scheduler: Scheduler, patience: Patience) -> FollowedStream:
    """The job's events as Server-Sent Events.

    Raises:
        InvalidRequest: `after` was never reached or is no longer kept.
    """
    job.log.since(after)  # refused now, while there is a status to refuse with

    async def lines() -> AsyncIterator[bytes]:
        async for entries in follow(job, after, patience.heartbeat_s):
            yield b"".join(format_event(e.number, e.name, e.data) for e in entries) or HEARTBEAT

    return FollowedStream(lines(), job, scheduler, patience.grace_s)
