"""What is decided by the number of a step alone: how fast it learns, and its seeds. Pure, without torch.

Nothing here has a state, so nothing of it has to be saved, and a run that goes on can't go on differently.
"""

from __future__ import annotations

import hashlib
import math

from inference.training.plan import PhasePlan


def share_of_rate(phase: PhasePlan, step: int) -> float:
    """The share, 0 to 1, of the planned rate at step `step` (from 0): linear warm-up, then half a cosine down to 0."""
    if step < phase.warm_up:
        return (step + 1) / phase.warm_up
    done = (step - phase.warm_up) / max(1, phase.steps - phase.warm_up)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def seed_of(seed: int, *where: int | str) -> int:
    """A seed of 63 bits for one place of a run; the seeds of two places have nothing in common."""
    words = "/".join(map(str, (seed, *where)))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1
