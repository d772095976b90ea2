"""From what was measured to a verdict, with the numbers that decided it. Pure numpy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.privacy.neighbours import COPY, UNLIKELY, Compared, correlation
from inference.synthesis.privacy.report import MeasureTold, Pair, PromptsTold, Verdict

PULL = 1.5
"""A training prompt that moves the prediction this much more than the strongest held-out prompt stands for one film."""
ONE_FILM, LEAST_DRAWN = 0.8, 8
"""So large a share of so many drawn films with one and the same nearest film is told."""
PAIRS = 12
"""Shown, the nearest first."""

SETTINGS: Mapping[str, float] = {"copy": COPY, "unlikely": UNLIKELY, "pull": PULL}


def told(compared: Compared) -> MeasureTold:
    """A measure as the report has it."""
    return MeasureTold(
        floor=compared.floor,
        threshold=COPY * compared.floor,
        lowest_drawn=float(compared.drawn.ratio.min()),
        median_drawn=float(np.median(compared.drawn.ratio)),
        median_held_out=float(np.median(compared.held_out.ratio)),
        copies=len(compared.copies),
        below_floor=compared.below_floor,
        chance=compared.chance,
        leaked_held_out=len(compared.leaked),
    )


def prompts_told(training: NDArray[np.float64], held_out: NDArray[np.float64]) -> PromptsTold:
    """d_mem of prompts of training films against those of held-out films."""
    highest = float(held_out.max())
    return PromptsTold(
        training=len(training),
        held_out=len(held_out),
        median_training=float(np.median(training)),
        median_held_out=float(np.median(held_out)),
        highest_held_out=highest,
        threshold=PULL * highest,
        above=tuple(int(at) for at in np.flatnonzero(training > PULL * highest)),
        highest_training=float(training.max()),
    )


def verdict(
    measures: Mapping[str, Compared], prompts: PromptsTold | None, names: Sequence[str]
) -> tuple[Verdict, tuple[str, ...]]:
    """Clean or refused, and why, in sentences. `names` are of the training films."""
    reasons = []
    for name, compared in measures.items():
        if compared.copies:
            films = sorted({names[compared.drawn.index[at]] for at in compared.copies})
            reasons.append(_copied(name, len(compared.copies), films))
        elif compared.chance < UNLIKELY:
            reasons.append(
                f"By {name}, {compared.below_floor} drawn films are nearer to one training film than any held-out film "
                f"is; by chance that happens once in {1 / max(compared.chance, 1e-12):.0f} times."
            )
    if prompts is not None and prompts.above:
        reasons.append(
            f"{_count(len(prompts.above), 'prompt')} of training films move the prediction more than {PULL:g} times as "
            "far as any prompt of a held-out film: each seems to stand for one film."
        )
    if reasons:
        return "refused", tuple(reasons)
    ways = " and ".join(measures)
    return "clean", (f"No drawn film is a copy of a training film, by {ways}.",)


def pulled_to_one(measures: Mapping[str, Compared], names: Sequence[str]) -> tuple[str, ...]:
    """Sentences about a training film that most drawn films are nearest to, and no held-out film is.

    Told, never a reason to refuse: a generator that has learnt nothing draws films that are all alike, so they have the
    same nearest film, and none of them is a copy.
    """
    return tuple(
        f"By {name}, {most} of {len(drawn)} drawn films are nearest to one training film, {names[film]}, and no "
        "held-out film is. Either the generator is pulled to that film, or its films are all alike: look at them."
        for name, compared in measures.items()
        for drawn in (compared.drawn.index,)
        for film, most in Counter(drawn.tolist()).most_common(1)
        if len(drawn) >= LEAST_DRAWN and most >= ONE_FILM * len(drawn) and film not in compared.held_out.index
    )


def _copied(measure: str, count: int, films: Sequence[str]) -> str:
    shown = ", ".join(films[:5]) + (f" and {len(films) - 5} more" if len(films) > 5 else "")
    return f"By {measure}, {_count(count, 'drawn film')} {'is' if count == 1 else 'are'} a copy of: {shown}."


def _count(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def without_names(reasons: Sequence[str]) -> tuple[str, ...]:
    """For a pack: which film it was is the site's own."""
    return tuple(one.partition(" of: ")[0] + "." if " of: " in one else one for one in reasons)


def pairs(
    measures: Mapping[str, Compared],
    names: Sequence[str],
    kinds: Sequence[str],
    drawn_small: NDArray[np.float32],
    training_small: NDArray[np.float32],
) -> tuple[Pair, ...]:
    """The most suspicious pairs over all measures, each drawn film once, the worst first."""
    found: dict[int, tuple[float, Pair]] = {}
    for measure, compared in measures.items():
        for at, (index, ratio) in enumerate(zip(compared.drawn.index, compared.drawn.ratio, strict=True)):
            share = float(ratio) / compared.floor
            if at in found and found[at][0] <= share:
                continue
            far = float(np.linalg.norm(drawn_small[at] - training_small[index]))
            found[at] = (
                share,
                Pair(
                    at,
                    names[index],
                    measure,
                    float(ratio),
                    correlation(far),
                    at in compared.copies,
                    kinds[at],
                ),
            )
    worst = sorted(found.values(), key=lambda one: one[0])
    return tuple(pair for _, pair in worst[:PAIRS])
