"""On paper: who, when, what was seen and how, the scale with its origin, the draft mark. One sheet for each film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6 import QtPrintSupport
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QDialog, QFileDialog

from tests.factories_ui import FIRST_DAY, film, ramp
from viewer.api import Mark
from viewer.core.measure.spacing import spacing_of
from viewer.ui import wording
from viewer.ui.output import page as page_module
from viewer.ui.output.page import page_of, paint_page
from viewer.ui.output.print_preview import PrintPreview
from viewer.ui.output.printing import Printing, pdf_bytes
from viewer.ui.output.view_picture import copy_of


def part(desk) -> Printing:
    return next(one for one in desk.window.features if isinstance(one, Printing))


def hang(desk, spacing_mm: float | None = 0.4, **header):
    spacing = (spacing_mm, spacing_mm) if spacing_mm else None
    pixels = ramp(1800, 1500, imager_pixel_spacing_mm=spacing)
    one = film("a", pixels=pixels.description, **header)
    desk.reader.films[one.key] = pixels
    desk.drop(one)
    return one


def page(desk, index: int = 0):
    copy = copy_of(desk.window.films.viewports[index])
    header = copy.state.slot.film.header
    return page_of(copy, spacing_of(header.pixels, is_verified=header.is_verified), "Sidelight 1")


def words(made) -> list[str]:
    """All text that is painted on the sheet."""
    said: list[str] = []

    class Listening(QPainter):
        def drawText(self, *arguments):
            said.extend(argument for argument in arguments if isinstance(argument, str))
            return super().drawText(*arguments)

    sheet = QImage(900, 1280, QImage.Format.Format_RGB32)
    painter = Listening(sheet)
    paint_page(painter, QRectF(0, 0, 900, 1280), made, 1, 2)
    painter.end()
    return said


def test_a_sheet_says_who_when_and_how_it_was_seen(desk):
    hang(desk, patient_name="Paper^Paul", study_description="Chest", lossy_compression="JPEG 10:1")
    desk.wish("invert")
    text = "\n".join(words(page(desk)))
    for part_of_it in (
        "Paper Paul",
        "P1",
        "2024-03-01",
        "DX CHEST PA",
        "LOSSY JPEG 10:1   INVERTED",
        "W ",
        "by Sidelight 1",
        "Page 1 of 2",
        wording.RESEARCH_USE_LONG,
    ):
        assert part_of_it in text


def test_the_scale_bar_is_as_long_as_it_says_and_tells_where_its_millimetres_come_from(desk):
    hang(desk, spacing_mm=0.2)  # 1500 columns: 300 mm at the detector
    made = page(desk)
    assert made.scale.label == "100 mm at detector"
    whole_mm = made.scale.length_mm / made.scale.share
    assert whole_mm == pytest.approx(0.2 * made.picture.width(), rel=0.01)  # printed pixel for pixel
    assert made.scale.label in words(made)


def test_a_film_on_its_side_has_the_scale_of_its_rows(desk):
    pixels = ramp(400, 400, imager_pixel_spacing_mm=(0.6, 0.3))
    one = film("a", pixels=pixels.description)
    desk.reader.films[one.key] = pixels
    desk.drop(one)
    before = page(desk).scale
    desk.wish("rotate_right")
    after = page(desk).scale
    upright_mm, turned_mm = before.length_mm / before.share, after.length_mm / after.share
    assert upright_mm < turned_mm
    assert "ROTATED" in page(desk).badges


def test_a_long_name_leaves_the_patient_id_on_the_sheet(desk):
    hang(desk, patient_name="Very" * 60 + "^Long", patient_id="ID-4711")
    assert any(text.startswith("ID-4711") for text in words(page(desk)))


def test_the_privacy_screen_also_holds_on_paper(desk):
    hang(desk, patient_name="Paper^Paul", patient_id="ID-4711")
    copy = copy_of(desk.window.films.viewports[0])
    masked = replace(copy, state=replace(copy.state, is_masked=True))
    text = words(page_of(masked, spacing_of(copy.pixels.description), "Sidelight 1"))
    assert not [line for line in text if "Paper" in line or "ID-4711" in line]


def test_behind_the_privacy_screen_the_proposed_name_tells_nobody(desk, monkeypatch):
    hang(desk, patient_id="ID-4711")
    proposed = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (proposed.append(a[2]), ("", ""))[1])
    desk.wish("print_view")
    desk.wait(lambda: desk.window.findChildren(PrintPreview))
    (preview,) = desk.window.findChildren(PrintPreview)
    preview.file_button.click()
    desk.wish("privacy_screen")
    preview.file_button.click()
    assert [Path(name).name for name in proposed] == ["ID-4711 2024-03-01 CHEST PA.pdf", "film CHEST PA.pdf"]
    preview.reject()


def test_without_a_spacing_there_is_no_scale_bar(desk):
    hang(desk, spacing_mm=None)
    assert page(desk).scale is None


def test_a_picture_file_is_unverified_on_paper_and_has_no_scale(desk):
    hang(desk, is_verified=False)
    made = page(desk)
    assert wording.UNVERIFIED in made.details
    assert made.scale is None


def test_marks_of_a_plugin_make_the_sheet_a_draft(desk):
    one = hang(desk)
    assert wording.DRAFT_MARK not in words(page(desk))
    desk.window.set_marks("ai", (Mark("m", one.key, (5, 5, 200, 200), "Nodule"),))
    assert wording.DRAFT_MARK in words(page(desk))


def test_no_words_lie_on_the_printed_film(desk, monkeypatch):
    hang(desk, patient_name="Paper^Paul")
    wishes = []
    real = page_module.paint_view
    monkeypatch.setattr(
        page_module, "paint_view", lambda copy, wish: (wishes.append(wish), real(copy, wish))[1]
    )
    page(desk)
    assert [wish.has_corners for wish in wishes] == [False]


def test_what_is_odd_about_a_film_is_printed(desk):
    hang(desk, notices=("Only 200 of 600 rows are there.",))
    assert "Only 200 of 600 rows are there." in words(page(desk))


def test_prior_and_current_become_two_sheets_in_one_pdf(desk, tmp_path, monkeypatch):
    prior, current = film("a", study_date=FIRST_DAY.replace(year=2020)), film("b")
    desk.drop(prior, current)
    file = tmp_path / "films"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(file), ""))
    desk.wish("print_view")
    desk.wait(lambda: desk.window.findChildren(PrintPreview))
    (preview,) = desk.window.findChildren(PrintPreview)
    assert len(preview.sheets) == 2
    preview.file_button.click()
    desk.wait(lambda: file.with_suffix(".pdf").exists())
    content = file.with_suffix(".pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") == 2
    desk.wait(lambda: desk.window.background.running == 0)


def test_a_pdf_tells_no_name_in_its_title(desk):
    hang(desk, patient_name="Paper^Paul")
    content = pdf_bytes([page(desk)])
    assert "Paper".encode("utf-16-be") not in content
    assert b"Paper" not in content


def test_the_chosen_printer_gets_the_sheets(desk, monkeypatch, tmp_path):
    hang(desk)
    file = tmp_path / "printed.pdf"

    class Chosen:
        def __init__(self, printer, parent):
            printer.setOutputFileName(str(file))

        def exec(self):
            return QDialog.DialogCode.Accepted

    monkeypatch.setattr(QtPrintSupport, "QPrintDialog", Chosen)
    desk.wish("print_view")
    desk.wait(lambda: desk.window.findChildren(PrintPreview))
    desk.window.findChildren(PrintPreview)[0].print_button.click()
    desk.wait(lambda: "Sent to the printer" in desk.window.status_line.text())
    assert file.read_bytes().startswith(b"%PDF")


def test_without_a_film_there_is_nothing_to_print(desk):
    desk.wish("print_view")
    assert "no film" in desk.window.status_line.text()
