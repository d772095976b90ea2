"""A synthetic film in the window: badge and striped border whatever its header says, and what it is refused for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from inference.dicom.synthetic_film import file_bytes
from inference.synthesis.drawn import MadeBy, MarkedFilm
from inference.synthesis.wish import FilmWish
from tests.factories.synthetic_films import bare_film, cropped, letterboxed
from tests.factories_ui import film, ramp
from viewer.core.reader import FilmReader
from viewer.core.synthetic_mark import look, mark
from viewer.ui import theme, wording
from viewer.ui.captions import badges
from viewer.ui.main_window import MainWindow
from viewer.ui.output.export import SYNTHETIC_ALLOWED, Export
from viewer.ui.output.view_picture import PictureWish, paint_view, rgb_of
from viewer.ui.synthetic.feature import ALLOW_SYNTHETIC, REFUSED

WAIT_MS = 30_000
MARKED = MarkedFilm(mark(bare_film()), FilmWish("", "PA", 3), MadeBy("tiny 1", "ab" * 32, "Sidelight 0"))
REAL = film("real", study_date=date(2024, 3, 1))
MADE = film("made", study_date=date(2024, 1, 1), is_synthetic=True)


@pytest.fixture(scope="module")
def worker() -> Iterator[FilmReader]:
    with FilmReader() as reader:
        yield reader


@pytest.fixture
def window(qtbot, worker, monkeypatch) -> Iterator[MainWindow]:
    monkeypatch.delenv(ALLOW_SYNTHETIC, raising=False)
    made = MainWindow(worker)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    yield made
    made.close()


def as_dicom(folder):
    (folder / "film.dcm").write_bytes(file_bytes(MARKED, "installation"))


def as_dicom_without_its_words(folder):
    made = dcmread(BytesIO(file_bytes(MARKED, "installation")))
    for keyword in ("SyntheticData", "SeriesDescription", "StudyDescription", "ImageComments", "PatientName"):
        del made[keyword]
    made.Modality, made.PatientID, made.PatientName = "DX", "4711", "Kim^Minsu"
    made.save_as(folder / "film.dcm")


def as_jpeg(folder):
    Image.fromarray(MARKED.pixels).save(folder / "film.jpg", quality=60)


def as_cropped_screenshot(folder):
    Image.fromarray(cropped(letterboxed(MARKED.pixels), 0.8, right=0.0)).save(folder / "screen.png")


def is_striped(viewport) -> bool:
    """True if the colour of warnings stands along the left edge, with darkness between."""
    picture = viewport.grab().toImage()
    edge = [picture.pixelColor(3, y) for y in range(picture.height() // 4, picture.height() * 3 // 4)]
    warning = QColor(theme.WARNING)
    bright = sum(abs(one.red() - warning.red()) + abs(one.green() - warning.green()) < 60 for one in edge)
    return 0.2 * len(edge) < bright < 0.8 * len(edge)


@pytest.mark.parametrize("write", [as_dicom, as_dicom_without_its_words, as_jpeg, as_cropped_screenshot])
def test_a_synthetic_film_that_is_opened_again_has_badge_and_border(qtbot, window, tmp_path, write):
    write(tmp_path)
    window.open([tmp_path])
    qtbot.waitUntil(lambda: bool(window.films.loaded), timeout=WAIT_MS)

    (slot,) = window.films.slots
    assert wording.SYNTHETIC in badges(slot.film.header, window.films.shown_view(0))
    assert is_striped(window.films.viewports[0])
    window.films.hide_marks(True)
    assert is_striped(window.films.viewports[0])
    assert all(one.header.is_synthetic for one in window.light_box.session.films)
    assert window.light_box.hung.hanging.current_films[0].header.is_synthetic


def test_what_was_seen_in_the_pixels_is_known_when_the_film_is_listed_the_next_time(qtbot, window, tmp_path):
    as_jpeg(tmp_path)
    window.open([tmp_path])
    qtbot.waitUntil(lambda: bool(window.films.loaded), timeout=WAIT_MS)
    (slot,) = window.films.slots

    known = window.keeper._known[slot.film.source]

    assert known.film.header.is_synthetic


def test_a_real_film_has_neither(desk):
    desk.drop(REAL)

    assert not is_striped(desk.viewport(REAL))


def draw_a_length(desk, on):
    desk.wish("tool_length")
    viewport = desk.viewport(on)
    desk.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    desk.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(200, 160))
    return viewport.state.human.marks


def test_it_is_not_measured(desk, monkeypatch):
    monkeypatch.delenv(ALLOW_SYNTHETIC, raising=False)
    desk.drop(MADE)
    desk.come_to_rest(MADE)

    assert draw_a_length(desk, MADE) == ()
    assert desk.window.status_line.text() == REFUSED["measure"]


def test_the_research_switch_lets_it_be_measured_and_says_so_to_who_listens(desk, monkeypatch):
    monkeypatch.setenv(ALLOW_SYNTHETIC, "1")
    noted = []
    desk.window.synthetic.used.connect(noted.append)
    desk.drop(MADE)
    desk.come_to_rest(MADE)

    assert len(draw_a_length(desk, MADE)) == 1
    assert noted == ["measure"]


def test_it_is_exported_with_the_switch_only_and_what_leaves_is_known_again(qtbot, window, tmp_path):
    as_jpeg(tmp_path)
    window.open([tmp_path])
    qtbot.waitUntil(lambda: bool(window.films.loaded), timeout=WAIT_MS)
    export = next(part for part in window.features if isinstance(part, Export))
    noted = []
    window.synthetic.used.connect(noted.append)

    assert export.active_copy() is None
    QApplication.activeModalWidget().close()
    window.settings.set(SYNTHETIC_ALLOWED, True)
    copy = export.active_copy()

    assert noted == ["export"]
    for wish in (PictureWish(), PictureWish(has_text_and_marks=False)):
        assert look(rgb_of(paint_view(copy, wish))) is not None


def test_it_is_no_prior_and_a_film_beside_it_is_not_compared(desk, monkeypatch):
    monkeypatch.delenv(ALLOW_SYNTHETIC, raising=False)
    desk.drop(MADE, REAL)

    assert desk.on_screen() == [REAL]
    desk.window.light_box.choose_prior(MADE.header.study_instance_uid)
    desk.wait(lambda: MADE in desk.on_screen() and desk.is_shown(MADE))
    assert desk.window.light_box.hung.warning == wording.SYNTHETIC_BESIDE_REAL
    assert desk.window.light_box.hung.hanging.prior_films == ()
    desk.wish("subtract_prior")
    assert desk.window.status_line.text() == wording.SYNTHETIC_BESIDE_REAL


def test_two_synthetic_films_are_not_compared_either(desk, monkeypatch):
    monkeypatch.delenv(ALLOW_SYNTHETIC, raising=False)
    later = film("later", study_date=date(2024, 2, 1), is_synthetic=True)
    desk.drop(MADE, later)

    desk.wish("flicker")
    assert desk.window.status_line.text() == REFUSED["compare"]


def test_a_watermark_that_is_seen_late_takes_the_film_out_of_the_priors_place(desk):
    """The header says nothing; the pixels of the prior do."""
    hidden = film("hidden", study_date=date(2024, 1, 1))
    desk.reader.films[hidden.key] = replace(ramp(), is_marked_synthetic=True)
    desk.drop(hidden, REAL)

    desk.wait(lambda: desk.on_screen() == [REAL])
    assert not np.any([one.header.is_synthetic for one in desk.on_screen()])
