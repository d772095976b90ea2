"""What the number of a step decides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.training.loop.schedule import seed_of, share_of_rate
from inference.training.plan import PhasePlan

PHASE = PhasePlan(
    name="instruction", parts=("lora",), tasks={}, steps=100, batch=1, micro_batch=1,
    learning_rate=1e-4, weight_decay=0, warm_up=10,
)  # fmt: skip


def test_the_rate_warms_up_in_a_line_and_falls_with_half_a_cosine_to_nothing():
    shares = [share_of_rate(PHASE, step) for step in range(PHASE.steps + 1)]

    assert shares[0] == 0.1 and shares[9] == 1.0 and shares[10] == 1.0
    assert shares[55] == pytest.approx(0.5)
    assert shares[100] == pytest.approx(0)
    assert shares[10:] == sorted(shares[10:], reverse=True)


def test_a_phase_without_warm_up_begins_at_the_planned_rate():
    assert share_of_rate(replace(PHASE, warm_up=0), 0) == 1.0


@given(st.integers(0, 2**31), st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 500))
def test_each_place_of_a_run_has_a_seed_of_its_own_that_torch_takes(seed, phase, step, number):
    here = seed_of(seed, phase, step, number)

    assert 0 <= here < 2**63
    assert here == seed_of(seed, phase, step, number)
    assert here not in (seed_of(seed, phase, step + 1, number), seed_of(seed + 1, phase, step, number))
    assert here not in (seed_of(seed, phase + 1, step, number), seed_of(seed, phase, step, number + 1))
