"""How an adapter answers questions about drawn pictures: does it keep their form, does it still see?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.devices import choose_device
from inference.engine.loading import weights_folder
from inference.engine.opening import REFERENCE_SHARE
from inference.engine.self_test import Reference
from inference.models.checkpoint import CONFIG, read_json
from inference.models.config import M4cxrConfig
from inference.models.sizes import part_sizes
from inference.packs import TOKENIZER, Pack
from inference.packs.manifest import SelfTestCase
from inference.packs.self_test import BLANK, TOLERANCES, make_cases
from inference.packs.self_test_film import self_test_film
from inference.precision import weight_bytes
from inference.text import prompts
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.promotion.rules import SelfTestSaid

PICTURES = ("thorax-1", "thorax-2", "thorax-3")
LEAST_MOVED = TOLERANCES["float32"]
"""What a self-test lets pass as rounding: a model that a blank picture moves by less does not look at pictures."""


def self_tested(base: Pack, adapter: Path) -> tuple[tuple[SelfTestCase, ...], SelfTestSaid]:
    """New cases for the adapter's manifest, and how it behaves.

    An adapter may answer otherwise than its base: that is what it was trained for. It may not answer yes/no questions
    with anything else, and for at least one finding the picture must still matter.

    Args:
        base: The pack that it works on.
        adapter: Folder of its pack.
    """
    if not _fits(base):
        said = (
            "The self-test could not be run: in float32 the model does not fit into this computer's memory."
        )
        return (), SelfTestSaid(True, True, said)
    tuned = Reference.of(adapter, base.folder)
    tokenizer = M4cxrTokenizer(base.folder / TOKENIZER, 1)
    cases = make_cases(tuned)
    asked, kept = _yes_no_kept(base.manifest.self_test or cases, tuned, tokenizer)
    moved, needed = moved_by_pictures(tuned, tokenizer), LEAST_MOVED
    if moved < needed:  # a base that hardly looks at drawn pictures itself is no yardstick
        needed = min(needed, moved_by_pictures(Reference.of(base.folder), tokenizer))
    words = (
        f"{kept} of {asked} yes/no questions of the self-test are answered with yes or no; a drawn chest instead of a "
        f"blank picture moves its certainty by up to {moved:.3f} (at least {needed:.3f} is needed)."
    )
    return cases, SelfTestSaid(kept == asked, moved >= needed, words)


def moved_by_pictures(model: Reference, tokenizer: M4cxrTokenizer) -> float:
    """How far the probability of a finding's "Yes." moves at most where a drawn chest takes a blank picture's place."""
    yes = tokenizer.encode_text("Yes.")

    def sure(picture: str, label: str) -> float:
        prompt = prompts.on_image(prompts.is_present(label))
        steps = model.steps(self_test_film(picture), prompt, yes)
        return float(np.prod([step.probability for step in steps]))

    blank = {label: sure(BLANK, label) for label in FINDINGS}
    return max(abs(sure(picture, label) - blank[label]) for picture in PICTURES for label in FINDINGS)


def _yes_no_kept(
    cases: tuple[SelfTestCase, ...], model: Reference, tokenizer: M4cxrTokenizer
) -> tuple[int, int]:
    """Of the questions whose expected answer is yes or no: how many, and how many the model answers so."""
    words = [tokenizer.encode_text(word) for word in ("Yes.", "No.")]
    asked = kept = 0
    for case in cases:
        if not any(_begins(case.expected_ids, word) for word in words):
            continue
        asked += 1
        picture = self_test_film(case.picture)
        kept += any(_says(model, picture, case.prompt, word) for word in words)
    return asked, kept


def _begins(ids: tuple[int, ...], word: list[int]) -> bool:
    length = min(len(ids), len(word))
    return list(ids[:length]) == word[:length]


def _says(model: Reference, picture: NDArray[np.uint8], prompt: str, word: list[int]) -> bool:
    steps = model.steps(picture, prompt, word)
    return [step.choice for step in steps] == word


def _fits(base: Pack) -> bool:
    """Whether the model in float32 fits into what memory is free."""
    sizes = part_sizes(M4cxrConfig.from_json(read_json(weights_folder(base) / CONFIG)))
    needed = weight_bytes(sizes.as_model_size, "float32", is_cuda=False)
    return needed <= REFERENCE_SHARE * choose_device("cpu").free_bytes
