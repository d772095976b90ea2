"""The loop on a model of a few numbers: exact resume, checkpoints, alarms, early stopping, giving way."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_course import (
    PHASE,
    TinyBatch,
    TinyCourse,
    TinyLearner,
    tiny_collate,
    tiny_plan,
    tiny_sample,
    write_plan,
)

from inference.training.loop import DONE, FAILED, PAUSED, REFUSED, STOPPED, interruptions, run
from inference.training.loop.alarms import Alarm
from inference.training.loop.checkpoints import Checkpoint, CheckpointFolder, Damaged, SaveFailed
from inference.training.loop.course import Material
from inference.training.loop.judge import auroc
from inference.training.loop.legs import run_legs
from inference.training.loop.progress import Progress
from inference.training.loop.schedule import share_of_rate
from inference.training.plan import TrainingPlan
from inference.training.rows import UnreadableFilm

resource = pytest.importorskip("resource")  # the disk is made full with a limit that Windows has not


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _as_urgent_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own process keeps its priority: it can't be given back."""
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)


def lines(folder: Path, what: str = "") -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [row for row in rows if not what or row["what"] == what]


def losses(folder: Path) -> dict[int, float]:
    """By step; a step that was taken twice must have had the same loss both times, to the bit."""
    found: dict[int, float] = {}
    for row in lines(folder, "step_taken"):
        assert found.setdefault(row["step"], row["loss"]) == row["loss"], f"step {row['step']}"
    return found


def state(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "state.json").read_text())


def told(folder: Path) -> str:
    return "\n".join(row["text"] for row in lines(folder, "told"))


def adapter(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class PausedAt(TinyCourse):
    """Wishes a pause when the samples of a step are taken."""

    at: int
    folder: Path

    def __init__(self, plan: TrainingPlan, folder: Path, at: int) -> None:
        super().__init__(plan, folder)
        self.folder, self.at = folder, at
        count = 0

        def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
            nonlocal count
            count += varied
            if count == 4 * at:
                (folder / "pause").touch()
            return tiny_collate(samples)

        self.collate = collate


def finished(
    folder: Path, plan: TrainingPlan, course: Callable[[TrainingPlan, Path], Any] = TinyCourse
) -> Path:
    assert run_legs(write_plan(folder, plan), course) == DONE
    return folder


def course_with(**changes: Any) -> Callable[[TrainingPlan, Path], TinyCourse]:
    """A course whose learner, collate or validation is another."""

    def new(plan: TrainingPlan, folder: Path) -> TinyCourse:
        course = TinyCourse(plan, folder, changes.get("learner", TinyLearner))
        for name in ("collate", "validation"):
            if name in changes:
                setattr(course, name, changes[name])
        return course

    return new


# ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_loss_falls_and_the_rule_is_learnt(tmp_path):
    folder = finished(tmp_path, tiny_plan(replace(PHASE, steps=60)))

    first, last = losses(folder)[1], losses(folder)[60]
    assert last < first / 2
    assert state(folder) | {"at": ""} == {
        "phase": "done", "step": 60, "steps": 60, "seconds_left": 0.0, "process": None, "at": "",
        "message": "The plan was carried out.",
    }  # fmt: skip


def test_how_a_step_is_parted_changes_no_loss(tmp_path):
    """Normalised by the answers of the whole step: without it, micro-batches of short answers would weigh more."""
    without_dropout = course_with(learner=lambda: TinyLearner(dropout=0))
    runs = [
        losses(
            finished(
                tmp_path / str(size), tiny_plan(replace(PHASE, steps=20, micro_batch=size)), without_dropout
            )
        )
        for size in (1, 3, 8)
    ]
    for other in runs[1:]:
        assert list(other.values()) == pytest.approx(list(runs[0].values()), rel=1e-4)


def test_gradients_and_updates_are_those_of_plain_torch_on_the_whole_batch(tmp_path):
    folder = finished(
        tmp_path, tiny_plan(replace(PHASE, steps=6)), course_with(learner=lambda: TinyLearner(0))
    )

    learner = TinyLearner(dropout=0)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=PHASE.learning_rate, weight_decay=0.01)
    for step, row in enumerate(lines(folder, "step_taken")):
        batch = tiny_collate([tiny_sample(step * 8 + at) for at in range(8)])
        optimizer.param_groups[0]["lr"] = PHASE.learning_rate * share_of_rate(replace(PHASE, steps=6), step)
        optimizer.zero_grad()
        loss = learner(batch) / batch.weight
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(learner.parameters(), PHASE.clip)
        optimizer.step()
        assert (row["loss"], row["gradient_norm"]) == pytest.approx((loss.item(), norm.item()), rel=1e-4)
    expected = learner.state()
    torch.testing.assert_close(adapter(folder), expected, rtol=1e-4, atol=1e-6)


