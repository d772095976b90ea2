"""What is planned for which machine: fake cards, the published model's sizes, golden choices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inference.models.config import M4cxrConfig
from inference.models.sizes import part_sizes
from inference.plan import GIB
from inference.training.mix import TASKS, NothingToLearn
from inference.training.plan import Part, PhasePlan
from inference.training.planning.draft import draft
from inference.training.planning.duration import Pace
from inference.training.planning.fingerprint import DataPrint, TaskPrint, percentile
from inference.training.planning.ground import Ground
from inference.training.planning.machine import TrainingMachine
from inference.training.planning.memory import StepSize, learning_weights, training_ledger
from inference.training.planning.recipes import RECIPES

PUBLISHED = part_sizes(
    M4cxrConfig.from_json(
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
)
STARTER = part_sizes(
    M4cxrConfig.from_json(
        {
            "vision_config": {
                "encoder_type": "dinov2",
                "hidden_size": 192,
                "num_hidden_layers": 6,
                "num_attention_heads": 6,
                "image_size": 168,
                "patch_size": 14,
            },
            "projector_config": {
                "encoder_hidden_size": 192,
                "hidden_size": 192,
                "output_hidden_size": 256,
                "num_query_tokens": 36,
            },
            "text_config": {
                "vocab_size": 2048,
                "hidden_size": 256,
                "intermediate_size": 704,
                "num_hidden_layers": 4,
                "num_attention_heads": 8,
                "num_key_value_heads": 4,
                "rms_norm_eps": 1e-5,
                "rope_theta": 1e6,
            },
        }
    )
)


def card(gib: float, **more: Any) -> TrainingMachine:
    whole = round(gib * GIB)
    usual: dict[str, Any] = {"cores": 8, "processors": 60, "cards": 1}
    return TrainingMachine("cuda", f"a card of {gib:g} GiB", whole, whole - GIB // 4, **{**usual, **more})


TWO_CORES = TrainingMachine("cpu", "CPU, 2 cores", 8 * GIB, 6 * GIB, cores=2)


def data(image_tokens: int, **more: Any) -> DataPrint:
    """200 studies with reports, labels and some boxes; words as a site's are."""
    one, two = image_tokens + 230, 2 * image_tokens + 260
    usual: dict[str, Any] = {
        "studies": {"train": 200, "val": 26, "test": 40},
        "patients": {"train": 180, "val": 24, "test": 36},
        "films": 320,
        "views": {"PA": 180, "LATERAL": 140},
        "tasks": {
            "report_only": TaskPrint(200, (one - 180, one - 100), 1.0),
            "report_single": TaskPrint(200, (one - 60, one, one + 90), 1.0),
            "report_multi_image": TaskPrint(120, (two - 40, two, two + 110), 2.0),
            "report_multi_study": TaskPrint(60, (two + 120, two + 300), 2.6),
            "classification": TaskPrint(200, (one - 110,), 1.0),
            "yes_no": TaskPrint(200, (one - 80, one - 40), 1.0),
            "finding_grounding": TaskPrint(40, (one - 50,), 1.0),
        },
        "missing": {"vqa_open": TASKS["vqa_open"].needs},
    }
    return DataPrint(**{**usual, **more})


def ground(machine: TrainingMachine, **more: Any) -> Ground:
    usual: dict[str, Any] = {
        "data": data(361),
        "sizes": PUBLISHED,
        "image_tokens": 361,
        "machine": machine,
        "recipe": RECIPES["small-site"],
    }
    return Ground(**{**usual, **more})


def small_ground(**more: Any) -> Ground:
    return ground(
        TWO_CORES,
        **{
            "data": data(36),
            "sizes": STARTER,
            "image_tokens": 36,
            "recipe": RECIPES["small-model"],
            **more,
        },
    )


def test_two_cores_train_the_starter_in_full_and_in_float32() -> None:
    planned = draft(small_ground())

    (phase,) = planned.phases
    assert planned.fits
    assert (planned.storage, planned.precision) == ("full", "float32")
    assert (phase.steps, phase.batch, phase.micro_batch) == (150, 16, 8)
    assert not phase.gradient_checkpointing
    assert phase.max_length == 640
    assert planned.expected.peak_bytes < 2 * GIB


@pytest.mark.parametrize(
    ("gib", "storage", "micro_batch", "checkpointing", "max_length"),
    [
        (8, "nf4", 1, True, 1024),
        (12, "nf4", 2, True, 1344),
        (16, "nf4", 4, True, 1344),
        (24, "full", 4, True, 1344),
        (80, "full", 4, False, 1344),
    ],
)
def test_each_card_gets_the_published_model_in_the_largest_form_that_fits(
    gib: int, storage: str, micro_batch: int, checkpointing: bool, max_length: int
) -> None:
    planned = draft(ground(card(gib)))

    (phase,) = planned.phases
    assert planned.fits
    assert (planned.storage, planned.precision) == (storage, "bfloat16")
    found = (phase.micro_batch, phase.gradient_checkpointing, phase.max_length)
    assert found == (micro_batch, checkpointing, max_length)
    assert phase.parts == ("abstractor", "lora")


