"""`sidelight serve` with the real generator on a tiny pack, beside a reader whose answers the test writes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[3])]

from inference.plan import Limits, MemoryUse, Plan  # noqa: E402 - the path comes first
from inference.server.command import read_options, serve  # noqa: E402
from tests.fake_backend import FakeBackend  # noqa: E402

ANSWER = (
    "Gladly. ",
    "<Xray> Lateral view of the chest was obtained. There is a right ",
    "pleural effusion. </Xray>",
    " It is synthetic.",
)
PLAN = Plan("cpu", "float32", 4096, Limits(), (), 0)


class Reader(FakeBackend):
    """Answers every question with the description of a film."""

    device, precision = "cpu", "float32"

    def film(self, image: str) -> Any:
        return self.films[image]

    def memory(self) -> MemoryUse:
        return MemoryUse("cpu", PLAN, 5, 6)

    def set_aside(self) -> None:
        pass

    def bring_back(self) -> None:
        pass

    def close(self) -> None:
        pass


def backend() -> Any:
    """Imports torch: in the server's own thread, after it has said its port."""
    from inference.engine.with_studio import WithStudio
    from inference.synthesis.studio import Studio
    from inference.two_models import Sharing

    return WithStudio(
        Reader(words=ANSWER), Studio(os.environ["TINY_SYNTH"], "cpu"), Sharing(PLAN, "both stay", 0)
    )


if __name__ == "__main__":
    sys.exit(serve(read_options(sys.argv[1:]), lambda _options: backend))
