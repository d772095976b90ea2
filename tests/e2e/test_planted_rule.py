"""A rule that was planted in drawn films is learnt, from the plan to answers about films that nobody has seen."""

from __future__ import annotations

import numpy as np
import pytest
from planted_rule import losses, planted_plan, share_answered_rightly, write_films, write_run

from inference.training.loop import DONE
from inference.training.loop.legs import run_legs


def test_a_bright_square_in_a_corner_is_learnt_and_answered_on_fresh_films(tmp_path, monkeypatch):
    """The bundled starter, its abstractor and LoRA; what `python tests/planted_rule.py FOLDER` does at full size."""
    monkeypatch.setattr("inference.training.loop.legs.be_humble", lambda: None)
    plan = planted_plan(write_films(tmp_path / "films", 128, 4), 30, batch=8, micro_batch=8, metric="loss")
    run = write_run(tmp_path / "run", plan)

    assert run_legs(run) == DONE

    taken = losses(run)
    assert np.mean(taken[-3:]) <= 0.5 * np.mean(taken[:3])
    assert share_answered_rightly(run, plan, tmp_path / "fresh", 24) >= 0.95


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
