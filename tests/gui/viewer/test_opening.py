"""From a drop to films on screen: early, in order, and with a reason for everything that could not be opened."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from tests.factories_ui import film
from viewer.core.errors import DamagedFilm
from viewer.core.scan import FilmFound, ScanProgress, Skipped
from viewer.core.study import Source, Unreadable
from viewer.ui import wording

OLD = film("old", study_date=date(2024, 1, 1))
NEW = film("new", study_date=date(2024, 3, 1))
BROKEN = Skipped(Unreadable(Source(Path("/films/notes.txt")), "This is a text file, not a film."))


def drop_urls(window, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button, no_key = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), action, data, button, no_key))
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), action, data, button, no_key))


def test_an_empty_window_says_what_to_do(desk):
    assert desk.window.films.viewports[0].state.slot is None
    assert not desk.window.films.viewports[1].isVisible()
    assert desk.window.films.banners.texts() == ()


def test_a_dropped_folder_is_scanned(desk, tmp_path):
    drop_urls(desk.window, tmp_path)
    desk.wait(lambda: desk.scan.paths)
    assert desk.scan.paths == [(tmp_path,)]
    desk.scan.end()
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)


def test_the_first_film_is_on_screen_before_the_scan_ends(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(NEW))
    desk.wait(lambda: desk.is_shown(NEW))
    assert desk.on_screen() == [NEW]
    assert desk.window.light_box.session.is_scanning
    desk.scan.end()


def test_the_status_bar_follows_the_scan_and_is_quiet_afterwards(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(NEW), ScanProgress(70, 900))
    desk.wait(lambda: "70 done" in desk.window.status_line.text())
    assert desk.window.progress.isVisible()
    desk.scan.end()
    desk.wait(lambda: desk.window.status_line.text() == "1 film")
    assert not desk.window.progress.isVisible()


def test_a_scan_that_is_stopped_keeps_what_it_found(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(NEW))
    desk.wait(lambda: desk.is_shown(NEW))
    desk.press(Qt.Key.Key_Escape)
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)
    assert desk.scan.was_stopped
    assert desk.on_screen() == [NEW]


def test_a_bad_file_is_listed_with_its_reason_and_can_be_copied(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(BROKEN, FilmFound(NEW))
    desk.scan.end()
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)
    assert desk.window.studies.skipped_button.isVisible()
    assert desk.window.studies.skipped_button.text().startswith("1 file")

    desk.qtbot.mouseClick(desk.window.studies.skipped_button, Qt.MouseButton.LeftButton)
    report = desk.window.report
    assert report.model.index(0, 0).data() == "notes.txt"
    assert report.model.index(0, 2).data() == "This is a text file, not a film."
    report.copy()
    copied = QGuiApplication.clipboard().text()
    assert "skipped\t/films/notes.txt\tThis is a text file, not a film." in copied
    assert "read\t/films/new.dcm" in copied
    report.close()


def test_a_drop_without_any_film_says_so_and_keeps_the_film_on_screen(desk):
    desk.drop(NEW)
    desk.window.open([Path("/notes")])
    desk.scan.send(BROKEN)
    desk.scan.end()
    desk.wait(lambda: "No film was found" in desk.window.status_line.text())
    assert desk.on_screen() == [NEW]


def test_a_scan_that_fails_says_so_and_the_next_one_works(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(OLD), OSError("the disk is gone"))
    desk.wait(lambda: "the disk is gone" in desk.window.status_line.text())
    desk.drop(NEW)
    assert NEW in desk.on_screen()


def test_a_second_drop_waits_for_the_first_and_is_then_shown(desk):
    other = film("other", patient_id="P2", patient_name="Someone^Else")
    desk.window.open([Path("/one")])
    desk.window.open([Path("/two")])
    desk.scan.send(FilmFound(NEW))
    desk.wait(lambda: desk.is_shown(NEW))
    assert desk.scan.paths == [(Path("/one"),)]
    desk.scan.end()
    desk.wait(lambda: len(desk.scan.paths) == 2)
    desk.scan.send(FilmFound(other))
    desk.scan.end()
    desk.wait(lambda: desk.is_shown(other))
    assert desk.on_screen() == [other]
    assert [row.title for row in desk.window.studies.model.rows if row.kind == "patient"] == [
        "Phantom Paula",
        "Someone Else",
    ] or len(desk.window.light_box.patients) == 2


def test_a_film_that_cannot_be_decoded_shows_the_file_and_the_reason(desk):
    desk.reader.films[NEW.key] = DamagedFilm("The pixel data end after 12 of 60 rows.")
    desk.drop(NEW)
    message = desk.viewport(NEW).state.message
    assert "/films/new.dcm" in message
    assert "12 of 60 rows" in message
    desk.viewport(NEW).grab()  # it can be painted


def test_a_film_that_failed_is_tried_again_when_it_is_dropped_again(desk):
    desk.reader.films[NEW.key] = DamagedFilm("The disk was not there.")
    desk.drop(NEW)
    del desk.reader.films[NEW.key]
    desk.drop(NEW)
    desk.wait(lambda: NEW.key in desk.window.films.loaded)
    assert desk.viewport(NEW).state.message == ""


def test_a_late_film_never_appears_in_the_place_of_another(desk):
    release = desk.reader.hold(OLD)
    other = film("other", patient_id="P2", patient_name="Someone^Else")
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(OLD), FilmFound(other))
    desk.scan.end()
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)
    desk.window.light_box.choose_film(other.key)
    desk.wait(lambda: desk.is_shown(other))
    release()
    desk.wait(lambda: desk.window.background.running == 0)
    assert desk.on_screen() == [other]
    assert OLD.key not in desk.window.films.loaded
    assert desk.viewport(other).picture.pixels is desk.window.films.loaded[other.key].pixels


def test_a_film_the_reader_works_on_is_not_replaced_by_a_later_one_of_the_scan(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(OLD))
    desk.wait(lambda: desk.is_shown(OLD))
    desk.drag(OLD, Qt.MouseButton.LeftButton, 30, 0)
    desk.scan.send(FilmFound(NEW))
    desk.scan.end()
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)
    assert desk.on_screen() == [OLD]


def test_untouched_the_latest_study_becomes_the_current_one(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(OLD))
    desk.wait(lambda: desk.is_shown(OLD))
    desk.scan.send(FilmFound(NEW))
    desk.scan.end()
    desk.wait(lambda: desk.on_screen() == [OLD, NEW])


def test_closing_the_window_during_a_scan_leaves_nothing_running(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(NEW))
    desk.wait(lambda: desk.is_shown(NEW))
    desk.window.close()
    assert desk.window.background.running == 0
    assert desk.scan.was_stopped


def test_the_research_line_is_always_there(desk):
    from PySide6.QtWidgets import QLabel

    shown = [label.text() for label in desk.window.statusBar().findChildren(QLabel) if label.isVisible()]
    assert wording.RESEARCH_USE in shown
    assert wording.NO_OUTSIDE_CONNECTION in shown


def test_a_film_that_is_taken_down_and_hung_again_while_it_loads_still_appears(desk):
    release = desk.reader.hold(OLD)
    desk.window.open([Path("/films")])
    desk.scan.send(FilmFound(OLD), FilmFound(NEW))
    desk.scan.end()
    desk.wait(lambda: desk.is_shown(NEW) and not desk.window.light_box.session.is_scanning)
    films = desk.window.films
    taken, hang_again = films._take_film, []

    def arrive_while_it_is_down(loaded):
        desk.wish("toggle_prior")
        taken(loaded)
        desk.wish("toggle_prior")
        hang_again.append(loaded.film.key)

    task = films._loading[OLD.key]
    task._on_item = arrive_while_it_is_down
    release()
    desk.wait(lambda: OLD.key in films.loaded)
    assert hang_again == [OLD.key]
