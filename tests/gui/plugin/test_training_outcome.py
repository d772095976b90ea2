"""What became of a model, and what a site does with it: judge, activate, roll back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from gui.plugin.conftest import BERT, a_reading
from gui.plugin.conftest import Desk as ReadingDesk
from gui.plugin.scripted_training import RUN, a_run, an_outcome, difference
from gui.plugin.test_training import TrainingDesk

from inference.backend import DRAFT_MARK, Error, Finished, Progress
from inference.train_status import Adapters, AdapterStep
from plugin.training import outcome_page
from plugin.training.dialog import OUTCOME
from plugin.training.outcome import changes, gate_answer

ACTIVE = Adapters(
    "starter-test",
    "starter-test-4f2a",
    (AdapterStep("activated", "starter-test-4f2a", "2026-11-22T12:00:00+00:00", "kim", "Better."),),
)


@pytest.fixture
def site(qtbot, monkeypatch) -> Iterator[TrainingDesk]:
    monkeypatch.setattr("plugin.training.asking.WATCH_S", 0.05)
    made = TrainingDesk(qtbot)
    made.training.add(a_run("done", step=200, has_adapter=True))
    yield made
    made.close()


def outcome(site, told: dict | None = None):
    if told is not None:
        site.training.outcomes[RUN] = told
    window = site.opened()
    site.turn_to(OUTCOME)
    site.wait(lambda: site.training_part.state.outcome == site.training.outcomes.get(RUN, {}))
    return window.outcome


def test_a_run_that_nobody_judged_says_so_and_is_judged_on_a_click(site):
    page = outcome(site)
    assert page.note.text() == outcome_page.NOT_JUDGED
    assert not page.promote_button.isEnabled()

    site.press(page.evaluate_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    site.training.jobs[0].send(Progress("films", 3, 90))
    site.wait(lambda: "3 of 90" in page.progress.words.text())
    site.training.outcomes[RUN] = an_outcome()
    site.training.jobs[0].send(Finished({}))
    site.wait(lambda: page.gate_title.text() == outcome_page.ACCEPTED)
    site.settled()  # who watches the run may have seen its outcome before the answer came

    assert page.promote_button.isEnabled()


def test_each_finding_is_shown_before_and_after_with_its_interval(site):
    page = outcome(site, an_outcome())

    page.chart.resize(900, page.chart.height())
    page.chart.grab()
    told = [spot.text for spot in page.chart.spots]
    assert told[0].startswith("All findings together: 0.71 → 0.78  (+0.07, +0.02 to +0.12)\n60 patients")
    assert [text.partition(":")[0] for text in told[1:]] == ["Cardiomegaly", "Edema", "Pneumonia"]
    assert "fracture (2 patients with it; 8 are needed)" in page.left_out.text()
    assert page.note.text().startswith("90 films of 80 held-out patients")


def test_what_was_learnt_but_no_reading_will_name_is_told_and_like_reasons_stand_together(site):
    told = an_outcome()
    hidden = {"name": "not assessed", "kept": None, "said": "The base does not assess fracture."}
    told["gate"]["rules"] += [hidden, {"name": "box/iou", "kept": None, "said": "Not judged (no boxes)."}]
    for label in ("atelectasis", "pneumothorax"):
        told["comparison"]["differences"].append(
            difference(f"auroc/{label}", None, None, 0, 0, "no patients with it")
        )

    page = outcome(site, told)

    assert page.gate_reasons.text().splitlines()[-1] == "–  The base does not assess fracture."
    assert "atelectasis, pneumothorax (no patients with it)" in page.left_out.text()


def test_a_change_that_may_be_chance_is_not_called_better_or_worse():
    tones = {one.name: one.tone for one in changes(an_outcome())}

    assert tones == {
        "All findings together": "better",
        "edema": "better",
        "cardiomegaly": "same",
        "pneumonia": "worse",
        "fracture": "same",
    }


def test_a_refusal_names_the_rule_first_and_leaves_no_way_around(site):
    page = outcome(site, an_outcome(accepted=False))

    assert page.gate_title.text() == outcome_page.REFUSED
    assert page.gate_reasons.text().splitlines()[0] == "✗  AUROC of pneumonia went from 0.80 to 0.70."
    assert not page.promote_button.isEnabled()


def test_activating_says_what_it_changes_and_loads_the_model_anew(site):
    page = outcome(site, an_outcome())
    assert "changes every reading from now on" in page.promotion.text()

    site.press(page.promote_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    site.training.active = ACTIVE
    site.door.pack = replace(site.door.pack, version="0.9 + site adapter 4f2a")
    site.training.jobs[0].send(Finished({}))

    site.wait(lambda: site.panel.header.pack_button.text() == "Test pack 0.9 + site adapter 4f2a")
    assert site.window.model.text() == "Reads now: Test pack 0.9 + site adapter 4f2a"
    assert page.active.text() == "Active adapter: starter-test-4f2a"
    assert "activated, starter-test-4f2a (kim). Better." in page.history.text()


def test_a_gate_that_refuses_at_the_last_moment_is_told_and_changes_nothing(site):
    page = outcome(site, an_outcome())
    site.press(page.promote_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    site.training.outcomes[RUN] = an_outcome(accepted=False)

    site.training.jobs[0].send(
        Error("RefusedByGate", "Refused: pneumonia got worse.", "Nothing was changed.")
    )

    site.wait(site.window.problem.isVisible)
    assert site.window.problem_text.text() == "Refused: pneumonia got worse. Nothing was changed."
    site.wait(lambda: page.gate_title.text() == outcome_page.REFUSED)  # who watches the run may see it later
    assert page.active.text() == outcome_page.NONE_ACTIVE


def test_one_click_takes_the_adapter_back(site):
    site.training.active = ACTIVE
    page = outcome(site, an_outcome())

    site.press(page.rollback_button)

    site.wait(lambda: page.active.text() == outcome_page.NONE_ACTIVE)
    site.settled()
    assert not page.rollback_button.isEnabled()
    assert len(site.asked("rollback")) == 1


def test_without_an_active_adapter_there_is_nothing_to_roll_back(site):
    page = outcome(site, an_outcome())

    assert not page.rollback_button.isEnabled()
    assert page.active.text() == outcome_page.NONE_ACTIVE


@pytest.mark.parametrize("told", [{}, {"gate": None}, {"gate": {"accepted": "yes"}}, {"comparison": []}])
def test_an_outcome_that_can_not_be_understood_is_none(told):
    assert changes(told) == ()
    assert gate_answer(told) is None


# ── two models on one study ─────────────────────────────────────────────────────────────────────────────────────

DRAFTS = {
    "before": {
        "model": {"title": "Base", "version": "1"},
        "findings": [{"label": "edema", "presence": "present", "confidence": 0.7}],
        "report": "There is edema.",
        "impression": "",
    },
    "after": {
        "model": {"title": "Base", "version": "1 + site adapter"},
        "findings": [],
        "report": "No edema.",
    },
    "changed": [
        {
            "label": "edema",
            "before": "present",
            "after": "absent",
            "confidence_before": 0.7,
            "confidence_after": 0.2,
        }
    ],
}


def read(site) -> None:
    run = ReadingDesk.read(site)
    run.send(*a_reading(site.image()), Finished({"report": "The heart is large."}))
    site.wait(lambda: site.reading().is_complete)


def test_two_models_are_compared_on_the_study_on_screen_as_drafts(site):
    read(site)
    page = outcome(site, an_outcome())

    site.press(page.compare_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    assert site.training.jobs[0].request == (RUN, site.reading().backend_study)
    site.training.jobs[0].send(Finished(DRAFTS))
    site.wait(lambda: site.training_part.comparison is not None)

    told = site.training_part.comparison.plain_text()
    assert DRAFT_MARK in told
    assert "present 70 %  →  absent 20 %" in told
    assert "There is edema." in told
    assert "No edema." in told
    assert "No listed finding detected" in told
    assert "not calibrated here" in told


def test_another_study_on_screen_takes_the_comparison_away_and_a_late_one_is_not_shown(site):
    read(site)
    page = outcome(site, an_outcome())
    site.press(page.compare_button)
    site.wait(lambda: len(site.training.jobs) == 1)

    site.host.hang(BERT)
    site.training.jobs[0].send(Finished(DRAFTS))
    site.settled()

    assert site.training_part.comparison is None
    assert not page.compare_button.isEnabled()
    assert "let the AI read it first" in page.compare_note.text()


def test_what_is_hidden_until_the_own_look_is_not_compared_before_it(qtbot):
    site = TrainingDesk(qtbot, "second reader")
    site.training.add(a_run("done", step=200, has_adapter=True))
    site.key("read")
    site.wait(lambda: len(site.door.runs) == 1)
    site.door.runs[0].send(*a_reading(site.image()), Finished({"report": "The heart is large."}))
    site.wait(lambda: site.reading().is_complete)
    page = outcome(site, an_outcome())

    assert not page.compare_button.isEnabled()
    assert "look at it yourself first" in page.compare_note.text()
    site.close()
