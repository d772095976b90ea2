"""The training window as a site engineer meets it: from data to a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from gui.plugin.conftest import Desk
from gui.plugin.scripted_training import A_PLAN, EARLIER, RUN, ScriptedTraining, a_run, evaluated, step
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSpinBox

from inference.backend import Error, Finished, Progress
from inference.errors import BackendLost, RunNotReady
from inference.plain import to_plain
from inference.train_status import CorrectionsKept, DataFault, DataSeen, Examination, SourceKind, Told
from plugin.settings import PanelSettings
from plugin.training import data_page, plan_page, words
from plugin.training.dialog import RUN as RUN_PAGE
from plugin.training.dialog import TrainingDialog
from plugin.training.part import TrainingPart

FAULTS = (
    DataFault("patient_in_two_splits", "reports.csv:17", "One patient, two sides.", "Give all rows one side.", "s17",
              "Patient in two splits", True),
    DataFault("empty_report", "reports.csv:3", "Nothing is written.", "Leave the study out.", "s3", "Empty report"),
    DataFault("empty_report", "reports.csv:9", "Nothing is written.", "Leave the study out.", "s9", "Empty report"),
)  # fmt: skip
SEEN = (DataSeen("folder", 540, 480, 700),)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A run is looked at more often than a person needs, so that a test need not wait for it."""
    monkeypatch.setattr("plugin.training.asking.WATCH_S", 0.05)


class TrainingDesk(Desk):
    """The desk with its training window."""

    def __init__(self, qtbot, mode: str = "concurrent") -> None:
        super().__init__(qtbot, PanelSettings(mode=mode))
        self.training = self.door.training = ScriptedTraining()

    @property
    def training_part(self) -> TrainingPart:
        return self.panel.findChild(TrainingPart)

    @property
    def window(self) -> TrainingDialog:
        return self.training_part.dialog

    def opened(self) -> TrainingDialog:
        self.key("training")
        self.settled()
        return self.window

    def settled(self) -> None:
        """What was asked is answered."""
        self.wait(lambda: not self.training_part.state.asking and self.training_part.state.means is not None)

    def asked(self, what: str) -> list:
        return [told for name, told in self.training.asked if name == what]

    def turn_to(self, page: int) -> None:
        self.window.turn_to(page)

    def with_data(self) -> TrainingDialog:
        window = self.opened()
        self.press(window.data.corrections_button)
        return window

    def planned(self) -> TrainingDialog:
        window = self.with_data()
        self.turn_to(1)
        self.press(window.plan.plan_button)
        self.wait(lambda: self.training.jobs != [])
        self.training.jobs[-1].send(Finished(to_plain(A_PLAN)))
        self.settled()
        return window


@pytest.fixture
def site(qtbot) -> Iterator[TrainingDesk]:
    made = TrainingDesk(qtbot)
    yield made
    made.close()


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_window_says_what_it_is_for_and_which_model_reads(site):
    window = site.opened()

    assert "Research use only" in window.research.text()
    assert "site engineer" in window.research.text()
    assert window.model.text() == "Reads now: Test pack 0.9, without an adapter of this site"


def test_the_corrections_of_the_site_are_counted_and_added_with_one_click(site):
    window = site.opened()
    assert "12 signed reports of 9 patients, 15 films" in window.data.corrections.text()

    site.press(window.data.corrections_button)

    assert site.training_part.state.sources == ("corrections:",)
    assert window.data.list.item(0).text() == "Corrections of this site"
    assert not window.data.corrections_button.isEnabled()  # once is enough


def test_a_site_without_corrections_is_told_how_they_come_about(site):
    site.training.told = replace(site.training.told, corrections=CorrectionsKept())

    window = site.opened()

    assert window.data.corrections.text() == words.NO_CORRECTIONS
    assert not window.data.corrections_button.isEnabled()
    assert window.data.empty.text() == data_page.NOTHING_CHOSEN
    assert not window.data.check_button.isEnabled()


