"""The panel in the real window: its keys, its boxes on real viewports, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from gui.plugin.conftest import a_reading
from gui.plugin.scripted_backend import ScriptedDoor
from gui.viewer.conftest import Desk as WindowDesk
from gui.viewer.conftest import MemoryReader, ScriptedScan
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from inference.backend import Box, Change, Finding, Finished, PriorChosen, TextDelta
from plugin.activation import install
from plugin.controller import Controller
from plugin.output.export_dialog import ExportDialog
from plugin.report_panel import ReportPanel
from plugin.settings import PanelSettings
from plugin.signing.part import SigningPart
from plugin.site.settings import SiteSettings, keep
from tests.factories_ui import description, film, ramp
from viewer.app import make_application
from viewer.ui.host import PluginHost

OLD = film("old", study_date=date(2024, 1, 1), pixels=description(56, 50))
NEW = film("new", study_date=date(2024, 3, 1))


class Room(WindowDesk):
    """The window with the panel in it."""

    SETTINGS = PanelSettings(mode="concurrent")

    def __init__(self, qtbot, scan: ScriptedScan) -> None:
        super().__init__(qtbot, MemoryReader(), scan)
        self.door = ScriptedDoor()
        self.host = PluginHost(self.window, "Reading")
        self.undo = install(self.host, self.door, self.SETTINGS)
        self.window.closing.connect(self.undo)
        self.panel = self.window.findChild(ReportPanel)
        self.reader.films[OLD.key] = ramp(56, 50)
        self.window.activateWindow()

    def read(self) -> None:
        """A whole reading of what hangs: a large heart, boxed."""
        self.panel.run_bar.read_button.click()
        self.wait(lambda: self.door.runs)
        (current, *_) = self.door.studies["study 1.0"].films
        self.door.runs[0].send(*a_reading(current.image_sha256), Finished())
        self.wait(lambda: self.panel.run_bar.status_label.text().startswith("Draft ready"))

    def marks(self):
        return self.viewport(NEW).state.marks


class WindowWatch(QObject):
    """Notes every widget that is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.names.append(repr(watched))
        return False


@pytest.fixture
def room(qapp, qtbot, monkeypatch) -> Iterator[Room]:
    make_application()
    scan = ScriptedScan()
    monkeypatch.setattr("viewer.ui.light_box.scan", scan)
    made = Room(qtbot, scan)
    yield made
    scan.end()
    made.window.close()


def test_the_hung_films_are_read_and_the_box_lies_on_its_film(room):
    room.drop(OLD, NEW)
    room.read()

    assert [told.role for told in room.door.studies["study 1.0"].films] == ["current", "prior"]
    assert [mark.xyxy for mark in room.marks()] == [(2.0, 3.0, 9.0, 11.0)]
    assert room.viewport(OLD).state.marks == ()
    assert "AI DRAFT – NOT REVIEWED" in room.window.films.banners.texts()


def test_a_click_on_the_box_on_the_film_selects_its_finding(room):
    room.drop(OLD, NEW)
    room.read()

    room.click(NEW, x=5, y=7)

    assert room.panel.findings.row_of("f1").isChecked()
    assert room.marks()[0].is_highlighted


def test_a_change_since_the_prior_is_lit_on_both_films_at_once(room):
    room.drop(OLD, NEW)
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.door.runs)
    now, old = (told.image_sha256 for told in room.door.studies["study 1.0"].films)
    room.door.runs[0].send(PriorChosen((old,), 60, 0, "", "given"), *a_reading(now), Finished())
    room.wait(lambda: len(room.door.runs) == 2)
    then = Finding("f1", "cardiomegaly", "present", 0.4, False, old)
    since = Finding("f2", "cardiomegaly", "present", 0.8, False, now)
    told = (then, since, Box("b1", old, (4.0, 4.0, 9.0, 9.0), "f1"))
    change = Change("cardiomegaly", "larger", "f1", "f2", "the model's certainty")
    room.door.runs[1].send(*told, change, Finished())
    room.wait(lambda: room.panel.prior.rows)

    room.panel.prior.rows[0].click()

    for hung, xyxy in ((NEW, (2.0, 3.0, 9.0, 11.0)), (OLD, (4.0, 4.0, 9.0, 9.0))):
        assert [mark.xyxy for mark in room.viewport(hung).state.marks if mark.is_highlighted] == [xyxy]


def test_the_keys_b_and_j_work_over_the_films(room):
    room.drop(OLD, NEW)
    room.read()
    room.viewport(NEW).setFocus()

    room.press(Qt.Key.Key_J)
    room.wait(lambda: room.panel.findings.row_of("f1").isChecked())
    room.press(Qt.Key.Key_B)
    room.wait(lambda: room.marks() == ())


