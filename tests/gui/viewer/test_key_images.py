"""Key images: marking, seeing, keeping, listing, writing them as DICOM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from tests.factories import write_film
from tests.factories_ui import film
from viewer.core.key_images import KeyImageStore
from viewer.core.reader import FilmReader
from viewer.core.study import Source
from viewer.ui.output.key_images import BADGE, KeyImages

WAIT_MS = 20_000


@pytest.fixture(scope="module")
def worker() -> Iterator[FilmReader]:
    with FilmReader() as reader:
        yield reader


def part(desk) -> KeyImages:
    return next(one for one in desk.window.features if isinstance(one, KeyImages))


def mark(desk, one) -> None:
    desk.window.light_box.choose_film(one.key)
    desk.wait(lambda: one in desk.on_screen() and desk.is_shown(one))
    desk.window.films.show_film(one.key)
    desk.press(Qt.Key.Key_K)


def settle(desk) -> None:
    desk.wait(lambda: desk.window.background.running == 0)


def test_k_marks_the_active_film_on_the_film_and_in_the_list(desk):
    one = film("a")
    desk.drop(one)
    desk.press(Qt.Key.Key_K)
    assert desk.viewport(one).state.badges == (BADGE,)
    assert desk.window.studies.model.key_images == {one.key}
    settle(desk)
    assert [image.film_key for image in KeyImageStore().read()] == [one.key]


def test_k_again_takes_the_mark_away(desk):
    one = film("a")
    desk.drop(one)
    desk.press(Qt.Key.Key_K)
    desk.press(Qt.Key.Key_K)
    assert desk.viewport(one).state.badges == ()
    assert desk.window.studies.model.key_images == frozenset()
    settle(desk)
    assert KeyImageStore().read() == ()


def test_only_the_active_film_is_marked(desk):
    prior, current = film("a", study_date=film().header.study_date.replace(year=2020)), film("b")
    desk.drop(prior, current)
    desk.click(current)
    desk.press(Qt.Key.Key_K)
    assert desk.viewport(prior).state.badges == ()
    assert desk.viewport(current).state.badges == (BADGE,)


def test_marks_are_there_after_a_restart(desk, qtbot, reader, scan):
    one = film("a")
    desk.drop(one)
    desk.press(Qt.Key.Key_K)
    part(desk).note(one.key, "nodule?")
    desk.window.close()
    again = type(desk)(qtbot, reader, scan)
    again.wait(lambda: part(again).images)
    again.drop(one)
    assert again.viewport(one).state.badges == (BADGE,)
    assert part(again).images[one.key].note == "nodule?"
    again.window.close()


def test_without_a_film_nothing_is_marked(desk):
    desk.wish("key_image")
    assert part(desk).images == {}
    assert "no film" in desk.window.status_line.text()


def test_the_list_shows_the_study_and_takes_notes_and_removals(desk):
    one, two = film("a"), film("b", study_instance_uid="1.a", instance_number=2, view_position="LL")
    desk.drop(one, two)
    for each in (one, two):
        mark(desk, each)
    desk.wish("show_key_images")
    dialog = part(desk)._dialog
    assert [row.film_key for row in dialog.rows] == [one.key, two.key]
    dialog.table.item(0, 2).setText("apex")
    assert part(desk).images[one.key].note == "apex"
    dialog.table.selectRow(1)
    dialog.remove_button.click()
    assert [row.film_key for row in dialog.rows] == [one.key]
    settle(desk)
    assert [image.note for image in KeyImageStore().read()] == ["apex"]


def test_the_key_images_of_the_study_are_written_as_one_document(desk, worker, tmp_path, monkeypatch):
    for name, view in (("a", "PA"), ("b", "LL")):
        path = write_film(
            tmp_path / "in" / name, view_position=view, study_uid="1.2.9", sop_uid=f"1.2.3.{ord(name)}"
        )
        one = worker.open(Source(path))
        desk.reader.films[one.key] = worker.pixels(one)
    films = [worker.open(Source(tmp_path / "in" / name)) for name in ("a", "b")]
    desk.drop(*films)
    for one in films:
        mark(desk, one)
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a: str(out))
    desk.wish("show_key_images")
    dialog = part(desk)._dialog
    dialog.note.setText("for the meeting")
    dialog.write_button.click()
    desk.qtbot.waitUntil(lambda: bool(list(out.glob("*.dcm"))), timeout=WAIT_MS)
    settle(desk)
    (file,) = out.iterdir()
    made = dcmread(file)
    told = [item for item in made.ContentSequence if item.ValueType == "IMAGE"]
    uids = {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in told}
    assert uids == {one.header.sop_instance_uid for one in films}


def test_a_picture_file_can_be_marked_but_is_refused_in_a_document(desk, tmp_path):
    one = film("a", is_verified=False)
    desk.drop(one)
    desk.press(Qt.Key.Key_K)
    part(desk).write(tmp_path)
    desk.wait(lambda: [box for box in desk.window.findChildren(QMessageBox) if box.isVisible()])
    assert list(tmp_path.glob("*.dcm")) == []


def test_a_disk_that_refuses_is_said(desk, monkeypatch):
    def refuse(store: KeyImageStore, image: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(KeyImageStore, "put", refuse)
    desk.drop(film("a"))
    desk.press(Qt.Key.Key_K)
    desk.wait(lambda: [box for box in desk.window.findChildren(QMessageBox) if box.isVisible()])
    part(desk)._changes.clear()
