"""The dashboard as a site sees it."""

from __future__ import annotations

import pytest
from factories.audit_year import audit_year, write_audit
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QToolTip

from plugin.dashboard import part as dashboard_part
from plugin.dashboard.dialog import EMPTY, Dashboard
from plugin.records.audit_files import audit_folder


@pytest.fixture
def year(desk):
    """The desk of a site that has worked for a year."""
    write_audit(audit_folder(), audit_year(700))
    return desk


def opened(desk) -> Dashboard:
    desk.host.actions["dashboard"].run()
    (dialog,) = desk.panel.findChildren(Dashboard)
    desk.wait(lambda: dialog.numbers is not None or "can't be read" in dialog.note.text())
    return dialog


def test_a_year_of_lines_becomes_tiles_charts_and_tables(year):
    dialog = opened(year)

    assert dialog.tiles[0].value.text() == "700"
    assert dialog.tiles[1].value.text().endswith(" %")
    assert dialog.pages.isVisible()
    assert not dialog.progress.isVisible()
    findings = dialog.tables[0]
    assert findings.item(findings.rowCount() - 1, 0).text() == "all findings"
    dialog.reject()


def test_without_any_line_the_window_says_how_numbers_come_about(desk):
    dialog = opened(desk)

    assert dialog.note.text() == EMPTY
    assert not dialog.pages.isVisible()
    assert not dialog.csv_button.isEnabled()
    dialog.reject()


def test_the_exact_numbers_stand_under_the_mouse(year):
    dialog = opened(year)
    dialog.bars.grab()  # paints

    spot = next(one for one in dialog.bars.spots if "accepted" in one.text)
    where = spot.where.center().toPoint()
    assert dialog.bars.spot_at(where.x(), where.y()) == spot.text
    assert dialog.bars.spot_at(-5, -5) == ""

    QApplication.sendEvent(
        dialog.bars, QHelpEvent(QHelpEvent.Type.ToolTip, where, dialog.bars.mapToGlobal(QPoint(where)))
    )
    assert QToolTip.text() == spot.text
    QToolTip.hideText()
    dialog.reject()


def test_weeks_and_times_can_be_looked_up_as_well(year):
    dialog = opened(year)
    for chart in (dialog.acceptance, dialog.edits, dialog.times):
        chart.resize(640, chart.height())
        chart.grab()

    assert any("2026-W" in one.text for one in dialog.edits.spots)
    assert any("half between" in one.text for one in dialog.times.spots)
    assert all(
        chart.accessibleName() for chart in (dialog.bars, dialog.acceptance, dialog.edits, dialog.times)
    )
    dialog.reject()


def test_the_numbers_are_exported_without_any_name(year, tmp_path, monkeypatch):
    file = tmp_path / "numbers.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    dialog = opened(year)

    year.press(dialog.csv_button)
    year.wait(lambda: any("numbers.csv" in text for text in year.host.messages))

    text = file.read_text(encoding="utf-8")
    assert text.startswith("Findings\nFinding,Accepted")
    assert "2.25." not in text
    dialog.reject()


def test_the_page_on_screen_is_exported_whole_as_a_picture(year, tmp_path, monkeypatch):
    file = tmp_path / "page.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    dialog = opened(year)
    dialog.pages.setCurrentIndex(1)

    year.press(dialog.picture_button)
    year.wait(lambda: any("page.png" in text for text in year.host.messages))

    assert QImage(str(file)).height() >= dialog.acceptance.height() + dialog.edits.height()
    dialog.reject()


def test_a_file_that_can_not_be_written_is_said(year, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "a.csv"), ""))
    dialog = opened(year)

    year.press(dialog.csv_button)
    year.wait(lambda: any("could not be written" in text for text in year.host.messages))
    dialog.reject()


def test_a_log_that_can_not_be_read_is_said(desk, monkeypatch):
    def fails(_):
        raise PermissionError(13, "Permission denied")
        yield

    monkeypatch.setattr(dashboard_part, "_read", fails)
    dialog = opened(desk)

    assert "Permission denied" in dialog.note.text()
    assert not dialog.progress.isVisible()
    dialog.reject()


def test_opening_it_twice_shows_one_window_and_closing_forgets_it(year):
    dialog = opened(year)
    year.host.actions["dashboard"].run()
    assert len(year.panel.findChildren(Dashboard)) == 1

    dialog.reject()
    year.wait(lambda: year.panel.findChildren(Dashboard) == [])
    opened(year).reject()


def test_progress_is_shown_while_a_long_log_is_read(desk):
    dialog = Dashboard(desk.panel)
    dialog.show_progress(300 * 1024, 900 * 1024)

    assert (dialog.progress.value(), dialog.progress.maximum()) == (300, 900)
    dialog.reject()
