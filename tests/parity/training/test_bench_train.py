"""`sidelight bench train` gives both ways the same samples, and its numbers say what they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from inference.bench import train_child, train_command, train_subject


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Both ways in this process: eight samples about one small phantom study."""
    folder = tmp_path_factory.mktemp("bench")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        whole = train_subject.bench_phase
        patch.setattr(train_subject, "FILM_SIZE", (128, 128))
        patch.setattr(
            train_subject, "bench_phase", lambda steps: replace(whole(steps), batch=1, micro_batch=1)
        )
        train_subject.write_subject(folder, studies=1, steps=8)
        drawn = train_subject.read_subject(folder, "float32")
        return drawn, {way: prepare(drawn, folder)() for way, prepare in WAYS.items()}


WAYS = {"ours": train_child.ours, "plain": train_child.plain}


def test_the_plain_way_encodes_every_view_of_a_film_and_ours_each_film_once(runs):
    drawn, results = runs
    shown = [film.key for sample in drawn.samples for film in sample.films]
    assert results["ours"]["encoder_calls"] == len(set(shown)) < len(shown)
    assert results["plain"]["encoder_calls"] == len(shown)


def test_both_ways_take_the_same_steps_and_ours_computes_less_padding(runs):
    drawn, results = runs
    words = sum(len(drawn.tokenizer().encode_sample(sample.text)[0]) for sample in drawn.samples)
    assert words <= results["ours"]["positions"] <= results["plain"]["positions"]
    assert len(results["ours"]["losses"]) == len(results["plain"]["losses"]) == 8


def test_both_ways_learn_from_the_same_samples_with_the_same_model(runs):
    _, results = runs  # in another order, but the rate is too small to tell
    assert sum(results["ours"]["losses"]) == pytest.approx(sum(results["plain"]["losses"]), rel=0.05)


def test_the_table_names_the_machine_and_marks_a_broken_promise():
    run = {"films": 10, "films_per_s": 2.0, "seconds": 5.0, "processor_s": 4.0, "positions": 9, "encoder_calls": 1,
           "peak_mib": 500.0, "loaded_mib": 400.0, "losses": [2.0, 1.0]}  # fmt: skip
    slow = run | {"seconds": 6.0, "films_per_s": 1.7, "losses": [2.0, 1.5]}
    result = {
        "began": "2026-01-01", "threads": 2, "precision": "float32", "studies": 3, "steps": 2, "films": 10,
        "machine": {"cpu": "a processor", "cores": 2, "load_at_start": [0.1], "load_at_end": [0.2]},
        "runs": {"ours": [run], "plain": [slow]}, "bar": 1.5, "kept": False,
        "ratio": train_command._ratios({"ours": [run], "plain": [slow]}, "seconds"),
        "ratio_processor": train_command._ratios({"ours": [run], "plain": [slow]}, "processor_s"),
    }  # fmt: skip
    shown = train_command.table(result)
    assert "a processor" in shown
    assert "**1.20 ×** (1.20 to 1.20)" in shown
    assert "MISSED" in shown
    assert "MISSED" not in train_command.table(result | {"kept": True})
