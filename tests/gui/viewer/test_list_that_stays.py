"""The study list over restarts: real files, the real decode worker, the real index."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox

from tests.factories import uid, write_film
from viewer.core.index.study_index import StudyIndex
from viewer.core.places import data_folder
from viewer.core.reader import FilmReader
from viewer.ui.host import PluginHost
from viewer.ui.main_window import MainWindow
from viewer.ui.studies import folder_watch
from viewer.ui.studies.folder_watch import FolderWatch

WAIT_MS = 10_000
STUDY = uid("study", "new")


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader(workers=2) as opened:
        yield opened


@pytest.fixture
def start(qtbot, reader) -> Iterator[Callable[[], MainWindow]]:
    """Start the program (again); what was known is listed when it returns."""
    windows: list[MainWindow] = []

    def begin() -> MainWindow:
        for old in windows:
            old.close()
        window = MainWindow(reader)
        windows.append(window)
        qtbot.addWidget(window)
        window.show()
        settle(qtbot, window)
        return window

    yield begin
    for window in windows:
        window.close()


def settle(qtbot, window: MainWindow) -> None:
    box = window.light_box
    qtbot.waitUntil(
        lambda: (
            not box.session.is_scanning
            and window.background.running == 0
            and not box._regroup.isActive()
            and all(s.film.key in {*window.films.loaded, *window.films.failures} for s in window.films.slots)
        ),
        timeout=WAIT_MS,
    )


def open_and_wait(qtbot, window: MainWindow, *paths: Path) -> None:
    window.open(paths)
    settle(qtbot, window)


def write_two_studies(folder: Path) -> Path:
    write_film(folder / "new.dcm", study_uid=STUDY, sop_uid=uid("new"), study_date="20240301", seed=1)
    write_film(
        folder / "old.dcm", study_uid=uid("study", "old"), sop_uid=uid("old"), study_date="20230301", seed=2
    )
    return folder


def rows(window: MainWindow, kind: str = "study"):
    return [row for row in window.studies.model.rows if row.kind == kind]


def row(window: MainWindow, study_uid: str):
    return next(row for row in rows(window) if row.key == study_uid)


def test_yesterdays_studies_are_listed_and_open_with_a_click_and_their_prior(qtbot, start, tmp_path):
    open_and_wait(qtbot, start(), write_two_studies(tmp_path / "films"))

    window = start()
    assert [row.title[:10] for row in rows(window)] == ["2024-03-01", "2023-03-01"]
    assert window.films.slots == ()  # nothing hangs before it is asked for
    window.studies.study_wished.emit(STUDY, "")
    settle(qtbot, window)
    assert [slot.role for slot in window.films.slots] == ["prior", "current"]
    assert len(window.films.loaded) == 2


def test_a_study_is_unread_until_it_hangs_and_its_state_and_note_stay(qtbot, start, tmp_path):
    window = start()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    assert row(window, STUDY).state == "open"
    assert row(window, uid("study", "old")).state == "unread"  # it hangs as the prior only
    window.keeper.set_state(uid("study", "old"), "reviewed")
    window.keeper.set_note(STUDY, "  Ask for a lateral  ")

    window = start()
    assert row(window, STUDY).state == "open"
    assert row(window, STUDY).note == "Ask for a lateral"
    assert row(window, uid("study", "old")).state == "reviewed"
    window.studies.search.setText("lateral")
    assert [row.key for row in rows(window)] == [STUDY]
    window.studies.search.clear()
    window.studies.filter.setCurrentIndex(3)
    assert [row.key for row in rows(window)] == [uid("study", "old")]


def test_a_study_that_a_scan_hung_for_a_moment_stays_unread(qtbot, start, tmp_path):
    folder = tmp_path / "films"
    write_film(folder / "1.dcm", study_uid=uid("study", "old"), sop_uid=uid("old"), study_date="20230301")
    for number in range(60):
        write_film(
            folder / f"2{number}.dcm", rows=16, columns=16, study_uid=STUDY, sop_uid=uid(number), seed=number
        )
    window = start()
    window.open([folder])
    qtbot.waitUntil(lambda: len(window.films.slots) == 1, timeout=WAIT_MS)
    first = window.films.slots[0].film.header.study_instance_uid
    settle(qtbot, window)
    assert first == uid("study", "old")
    assert row(window, uid("study", "old")).state == "unread"
    assert row(window, STUDY).state == "open"


def test_a_panel_signs_a_study_and_opening_it_again_takes_nothing_back(qtbot, start, tmp_path):
    window = start()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    host = PluginHost(window, "Reading")
    host.set_study_state(STUDY, "signed")

    window = start()
    window.studies.study_wished.emit(STUDY, "")
    settle(qtbot, window)
    assert row(window, STUDY).state == "signed"
    assert PluginHost(window, "Reading").study_state(STUDY) == "signed"
    menu = window.studies.menu_of(row(window, STUDY))
    state_entries = [action for action in menu.actions() if action.text().startswith("Mark as")]
    assert len(state_entries) == 3
    assert not any(action.isEnabled() for action in state_entries)


def test_films_that_are_gone_are_marked_and_not_lost_and_come_back(qtbot, start, tmp_path):
    folder = write_two_studies(tmp_path / "films")
    open_and_wait(qtbot, start(), folder)
    shutil.move(folder, tmp_path / "away")

    window = start()
    assert all(row.is_missing and "not there" in row.subtitle for row in rows(window))
    shutil.move(tmp_path / "away", folder)
    open_and_wait(qtbot, window, folder)
    assert not any(row.is_missing for row in rows(window))


def test_a_known_folder_is_not_read_a_second_time(qtbot, start, tmp_path, reader, monkeypatch):
    folder = write_two_studies(tmp_path / "films")
    open_and_wait(qtbot, start(), folder)
    window = start()
    asked: list[str] = []
    real = reader.open_many
    monkeypatch.setattr(
        reader, "open_many", lambda sources: asked.extend(s.path.name for s in sources) or real(sources)
    )
    write_film(folder / "third.dcm", study_uid=STUDY, sop_uid=uid("third"), study_date="20240301", seed=3)
    open_and_wait(qtbot, window, folder)
    assert asked == ["third.dcm"]
    assert len(window.light_box.session.films) == 3


def test_an_import_that_the_end_of_the_program_cut_off_goes_on_when_asked(qtbot, start, tmp_path):
    folder = tmp_path / "films"
    for number in range(12):
        write_film(folder / f"{number:02}.dcm", rows=16, columns=16, seed=number, sop_uid=uid("film", number))
    window = start()
    window.open([folder])
    window.light_box.pause_scan(is_paused=True)
    window.close()

    window = start()
    offer = window.studies.offer
    assert offer.isVisible()
    assert "films" in offer.label.text()
    offer.yes.click()
    settle(qtbot, window)
    assert (
        len({film.key for patient in window.light_box.patients for s in patient.studies for film in s.films})
        == 12
    )
    assert window.films.slots == ()  # it goes on behind the reader's back
    assert not offer.isVisible()
    assert not start().studies.offer.isVisible()


def test_an_import_that_the_reader_stopped_is_not_offered_again(qtbot, start, tmp_path):
    window = start()
    window.open([write_two_studies(tmp_path / "films")])
    window.wish("stop_scan")()
    settle(qtbot, window)
    assert not start().studies.offer.isVisible()


def test_a_paused_scan_waits_and_goes_on(qtbot, start, tmp_path):
    folder = tmp_path / "films"
    for number in range(40):
        write_film(folder / f"{number:02}.dcm", rows=16, columns=16, seed=number, sop_uid=uid("film", number))
    window = start()
    box = window.light_box
    window.open([folder])
    window.actions_by_id["pause_scan"].trigger()
    assert box.session.is_paused
    assert window.actions_by_id["pause_scan"].isChecked()
    qtbot.waitUntil(lambda: "Paused" in window.status_line.text(), timeout=WAIT_MS)
    paused_at = len(box.session.films)
    assert paused_at < 40
    window.actions_by_id["pause_scan"].trigger()
    settle(qtbot, window)
    assert len(box.session.films) == 40
    assert not window.actions_by_id["pause_scan"].isChecked()


def test_the_list_is_rebuilt_in_one_click_after_the_index_was_destroyed(qtbot, start, tmp_path):
    open_and_wait(qtbot, start(), write_two_studies(tmp_path / "films"))
    window = start()
    window.close()
    (data_folder() / "study-list.sqlite3").write_bytes(b"nothing that was ever a database" * 100)

    window = start()
    assert rows(window) == []
    assert "could not be read" in window.studies.offer.label.text()
    window.studies.offer.yes.click()
    settle(qtbot, window)
    assert len(rows(window)) == 2
    assert window.films.slots == ()
    assert len(rows(start())) == 2


def test_rebuilding_drops_what_was_deleted_and_keeps_states(qtbot, start, tmp_path):
    folder = write_two_studies(tmp_path / "films")
    window = start()
    open_and_wait(qtbot, window, folder)
    window.keeper.set_state(STUDY, "reviewed")
    window = start()
    (folder / "old.dcm").unlink()
    window.wish("rebuild_list")()
    settle(qtbot, window)
    assert [(row.key, row.state) for row in rows(window)] == [(STUDY, "reviewed")]


def test_a_forgotten_study_leaves_the_list_the_screen_and_the_index_but_not_the_disk(qtbot, start, tmp_path):
    folder = write_two_studies(tmp_path / "films")
    window = start()
    open_and_wait(qtbot, window, folder)
    window.keeper.forget_study(STUDY)
    settle(qtbot, window)
    assert [row.key for row in rows(window)] == [uid("study", "old")]
    assert all(slot.film.header.study_instance_uid != STUDY for slot in window.films.slots)
    window = start()
    assert [row.key for row in rows(window)] == [uid("study", "old")]
    assert (folder / "new.dcm").exists()


def test_forgetting_everything_asks_first_and_leaves_no_name_behind(qtbot, start, tmp_path, monkeypatch):
    window = start()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    answers = iter([QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes])
    monkeypatch.setattr(QMessageBox, "question", lambda *_: next(answers))
    window.wish("forget_everything")()
    assert len(rows(window)) == 2
    window.wish("forget_everything")()
    settle(qtbot, window)
    assert rows(window) == []
    assert window.films.slots == ()
    window.close()
    kept = b"".join(path.read_bytes() for path in data_folder().glob("study-*"))
    assert b"Phantom" not in kept
    assert rows(start()) == []


def test_the_menu_of_a_row_gives_its_path(qtbot, start, tmp_path):
    window = start()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    menu = window.studies.menu_of(row(window, STUDY))
    next(action for action in menu.actions() if action.text() == "Copy path").trigger()
    assert QGuiApplication.clipboard().text() == str(tmp_path / "films" / "new.dcm")


def test_where_the_list_cannot_be_kept_reading_goes_on(qtbot, start, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "file"))
    window = start()
    assert "can't be kept" in window.studies.offer.label.text()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    assert len(window.films.loaded) == 2


def test_closing_the_window_writes_what_waits(qtbot, start, tmp_path):
    window = start()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    for number in range(50):
        window.keeper.set_note(STUDY, f"Note {number}")
    window.close()
    index = StudyIndex(pytest.fail)
    opened = next(iter(index.load()))
    index.close()
    assert opened.records[STUDY].note == "Note 49"


def test_a_file_that_changed_over_night_is_listed_once_and_opens(qtbot, start, tmp_path):
    folder = write_two_studies(tmp_path / "films")
    open_and_wait(qtbot, start(), folder)
    window = start()
    write_film(
        folder / "new.dcm", study_uid=STUDY, sop_uid=uid("new"), study_date="20240301", seed=9, rows=90
    )
    open_and_wait(qtbot, window, folder)
    films = [film for p in window.light_box.patients for s in p.studies for film in s.films]
    assert sorted(film.source.path.name for film in films) == ["new.dcm", "old.dcm"]
    assert len(window.films.loaded) == 2


def watch_of(window: MainWindow) -> FolderWatch:
    return next(feature for feature in window.features if isinstance(feature, FolderWatch))


def test_films_copied_into_a_watched_folder_appear_unread_and_disturb_nobody(
    qtbot, start, tmp_path, monkeypatch
):
    monkeypatch.setattr(folder_watch, "INTERVAL_MS", 30)
    folder = tmp_path / "incoming"
    folder.mkdir()
    window = start()
    open_and_wait(qtbot, window, write_two_studies(tmp_path / "films"))
    on_screen = [slot.film.key for slot in window.films.slots]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    window.actions_by_id["watch_folder"].trigger()
    assert window.actions_by_id["watch_folder"].isChecked()

    late = uid("study", "late")
    write_film(
        folder / "late.dcm", study_uid=late, sop_uid=uid("late"), patient_id="LATE", patient_name="Late^Lena"
    )
    qtbot.waitUntil(lambda: any(row.key == late for row in rows(window)), timeout=WAIT_MS)
    assert row(window, late).state == "unread"
    assert [slot.film.key for slot in window.films.slots] == on_screen
    window.actions_by_id["watch_folder"].trigger()
    assert not window.actions_by_id["watch_folder"].isChecked()
    assert watch_of(window).folder is None


def test_a_watched_folder_is_watched_again_after_a_restart_and_is_one_known_place(
    qtbot, start, tmp_path, monkeypatch
):
    monkeypatch.setattr(folder_watch, "INTERVAL_MS", 30)
    window = start()
    watch_of(window).watch(tmp_path / "incoming")
    write_film(tmp_path / "incoming" / "a.dcm", study_uid=STUDY, sop_uid=uid("a"))
    qtbot.waitUntil(lambda: len(rows(window)) == 1, timeout=WAIT_MS)
    assert window.films.slots == ()
    window.close()
    window = MainWindow(window.light_box._reader)
    qtbot.addWidget(window)
    assert watch_of(window).folder == tmp_path / "incoming"
    assert window.keeper.index.locations() == (tmp_path / "incoming",)
    watch_of(window).stop()
    window.close()
