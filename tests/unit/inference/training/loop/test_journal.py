"""What a run writes for those who watch it."""

from __future__ import annotations

import json
from pathlib import Path

from inference.plain import from_plain
from inference.training.loop.journal import Journal
from inference.training.run_folder import RunState, StepTaken


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def step(number: int) -> StepTaken:
    return StepTaken(number, 0.5, 1e-4, 1.0, 3.0, 1 << 30, "instruction")


def test_a_line_that_a_kill_left_unfinished_is_cut_off_and_the_others_stay(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"what": "step_taken", "step": 1}\n{"what": "step_ta')
    journal = Journal(tmp_path)
    journal.open()
    journal.write(step(2))
    assert [row["step"] for row in lines(tmp_path)] == [1, 2]


def test_each_line_has_its_kind_and_its_time(tmp_path):
    journal = Journal(tmp_path)
    journal.write(step(1))
    journal.tell(1, "note", "Something.")
    assert [row["what"] for row in lines(tmp_path)] == ["step_taken", "told"]
    assert all(str(row["at"]).startswith("20") for row in lines(tmp_path))


def test_the_state_is_what_a_watcher_reads_and_names_the_process_only_while_it_runs(tmp_path):
    journal = Journal(tmp_path)
    journal.show("training", step=3, steps=9, message="Waits.")
    at_work = from_plain(RunState, json.loads((tmp_path / "state.json").read_text()))
    journal.show("paused")
    paused = from_plain(RunState, json.loads((tmp_path / "state.json").read_text()))
    assert at_work.process is not None and (at_work.step, at_work.message) == (3, "Waits.")
    assert paused.process is None and (paused.step, paused.message) == (3, "")


def test_only_the_main_process_writes(tmp_path):
    journal = Journal(tmp_path, is_silent=True)
    journal.open()
    journal.write(step(1))
    journal.show("training")
    assert not list(tmp_path.iterdir())


def test_the_state_is_told_also_where_there_is_no_room_for_a_new_file(tmp_path):
    journal = Journal(tmp_path)
    journal.show("training", step=3, message="A long one, which is longer than the next.")
    (tmp_path / "state.json.part").mkdir()  # no new file can be written
    journal.show("stopped", step=4, message="Full.")
    (tmp_path / "state.json.part").rmdir()
    told = from_plain(RunState, json.loads((tmp_path / "state.json").read_text()))
    assert (told.phase, told.step, told.message) == ("stopped", 4, "Full.")


def test_a_folder_that_cannot_be_written_for_a_while_loses_no_line(tmp_path):
    journal = Journal(tmp_path)
    (tmp_path / "log.jsonl").mkdir()  # the system refuses to write to it
    journal.write(step(1))
    (tmp_path / "log.jsonl").rmdir()
    journal.write(step(2))
    assert [row["step"] for row in lines(tmp_path)] == [1, 2]
