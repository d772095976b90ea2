"""A plan on disk: read back as it was written, and a wrong edit is refused with its field and what is allowed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference.training.plan import Expected, LoraPlan, PhasePlan, TrainingPlan
from inference.training.planning import PlanRefused, in_words, read_plan, write_plan

PLAN = TrainingPlan(
    pack="starter",
    pack_sha256="ab" * 32,
    data=("folder:/data/chest",),
    phases=(
        PhasePlan(
            name="instruction",
            parts=("abstractor", "lora"),
            tasks={"report_single": 0.75, "yes_no": 0.25},
            steps=200,
            batch=16,
            micro_batch=8,
            learning_rate=1e-4,
            weight_decay=1e-4,
            warm_up=20,
            lora=LoraPlan(),
            evaluate_every=25,
            patience=4,
        ),
    ),
    expected=Expected(5400.0, 3 << 30, {"train": 200, "val": 20, "test": 40}, ("Because.",)),
)


def edited(folder: Path, change: Any, *path: str | int) -> Path:
    file = folder / "plan.json"
    write_plan(file, PLAN)
    data = json.loads(file.read_text(encoding="utf-8"))
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = change
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


def test_a_plan_is_read_as_it_was_written_and_nothing_else_is_left_behind(tmp_path: Path) -> None:
    write_plan(tmp_path / "run" / "plan.json", PLAN)

    assert read_plan(tmp_path / "run" / "plan.json") == PLAN
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["plan.json"]


PHASE = ("phases", 0)


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (("storage",), "int3", "plan.storage must be one of full, nf4"),
        (("device",), "tpu", "plan.device must be cpu or cuda"),
        (("data",), [], "plan.data must be a list of KIND:PATH"),
        (("phases",), [], "plan.phases must be a list with one phase at least"),
        (("split", "test"), 1.2, r"plan.split.test must be a share from 0 up to 1"),
        (("guarded",), ["gout"], "plan.guarded names “gout”; there are enlarged cardiomediastinum"),
        (("format",), 2, "plan.format must be 1"),
        (("colour",), "red", "plan has a field that is not allowed: colour"),
        ((*PHASE, "parts"), ["lora", "eyes"], r"plan.phases\[0\].parts\[1\] must be one of abstractor"),
        ((*PHASE, "parts"), ["abstractor"], r"plan.phases\[0\].lora must be given where parts names lora"),
        ((*PHASE, "parts"), ["lora", "language"], r"plan.phases\[0\].parts must be either lora or language"),
        ((*PHASE, "lora", "rank"), 0, r"plan.phases\[0\].lora.rank must be a whole number from 1"),
        ((*PHASE, "lora", "projections"), ["x_proj"], r"lora.projections names “x_proj”; there are q_proj"),
        ((*PHASE, "tasks"), {"reports": 1}, r"plan.phases\[0\].tasks names “reports”; there are report_only"),
        ((*PHASE, "tasks", "yes_no"), "often", r"plan.phases\[0\].tasks.yes_no must be a number"),
        ((*PHASE, "tasks", "yes_no"), -2, r"plan.phases\[0\].tasks.yes_no must be a number from 0 on"),
        ((*PHASE, "tasks"), {"yes_no": 0}, r"plan.phases\[0\].tasks must be weights of which one"),
        ((*PHASE, "steps"), 0, r"plan.phases\[0\].steps must be a whole number from 1 on"),
        ((*PHASE, "steps"), 1.5, r"plan.phases\[0\].steps must be a whole number"),
        ((*PHASE, "micro_batch"), 32, r"plan.phases\[0\].micro_batch must be at most batch, which is 16"),
        ((*PHASE, "warm_up"), 500, r"plan.phases\[0\].warm_up must be fewer than steps"),
        ((*PHASE, "learning_rate"), 0, r"plan.phases\[0\].learning_rate must be a number above 0"),
        ((*PHASE, "learning_rate"), 5, r"plan.phases\[0\].learning_rate must be at most 1"),
        ((*PHASE, "max_length"), 8, r"plan.phases\[0\].max_length must be at least 64 tokens"),
        ((*PHASE, "metric"), "bleu", r"plan.phases\[0\].metric must be one of loss, macro_auroc"),
    ],
)
def test_a_wrong_edit_is_refused_with_its_field_and_what_is_allowed(
    tmp_path: Path, path: tuple[str | int, ...], change: Any, said: str
) -> None:
    with pytest.raises(PlanRefused, match=said) as caught:
        read_plan(edited(tmp_path, change, *path))

    assert "plan.json" in caught.value.remedy


def test_a_language_model_in_four_bits_can_not_learn_wholly(tmp_path: Path) -> None:
    file = edited(tmp_path, "nf4", "storage")
    data = json.loads(file.read_text(encoding="utf-8"))
    data["phases"][0].update(parts=["language"], lora=None)
    file.write_text(json.dumps(data), encoding="utf-8")

    with pytest.raises(PlanRefused, match=r"without language while plan.storage is nf4"):
        read_plan(file)


def test_what_is_no_json_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"pack": "starter",\n "data": [}', encoding="utf-8")

    with pytest.raises(PlanRefused, match=r"is no JSON: .*line 2"):
        read_plan(tmp_path / "plan.json")


def test_a_person_reads_what_learns_how_long_and_why() -> None:
    told = in_words(PLAN)

    assert "200 to learn from, 20 to watch the training, 40 held out" in told
    assert "about 1.5 hours" in told
    assert "about 3.0 GiB" in told
    assert "low-rank factors (LoRA) on the language model" in told
    assert "report_single              75.0 %" in told
    assert "  - Because." in told
