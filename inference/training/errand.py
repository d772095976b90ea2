"""One slow question about training, answered in a process of its own: `python -m inference.training.errand`.

The question comes as a line of JSON on stdin: {"errand": NAME, "blobs": [bytes, …], …}, then the blobs one after the
other. Lines of JSON go to stdout: {"what": "progress", "stage",
"done", "total"} any number of times, then one {"what": "result", "result"} or {"what": "error", "type", "message",
"remedy"}. So data that a stranger made is opened outside the process that reads, which loses no time to it, and
whoever asked can end it at any moment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from inference.errors import BackendFault, InferenceError, InvalidRequest
from inference.wire import error_to_json

Tell = Callable[[str, int, int], None]
"""Stage, done, total."""
Errand = Callable[[Mapping[str, Any], Tell], Any]
TELL_EVERY_S = 0.2


def main() -> int:
    """Answer one question. 0: with a result; 1: with an error, which was told."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    from viewer import loopback

    loopback.go_offline()
    loopback.install()

    def say(line: Mapping[str, Any]) -> None:
        out.write(json.dumps(line, allow_nan=False) + "\n")
        out.flush()

    try:
        asked = json.loads(sys.stdin.buffer.readline())
        asked["blobs"] = [sys.stdin.buffer.read(size) for size in asked.get("blobs", ())]
        say({"what": "result", "result": carry_out(asked, throttled(say))})
    except InferenceError as error:
        say({"what": "error", **error_to_json(error)["error"]})
        return 1
    except MemoryError:
        say(_fault("This computer has too little memory for it."))
        return 1
    except Exception as error:
        from inference.server.safe_log import where_it_failed

        sys.stderr.write(where_it_failed(error))  # without its message: it may quote a report
        say(_fault(f"It ended with an error that nobody expected ({type(error).__name__})."))
        return 1
    return 0


def carry_out(asked: Mapping[str, Any], tell: Tell) -> Any:
    """The answer to a question, as plain values.

    Raises:
        InvalidRequest: There is no such errand.
    """
    from inference.training.errands import ERRANDS

    errand = ERRANDS.get(str(asked.get("errand")))
    if errand is None:
        raise InvalidRequest("There is no such errand.")
    return errand(asked, tell)


def throttled(say: Callable[[Mapping[str, Any]], None]) -> Tell:
    """Tell of progress at most five times a second, and always of a stage's beginning and end."""
    last = ("", 0.0)

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if stage == last[0] and done < total and now - last[1] < TELL_EVERY_S:
            return
        last = (stage, now)
        say({"what": "progress", "stage": stage, "done": done, "total": total})

    return tell


def _fault(words: str) -> Mapping[str, Any]:
    return {"what": "error", **error_to_json(BackendFault(words))["error"]}


if __name__ == "__main__":
    sys.exit(main())
