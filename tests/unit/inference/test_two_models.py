"""Which cards hold a reading model and an image generator at once, which by turns, and what is said where none does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.inference.test_plan import FULL, card, processor

from inference.plan import GIB
from inference.two_models import GeneratorSize, share, sharing_in_words

SD15 = GeneratorSize("sd15-cxr", 1_427_000_000, 1_221_000_000, 512, 512, 128)
"""U-Net 860 M, adapter 361 M, autoencoder 84 M, text encoder 123 M (backend.md §4)."""
STARTER = GeneratorSize("starter-synth", 16_000_000, 12_000_000, 256, 256, 32)
MAIN = processor(32)


def test_a_stable_diffusion_generator_takes_what_was_computed_for_it():
    assert SD15.bytes_on("cuda") / GIB == pytest.approx(
        2.7 + 0.9, abs=0.6
    )  # beside weights: maps and float32 parts
    assert SD15.bytes_on("cpu") > 4 * SD15.weights


@pytest.mark.parametrize(
    ("gib", "precision", "way"),
    [
        (8, "nf4", "take turns"),
        (12, "nf4", "both stay"),
        (16, "int8", "both stay"),
        (24, "bfloat16", "both stay"),
    ],
)
def test_each_card_holds_both_models_at_once_or_by_turns(gib, precision, way):
    sharing = share(FULL, card(gib), MAIN, SD15)

    assert (sharing.reader.precision, sharing.way, sharing.why) == (precision, way, "")
    held = sharing.reader.peak_bytes  # with the generator, where both stay
    assert held <= card(gib).budget_bytes
    assert sharing.generator_bytes <= card(gib).budget_bytes


def test_the_small_generator_stays_beside_the_reader_on_the_small_card():
    assert share(FULL, card(8), MAIN, STARTER).way == "both stay"


def test_a_precision_that_the_user_wants_is_kept_and_the_models_take_turns_for_it():
    sharing = share(FULL, card(12), MAIN, SD15, ["int8"])
    assert (sharing.reader.precision, sharing.way) == ("int8", "take turns")


def test_turns_need_room_in_main_memory_for_whoever_waits():
    full = replace(MAIN, title="Main memory", free_bytes=2 * GIB)
    sharing = share(FULL, card(8), full, SD15)

    assert sharing.way == "reader alone"
    assert "Main memory, 2.0 GiB are usable" in sharing.why
    assert "smaller" in sharing.remedy


@pytest.mark.parametrize("machine", [card(4), replace(card(8), free_bytes=3 * GIB), processor(8)])
def test_where_there_is_no_room_the_generator_is_refused_with_a_remedy(machine):
    sharing = share(FULL, machine, MAIN, SD15)

    assert sharing.way == "reader alone"
    assert "“sd15-cxr”" in sharing.why
    assert sharing.remedy
    assert sharing.why in sharing_in_words(sharing, "sd15-cxr")


def test_in_main_memory_both_stay_or_only_the_reader():
    assert share(FULL, processor(32), processor(32), SD15).way == "both stay"
    assert share(FULL, processor(12), processor(12), SD15).way == "reader alone"