def test_a_folder_is_added_as_the_kind_that_was_chosen_and_taken_out_again(site, tmp_path, monkeypatch):
    monkeypatch.setattr("plugin.training.part.QFileDialog.getExistingDirectory", lambda *_: str(tmp_path))
    window = site.opened()
    assert window.data.kind.currentData() == "folder"

    site.press(window.data.folder_button)
    assert site.training_part.state.sources == (f"folder:{tmp_path}",)
    window.data.list.setCurrentRow(0)
    site.press(window.data.remove_button)

    assert site.training_part.state.sources == ()


def test_a_form_that_needs_the_films_of_another_set_asks_for_both_folders(site, monkeypatch):
    answers = iter(["/data/ms-cxr", "/data/mimic"])
    monkeypatch.setattr("plugin.training.part.QFileDialog.getExistingDirectory", lambda *_: next(answers))
    site.training.told = replace(site.training.told, kinds=(SourceKind("ms-cxr", "boxes"),))
    window = site.opened()

    site.press(window.data.folder_button)

    assert site.training_part.state.sources == ("ms-cxr:/data/ms-cxr,/data/mimic",)


def test_the_doctors_report_is_a_table_that_can_be_filtered_and_copied(site):
    window = site.with_data()
    site.press(window.data.check_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    site.training.jobs[0].send(Progress("films", 350, 700))
    site.wait(lambda: window.data.progress.words.text() == "Looking at the films: 350 of 700")
    assert not window.data.check_button.isEnabled()

    site.training.jobs[0].send(Finished(to_plain(Examination(FAULTS, SEEN))))
    site.settled()

    faults = window.data.faults
    assert "540 studies looked at. 3 faults of 2 kinds" in window.data.summary.text()
    assert "1 fault (▲) must be mended" in window.data.summary.text()
    assert faults.table.rowCount() == 3
    assert faults.table.item(0, 0).text() == "▲ Patient in two splits"
    faults.kind.setCurrentIndex(faults.kind.findData("empty_report"))
    faults.word.setText("csv:9")
    assert [faults.table.item(at, 1).text() for at in range(faults.table.rowCount())] == ["reports.csv:9"]
    site.press(faults.copy_button)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].split("\t") == ["Kind", "Row", "What", "Remedy"]
    assert copied[1].startswith("Empty report\treports.csv:9\t")
    assert len(copied) == 2