@pytest.mark.parametrize(("length", "gib"), [(1024, 6.1), (2048, 7.2), (4096, 9.2)])
def test_the_ledger_agrees_with_the_published_estimate_of_qlora(length: int, gib: float) -> None:
    """backend.md §4: rank 8 on queries and values, one sample, checkpointing; the estimator's own error is 15 %."""
    phase = replace(
        draft(ground(card(24))).phases[0], parts=("lora",), micro_batch=1, gradient_checkpointing=True
    )

    parts = training_ledger(PUBLISHED, "cuda", "nf4", "bfloat16", phase, StepSize(1, length, 1))

    assert sum(part.bytes for part in parts) / GIB == pytest.approx(gib, rel=0.15)


def test_films_that_stay_in_main_memory_are_counted_up_to_their_limit() -> None:
    few, many, endless = (
        draft(small_ground(data=data(36, films=films))).expected.peak_bytes for films in (100, 1500, 10**7)
    )

    assert few < many < endless <= few + (1 << 30) + (512 << 20)


def test_the_published_phase_has_the_published_number_of_learning_weights() -> None:
    phase = RECIPES["published"].phases[1]
    plan = PhasePlan("instruction", phase.parts, {}, 1, 1, 1, 1e-4, 0.0, 0, lora=phase.lora)

    assert learning_weights(PUBLISHED, plan) == 128_243_136  # m4cxr.md §1.5


def test_what_fits_nowhere_is_planned_as_small_as_it_gets_and_said_so() -> None:
    planned = draft(ground(card(4)))

    assert not planned.fits
    assert any(reason.startswith("This does not fit: about") for reason in planned.expected.reasons)


def test_samples_are_cut_for_memory_only_and_it_is_said() -> None:
    long = {**data(361).tasks, "report_multi_study": TaskPrint(60, (3900, 4000), 5.0)}

    planned = draft(ground(card(8), data=data(361, tasks=long)))

    assert planned.fits
    assert planned.phases[0].max_length < 2200
    assert any("for want of memory" in reason for reason in planned.expected.reasons)


def test_an_old_card_computes_in_float32_and_it_is_said() -> None:
    planned = draft(ground(card(24, has_bfloat16=False)))

    assert planned.precision == "float32"
    assert any("no bfloat16" in reason for reason in planned.expected.reasons)


def test_parts_that_a_person_chose_replace_the_recipe_s() -> None:
    parts: tuple[Part, ...] = ("abstractor", "vision")

    (phase,) = draft(small_ground(parts=parts)).phases

    assert phase.parts == parts
    assert phase.lora is None


def test_a_language_model_that_learns_wholly_is_never_held_in_four_bits() -> None:
    assert draft(ground(card(24), parts=("language",))).storage == "full"


def test_a_run_takes_no_longer_than_wished() -> None:
    paces = {"instruction": Pace(sample_s=0.5, film_s=0.1, is_measured=True)}

    usual = draft(small_ground(paces=paces))
    shorter = draft(small_ground(paces=paces, hours=0.1))

    assert usual.expected.seconds > 360 >= shorter.expected.seconds
    assert 1 <= shorter.phases[0].steps < usual.phases[0].steps
    assert shorter.phases[0].warm_up < shorter.phases[0].steps


def test_a_time_that_is_too_short_even_for_looking_at_the_films_is_said() -> None:
    planned = draft(small_ground(paces={"instruction": Pace(0.5, 10.0, is_measured=True)}, hours=0.1))

    assert (planned.phases[0].steps, planned.phases[0].warm_up) == (1, 0)
    assert any(reason.startswith("0.1 hours are too short") for reason in planned.expected.reasons)


def test_without_patients_to_watch_nothing_is_judged_and_it_is_said() -> None:
    planned = draft(small_ground(data=data(36, patients={"train": 5, "val": 0, "test": 0})))

    assert (planned.phases[0].evaluate_every, planned.phases[0].patience) == (0, 0)
    assert any("does not stop early" in reason for reason in planned.expected.reasons)


def test_what_the_data_lack_is_named_once_for_each_need() -> None:
    planned = draft(small_ground())

    left_out = [reason for reason in planned.expected.reasons if reason.startswith("Left out")]
    assert left_out == ["Left out for want of open questions with their answers: vqa_open."]


def test_the_published_recipe_has_its_two_phases() -> None:
    planned = draft(ground(card(80), recipe=RECIPES["published"]))

    first, second = planned.phases
    assert (first.name, first.parts, dict(first.tasks)) == (
        "abstractor",
        ("abstractor",),
        {"report_only": 1.0},
    )
    assert (first.batch, first.learning_rate, first.weight_decay) == (256, 3e-4, 1e-2)
    assert (second.parts, second.batch, second.learning_rate) == (("abstractor", "vision", "lora"), 64, 1e-4)
    assert second.lora is not None
    assert (second.lora.rank, second.lora.alpha, second.lora.dropout) == (8, 32.0, 0.05)


def test_data_that_feed_no_task_of_the_recipe_are_refused() -> None:
    only_answers = {"vqa_closed": TaskPrint(9, (300,), 1.0)}

    with pytest.raises(NothingToLearn, match="knows report_only"):
        draft(ground(card(80), recipe=RECIPES["published"], data=data(361, tasks=only_answers)))


def test_lengths_count_as_often_as_their_task_is_drawn() -> None:
    tasks = {"a": TaskPrint(1, (10, 20), 1.0), "b": TaskPrint(1, (1000,), 1.0)}

    assert percentile(tasks, {"a": 0.995, "b": 0.005}, 0.99) == 20
    assert percentile(tasks, {"a": 0.5, "b": 0.5}, 0.99) == 1000
