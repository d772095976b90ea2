"""Jobs that no model is needed for: each in a process of its own, followed and stopped like every other job."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inference.backend import Cancelled, CancelToken, Error, Event, Finished, Progress
from inference.errors import BackendFault, Refused
from inference.server.jobs import Job
from inference.server.scheduler import Scheduler

ERRAND = (sys.executable, "-P", "-m", "inference.training.errand")
MOST = 4  # at once


class Errands:
    """Sends processes out with a question each. Safe to use from any thread.

    Args:
        command: How an errand's process is started; for tests.
    """

    def __init__(self, scheduler: Scheduler, command: Sequence[str] = ERRAND) -> None:
        self._scheduler, self._command = scheduler, tuple(command)
        self._running: set[Job] = set()
        self._lock = threading.Lock()

    def start(
        self,
        asked: Mapping[str, Any],
        *,
        blobs: Sequence[bytes] = (),
        cancel_on_disconnect: bool = True,
        then: Callable[[], None] | None = None,
    ) -> Job:
        """Send one out; its job is found like any other.

        Args:
            asked: What it is asked, as plain values.
            blobs: Films and the like, which follow the question as they are.
            cancel_on_disconnect: Whether it ends when nobody follows it any more.
            then: Called before its end is told, if it went well.

        Raises:
            Refused: As many as may be are out already.
        """
        with self._lock:
            if len(self._running) >= MOST:
                raise Refused(f"{MOST} questions of this kind are being answered already.")
            job = Job(uuid.uuid4().hex, None, 0, is_cancelled_on_disconnect=cancel_on_disconnect)
            self._running.add(job)
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except BaseException:
            self._running.discard(job)
            raise
        job.cancel = _Ending(process)
        job.state = "running"
        self._scheduler.enter(job)
        question = json.dumps({**asked, "blobs": [len(one) for one in blobs]}).encode() + b"\n"
        sent = (question, *blobs)
        threading.Thread(target=self._follow, args=(job, process, sent, then), daemon=True).start()
        return job

    def close(self) -> None:
        """End all that are out."""
        with self._lock:
            running = tuple(self._running)
        for job in running:
            job.cancel.cancel()

    def _follow(
        self,
        job: Job,
        process: subprocess.Popen[bytes],
        sent: Sequence[bytes],
        then: Callable[[], None] | None,
    ) -> None:
        last: Event = Error("BackendFault", "It ended without an answer.", BackendFault.remedy)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(OSError), process.stdin as stdin:  # it may be dead already
                for piece in sent:
                    stdin.write(piece)
            with process.stdout as lines:
                for line in lines:
                    event = event_of(json.loads(line))
                    if isinstance(event, Progress):
                        job.log.append(event)
                    else:
                        last = event
        except ValueError:
            process.kill()
        finally:
            process.wait()
            with self._lock:
                self._running.discard(job)
            if then is not None and isinstance(last, Finished):
                then()
            job.end(Cancelled() if job.cancel.is_cancelled else last)


def event_of(told: Mapping[str, Any]) -> Event:
    """A line of an errand as an event. Raises ValueError: it is none."""
    match told:
        case {"what": "progress", "stage": str(stage), "done": int(done), "total": int(total)}:
            return Progress(stage, done, total)
        case {"what": "result", "result": dict(result)}:
            return Finished(result)
        case {"what": "error", "type": str(kind), "message": str(message), "remedy": str(remedy)}:
            return Error(kind, message, remedy)
    raise ValueError("not a line of an errand")


class _Ending(CancelToken):
    """Ends the process when the job is cancelled: it has nothing to put away."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self._process = process

    def cancel(self) -> None:
        super().cancel()
        self._process.kill()
