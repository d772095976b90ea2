"""What leaves the window: PNG, Secondary Capture, clipboard, print. And what must always be said with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox

from tests.factories import write_film, write_picture
from tests.factories_ui import film, ramp
from tests.gui_watchdog import GuiWatchdog
from viewer.api import Mark
from viewer.core.presentation import render
from viewer.core.reader import FilmReader
from viewer.core.study import Source
from viewer.ui import wording
from viewer.ui.output import view_picture
from viewer.ui.output.export import Export, capture_request
from viewer.ui.output.export_dialog import ExportDialog
from viewer.ui.output.view_picture import PictureWish, copy_of, paint_view, rgb_of

WAIT_MS = 20_000


@pytest.fixture(scope="module")
def worker() -> Iterator[FilmReader]:
    with FilmReader() as reader:
        yield reader


@pytest.fixture
def painted(monkeypatch) -> list[str]:
    """Every text that is painted into a picture, through the one place that all pass."""
    said: list[str] = []
    real = view_picture.QPainter

    class Listening(real):
        def drawText(self, *arguments):
            said.extend(argument for argument in arguments if isinstance(argument, str))
            return super().drawText(*arguments)

    monkeypatch.setattr(view_picture, "QPainter", Listening)
    return said


def export(desk) -> Export:
    return next(part for part in desk.window.features if isinstance(part, Export))


def shown(desk, **header):
    one = film("a", **header)
    desk.drop(one)
    return one


def copy(desk):
    made = copy_of(desk.window.films.viewports[0])
    assert made is not None
    return made


def boxes(desk) -> list[QMessageBox]:
    return [box for box in desk.window.findChildren(QMessageBox) if box.isVisible()]


def test_a_picture_shows_the_film_as_the_viewport_does(desk):
    desk.reader.films[film("a").key] = ramp(600, 500)
    one = shown(desk)
    desk.wait(lambda: desk.viewport(one).is_resting)
    picture = rgb_of(paint_view(copy(desk), PictureWish(has_text_and_marks=False)))
    on_screen = rgb_of(desk.viewport(one).grab().toImage().convertToFormat(QImage.Format.Format_RGB32))
    height, width = on_screen.shape[:2]
    middle = (slice(height // 3, height // 2), slice(width // 2 - 40, width // 2 + 40))
    assert (abs(picture[middle].astype(int) - on_screen[middle]) <= 2).all()


def test_a_picture_at_full_resolution_holds_every_pixel_of_the_film(desk):
    pixels = ramp(1800, 1500)
    desk.reader.films[film("a").key] = pixels
    shown(desk)
    made = copy(desk)
    picture = rgb_of(paint_view(made, PictureWish(is_full_resolution=True, has_text_and_marks=False)))
    left = (picture.shape[1] - 1500) // 2
    found = picture[400:1200, left + 300 : left + 1200, 0].astype(int)
    grey = render(pixels, made.state.view.voi)
    shifted = [grey[400 + dy : 1200 + dy, 300 + dx : 1200 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    assert min(int(abs(found - one).max()) for one in shifted) <= 1


def test_every_picture_carries_the_research_use_line_and_its_badges(desk, painted):
    shown(desk, is_verified=False, lossy_compression="JPEG 10:1")
    desk.wish("flip_left_right")
    for wish in (PictureWish(), PictureWish(has_text_and_marks=False), PictureWish(is_masked=True)):
        painted.clear()
        paint_view(copy(desk), wish)
        assert wording.RESEARCH_USE_LONG in painted
        assert wording.UNVERIFIED in painted
        assert any(text.startswith("FLIPPED") for text in painted)
        assert "LOSSY JPEG 10:1" in painted


def test_marks_of_a_plugin_make_the_picture_a_draft(desk, painted):
    one = shown(desk)
    paint_view(copy(desk), PictureWish())
    assert wording.DRAFT_MARK not in painted
    desk.window.set_marks("ai", (Mark("m", one.key, (5, 5, 20, 20), "Nodule"),))
    paint_view(copy(desk), PictureWish())
    assert wording.DRAFT_MARK in painted
    assert "Nodule" in painted


def test_a_picture_without_marks_is_no_draft(desk, painted):
    one = shown(desk)
    desk.window.set_marks("ai", (Mark("m", one.key, (5, 5, 20, 20), "Nodule"),))
    paint_view(copy(desk), PictureWish(has_text_and_marks=False))
    assert wording.DRAFT_MARK not in painted
    assert "Nodule" not in painted


def test_a_masked_picture_says_nothing_of_the_patient(desk, painted):
    shown(desk, patient_name="Canary^Carl", patient_id="CANARY-1", study_description="canary study")
    paint_view(copy(desk), PictureWish())
    assert "Canary Carl" in painted
    painted.clear()
    paint_view(copy(desk), PictureWish(is_masked=True))
    assert painted
    assert not [text for text in painted if "canary" in text.lower() or "2024" in text]


def test_the_view_is_written_as_a_png_that_opens_again(desk, tmp_path):
    shown(desk)
    file = tmp_path / "view.png"
    export(desk).save_png(copy(desk), PictureWish(), file)
    desk.wait(lambda: "view.png" in desk.window.status_line.text())
    picture = QImage(str(file))
    assert picture.width() == desk.window.films.viewports[0].width()
    assert picture.text("Description") == wording.RESEARCH_USE_LONG
    assert [one.name for one in tmp_path.iterdir()] == ["view.png"]


def test_the_window_answers_while_a_large_film_is_exported(desk, tmp_path):
    desk.reader.films[film("a").key] = ramp(2400, 2000)
    shown(desk)
    with GuiWatchdog() as watchdog:
        export(desk).save_png(copy(desk), PictureWish(is_full_resolution=True), tmp_path / "large.png")
        desk.qtbot.waitUntil((tmp_path / "large.png").exists, timeout=WAIT_MS)
    desk.wait(lambda: desk.window.background.running == 0)
    assert QImage(str(tmp_path / "large.png")).height() >= 2400
    assert watchdog.worst.own_ms < 100, watchdog.report()


def test_a_folder_that_is_gone_is_said_in_a_box(desk, tmp_path):
    shown(desk)
    export(desk).save_png(copy(desk), PictureWish(), tmp_path / "gone" / "view.png")
    desk.wait(lambda: boxes(desk))
    assert "gone" in boxes(desk)[0].text()


def test_the_view_is_written_as_a_secondary_capture_that_we_open_ourselves(desk, worker, tmp_path):
    path = write_film(tmp_path / "in" / "film.dcm", patient_name="Capture^Cora")
    one = worker.open(Source(path))
    desk.reader.films[one.key] = worker.pixels(one)
    desk.drop(one)
    out = tmp_path / "out"
    out.mkdir()
    export(desk).save_capture(copy(desk), PictureWish(), out)
    desk.qtbot.waitUntil(lambda: bool(list(out.glob("*.dcm")) or boxes(desk)), timeout=WAIT_MS)
    desk.wait(lambda: desk.window.background.running == 0)
    (file,) = out.iterdir()
    again = worker.open(Source(file))
    assert again.header.patient_name == "Capture^Cora"
    assert again.header.study_instance_uid == one.header.study_instance_uid
    assert again.header.burned_in_annotation == "YES"
    assert (worker.pixels(again).stored == rgb_of(paint_view(copy(desk), PictureWish()))).all()


@pytest.mark.parametrize(("flips", "told"), [(0, ("L", "F")), (1, None)])
def test_a_copy_of_a_flipped_view_is_not_flipped_back_where_it_is_opened(desk, flips, told):
    pixels = ramp(patient_orientation=("L", "F"))
    one = film("a", pixels=pixels.description)
    desk.reader.films[one.key] = pixels
    desk.drop(one)
    for _ in range(flips):
        desk.wish("flip_left_right")
    assert capture_request(copy(desk), PictureWish()).orientation == told


def test_a_picture_file_is_refused_as_a_dicom_object_and_the_reason_is_said(desk, worker, tmp_path):
    one = worker.open(Source(write_picture(tmp_path / "film.png")))
    desk.reader.films[one.key] = worker.pixels(one)
    desk.drop(one)
    export(desk).save_capture(copy(desk), PictureWish(), tmp_path)
    desk.wait(lambda: boxes(desk))
    assert "no patient and no study" in boxes(desk)[0].text()
    assert not list(tmp_path.glob("*.dcm"))


def test_synthetic_films_do_not_leave_unless_the_site_allows_it(desk, painted):
    shown(desk, is_synthetic=True)
    assert export(desk).active_copy() is None
    assert "Synthetic films are not exported" in boxes(desk)[0].text()
    desk.window.settings.set("export.synthetic_films", True)
    made = export(desk).active_copy()
    assert made is not None
    paint_view(made, PictureWish(has_text_and_marks=False))
    assert wording.SYNTHETIC in painted
    assert painted.count("SYNTHETIC") > 20


def test_ctrl_c_copies_the_view(desk):
    shown(desk)
    QGuiApplication.clipboard().clear()
    desk.press(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: not QGuiApplication.clipboard().image().isNull())
    assert QGuiApplication.clipboard().image().width() == desk.window.films.viewports[0].width()


def test_ctrl_c_in_a_text_copies_the_text(desk):
    shown(desk)
    line = QLineEdit("findings", desk.window)
    line.show()
    line.setFocus()
    line.selectAll()
    QGuiApplication.clipboard().setText("before")
    desk.qtbot.keyClick(line, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "findings"


def test_the_dialog_shows_what_leaves_and_writes_what_was_chosen(desk, tmp_path, monkeypatch):
    shown(desk)
    file = tmp_path / "chosen"
    proposed: list[str] = []
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *a: (proposed.append(a[2]), (str(file), ""))[1]
    )
    desk.wish("export_view")
    (dialog,) = desk.window.findChildren(ExportDialog)
    desk.wait(lambda: not dialog.preview.pixmap().isNull())
    dialog.masked.setChecked(True)
    desk.wait(lambda: desk.window.background.running == 0)
    assert dialog.masked_note.isVisible()
    dialog.go_on.click()
    desk.wait(lambda: file.with_suffix(".png").exists())
    assert Path(proposed[0]).name == "film CHEST PA.png"
    desk.wait(lambda: desk.window.background.running == 0)


def test_behind_the_privacy_screen_the_proposed_name_tells_nobody(desk, tmp_path, monkeypatch):
    shown(desk, patient_id="ID-4711")
    proposed: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (proposed.append(a[2]), ("", ""))[1])
    desk.window.settings.set("export.folder", str(tmp_path))
    desk.wish("export_view")
    (dialog,) = desk.window.findChildren(ExportDialog)
    dialog.go_on.click()
    desk.wish("privacy_screen")
    dialog.go_on.click()
    desk.wait(lambda: desk.window.background.running == 0)
    assert [Path(name).name for name in proposed] == ["ID-4711 2024-03-01 CHEST PA.png", "film CHEST PA.png"]
    dialog.reject()


def test_without_a_film_there_is_nothing_to_export(desk):
    desk.wish("export_view")
    assert "no film" in desk.window.status_line.text()
    assert not desk.window.findChildren(ExportDialog)
