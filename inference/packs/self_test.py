"""Does a pack answer here as it did where it was made? Asked before its first reading on each machine.

Quantised medical models that can't see the picture are a known accident: the files are intact, the answers fluent and
wrong. So a pack brings a few questions about pictures that code draws, with the ids and probabilities that came out
in float32. Each answer is given to the model step by step, whatever it would have said itself ("teacher forcing"):
in float32 its own choice must be the expected one at every step, and in every precision the probabilities must be
near the expected ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.packs.manifest import SelfTestCase
from inference.packs.self_test_film import self_test_film
from inference.text import prompts

TOLERANCES: Mapping[str, float] = {
    "float32": 0.02,
    "float16": 0.05,
    "bfloat16": 0.12,
    "int8": 0.12,
    "nf4": 0.25,
    "int4": 0.25,
}
"""How far the probabilities may be off (see `deviation`), where the manifest does not say."""
LARGEST_TOLERANCE = 0.25
LEAST_LEAD = 0.2
"""A case ends before a step whose second choice is nearer than this, in logits: rounding could turn it."""
LONGEST_ANSWER = 8
BLANK = "blank-1"
QUESTIONS: tuple[tuple[str, str], ...] = (
    ("thorax-1", prompts.on_image("Is pleural effusion present in the radiology image?")),
    ("thorax-2", prompts.on_image("Is cardiomegaly present in the radiology image?")),
    ("thorax-2", prompts.on_image(prompts.ANY_FINDINGS)),
    (
        "thorax-3",
        prompts.on_image(
            "Which of the following findings are present in the radiology image? Findings: "
            + ", ".join(FINDINGS)
        ),
    ),
)
"""What `make_cases` asks."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a model thinks before one more id of an answer."""

    choice: int  # the most probable id
    lead: float  # its logit minus the second one's
    probability: float  # of the id that was asked about; of `choice` where none was


class Looks(Protocol):
    """A model that can be shown a picture; one object asks one model."""

    eos_id: int

    def steps(self, picture: NDArray[np.uint8], prompt: str, ids: Sequence[int | None]) -> Sequence[Step]:
        """One step for each of `ids`, all before it given; None, at the end only, asks what would come next."""
        ...


def failure(
    cases: Sequence[SelfTestCase], model: Looks, precision: str, tolerances: Mapping[str, float] | None = None
) -> str | None:
    """Run all cases.

    Args:
        cases: Out of the manifest.
        model: What is tested.
        precision: How its weights are held; in "float32" the ids must be the same ones too.
        tolerances: The manifest's own.

    Returns:
        What went wrong, in words that name no more than numbers; None if the pack passed.

    Raises:
        PackRefused: A case wants a picture that this program does not know.
    """
    off: list[float] = []
    for number, case in enumerate(cases, start=1):
        steps = model.steps(self_test_film(case.picture), case.prompt, case.expected_ids)
        same = [step.choice == id_ for step, id_ in zip(steps, case.expected_ids, strict=True)]
        if precision == "float32" and not all(same):
            return f"question {number} of {len(cases)} gave another answer from word piece {same.index(False) + 1} on"
        if case.expected_probabilities:
            off.append(deviation([step.probability for step in steps], case.expected_probabilities))
    allowed = min((tolerances or {}).get(precision, TOLERANCES.get(precision, 0.0)), LARGEST_TOLERANCE)
    mean = sum(off) / len(off) if off else 0.0
    if not mean <= allowed:  # NaN fails here
        return f"probabilities are off by {mean:.2f} in {precision}; {allowed:.2f} is the most that is let through"
    return None


def deviation(seen: Sequence[float], expected: Sequence[float]) -> float:
    """The largest difference within one answer. Later pieces follow from the first ones and are sure either way."""
    differences = [abs(one - other) for one, other in zip(seen, expected, strict=True)]
    return math.nan if any(math.isnan(one) for one in differences) else max(differences)


def make_cases(model: Looks, longest: int = LONGEST_ANSWER) -> tuple[SelfTestCase, ...]:
    """Ask `QUESTIONS` and write down how a model in float32 begins to answer, `longest` word pieces at most.

    Questions that it wavers about are left out.
    """
    cases = []
    for picture, prompt in QUESTIONS:
        ids: list[int] = []
        told: list[float] = []
        while len(ids) < longest and model.eos_id not in ids:
            last = model.steps(self_test_film(picture), prompt, (*ids, None))[-1]
            if not last.lead >= LEAST_LEAD:
                break
            ids.append(last.choice)
            told.append(round(last.probability, 4))
        if ids:
            case = SelfTestCase(
                picture=picture, prompt=prompt, expected_ids=tuple(ids), expected_probabilities=tuple(told)
            )
            cases.append(case)
    return tuple(cases)


def blindness(cases: Sequence[SelfTestCase], model: Looks) -> float:
    """How far the probabilities are off where every picture is blank: below the tolerance, the cases prove nothing."""
    blank = self_test_film(BLANK)
    off = [
        deviation(
            [s.probability for s in model.steps(blank, case.prompt, case.expected_ids)],
            case.expected_probabilities,
        )
        for case in cases
    ]
    return sum(off) / len(off) if off else 0.0