def test_a_streaming_reading_opens_no_window_and_takes_no_focus(room, qapp):
    opened = WindowWatch()
    qapp.installEventFilter(opened)
    room.drop(NEW)
    room.viewport(NEW).setFocus()
    room.read()
    qapp.removeEventFilter(opened)

    assert opened.names == []
    assert room.viewport(NEW).hasFocus()


def test_no_key_of_the_panel_is_taken_by_the_viewer(room):
    keys = {action.text(): action.shortcut().toString() for action in room.window.menus["AI"].actions()}

    proposed = {
        "Read this study": "Ctrl+R",
        "Stop reading": "Ctrl+.",
        "Next finding": "J",
        "Previous finding": "Shift+J",
        "I have read it / accept the finding": "Return",
        "Reject the finding": "Backspace",
        "Hide or show AI results": "Shift+B",
        "Boxes on or off": "B",
        "Edit the finding, or the draft": "E",
        "Write in the report": "Shift+E",
        "Copy the report": "Ctrl+Shift+C",
        "Sign…": "Ctrl+Return",
        "Confirm the signature": "Ctrl+Shift+S",
        "What is this? (mark a box)": "Shift+W",
        "Ask about these films": "/",
        "Insert into the report…": "Ctrl+Shift+I",
        "New wording for this sentence": "Ctrl+Shift+W",
        "New wording for the impression": "",
        "Next field of the report": "Ctrl+Shift+F",
    }
    assert proposed.items() <= keys.items()


def test_typing_into_the_draft_types_and_presses_no_shortcut(room):
    room.drop(NEW)
    room.read()
    editor = room.panel.drafts.report
    editor.setFocus()
    editor.selectAll()

    room.qtbot.keyClicks(editor, "big jet, heart if l m w r p x z")

    assert editor.toPlainText() == "big jet, heart if l m w r p x z"
    assert len(room.marks()) == 1


def test_typing_while_the_model_writes_neither_turns_a_film_nor_gets_lost_in_silence(room):
    room.drop(NEW)
    before = room.view(NEW)
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.door.runs)
    run = room.door.runs[0]
    run.send(TextDelta("The heart "))
    editor = room.panel.drafts.report
    room.wait(lambda: editor.isReadOnly() and editor.toPlainText() == "The heart ")
    editor.setFocus()

    room.qtbot.keyClicks(editor, "my own words, d h r i 5")
    room.qtbot.keyClick(editor, Qt.Key.Key_Space)

    assert room.view(NEW) == before
    assert editor.toPlainText() == "The heart "
    assert "still writing" in room.window.status_line.text()
    run.send(TextDelta("is large."), Finished())
    room.wait(lambda: not editor.isReadOnly())
    room.qtbot.keyClicks(editor, "h")
    assert "h" in editor.toPlainText()


def test_the_reader_may_begin_to_write_before_the_model_does(room):
    room.drop(NEW)
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.door.runs)
    editor = room.panel.drafts.report
    editor.setFocus()
    room.qtbot.keyClicks(editor, "mine")
    room.door.runs[0].send(TextDelta("The heart is large."), Finished({"report": "The heart is large."}))

    room.wait(room.panel.drafts.new_draft_button.isVisible)
    assert editor.toPlainText() == "mine"


def drop_files_on(widget: QWidget) -> None:
    """As Qt does it: who does not want the files is passed over for the widget around it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/films/Doe_Jane")])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    no_key = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QDragEnterEvent(QPoint(5, 5), action, data, button, no_key))
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), action, data, button, no_key))


def test_files_dropped_on_a_text_are_films_for_the_window_and_no_words(room, monkeypatch):
    """A path may hold a patient's name, and stood in the impression."""
    room.drop(NEW)
    opened = []
    monkeypatch.setattr(room.window, "open", opened.append)
    report, impression = room.panel.drafts.report, room.panel.drafts.impression
    lines = (room.panel.questions.field, room.window.studies.search)

    for number, target in enumerate((report.viewport(), impression.viewport(), *lines), start=1):
        drop_files_on(target)
        assert len(opened) == number

    assert report.toPlainText() == impression.toPlainText() == ""
    assert [line.text() for line in lines] == ["", ""]


@pytest.mark.parametrize("where", ["question", "draft", "search"])
def test_esc_gives_the_keys_back_from_any_text_to_the_films(room, where):
    room.drop(NEW)
    room.read()
    text = {
        "question": room.panel.questions.field,
        "draft": room.panel.drafts.report,
        "search": room.window.studies.search,
    }[where]
    text.setFocus()
    room.wait(text.hasFocus)

    room.qtbot.keyClick(text, Qt.Key.Key_Escape)
    room.wait(room.viewport(NEW).hasFocus)
    room.qtbot.keyClick(room.window.focusWidget(), Qt.Key.Key_I)

    assert room.view(NEW).is_inverted


