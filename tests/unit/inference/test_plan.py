"""The ledger against the numbers of the specification: sizes by part, and what each card holds."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from inference.models.config import M4cxrConfig
from inference.models.m4cxr import M4cxr
from inference.models.sizes import part_sizes
from inference.pack_plan import plan_of
from inference.packs import find_pack
from inference.plan import (
    GIB,
    Companion,
    Limits,
    Machine,
    ledger,
    make_plan,
    plan_in_words,
    reading_seconds,
)
from inference.precision import weight_bytes

FIXTURES = Path(__file__).parents[2] / "parity" / "fixtures"
PUBLISHED = M4cxrConfig.from_json(
    {
        "vision_config": {
            "encoder_type": "dinov2",
            "hidden_size": 768,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "image_size": 518,
            "patch_size": 14,
        },
        "projector_config": {
            "encoder_hidden_size": 768,
            "hidden_size": 1024,
            "output_hidden_size": 4096,
            "num_query_tokens": 361,
        },
        "text_config": {
            "vocab_size": 32000,
            "hidden_size": 4096,
            "intermediate_size": 14336,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "rms_norm_eps": 1e-5,
            "rope_theta": 1e6,
        },
    }
)
FULL = part_sizes(PUBLISHED)
GENERATOR = Companion("image generator", round(2.7 * GIB))


def card(gib: float, **more) -> Machine:
    return Machine("cuda", f"{gib} GB card", round(gib * GIB), round(gib * GIB), **more)


def processor(gib: float) -> Machine:
    return Machine("cpu", "CPU, 8 cores", round(gib * GIB), round(gib * GIB))


def test_the_published_models_parts_are_counted_from_its_config_alone():
    assert (FULL.vision, FULL.abstractor, FULL.language) == (86_580_480, 38_254_784, 7_241_732_096)
    assert (FULL.projections, FULL.total) == (6_979_321_856, 7_366_567_360)


@pytest.mark.parametrize("name", ["small", "clip", "grid37"])
def test_counting_agrees_with_building(name):
    config = M4cxrConfig.from_json(json.loads((FIXTURES / name / "config.json").read_text(encoding="utf-8")))
    with torch.device("meta"):
        model = M4cxr(config)
    built = [
        sum(parameter.numel() for parameter in part.parameters())
        for part in (model.vision_model, model.abstractor, model.language_model)
    ]
    sizes = part_sizes(config)
    assert [sizes.vision, sizes.abstractor, sizes.language] == built


@pytest.mark.parametrize(
    ("precision", "gib"), [("float32", 27.44), ("bfloat16", 13.72), ("int8", 7.23), ("nf4", 4.07)]
)
def test_weights_take_what_the_specification_says(precision, gib):
    assert weight_bytes(FULL.as_model_size, precision, is_cuda=True) / GIB == pytest.approx(gib, abs=0.006)
    parts = ledger(FULL, "cuda", precision, 4096, Limits())
    if precision != "float32":
        assert sum(part.bytes for part in parts[:2]) / GIB == pytest.approx(gib, abs=0.006)


def test_the_cache_takes_128_kib_per_token():
    (context,) = (
        part for part in ledger(FULL, "cuda", "nf4", 4096, Limits()) if part.name.startswith("context")
    )
    assert context.bytes == 4096 * 128 * 1024


def test_nf4_serving_takes_what_was_computed_for_it():
    parts = {part.name: part.bytes for part in ledger(FULL, "cuda", "nf4", 4096, Limits(1, 1))}
    whole = sum(parts.values()) / GIB
    without_vision = whole - parts["vision encoder and abstractor"] / GIB

    assert without_vision == pytest.approx(5.05, abs=0.05)
    assert whole == pytest.approx(5.3, abs=0.05)


CARDS = [  # card, alone: precision; beside an image generator: precision, who is swapped
    (6, "nf4", "nf4", ("image generator",)),
    (8, "nf4", "nf4", ("image generator",)),
    (12, "int8", "nf4", ()),
    (16, "int8", "int8", ()),
    (24, "bfloat16", "bfloat16", ()),
]


@pytest.mark.parametrize(("gib", "alone", "beside", "swapped"), CARDS)
def test_each_card_holds_what_the_table_says(gib, alone, beside, swapped):
    lonely = make_plan(FULL, card(gib))
    shared = make_plan(FULL, card(gib), companions=[GENERATOR])

    assert (lonely.precision, lonely.fits, lonely.context_tokens) == (alone, True, 4096)
    assert (shared.precision, shared.fits, shared.swapped) == (beside, True, swapped)
    assert shared.peak_bytes <= shared.budget_bytes < gib * GIB


def test_a_card_that_is_too_small_is_told_so():
    plan = make_plan(FULL, card(4))

    assert not plan.fits
    assert (plan.precision, plan.context_tokens) == ("nf4", 2048)
    assert "does not fit" in plan_in_words(plan)


def test_what_other_programs_hold_counts():
    busy = replace(card(8), free_bytes=round(4.5 * GIB))
    assert make_plan(FULL, card(8)).fits
    assert not make_plan(FULL, busy).fits


def test_more_room_goes_to_questions_side_by_side_before_studies_that_are_kept():
    grown = [make_plan(FULL, card(gib)).limits for gib in (6, 7, 8)]
    assert [one.rows for one in grown] == sorted(one.rows for one in grown)
    assert grown[-1] == Limits(13, 3)
    assert all(one.studies == 1 or one.rows == 13 for one in grown)


def test_a_card_without_bfloat16_computes_in_float16():
    assert make_plan(FULL, card(24, has_bfloat16=False)).precision == "float16"


def test_seven_billion_weights_on_a_processor_need_a_word_first():
    plan = make_plan(FULL, processor(32))

    assert (plan.precision, plan.fits, plan.is_very_slow) == ("int8", True, True)
    assert 3 <= plan.reading_s / 60 <= 6
    assert "Very slow: about 4 minutes" in plan_in_words(plan)


def test_the_starter_runs_at_once_in_full_precision():
    config = json.loads((FIXTURES / "small" / "config.json").read_text(encoding="utf-8"))
    plan = make_plan(part_sizes(M4cxrConfig.from_json(config)), processor(4))

    assert (plan.precision, plan.fits, plan.is_very_slow) == ("float32", True, False)


def test_a_pack_is_planned_for_from_its_config_without_reading_its_weights():
    assert plan_of(find_pack("starter"), "cpu").precision == "float32"


def test_a_reading_takes_longer_the_larger_the_model():
    assert reading_seconds(FULL) > 2 * reading_seconds(replace(FULL, projections=FULL.projections // 3))


def test_after_the_smallest_plan_there_is_none():
    smaller = Limits().smaller()
    assert smaller is not None
    assert (smaller.rows, smaller.studies, smaller.prefill_tokens) == (1, 1, 128)
    assert smaller.smaller() is None
