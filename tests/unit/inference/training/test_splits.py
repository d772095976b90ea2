"""Patients and their sides: never two, whatever the sources say."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from training_data import data_set, study

from inference.training.plan import SplitPlan
from inference.training.rows import Split
from inference.training.splits import counts, split_patients, studies_of, too_few

SPLITS: tuple[Split | None, ...] = (None, "train", "val", "test")
ROWS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(SPLITS)), max_size=40)


@given(first=ROWS, second=ROWS, is_reference=st.booleans(), seed=st.integers(0, 3))
def test_a_patient_is_on_one_side_over_all_sources_and_the_strictest_word_wins(
    first: list[tuple[int, Split | None]],
    second: list[tuple[int, Split | None]],
    is_reference: bool,
    seed: int,
) -> None:
    datasets = [
        data_set("a", *(study(f"a{i}", patient=f"p{n}", split=own) for i, (n, own) in enumerate(first))),
        data_set(
            "b",
            *(study(f"b{i}", patient=f"p{n}", split=own) for i, (n, own) in enumerate(second)),
            is_reference=is_reference,
        ),
    ]

    splits = split_patients(datasets, SplitPlan(), seed)

    sides = [
        {one.patient for _, one in studies_of(datasets, splits, split)} for split in ("train", "val", "test")
    ]
    assert sum(len(side) for side in sides) == len(set.union(*sides)) == len(splits)
    for number, own in [*first, *second]:
        if own == "test":
            assert splits[f"p{number}"] == "test"
        if own == "val":
            assert splits[f"p{number}"] != "train"
    if is_reference:
        assert all(splits[f"p{number}"] == "test" for number, _ in second)


@given(st.text(min_size=1, max_size=20), st.floats(0, 0.4), st.floats(0, 0.4))
def test_a_larger_share_only_adds_to_what_is_held_out(patient: str, share: float, more: float) -> None:
    data = [data_set("a", study("s", patient=patient))]

    smaller = split_patients(data, SplitPlan(val=0.1, test=share))[patient]
    larger = split_patients(data, SplitPlan(val=0.1, test=share + more))[patient]

    assert smaller != "test" or larger == "test"


def test_a_patient_stays_on_its_side_whatever_else_is_there() -> None:
    ours = data_set("ours", *(study(f"s{i}", patient=f"p{i}") for i in range(200)))
    more = data_set("more", *(study(f"t{i}", patient=f"q{i}") for i in range(200)))

    alone, together = split_patients([ours]), split_patients([more, ours])

    assert {patient: together[patient] for patient in alone} == alone


def test_of_few_patients_enough_watch_and_nobody_held_out_changes_sides() -> None:
    for count in range(7, 90, 3):
        few = [data_set("a", *(study(f"s{i}", patient=f"q{i}") for i in range(count)))]
        many = [data_set("a", *(study(f"s{i}", patient=f"q{i}") for i in range(600)))]

        splits, later = split_patients(few), split_patients(many)

        sides = Counter(splits.values())
        assert sides["val"] >= min(10, count // 7)
        assert all((later[patient] == "test") == (side == "test") for patient, side in splits.items())


def test_the_shares_are_met_about() -> None:
    splits = split_patients([data_set("a", *(study(f"s{i}", patient=f"p{i}") for i in range(4000)))])

    found = Counter(splits.values())
    assert abs(found["test"] / 4000 - 0.15) < 0.02
    assert abs(found["val"] / 4000 - 0.10) < 0.02


def test_a_source_without_patients_to_watch_gives_up_some_it_learns_from_and_none_it_holds_out() -> None:
    rows = [study(f"s{i}", patient=f"p{i}", split="test" if i % 4 == 0 else "train") for i in range(800)]
    data = [data_set("a", *rows)]

    splits = split_patients(data)

    assert counts(data, splits)["test"] == 200
    assert 30 <= counts(data, splits)["val"] <= 90


def test_another_seed_is_another_draw() -> None:
    data = [data_set("a", *(study(f"s{i}", patient=f"p{i}") for i in range(100)))]

    assert split_patients(data, seed=0) != split_patients(data, seed=1)


def test_too_few_held_out_patients_are_told_with_what_to_do() -> None:
    told = too_few({"a": "train", "b": "test"})

    assert told[0].startswith("1 patient is held out (test), at least 30 are wanted.")
    assert told[1].startswith("No patient is to watch the training (val), at least 10")
    assert "split.val" in told[1]
    assert too_few({f"p{i}": ("train", "val", "test")[i % 3] for i in range(90)}) == ()  # type: ignore[misc]
