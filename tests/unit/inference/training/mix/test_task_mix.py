"""The stream of samples: each by its number alone, never of a held-out patient, every picture with its film."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training_data import data_set, film, study

from inference.errors import InvalidRequest
from inference.training.mix import PUBLISHED, TASKS, NothingToLearn, TaskMix, shares
from inference.training.plan import PhasePlan
from inference.training.rows import DataSet, KnownAnswer, KnownBox, KnownStudy
from inference.training.splits import split_patients

REPORT = "The heart is enlarged. There is a small left pleural effusion."
LABELS = {
    "cardiomegaly": "present",
    "pleural effusion": "present",
    "edema": "absent",
}


def phase(tasks: dict[str, float], **settings: Any) -> PhasePlan:
    usual: dict[str, Any] = {
        "name": "instruction",
        "parts": ("lora",),
        "steps": 10,
        "batch": 4,
        "micro_batch": 2,
        "learning_rate": 1e-4,
        "weight_decay": 0.0,
        "warm_up": 1,
    }
    return PhasePlan(tasks=tasks, **{**usual, **settings})


def full_study(number: int, **known: Any) -> KnownStudy:
    """A study that every task can ask about."""
    boxes = (
        KnownBox("cardiomegaly", (10, 20, 30, 50), phrase="the heart is enlarged."),
        KnownBox("pleural effusion", (20, 35, 38, 48)),
        KnownBox("right lung", (2, 12, 18, 45), kind="anatomy"),
        KnownBox("left lung", (22, 12, 38, 45), kind="anatomy"),
    )
    films = (
        film(f"{number}-lateral", view="LATERAL", role="lateral"),
        film(f"{number}-frontal", view="PA", boxes=boxes, boxes_complete=frozenset({"lung lesion"})),
        film(f"{number}-old", role="prior", days_before=900),
        film(f"{number}-prior", role="prior", days_before=30),
    )
    answers = (
        KnownAnswer("What is the view?", "PA.", films=(f"{number}-frontal",)),
        KnownAnswer("Is it PA?", "Yes.", kind="closed"),
        KnownAnswer("What changed?", "The effusion is new.", kind="difference"),
    )
    usual: dict[str, Any] = {
        "patient": f"p{number}",
        "findings": REPORT,
        "impression": "Cardiomegaly.",
        "indication": "Cough",
        "prior_report": "The heart is normal.",
        "labels": LABELS,
        "label_source": "report",
        "answers": answers,
    }
    return study(f"s{number}", films=films, **{**usual, **known})


def mix_of(
    *datasets: DataSet, tasks: dict[str, float] | None = None, seed: int = 0, **settings: Any
) -> TaskMix:
    wanted = tasks or dict.fromkeys(TASKS, 1.0)
    return TaskMix(datasets, split_patients(datasets), phase(wanted), seed, **settings)


HUNDRED = data_set("ours", *(full_study(number) for number in range(100)))
MIX = mix_of(HUNDRED)
SPLITS = split_patients([HUNDRED])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**9), st.permutations([3, 1_000, 77]))
def test_a_draw_depends_on_its_number_alone(index: int, before: list[int]) -> None:
    fresh = mix_of(data_set("ours", *(full_study(number) for number in range(12))))
    used = mix_of(data_set("ours", *(full_study(number) for number in range(12))))
    for other in before:
        used.draw(other)

    assert used.draw(index) == fresh.draw(index)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_every_picture_has_its_film_and_no_two_pictures_touch(index: int) -> None:
    sample = MIX.draw(index)

    assert sample.text.count("<image>") == len(sample.films)
    assert "<image><image>" not in sample.text
    assert sample.text.startswith("<s>[INST] ")
    assert sample.text.endswith("</s>")


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_only_patients_to_learn_from_are_drawn(index: int) -> None:
    assert SPLITS[MIX.draw(index).patient] == "train"


def test_what_watches_the_training_is_of_other_patients_and_always_the_same() -> None:
    splits = split_patients([HUNDRED])

    watching = MIX.validation()

    assert {splits[sample.patient] for sample in watching} == {"val"}
    assert {sample.task for sample in watching} == set(TASKS)
    assert watching == mix_of(HUNDRED, seed=7).validation()


def test_a_phase_that_yes_and_no_judge_is_asked_each_finding_alone() -> None:
    mix = TaskMix([HUNDRED], split_patients([HUNDRED]), phase({"yes_no": 1.0}, metric="macro_auroc"))

    asked = mix.validation()

    assert all(sample.text.count("[INST]") == 1 for sample in asked)
    ends = Counter(sample.text.rpartition("[/INST]")[2] for sample in asked)
    assert ends["Yes.</s>"] > ends["No.</s>"] > 0  # of each study two are present and one absent
    assert len({sample.id for sample in asked}) == len(asked)


def test_tasks_are_drawn_as_often_as_their_weights_say() -> None:
    mix = mix_of(HUNDRED, tasks=dict(PUBLISHED))

    drawn = Counter(mix.draw(index).task for index in range(2000))

    assert sum(PUBLISHED.values()) == pytest.approx(704)
    for task, weight in PUBLISHED.items():
        assert drawn[task] / 2000 == pytest.approx(weight / 704, abs=0.035)


def test_another_seed_and_another_phase_are_other_draws() -> None:
    drawn = [MIX.draw(index).id for index in range(50)]

    other = mix_of(HUNDRED, seed=1)
    assert drawn != [other.draw(index).id for index in range(50)]


def test_reference_sets_are_never_drawn() -> None:
    reference = data_set("test set", *(full_study(number) for number in range(30)), is_reference=True)
    ours = data_set("ours", *(full_study(number) for number in range(100, 140)))

    both = mix_of(reference, ours)
    both_drawn = {both.draw(index).source for index in range(100)}
    assert both_drawn == {"ours"}
    with pytest.raises(NothingToLearn):
        mix_of(reference)


def test_synthetic_films_are_drawn_only_where_they_are_asked_for() -> None:
    made = [
        study(f"m{i}", films=(film(f"m{i}", is_synthetic=True),), labels=LABELS, findings=REPORT)
        for i in range(20)
    ]
    real = [study(f"r{i}", labels=LABELS, findings=REPORT) for i in range(20)]
    data = data_set("mixed", *made, *real)

    without, with_made = (
        mix_of(data, tasks={"yes_no": 1.0}, takes_synthetic=takes) for takes in (False, True)
    )

    usual = [without.draw(index) for index in range(100)]
    asked = [with_made.draw(index) for index in range(100)]

    assert not any(one.is_synthetic for sample in usual for one in sample.films)
    assert any(one.is_synthetic for sample in asked for one in sample.films)


def test_a_task_without_data_is_left_out_with_what_it_needs_and_the_others_share_its_draws() -> None:
    data = data_set("ours", *(study(f"s{i}", labels=LABELS) for i in range(40)))

    mix = mix_of(data, tasks={"yes_no": 1.0, "classification": 1.0, "report_single": 6.0})

    assert mix.tasks == {"yes_no": 0.5, "classification": 0.5}
    assert mix.missing == {"report_single": "studies with a findings text"}


def test_tasks_of_two_films_are_left_out_where_a_sample_has_room_for_one() -> None:
    tasks = {"report_single": 1.0, "report_multi_image": 1.0, "vqa_difference": 1.0}

    mix = TaskMix([HUNDRED], split_patients([HUNDRED]), phase(tasks, max_length=900))

    assert list(mix.tasks) == ["report_single"]
    assert "long enough for two films" in mix.missing["vqa_difference"]


def test_places_are_not_asked_for_where_the_only_answer_is_that_nothing_is_there() -> None:
    data = data_set("ours", *(study(f"s{i}", labels={"edema": "absent"}) for i in range(40)))

    mix = mix_of(data, tasks={"finding_grounding": 1.0, "yes_no": 1.0})

    assert mix.missing == {"finding_grounding": "films with boxes of findings"}


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="Two sources are called “ours”"):
        mix_of(HUNDRED, HUNDRED)


def test_a_study_of_twice_the_weight_is_drawn_twice_as_often() -> None:
    data = data_set(
        "ours", *(study(f"s{i}", labels=LABELS, weight=2.0 if i % 2 else 1.0) for i in range(200))
    )
    mix = mix_of(data, tasks={"yes_no": 1.0})

    heavy = sum(int(mix.draw(index).study[1:]) % 2 for index in range(2000))

    share = sum(one.weight for one in data.studies if one.weight == 2) / sum(
        one.weight for one in data.studies
    )
    assert heavy / 2000 == pytest.approx(share, abs=0.06)


def test_films_that_can_not_be_read_are_not_asked_for_places() -> None:
    def unreadable(_: object) -> Any:
        from inference.training.rows import UnreadableFilm

        raise UnreadableFilm("The file ends too early.")

    data = data_set("ours", *(full_study(number) for number in range(40)), open_film=unreadable)
    mix = mix_of(data, tasks={"finding_grounding": 9.0, "yes_no": 1.0})

    drawn = [mix.draw(index) for index in range(60)]
    assert {sample.task for sample in drawn} == {"finding_grounding", "yes_no"}
    assert not any("Yes. [" in sample.text for sample in drawn)


def test_an_unknown_task_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(
        InvalidRequest, match=r"tasks names “reports”; there are report_only, .*vqa_difference"
    ):
        mix_of(HUNDRED, tasks={"reports": 1.0})


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), "2", True])
def test_a_weight_that_is_no_number_is_refused(weight: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"tasks\.yes_no must be a number from 0 on"):
        mix_of(HUNDRED, tasks={"yes_no": weight})


def test_groups_keep_their_published_shares_among_those_that_can_be_fed() -> None:
    fed = shares({"report_single", "classification", "grounded_phrase"})

    assert fed["report_single"] == pytest.approx(380 / 626)
    assert fed["classification"] / fed["grounded_phrase"] == pytest.approx(62 / 42)
    assert sum(fed.values()) == pytest.approx(1)
    assert shares(set(PUBLISHED))["vqa_open"] == pytest.approx(72 / 704)
