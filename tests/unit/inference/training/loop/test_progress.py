"""How a run's progress changes, and when it stops."""

from __future__ import annotations

import random
from dataclasses import replace

from inference.training.loop.progress import (
    Progress,
    after_evaluation,
    after_phase,
    after_step,
    is_diverged,
    is_flat,
    is_flat_due,
    is_patience_over,
)
from inference.training.plan import PhasePlan

PHASE = PhasePlan(
    name="instruction", parts=("lora",), tasks={}, steps=1000, batch=1, micro_batch=1,
    learning_rate=1e-4, weight_decay=0, warm_up=10, patience=2,
)  # fmt: skip


def trained(losses: list[float]) -> Progress:
    progress = Progress()
    for loss in losses:
        progress = after_step(progress, loss, 0.1)
    return progress


def noisy(start: float, end: float, steps: int = 200, noise: float = 0.3) -> list[float]:
    lot = random.Random(3)
    return [start + (end - start) * at / steps + lot.gauss(0, noise) for at in range(steps)]


def test_a_loss_that_stays_where_it_was_is_flat_and_one_that_falls_is_not():
    assert is_flat(trained(noisy(6.2, 6.2)))
    assert is_flat(trained([6.22] * 200))
    assert not is_flat(trained(noisy(6.2, 5.2)))
    assert not is_flat(trained(noisy(1.0, 0.9, noise=0.1)))


def test_a_loss_near_nothing_is_learnt_and_not_flat():
    assert not is_flat(trained([0.001] * 200))


def test_a_loss_is_asked_whether_it_falls_once_and_only_after_the_warm_up():
    due = [step for step in range(1001) if is_flat_due(Progress(step_of_phase=step), PHASE)]
    assert due == [200]
    slow = replace(PHASE, warm_up=500)
    assert [step for step in range(1001) if is_flat_due(Progress(step_of_phase=step), slow)] == [1000]


def test_a_loss_that_rises_to_twice_its_value_has_diverged():
    assert is_diverged(trained([1.0] * 60 + [3.0] * 40))
    assert not is_diverged(trained([1.0] * 60 + [1.5] * 40))
    assert not is_diverged(trained([0.001] * 60 + [0.01] * 40))


def test_patience_ends_after_as_many_evaluations_without_a_better_one():
    progress = Progress(step=10)
    for value, misses in ((0.5, 0), (0.6, 1), (0.4, 0), (0.4, 1), (float("nan"), 2)):
        assert not is_patience_over(progress, PHASE)
        progress = after_evaluation(progress, "loss", value)
        assert progress.misses == misses
    assert is_patience_over(progress, PHASE)
    assert not is_patience_over(progress, replace(PHASE, patience=0))
    assert progress.best == 0.4


def test_an_auroc_is_better_when_it_is_higher():
    first = after_evaluation(Progress(step=5), "macro_auroc", 0.7)
    second = after_evaluation(replace(first, step=9), "macro_auroc", 0.8)
    assert (second.best, second.best_step) == (0.8, 9)
    assert after_evaluation(second, "macro_auroc", 0.75).best_step == 9


def test_the_next_phase_begins_anew_but_counts_on():
    progress = after_phase(replace(trained([1.0] * 3), best=0.3, best_step=2, misses=1, micro_batch=1))
    assert progress == Progress(phase=1, step=3, seconds=progress.seconds)