def test_a_clean_set_is_said_to_be_clean(site):
    window = site.with_data()
    site.press(window.data.check_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    sides = tuple(
        DataSeen(*side) for side in (("train", 400, 350, 500), ("val", 50, 48, 60), ("test", 90, 80, 99))
    )
    found = Examination((), SEEN, sides, ("lengths, since no tokenizer was given",))
    site.training.jobs[0].send(Finished(to_plain(found)))
    site.settled()

    assert window.data.summary.text() == "540 studies looked at. No fault was found."
    assert window.data.parts.text() == (
        "400 studies to learn from, 50 to watch over it, 90 of 80 held-out patients to judge it. "
        "Not looked at: lengths, since no tokenizer was given."
    )
    assert not window.data.faults.isVisible()


def test_data_that_can_not_be_read_are_said_with_what_to_do(site):
    window = site.with_data()
    site.press(window.data.check_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    site.training.jobs[0].send(
        Error("InvalidRequest", "There is no table of reports.", "Put reports.csv there.")
    )
    site.settled()

    assert window.problem.isVisible()
    assert window.problem_text.text() == "There is no table of reports. Put reports.csv there."
    assert window.data.check_button.isEnabled()


def test_the_check_can_be_stopped(site):
    window = site.with_data()
    site.press(window.data.check_button)
    site.wait(lambda: len(site.training.jobs) == 1)

    site.press(window.data.progress.stop_button)
    site.settled()

    assert site.training.jobs[0].cancels == 1
    assert window.data.check_button.isEnabled()
    assert not window.problem.isVisible()


def test_a_report_of_other_data_is_not_shown(site, tmp_path):
    window = site.with_data()
    site.press(window.data.check_button)
    site.wait(lambda: len(site.training.jobs) == 1)
    site.training_part.add_folder("folder", str(tmp_path))  # while it is looked at
    site.training.jobs[0].send(Finished(to_plain(Examination(FAULTS, SEEN))))
    site.settled()

    assert window.data.summary.text() == data_page.NOT_CHECKED


# ── plan ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_plan_is_shown_in_words_with_time_and_memory_before_anything_runs(site):
    window = site.planned()

    told = window.plan.lines.text()
    assert "Learns from 400 studies; 50 watch over it, and 90 of patients whom it never sees judge it" in told
    assert "Takes about 65 minutes and up to 3.0 GiB of memory." in told
    assert "The language model fits in memory." in told
    assert site.asked("start") == []
    assert window.plan.start_button.isEnabled()


def test_another_wish_makes_the_plan_stale_until_it_is_worked_out_again(site):
    window = site.planned()

    window.plan.hours.setValue(2.5)

    assert window.plan.note.text() == plan_page.STALE
    assert not window.plan.start_button.isEnabled()
    site.press(window.plan.plan_button)
    site.wait(lambda: len(site.training.jobs) == 2)
    assert site.training.jobs[1].request.hours == 2.5
    site.training.jobs[1].send(Finished(to_plain(A_PLAN)))
    site.settled()
    assert window.plan.start_button.isEnabled()


def test_parts_are_the_plans_choice_until_a_person_chooses(site):
    window = site.planned()
    assert site.training_part.state.wish.parts is None

    window.plan.own_parts.click()
    window.plan.parts["vision"].click()

    assert site.training_part.state.wish.parts == ("abstractor", "lora", "vision")


def test_a_started_run_is_shown_and_the_window_says_that_it_goes_on_without_it(site):
    window = site.planned()
    assert "goes on when this window is closed" in window.plan.goes_on.text()

    site.press(window.plan.start_button)
    site.wait(lambda: site.training_part.state.shown == RUN)

    assert site.asked("start") == [A_PLAN]
    assert window.pages.currentIndex() == RUN_PAGE
    assert window.run.status.text().startswith("Preparing")


def test_a_second_run_is_refused_in_words(site):
    window = site.planned()
    error = RunNotReady("Another training run is at work on this computer.")
    error.remedy = "Pause it."
    site.training.error = error

    site.press(window.plan.start_button)
    site.settled()

    assert window.problem_text.text() == "Another training run is at work on this computer. Pause it."


# ── run ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_loss_and_metric_grow_while_the_run_goes_on(site):
    site.training.add(a_run(step=2, seconds_left=5400.0), step(1, 2.0), step(2, 1.5))
    window = site.opened()
    site.wait(lambda: len(site.training_part.state.curve.steps) == 2)
    assert window.pages.currentIndex() == RUN_PAGE or window.run.status.text()
    assert window.run.status.text() == "Training  ·  step 2 of 200  ·  about 1.5 hours left"

    site.training.add(a_run(step=3), step(3, 1.2), evaluated(3, 0.74, True), Told(3, "note", "Half is done."))
    site.wait(lambda: len(site.training_part.state.curve.steps) == 3)

    assert window.run.loss.words() == "2 at step 1, 1.2 at step 3"
    assert window.run.quality.title == "Mean AUROC on validation patients"
    assert window.run.told.text() == "Step 3: Half is done."
    window.run.quality.resize(500, 200)
    window.run.quality.grab()
    assert "the best so far" in window.run.quality.spots[-1].text


def test_a_run_is_paused_and_resumed(site):
    site.training.add(a_run(step=2))
    window = site.opened()
    site.turn_to(RUN_PAGE)
    site.wait(window.run.pause_button.isVisible)

    site.press(window.run.pause_button)
    site.wait(window.run.resume_button.isVisible)
    site.settled()
    assert site.asked("pause") == [RUN]
    assert not window.run.pause_button.isVisible()
    site.press(window.run.resume_button)
    site.wait(window.run.pause_button.isVisible)

    assert site.asked("resume") == [RUN]


def test_a_run_that_died_says_what_is_kept_and_what_to_do(site):
    dead = a_run(step=42, is_alive=False, checkpoint=40, last_words="Killed")
    site.training.add(dead, step(42))
    window = site.opened()
    site.turn_to(RUN_PAGE)
    site.wait(window.run.problem.isVisible)

    assert "for want of memory" in window.run.problem_text.text()
    assert "All up to step 40 is kept: Resume goes on from there." in window.run.problem_text.text()
    assert window.run.last_words.text() == "It said last: Killed"
    assert window.run.resume_button.isEnabled()


def test_a_run_that_could_not_begin_says_so_with_its_reason(site):
    words_of_it = "sidelight train: The disk is full.\nFree 2 GB, then resume."
    site.training.add(a_run("preparing", is_alive=False, last_words=words_of_it))
    window = site.opened()
    site.turn_to(RUN_PAGE)
    site.wait(window.run.problem.isVisible)

    assert window.run.status.text().startswith("Could not begin")
    assert "names the reason" in window.run.problem_text.text()
    assert "The disk is full." in window.run.last_words.text()


@pytest.mark.parametrize(
    ("phase", "message"),
    [
        ("stopped", "The loss did not fall for 200 steps. Look at the labels, then start again."),
        ("failed", "The disk is full. Free 2 GB in the folder of the run, then resume."),
    ],
)
def test_an_alarm_and_a_full_disk_are_told_in_their_own_words(site, phase, message):
    site.training.add(a_run(phase, step=90, message=message))
    window = site.opened()
    site.turn_to(RUN_PAGE)
    site.wait(window.run.problem.isVisible)

    assert window.run.problem_text.text() == message
    assert window.run.resume_button.isEnabled()


def test_earlier_runs_can_be_looked_at(site):
    site.training.add(a_run("done", id=EARLIER, step=200), step(200, 0.4))
    site.training.add(a_run(step=2), step(1), step(2))
    window = site.opened()
    site.wait(lambda: window.run.list.count() == 2)
    assert window.run.list.currentData() == RUN

    window.run.list.setCurrentIndex(1)
    window.run.list.activated.emit(1)
    site.wait(lambda: [one.step for one in site.training_part.state.curve.steps] == [200])

    assert window.run.status.text() == "Done  ·  step 200 of 200"


def test_without_a_run_the_page_says_how_one_begins(site):
    window = site.opened()
    site.turn_to(RUN_PAGE)

    assert window.run.empty.text() == words.NO_RUNS
    assert not window.run.body.isVisible()


def test_a_lost_backend_is_said_and_asked_again_only_by_hand(site):
    site.training.add(a_run(step=2), step(1))
    window = site.opened()
    site.wait(lambda: len(site.training_part.state.curve.steps) == 1)

    site.training.watch_error = BackendLost("The AI stopped (its process is gone).")
    site.wait(window.problem.isVisible)
    assert "The AI stopped" in window.problem_text.text()
    assert window.again_button.isVisible()
    site.training.watch_error = None
    site.training.add(a_run(step=3), step(2))
    site.press(window.again_button)

    site.wait(lambda: len(site.training_part.state.curve.steps) == 2)
    assert not window.problem.isVisible()


def test_the_window_opens_where_it_was_left(site):
    window = site.with_data()
    window.reject()
    site.wait(lambda: site.window is None)

    again = site.opened()

    assert again.data.list.item(0).text() == "Corrections of this site"


def test_opening_it_twice_shows_one_window(site):
    window = site.opened()
    site.key("training")

    assert site.window is window


def test_every_control_is_named_and_reached_by_the_keyboard(site):
    window = site.planned()
    for kind in (QAbstractButton, QComboBox, QLineEdit, QSpinBox):
        for one in window.findChildren(kind):
            if one.isVisible() and one.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert one.accessibleName() or getattr(one, "text", str)() or one.parent().accessibleName(), (
                    one
                )


def test_pages_fit_a_small_window(site):
    window = site.planned()
    window.resize(760, 520)
    for page in range(4):
        site.turn_to(page)
        assert window.width() == 760, f"page {page} widens the window"
