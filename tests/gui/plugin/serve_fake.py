"""`sidelight serve` with the fake backend, as a process of its own: for tests that kill it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[3])]

from inference.server.command import read_options, serve  # noqa: E402 - the path comes first
from tests.fake_backend import FakeBackend  # noqa: E402


def slow() -> FakeBackend:
    """Needs four seconds for a report, so that there is time to kill it."""
    return FakeBackend(words=("The heart is large. ", *("word " for _ in range(39))), token_s=0.1)


if __name__ == "__main__":
    sys.exit(serve(read_options(sys.argv[1:]), lambda _options: slow))