def test_esc_leaves_a_text_also_where_nothing_hangs(room):
    search = room.window.studies.search
    search.setFocus()
    room.wait(search.hasFocus)

    room.qtbot.keyClick(search, Qt.Key.Key_Escape)

    assert not search.hasFocus()


def test_e_puts_the_cursor_into_the_draft(room):
    room.drop(NEW)
    room.viewport(NEW).setFocus()

    room.press(Qt.Key.Key_E)

    room.wait(room.panel.drafts.report.hasFocus)


def test_another_study_takes_the_boxes_and_the_draft_off_the_screen(room):
    other = film("other", patient_id="P2", patient_name="Someone^Else")
    room.drop(NEW)
    room.read()
    assert room.panel.drafts.report.toPlainText()

    room.drop(NEW, other)
    room.window.light_box.choose_film(other.key)
    room.wait(lambda: other in room.on_screen())

    assert room.panel.drafts.report.toPlainText() == ""
    assert room.viewport(other).state.marks == ()


def test_closing_the_window_during_a_reading_ends_it_quietly(room):
    room.drop(NEW)
    room.panel.run_bar.read_button.click()
    room.wait(lambda: room.door.runs)
    room.door.runs[0].send(TextDelta("The heart "))

    room.window.close()

    assert room.door.stops == 1
    assert room.window.background.running == 0


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def written(room: Room) -> SigningPart:
    """A clean report of what hangs, with the cursor in it, and a clock that the test may put on."""
    room.drop(NEW)
    part: SigningPart = room.panel.findChild(SigningPart)
    part.clock = lambda: 0.0
    keep(room.host.settings, SiteSettings(mode="concurrent", reader_name="Dr. Reader"))
    for editor, text in (
        (room.panel.drafts.report, "Clear lungs."),
        (room.panel.drafts.impression, "Normal."),
    ):
        editor.setFocus()
        room.wait(editor.hasFocus)
        room.qtbot.keyClicks(editor, text)
    return part


def versions(room: Room):
    return room.panel.findChild(Controller).reading().signing.versions


def test_a_report_is_signed_out_of_the_text_by_two_keys_and_no_line_is_broken(room):
    part = written(room)
    room.qtbot.keyClick(room.panel.drafts.impression, Qt.Key.Key_Return, CTRL)
    room.wait(room.panel.sign_sheet.confirm_button.isVisible)
    part.clock = lambda: 10.0

    room.press(Qt.Key.Key_S, CTRL | SHIFT)

    room.wait(lambda: len(versions(room)) == 1)
    assert versions(room)[0].impression == "Normal."
    assert room.host.study_state(NEW.header.study_instance_uid) == "signed"
    assert "AI DRAFT – NOT REVIEWED" not in room.window.films.banners.texts()


def test_ctrl_enter_held_down_or_pressed_again_signs_nothing(room):
    part = written(room)
    for seconds in range(6):
        part.clock = lambda now=float(10 * seconds): now
        room.qtbot.keyClick(room.window.focusWidget(), Qt.Key.Key_Return, CTRL)

    assert versions(room) == ()
    assert "The same key again signs nothing" in room.window.status_line.text()


def test_enter_and_space_on_the_sheet_that_has_just_come_up_sign_nothing(room):
    """Who hits a key by habit after asking is not on the button that confirms."""
    part = written(room)
    room.qtbot.keyClick(room.panel.drafts.impression, Qt.Key.Key_Return, CTRL)
    room.wait(room.panel.sign_sheet.heading.hasFocus)
    part.clock = lambda: 10.0

    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        room.qtbot.keyClick(room.window.focusWidget(), key)

    assert versions(room) == ()


def test_the_keys_of_the_outputs_reach_them_in_the_window(room, tmp_path):
    room.drop(NEW)
    room.read()
    room.press(Qt.Key.Key_C, CTRL | SHIFT)
    assert QApplication.clipboard().text().startswith("AI DRAFT – NOT REVIEWED")

    room.press(Qt.Key.Key_E, CTRL | SHIFT)
    (dialog,) = room.window.findChildren(ExportDialog)
    for kind, box in dialog.boxes.items():
        box.setChecked(kind == "text")
    dialog.folder.setText(str(tmp_path))
    dialog.export_button.click()
    room.wait(lambda: dialog.said.text().startswith("Written into"))
    assert [path.name for path in tmp_path.iterdir()] == ["report-2024-03-01-AI-DRAFT.txt"]
    dialog.close()