# ── going on ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at", [1, 12])
def test_a_pause_and_a_resume_change_no_loss_and_no_weight(tmp_path, at):
    plan = tiny_plan(replace(PHASE, steps=18, evaluate_every=5))
    whole = finished(tmp_path / "whole", plan)

    parted = write_plan(tmp_path / "parted", plan)
    assert run_legs(parted, lambda plan, folder: PausedAt(plan, folder, at)) == PAUSED
    assert state(parted)["phase"] == "paused" and "resume" in state(parted)["message"]
    assert state(parted)["step"] < 18
    assert run(parted) == PAUSED  # while the file is there nothing is begun
    (parted / "pause").unlink()
    finished(parted, plan)

    assert losses(parted) == losses(whole)
    assert same(adapter(parted), adapter(whole))


def test_a_request_to_end_is_a_wish_to_pause(tmp_path):
    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        if samples[0].id == "s16":
            os.kill(os.getpid(), signal.SIGTERM)
        return tiny_collate(samples)

    before = signal.getsignal(signal.SIGTERM)
    folder = write_plan(tmp_path, tiny_plan())
    assert run_legs(folder, course_with(collate=collate)) == PAUSED
    assert signal.getsignal(signal.SIGTERM) is before
    assert CheckpointFolder(folder / "checkpoints").steps()[0] == state(folder)["step"] < 40


def test_the_second_phase_begins_where_the_first_ended(tmp_path):
    first = replace(PHASE, name="abstractor", steps=10)
    folder = finished(tmp_path, tiny_plan(first, PHASE))

    assert [row["phase"] for row in lines(folder, "step_taken")] == ["abstractor"] * 10 + ["instruction"] * 40
    learnt = load_file(folder / "adapter-of-phase-1" / "adapter_model.safetensors")
    learner = TinyLearner()
    learner.load_state(learnt)
    began = Checkpoint(Progress(), learner.state(), {})
    assert not same(dict(began.weights), TinyLearner().state())
    assert lines(folder, "step_taken")[10]["loss"] < lines(folder, "step_taken")[0]["loss"]


def test_a_run_that_is_moved_to_another_folder_goes_on(tmp_path):
    plan = tiny_plan(replace(PHASE, steps=16))
    whole = finished(tmp_path / "whole", plan)
    write_plan(tmp_path / "here", plan)
    run_legs(tmp_path / "here", lambda plan, folder: PausedAt(plan, folder, 9))
    (tmp_path / "here" / "pause").unlink()
    there = (tmp_path / "here").rename(tmp_path / "there")

    finished(there, plan)

    assert losses(there) == losses(whole)
    for file in there.rglob("*.json"):
        assert str(tmp_path) not in file.read_text()


def test_a_finished_run_stays_finished(tmp_path):
    plan = tiny_plan(replace(PHASE, steps=5))
    folder = finished(tmp_path, plan)
    weights = adapter(folder)
    finished(folder, plan)
    assert len(lines(folder, "step_taken")) == 5 and same(adapter(folder), weights)


def test_a_changed_rate_holds_from_the_checkpoint_on_and_is_told(tmp_path):
    folder = write_plan(tmp_path, tiny_plan())
    run_legs(folder, lambda plan, folder: PausedAt(plan, folder, 9))
    (folder / "pause").unlink()
    finished(folder, tiny_plan(replace(PHASE, learning_rate=0.001)))
    assert "plan.json was changed" in told(folder)
    assert lines(folder, "step_taken")[-1]["learning_rate"] < 0.001


# ── checkpoints ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_two_newest_checkpoints_are_kept_and_the_best(tmp_path):
    folder = CheckpointFolder(tmp_path)
    for step in (5, 10, 15, 20):
        folder.save(Checkpoint(Progress(step=step, best_step=5), {"a": torch.ones(2)}, {}))
    assert folder.steps() == [20, 15, 5]


