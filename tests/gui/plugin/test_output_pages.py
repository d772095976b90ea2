"""The report on paper: the mark on every page until it is signed, identity and numbers on each, films with boxes."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from gui.plugin.fake_host import FakeHost, film
from PySide6.QtCore import QLocale
from PySide6.QtGui import QColor, QImage
from unit.plugin.output.written import AI_BOX, DRAFT, HEART, PA, READER_BOX

from plugin import colours
from plugin.output.document import Section
from plugin.output.pages import AMBER_GROUND, paper_of, pdf_bytes, preview_sheets
from plugin.output.pictures import FilmPicture, drawn_boxes, key_films, pictures_of

A4 = paper_of(QLocale(QLocale.Language.German, QLocale.Country.Germany))
LONG = replace(DRAFT, sections=(Section("findings", ("The lungs are clear.",) * 120),))
SIGNED = replace(LONG, status="signed", reader="Dr Lee", signed_at="2026-11-22T09:00:00Z")


@pytest.fixture
def host(qapp):
    made = FakeHost()
    yield made
    made.background.close()


def shares(image: QImage, colour: str) -> float:
    """Which share of the picture has just this colour."""
    picture = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1) & 0xFFFFFF
    return float((pixels == (QColor(colour).rgb() & 0xFFFFFF)).mean())


def top(image: QImage) -> QImage:
    return image.copy(0, 0, image.width(), image.height() // 8)


def test_every_page_of_an_unsigned_report_carries_the_banner_and_no_page_of_a_signed_one(qapp):
    drafts, signed = preview_sheets(LONG, (), A4), preview_sheets(SIGNED, (), A4)

    assert len(drafts) > 2
    assert len(signed) > 2
    assert all(shares(top(sheet), AMBER_GROUND) > 0.05 for sheet in drafts)
    assert all(shares(sheet, AMBER_GROUND) == 0 for sheet in signed)


def test_nothing_is_painted_beside_the_paper_s_margins(qapp):
    for sheet in preview_sheets(LONG, (), A4):
        edge = sheet.width() * 12 // 210  # mm
        assert shares(sheet.copy(0, 0, edge, sheet.height()), "#ffffff") == 1
        assert shares(sheet.copy(sheet.width() - edge, 0, edge, sheet.height()), "#ffffff") == 1


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="apt-get install poppler-utils: PDF text NOT READ"
)
def test_another_program_reads_mark_identity_page_and_model_on_each_page(qapp, tmp_path):
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf_bytes(LONG, (), A4))

    told = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout
    told = unicodedata.normalize("NFKC", told)  # "fi" may be one letter
    pages = told.rstrip("\f").split("\f")

    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "AI DRAFT – NOT REVIEWED" in page
        assert "Doe, Jane · P1 · born 1960-01-02 · F" in page
        assert f"Page {number} of {len(pages)}" in page
        assert "Test pack 0.9 (test-pack), manifest ffffffffffff" in page
        assert "Research use only." in page
    assert told.count("The lungs are clear.") == 120


def test_a_pdf_file_s_title_holds_no_name(qapp):
    assert b"Doe" not in pdf_bytes(DRAFT, (), A4)


def test_a_film_with_a_box_becomes_a_picture_with_its_line(host):
    (picture,) = pictures_of(DRAFT, (PA,), host.read_pixels)

    assert picture.caption == "PA · cardiomegaly (AI, dashed)"
    assert picture.image.height() == 240
    assert shares(picture.image, colours.of_label("cardiomegaly")) > 0.002


def test_the_reader_s_box_is_drawn_solid_and_the_ais_own_as_dots(host):
    moved = replace(DRAFT, findings=(replace(HEART, verdict="edited", boxes=(AI_BOX, READER_BOX)),))
    (picture,) = pictures_of(moved, (PA,), host.read_pixels)

    assert "cardiomegaly (AI, dotted: moved by the reader), cardiomegaly (reader, solid)" in picture.caption
    assert shares(picture.image, colours.READER) > 0.005


def test_captions_of_boxes_that_share_a_corner_do_not_cover_each_other(host, monkeypatch):
    from plugin.output import pictures

    drawn = []
    draw = pictures._draw_caption

    def note(painter, where, text, others):
        draw(painter, where, text, others)
        drawn[:] = others

    monkeypatch.setattr(pictures, "_draw_caption", note)
    other = replace(HEART, id="f9", label="lung opacity")
    pictures_of(replace(DRAFT, findings=(HEART, other)), (PA,), host.read_pixels)

    first, second = drawn
    assert not first.intersects(second)


def test_nothing_rejected_or_absent_is_drawn_and_on_a_signed_report_nothing_that_was_left_alone():
    rejected, absent = replace(HEART, verdict="rejected"), replace(HEART, presence="absent")
    accepted = replace(HEART, verdict="accepted")
    both = replace(DRAFT, findings=(HEART, rejected, absent, accepted))

    assert [finding for finding, _ in drawn_boxes(both)] == [HEART, accepted]
    assert [finding for finding, _ in drawn_boxes(replace(both, status="signed"))] == [accepted]


def test_films_without_a_box_and_damaged_ones_are_left_out(host):
    assert key_films(replace(DRAFT, findings=())) == []
    assert pictures_of(DRAFT, (film("7"),), host.read_pixels) == ()
    host.damaged.add(PA.key)
    assert pictures_of(DRAFT, (PA,), host.read_pixels) == ()


def test_a_synthetic_film_says_so_in_its_pixels_and_under_them(host):
    synthetic = replace(DRAFT, films=(replace(DRAFT.films[0], is_synthetic=True),))
    plain, marked = (pictures_of(one, (PA,), host.read_pixels)[0] for one in (DRAFT, synthetic))

    assert "SYNTHETIC – NOT A PATIENT IMAGE" in marked.caption
    assert plain.image != marked.image


def test_pictures_of_any_shape_stay_on_the_page(qapp):
    for width, height in ((300, 3000), (3000, 300)):
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.fill("#123456")
        for count in (1, 2, 3):
            sheets = preview_sheets(DRAFT, (FilmPicture(image, "x"),) * count, A4)
            assert len(sheets) <= 2
            shown = sum(shares(sheet, "#123456") for sheet in sheets)
            assert shown > 0.01
