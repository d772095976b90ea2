"""Means over squares around each value, in numpy alone: scipy would make the first film of a day wait for it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


def mean_around(
    values: NDArray[Any], side: int, edge: Literal["symmetric", "wrap"] = "symmetric"
) -> NDArray[np.float32]:
    """The mean of the `side` × `side` values around each one; `side` is odd, beyond the edge comes its mirror image.

    "wrap" continues at the opposite edge, as a spectrum does.
    """
    before = side // 2
    sums = values.astype(np.float32)
    for _axis in (0, 1):
        running = np.cumsum(np.pad(sums, ((before + 1, before), (0, 0)), mode=edge), axis=0, dtype=np.float32)
        sums = np.ascontiguousarray((running[side:] - running[:-side]).T)
    return np.asarray(sums / np.float32(side**2))
