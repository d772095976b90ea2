"""Drawing as a sequence of steps that the caller goes through: it shows, waits or stops between any two. No torch.

The inference thread is the only one that may call a network, and events are pulled from it. So whoever draws must be
able to leave after a step and come back: `Generator.draw(…, on_step)` is the loop over `Generator.steps(…)`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.wish import FilmWish


@dataclass(frozen=True, slots=True, eq=False)
class DrawStep:
    """One step is done. `preview` computes what the film looks like now, unmarked: for `drawing` alone."""

    step: int  # 1 = the first is done
    steps: int
    preview: Callable[[], NDArray[np.uint8]]


class DrawsInSteps(Protocol):
    """What `inference.synthesis.generator.Generator` keeps.

    Several drawings may be under way, one resting while another goes on: nothing of a drawing lies in what they share.
    """

    def steps(
        self, wish: FilmWish, source: NDArray[np.uint8] | None = None
    ) -> Generator[DrawStep, None, NDArray[np.uint8]]:
        """Yield after each step; the generator's return value is the picture (rows, columns), unmarked.

        Between two yields at most one step's networks run. Closing the generator ends it and frees what it held.
        """
        ...
