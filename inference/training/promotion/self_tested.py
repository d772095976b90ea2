"""How an adapter answers the pack's own questions about drawn pictures: does it keep their form, does it still see?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.engine.self_test import Reference
from inference.packs import TOKENIZER, Pack
from inference.packs.manifest import SelfTestCase
from inference.packs.self_test import TOLERANCES, blindness, make_cases
from inference.packs.self_test_film import self_test_film
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.promotion.rules import SelfTestSaid


def self_tested(base: Pack, adapter: Path) -> tuple[tuple[SelfTestCase, ...], SelfTestSaid]:
    """New cases for the adapter's manifest, and how it behaves on the base's.

    An adapter may answer otherwise than its base: that is what it was trained for. It may not answer "yes" or "no"
    questions with anything else, and a blank picture must still change what it says.

    Args:
        base: The pack that it works on.
        adapter: Folder of its pack, or of the run's adapter with the base's tokenizer beside.
    """
    tuned = Reference.of(adapter, base.folder)
    cases = make_cases(tuned)
    said = base.manifest.self_test or cases
    asked, kept = _yes_no_kept(base, said, tuned)
    bound = TOLERANCES["float32"]
    if said and base.manifest.self_test:
        bound = min(bound, blindness(said, Reference.of(base.folder)))
    seen = blindness(cases, tuned)
    words = (
        f"{kept} of {asked} yes/no questions of the self-test are answered with yes or no; a blank picture moves "
        f"its probabilities by {seen:.2f} (at least {bound:.2f} is needed)."
    )
    return cases, SelfTestSaid(kept == asked, bool(cases) and seen >= bound, words)


def _yes_no_kept(base: Pack, cases: tuple[SelfTestCase, ...], model: Reference) -> tuple[int, int]:
    """Of the questions whose expected answer is yes or no: how many, and how many the model answers so."""
    tokenizer = M4cxrTokenizer(base.folder / TOKENIZER, 1)
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