def test_a_damaged_checkpoint_is_passed_over_and_told(tmp_path):
    plan = tiny_plan(replace(PHASE, steps=20))
    whole = finished(tmp_path / "whole", plan)
    folder = write_plan(tmp_path / "parted", plan)
    run_legs(folder, lambda plan, folder: PausedAt(plan, folder, 16))
    (folder / "pause").unlink()
    newest, before = CheckpointFolder(folder / "checkpoints").steps()[:2]
    damaged = folder / "checkpoints" / f"{newest:06d}" / "state.pt"
    bytes_ = bytearray(damaged.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    damaged.write_bytes(bytes_)

    finished(folder, plan)

    assert f"{newest:06d}/state.pt is not what was written" in told(folder)
    assert f"Goes on after step {before}." in told(folder)
    assert losses(folder) == losses(whole)


@pytest.mark.parametrize("file", ["weights.safetensors", "state.pt", "checkpoint.json"])
def test_a_cut_or_missing_file_is_a_damaged_checkpoint(tmp_path, file):
    folder = CheckpointFolder(tmp_path)
    place = folder.save(Checkpoint(Progress(step=3), {"a": torch.ones(2)}, {"b": torch.ones(2)}))
    whole = (place / file).read_bytes()
    (place / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged, match="000003"):
        folder.load(3)
    (place / file).unlink()
    with pytest.raises(Damaged, match="000003"):
        folder.load(3)


def test_a_checkpoint_that_was_moved_aside_for_one_that_never_came_is_put_back(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.save(Checkpoint(Progress(step=3), {"a": torch.ones(2)}, {}))
    (tmp_path / "000003").rename(tmp_path / ".000003.old")
    (tmp_path / ".000004.part").mkdir()

    folder.clear_partial()

    assert sorted(one.name for one in tmp_path.iterdir()) == ["000003"]
    assert folder.load(3).progress.step == 3


@pytest.fixture
def small_disk():
    """No file of this process may grow beyond what the argument says: the system refuses to write, for real."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def shrink(limit: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))

    yield shrink
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("large", ["weights", "state"])
def test_no_room_while_saving_leaves_the_checkpoint_before_and_nothing_half_done(tmp_path, small_disk, large):
    folder = CheckpointFolder(tmp_path)
    folder.save(Checkpoint(Progress(step=1), {"a": torch.ones(2)}, {"b": torch.ones(2)}))
    tensors = {"a": torch.randn(100_000)}
    small_disk(50_000)

    with pytest.raises(SaveFailed, match="full"):
        folder.save(
            Checkpoint(
                Progress(step=2), tensors if large == "weights" else {}, tensors if large == "state" else {}
            )
        )

    assert [one.name for one in tmp_path.iterdir()] == ["000001"]
    assert folder.load(1).progress.step == 1


def test_a_run_goes_on_while_the_disk_is_full_and_saves_once_there_is_room(tmp_path, small_disk):
    plan = tiny_plan(replace(PHASE, save_every=5))
    whole = finished(tmp_path / "whole", plan)
    folder = write_plan(tmp_path / "run", plan)

    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        if samples[0].id == f"s{8 * 12}":  # between the second save and the third
            small_disk(800)
        if samples[0].id == f"s{8 * 22}":
            small_disk(resource.RLIM_INFINITY)
        return tiny_collate(samples)

    finished(folder, plan, course_with(collate=collate))

    assert "The disk of the run's folder is full" in told(folder)
    assert [row["kind"] for row in lines(folder, "told")] == ["warning", "note"]
    assert "goes on and tries again" in told(folder) and "There is room again" in told(folder)
    assert losses(folder) == losses(whole)  # also the lines that had no room for a while
    assert sorted(losses(folder)) == list(range(1, 41))


def test_a_run_that_ends_while_the_disk_is_full_waits_for_room_and_loses_nothing(
    tmp_path, small_disk, monkeypatch
):
    plan = tiny_plan(replace(PHASE, steps=12, save_every=5))
    whole = finished(tmp_path / "whole", plan)
    folder = write_plan(tmp_path / "run", plan)
    shown = []

    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        if samples[0].id == f"s{8 * 7}":
            small_disk(600)
        return tiny_collate(samples)

    def rest(self: object, seconds: float) -> bool:
        shown.append(state(folder))
        if len(shown) == 2:
            small_disk(resource.RLIM_INFINITY)
        return True

    monkeypatch.setattr(interruptions.Interruptions, "rest", rest)
    finished(folder, plan, course_with(collate=collate))

    assert len(shown) == 2 and all("Make room: it then goes on by itself." in one["message"] for one in shown)
    assert losses(folder) == losses(whole) and same(adapter(folder), adapter(whole))


def test_a_pause_that_finds_no_room_says_from_where_it_will_go_on(tmp_path, small_disk):
    folder = write_plan(tmp_path, tiny_plan(replace(PHASE, save_every=5)))

    class Full(PausedAt):
        def __init__(self, plan: TrainingPlan, folder: Path) -> None:
            super().__init__(plan, folder, 9)
            inner = self.collate

            def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
                if samples[0].id == f"s{8 * 7}":
                    small_disk(800)
                return inner(samples)

            self.collate = collate

    assert run_legs(folder, Full) == STOPPED
    small_disk(resource.RLIM_INFINITY)
    (folder / "pause").unlink()
    assert run_legs(folder, TinyCourse) == DONE
    assert "Goes on after step 5." in told(folder)


# ── alarms ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Spoilt(TinyLearner):
    """Its loss is no number from the 31st forward pass on."""

    count = 0

    def forward(self, batch: TinyBatch) -> torch.Tensor:
        self.count += self.training
        return super().forward(batch) * (float("nan") if self.count > 30 else 1.0)


def test_a_loss_that_is_no_number_stops_the_run_before_the_weights_are_spoilt(tmp_path):
    folder = write_plan(tmp_path, tiny_plan())

    assert run_legs(folder, course_with(learner=Spoilt)) == STOPPED

    assert state(folder)["phase"] == "stopped"
    assert "loss of step 8 is not a finite number" in state(folder)["message"]
    assert "Lower the learning rate" in state(folder)["message"]
    assert [row["kind"] for row in lines(folder, "told")] == ["alarm"]
    checkpoint = CheckpointFolder(folder / "checkpoints").load(7)
    assert all(bool(torch.isfinite(one).all()) for one in checkpoint.weights.values())


def test_an_alarm_of_the_learners_own_checks_stops_the_run(tmp_path):
    class Dead:
        def before(self) -> None: ...

        def after_backward(self, step: int) -> bool:
            raise Alarm(f"After step {step} nothing learns.")

        def after_steps(self, step: int) -> None: ...

    class Course(TinyCourse):
        def material(self, number: int, learner: TinyLearner) -> Material:
            return replace(super().material(number, learner), watch=Dead())

    folder = write_plan(tmp_path, tiny_plan())
    assert run_legs(folder, Course) == STOPPED
    assert state(folder)["message"] == "After step 1 nothing learns."
    assert not losses(folder)


def test_a_loss_that_does_not_fall_stops_the_run_once_and_resume_goes_on(tmp_path):
    flat = tiny_plan(replace(PHASE, steps=202, batch=2, learning_rate=0.0, save_every=1000))
    folder = write_plan(tmp_path, flat)

    class Frozen(TinyLearner):
        def parameter_groups(self) -> list[dict[str, Any]]:
            return [{"params": [self.into, self.out], "lr": 0.0, "weight_decay": 0.0}]

    course = course_with(learner=Frozen)
    assert run_legs(folder, course) == STOPPED
    assert "has not fallen in 200 steps" in state(folder)["message"]
    assert run_legs(folder, course) == DONE
    assert len(lines(folder, "step_taken")) == 202


def test_an_error_that_nobody_expected_is_told_without_its_words(tmp_path, caplog):
    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        raise KeyError("Mrs " + "elpmaxE"[::-1])

    folder = write_plan(tmp_path, tiny_plan())
    assert run_legs(folder, course_with(collate=collate)) == FAILED
    assert "KeyError" in state(folder)["message"] and "Example" not in caplog.text + state(folder)["message"]


@pytest.mark.parametrize("plan", [None, "{", '{"pack": 3}'])
def test_a_folder_without_a_plan_is_refused_in_words(tmp_path, capsys, plan):
    if plan is not None:
        (tmp_path / "plan.json").write_text(plan)
    assert run(tmp_path) == REFUSED
    assert "plan" in capsys.readouterr().err


def test_a_run_that_is_at_work_is_not_begun_a_second_time(tmp_path):
    folder = write_plan(tmp_path, tiny_plan(replace(PHASE, steps=3)))
    codes = []

    class Nested(TinyCourse):
        def material(self, number: int, learner: TinyLearner) -> Material:
            codes.append(run_legs(folder, TinyCourse))
            return super().material(number, learner)

    assert run_legs(folder, Nested) == DONE
    assert codes == [REFUSED]


# ── memory and films ────────────────────────────────────────────────────────────────────────────────────────────


class Hungry(TinyLearner):
    """Has room for two samples at a time."""

    room = 2

    def forward(self, batch: TinyBatch) -> torch.Tensor:
        if self.training and len(batch.seen) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(batch)


def test_memory_that_does_not_suffice_halves_the_micro_batch_and_changes_no_loss(tmp_path):
    plan = tiny_plan(replace(PHASE, micro_batch=8, steps=20))
    whole = finished(tmp_path / "whole", plan, course_with(learner=lambda: TinyLearner(0)))
    folder = finished(tmp_path / "run", plan, course_with(learner=lambda: Hungry(0)))

    assert list(losses(folder).values()) == pytest.approx(list(losses(whole).values()), rel=1e-4)
    assert [row["kind"] for row in lines(folder, "told")] == ["warning", "warning"]
    assert "8 samples at a time: from here 4" in told(folder) and "from here 2" in told(folder)


def test_memory_that_does_not_suffice_to_open_films_halves_the_micro_batch_too(tmp_path):
    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        if varied and len(samples) > 4:
            raise MemoryError
        return tiny_collate(samples)

    plan = tiny_plan(replace(PHASE, micro_batch=8, steps=4))
    folder = finished(tmp_path, plan, course_with(collate=collate))
    assert "8 samples at a time: from here 4" in told(folder)


def test_memory_for_not_even_one_sample_stops_the_run(tmp_path):
    class Starving(Hungry):
        room = 0

    folder = write_plan(tmp_path, tiny_plan())
    assert run_legs(folder, course_with(learner=Starving)) == STOPPED
    assert "shorten max_length" in state(folder)["message"]


def test_a_film_that_cannot_be_read_is_left_out_and_told_once(tmp_path):
    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        if any(sample.id == "s11" for sample in samples):
            raise UnreadableFilm("/data/Example^Mary.dcm is no DICOM file")
        return tiny_collate(samples)

    folder = finished(tmp_path, tiny_plan(replace(PHASE, steps=20)), course_with(collate=collate))
    assert [row["kind"] for row in lines(folder, "told")] == ["warning"]
    assert "sidelight train doctor" in told(folder) and "Example" not in told(folder)


def test_a_folder_of_films_that_has_gone_stops_the_run(tmp_path):
    def collate(samples: Any, *, varied: bool = True) -> TinyBatch:
        if any(int(sample.id[1:]) > 100 for sample in samples):
            raise UnreadableFilm("gone")
        return tiny_collate(samples)

    folder = write_plan(tmp_path, tiny_plan())
    assert run_legs(folder, course_with(collate=collate)) == STOPPED
    assert "Is the folder with the films still there?" in state(folder)["message"]


# ── judging ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Overdone(TinyLearner):
    """Gets worse on the validation patients with every evaluation but the first two."""

    count = 0

    @property
    def penalty(self) -> float:
        return max(0.0, self.count - 2.0)

    def judged(self) -> Any:
        self.count += 1
        return super().judged()

    def forward(self, batch: TinyBatch) -> torch.Tensor:
        return super().forward(batch) + (0 if self.training else self.penalty * batch.weight)


def test_a_run_that_gets_no_better_stops_early_and_gives_its_best_weights(tmp_path):
    plan = tiny_plan(replace(PHASE, evaluate_every=5, patience=3, save_every=2))
    folder = finished(tmp_path, plan, course_with(learner=Overdone))

    evaluated = [(row["step"], row["is_best"]) for row in lines(folder, "evaluated")]
    assert evaluated == [(5, True), (10, True), (15, False), (20, False), (25, False)]
    assert state(folder)["step"] == state(folder)["steps"] == 25
    assert "best was at step 10" in told(folder)
    best = CheckpointFolder(folder / "checkpoints").load(10)
    assert same(adapter(folder), dict(best.weights))


def test_a_run_is_judged_by_the_auroc_of_its_yes_no_questions(tmp_path):
    plan = tiny_plan(replace(PHASE, metric="macro_auroc", evaluate_every=2, steps=40))
    folder = finished(tmp_path, plan)
    first, *_, last = (row["value"] for row in lines(folder, "evaluated"))
    assert first < 0.9 < last <= 1


def test_a_metric_that_the_validation_patients_cannot_give_stops_the_run_before_it_trains(tmp_path):
    folder = write_plan(tmp_path, tiny_plan(replace(PHASE, metric="macro_auroc")))
    all_yes = [row for row in TinyCourse.validation if row.text.endswith("Yes.</s>")]
    assert run_legs(folder, course_with(validation=all_yes)) == STOPPED
    assert "both a yes and a no" in state(folder)["message"] and "metric to loss" in state(folder)["message"]


def test_a_run_without_validation_patients_says_so_and_trains(tmp_path):
    folder = finished(tmp_path, tiny_plan(replace(PHASE, steps=5)), course_with(validation=()))
    assert "No patient is kept aside" in told(folder) and not lines(folder, "evaluated")


def test_auroc_counts_pairs_and_half_of_the_ties():
    assert auroc([1, 2], [3, 4]) == 1 and auroc([3, 4], [1, 2]) == 0
    assert auroc([1, 1], [1, 1]) == 0.5
    assert auroc([1, 3], [2, 3]) == (1 + 0 + 1 + 0.5) / 4


# ── giving way ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_training_on_a_processor_waits_between_steps_while_somebody_reads(tmp_path, monkeypatch):
    folder = write_plan(tmp_path, tiny_plan(replace(PHASE, steps=5)))
    looks = iter([False] * 6 + [True] * 4)
    shown = []
    monkeypatch.setattr(interruptions, "is_reading", lambda device: next(looks, False))
    monkeypatch.setattr(interruptions.time, "sleep", lambda _: shown.append(state(folder)))

    assert run_legs(folder, TinyCourse) == DONE

    assert len(shown) == 3
    assert all("Waits while a study is read" in one["message"] for one in shown)
    assert all(one["process"] == os.getpid() for one in shown)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As if the run were on a graphics card, on which somebody reads after its fifth step; what was done about it."""
    wishes, done = iter(["", "", "", "", "yield"]), []
    monkeypatch.setattr(interruptions.Interruptions, "wish", lambda self: next(wishes, ""))

    def wait(device: str, is_unwanted: Callable[[], bool]) -> bool:
        done.append("waited")
        return True

    monkeypatch.setattr("inference.training.loop.legs.wait_for_quiet", wait)
    return done


def test_training_on_a_card_leaves_it_to_a_reading_and_comes_back_by_itself(tmp_path, monkeypatch, card):
    plan = tiny_plan(replace(PHASE, steps=10))
    monkeypatch.setattr("inference.training.loop.legs.can_replace_itself", lambda: False)

    left = finished(tmp_path / "left", plan)

    assert card == ["waited"]
    assert "Goes on after step 5." in told(left)
    assert losses(left) == losses(finished(tmp_path / "whole", plan))


def test_where_it_can_the_process_is_replaced_by_one_that_holds_nothing_on_the_card(
    tmp_path, monkeypatch, card
):
    folder = write_plan(tmp_path, tiny_plan(replace(PHASE, steps=10)))
    seen: list[Any] = []

    def execv(program: str, words: list[str]) -> None:
        seen.append((program, words, state(folder)))
        raise SystemExit

    monkeypatch.setattr(os, "execv", execv)
    with pytest.raises(SystemExit):
        run_legs(folder, TinyCourse)

    ((program, words, then),) = seen
    assert program == words[0] == sys.executable
    assert words[-4:] == ["-m", "inference.training.loop", str(folder), "--after-reading"]
    assert then["process"] == os.getpid() and "goes on by itself" in then["message"].lower()
    assert CheckpointFolder(folder / "checkpoints").steps()[0] == 5
    assert card == []  # it waits in the new process, without torch
