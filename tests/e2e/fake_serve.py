"""`sidelight serve` with the fake backend: the child process of the supervisor's tests.

FAKE_BACKEND says how it behaves: `slow`, `loading` (for ever), `broken`, `deaf` (ignores its parent's end and
SIGTERM), `mute` (never says its port), or `plain`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from inference.errors import ModelNotInstalled
from inference.server.command import read_options, serve
from tests.fake_backend import FakeBackend

KIND = os.environ.get("FAKE_BACKEND", "plain")


def backend() -> FakeBackend:
    if KIND == "loading":
        time.sleep(3600)
    if KIND == "broken":
        raise ModelNotInstalled("starter", Path("/packs"))
    words = tuple(f"w{number} " for number in range(400))
    return FakeBackend(words=words, token_s=0.02) if KIND == "slow" else FakeBackend()


def main() -> int:
    if KIND == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print('{"port": 1}', flush=True)
    if KIND in ("deaf", "mute"):
        time.sleep(3600)
    return serve(read_options(sys.argv[1:]), lambda _: backend)


if __name__ == "__main__":
    sys.exit(main())
