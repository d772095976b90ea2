"""The audit log's window: is it as it was written, what happened to this study, and a copy for somebody else."""

from __future__ import annotations

import pytest
from gui.plugin.conftest import BERT, Desk
from gui.plugin.test_records import open_desk, whats, write
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from plugin.records import audit_viewing
from plugin.records.audit_check import verify
from plugin.records.audit_dialog import AuditDialog
from plugin.records.audit_files import audit_folder, log_files

__all__ = ["open_desk"]


@pytest.fixture
def desk(open_desk):
    """Anna was written about, Bert was looked at, Anna is on screen again."""
    made = open_desk()
    write(made, "Clear.")
    for shown in (BERT, made.host.shown):
        made.host.hang(shown)
    made.wait(lambda: whats().count("study_opened") == 3)
    return made


def open_log(desk: Desk) -> AuditDialog:
    desk.host.actions["audit_log"].run()
    dialog = desk.panel.findChild(AuditDialog)
    desk.wait(lambda: "Checking" not in dialog.verdict_label.text())
    return dialog


def column(dialog: AuditDialog, name: str) -> list[str]:
    rows = dialog.table.rows
    place = [
        rows.headerData(number, Qt.Orientation.Horizontal) for number in range(rows.columnCount())
    ].index(name)
    return [rows.index(row, place).data() for row in range(rows.rowCount())]


def test_the_log_shows_the_newest_line_first_and_that_the_chain_is_intact(desk):
    dialog = open_log(desk)

    assert dialog.verdict_label.text() == "✓ 6 lines, chain intact"
    assert column(dialog, "No.") == ["6", "5", "4", "3", "2", "1"]
    assert column(dialog, "What")[-1] == "Study opened"
    assert not dialog.faults.isVisible()


def test_a_changed_line_is_named_at_the_top(desk):
    (file,) = log_files(audit_folder())
    file.write_bytes(file.read_bytes().replace(b'"length":1', b'"length":7'))
    dialog = open_log(desk)

    assert dialog.verdict_label.text().startswith("⚠ 6 lines, NOT AS WRITTEN at 1 place.")
    assert dialog.verdict_label.property("is_broken") is True
    assert "was changed: its content does not have its hash" in dialog.faults.toPlainText()
    assert dialog.faults.isVisible()
    assert not dialog.head_button.isEnabled()
    assert len(column(dialog, "No.")) == 5


def test_the_lines_of_one_kind_of_this_study_or_with_a_word_are_found(desk):
    dialog = open_log(desk)
    dialog.this_study.setChecked(True)
    assert set(column(dialog, "Study")) == {"1.2.1"}
    dialog.kind.setCurrentIndex(dialog.kind.findText("Study opened"))
    assert column(dialog, "What") == ["Study opened", "Study opened"]
    assert dialog.count_label.text() == "2 of 6 lines"
    dialog.this_study.setChecked(False)
    dialog.kind.setCurrentIndex(0)
    QTest.keyClicks(dialog.search, "first edited")
    desk.wait(lambda: column(dialog, "What") == ["Text first edited"])


def test_a_row_tells_all_of_itself_to_the_mouse_and_to_a_screen_reader(desk):
    dialog = open_log(desk)
    index = dialog.table.rows.index(0, 0)

    assert "Hash " in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "Study 1.2.1" in index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert index.data(Qt.ItemDataRole.FontRole) is None
    assert dialog.table.rows.rowCount(index) == dialog.table.rows.columnCount(index) == 0


def test_the_chosen_line_is_shown_whole_also_by_the_keyboard(desk):
    dialog = open_log(desk)
    assert not dialog.whole.isVisible()
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    assert dialog.whole.isVisible()
    assert "Hash " in dialog.whole.toPlainText()
    dialog.kind.setCurrentIndex(1)
    assert not dialog.whole.isVisible()


def test_the_chains_end_is_copied_to_be_written_down(desk):
    dialog = open_log(desk)
    desk.press(dialog.head_button)

    assert QGuiApplication.clipboard().text() == verify().head.text


@pytest.mark.parametrize(("name", "first"), [("copy.jsonl", b'{"at"'), ("table.csv", b"n,at,who")])
def test_the_log_is_exported_by_the_name_of_the_file(desk, tmp_path, monkeypatch, name, first):
    (tmp_path / name).write_text("an older copy")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), ""))
    dialog = open_log(desk)
    desk.press(dialog.export_button)
    desk.wait(lambda: any("The audit log was written to" in said for said in desk.host.messages))

    assert (tmp_path / name).read_bytes().startswith(first)
    assert desk.host.messages[-1] == f"The audit log was written to {name}: 6 lines, chain intact."


def test_a_reader_who_names_no_file_gets_none(desk, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    dialog = open_log(desk)
    desk.press(dialog.export_button)

    assert desk.host.background.running == 0


def test_a_copy_that_cannot_be_written_is_told(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "gone" / "copy"), ""))
    dialog = open_log(desk)
    desk.press(dialog.export_button)
    desk.wait(
        lambda: dialog.verdict_label.text().startswith("The audit log can't be read or copied (No such file")
    )


def test_of_a_very_long_log_the_newest_lines_are_shown_and_where_the_others_are(desk, monkeypatch):
    monkeypatch.setattr(audit_viewing, "MOST_SHOWN", 2)
    dialog = open_log(desk)

    assert column(dialog, "No.") == ["6", "5"]
    assert dialog.count_label.text() == "2 lines; older ones: sidelight audit show"
    assert dialog.verdict_label.text() == "✓ 6 lines, chain intact"


def test_the_log_opens_once_and_closes_with_its_window(desk):
    dialog = open_log(desk)
    desk.host.actions["audit_log"].run()
    assert desk.panel.findChildren(AuditDialog) == [dialog]
    desk.press(dialog.buttons.button(QDialogButtonBox.StandardButton.Close))
    desk.wait(lambda: not desk.panel.findChildren(AuditDialog))
    open_log(desk)
    desk.close()


def test_the_log_of_an_empty_window_has_no_study_to_choose(open_desk):
    desk = open_desk()
    desk.host.hang(type(desk.host.shown)())
    dialog = open_log(desk)

    assert not dialog.this_study.isVisible()
