"""What leaves the panel: clipboard, pages, files. Real films on the disk, so that DICOM can be made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dicom_judges import complaints, complaints_among
from gui.plugin.conftest import BERT, Desk, a_reading
from gui.plugin.fake_host import hanging
from gui.plugin.fake_host import study as study_of
from pydicom import dcmread
from PySide6.QtCore import QLocale, QMarginsF
from PySide6.QtGui import QGuiApplication, QPageSize
from PySide6.QtWidgets import QDialog

from inference.backend import DRAFT_MARK, Finished
from plugin.events import ReportEdited
from plugin.output.export_dialog import ExportDialog
from plugin.output.exporting import Written
from plugin.output.pages import paper_of
from plugin.output.part import NOTHING, OutputPart
from plugin.output.print_dialog import PrintDialog
from plugin.output.state import Copied, Exported, Printed
from plugin.review.state import FindingAccepted
from plugin.settings import PanelSettings
from plugin.signing.state import Signing
from plugin.signing.versions import make_version
from tests.factories import write_film
from viewer.api import Hanging
from viewer.core.reader import FilmReader
from viewer.core.study import Source
from viewer.writer import child, write
from viewer.writer.messages import unpacked


@pytest.fixture(scope="module")
def hung(tmp_path_factory) -> Hanging:
    """A study whose film lies on the disk. It is as small as the pixels that the fake host gives."""
    folder = tmp_path_factory.mktemp("films")
    path = write_film(folder / "pa.dcm", rows=16, columns=20, bits=8, study_uid="1.2.826.7", StudyID="7")
    with FilmReader() as reader:
        film = reader.open(Source(path))
    return hanging(study_of("1.2.826.7", film), patient_id=film.header.patient_id)


@pytest.fixture(autouse=True)
def quick(request, monkeypatch) -> None:
    """Make the objects in this process: the child takes a second. One test has the child make them."""
    if "with_the_child" not in request.fixturenames:
        monkeypatch.setattr(write, "_ask_child", lambda asked: unpacked(child.answer(asked)))


@pytest.fixture
def with_the_child() -> None:
    """As the program does."""


@pytest.fixture
def output_desk(qtbot, hung) -> Iterator[Desk]:
    made = Desk(qtbot, shown=hung)
    made.events = []
    made.controller.on_folded(lambda _key, _before, event, _after: made.events.append(event))
    yield made
    made.close()


@pytest.fixture
def desk(output_desk) -> Desk:
    """The heart is large, and a box says where."""
    run = output_desk.read()
    run.send(*a_reading(output_desk.image()), Finished({"report": "The heart is large."}))
    output_desk.wait(lambda: output_desk.status().startswith("Draft ready"))
    return output_desk


def act(desk: Desk, action_id: str) -> None:
    desk.host.actions[action_id].run()


def export_dialog(desk: Desk) -> ExportDialog:
    act(desk, "export_report")
    (dialog,) = [one for one in desk.panel.window().findChildren(ExportDialog) if one.isVisible()]
    return dialog


def export(desk: Desk, folder: Path, *kinds: str) -> ExportDialog:
    dialog = export_dialog(desk)
    for kind, box in dialog.boxes.items():
        box.setChecked(kind in kinds)
    dialog.folder.setText(str(folder))
    desk.press(dialog.export_button)
    return dialog


def exported(desk: Desk) -> list[Exported]:
    return [event for event in desk.events if isinstance(event, Exported)]


def pages(desk: Desk) -> PrintDialog:
    act(desk, "print_report")
    desk.wait(lambda: bool(desk.panel.window().findChildren(PrintDialog)))
    return desk.panel.window().findChildren(PrintDialog)[0]


# ── clipboard ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_copying_puts_marked_text_and_formatted_text_on_the_clipboard_and_tells_the_study(desk):
    desk.press(desk.panel.drafts.copy_button)

    data = QGuiApplication.clipboard().mimeData()
    assert data.text().startswith(DRAFT_MARK)
    assert data.text().rstrip().endswith(DRAFT_MARK)
    assert data.html().startswith(f"<p><b>{DRAFT_MARK}</b></p>")
    assert "The heart is large." in data.html()
    assert [event.status for event in desk.events if isinstance(event, Copied)] == ["draft"]


def test_before_there_is_anything_nothing_is_copied_and_nothing_is_noted(output_desk):
    QGuiApplication.clipboard().setText("of another program")

    for action in ("copy", "print_report", "export_report"):
        act(output_desk, action)

    assert QGuiApplication.clipboard().text() == "of another program"
    assert output_desk.host.messages[-3:] == [NOTHING] * 3
    assert not [event for event in output_desk.events if isinstance(event, Copied | Exported)]


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_files_are_written_listed_and_told_to_the_study(desk, tmp_path):
    dialog = export(desk, tmp_path, "text", "rtf", "pdf", "fhir", "dicom")

    desk.wait(lambda: bool(exported(desk)))
    (event,) = exported(desk)
    assert event.kinds == ("text", "rtf", "pdf", "fhir", "dicom")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == event.files == 8
    assert [name for name in names if not name.endswith(".dcm")] == [
        "report-AI-DRAFT.fhir.json",
        "report-AI-DRAFT.pdf",
        "report-AI-DRAFT.rtf",
        "report-AI-DRAFT.txt",
    ]
    assert all(name in dialog.said.text() for name in names)
    assert "Jane" not in "".join(names)


def test_the_dicom_files_belong_to_the_study_and_other_programs_find_no_fault(
    desk, tmp_path, hung, with_the_child
):
    export(desk, tmp_path, "dicom")

    desk.wait(lambda: bool(exported(desk)))
    paths = sorted(tmp_path.glob("*.dcm"))
    assert sorted(dcmread(path).Modality for path in paths) == ["DOC", "PR", "SR", "SR"]
    assert {dcmread(path).StudyInstanceUID for path in paths} == {"1.2.826.7"}
    assert [complaints(path) for path in paths] == [[]] * 4
    assert complaints_among([hung.current.films[0].source.path, *paths]) == []


def test_every_file_of_an_unsigned_reading_is_marked(desk, tmp_path):
    export(desk, tmp_path, "text", "pdf", "fhir", "dicom")

    desk.wait(lambda: bool(exported(desk)))
    assert (tmp_path / "report-AI-DRAFT.txt").read_text(encoding="utf-8").startswith(DRAFT_MARK)
    told = json.loads((tmp_path / "report-AI-DRAFT.fhir.json").read_text(encoding="utf-8"))
    assert told["entry"][0]["resource"]["status"] == "preliminary"
    assert told["entry"][0]["resource"]["conclusion"].startswith(DRAFT_MARK)
    assert (tmp_path / "report-AI-DRAFT.pdf").read_bytes().startswith(b"%PDF-")
    for path in tmp_path.glob("*.dcm"):
        assert dcmread(path).SeriesDescription.startswith("AI DRAFT - NOT REVIEWED")


def test_a_second_export_writes_over_nothing_and_names_the_first_as_its_predecessor(desk, tmp_path):
    dialog = export(desk, tmp_path, "text", "dicom")
    desk.wait(lambda: len(exported(desk)) == 1)
    dialog.close()
    first = {path.name for path in tmp_path.iterdir()}

    export(desk, tmp_path, "text", "dicom")
    desk.wait(lambda: len(exported(desk)) == 2)

    new = [path for path in tmp_path.iterdir() if path.name not in first]
    assert len(new) == len(first) == 5
    assert (tmp_path / "report-AI-DRAFT-2.txt").exists()
    followed = [
        item.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for path in new
        if path.suffix == ".dcm"
        for item in dcmread(path).get("PredecessorDocumentsSequence") or []
    ]
    assert len(followed) == 2
    assert {f"{uid}.dcm" for uid in followed} <= first


def test_a_refusal_names_the_attribute_and_leaves_the_folder_empty(desk, tmp_path, hung):
    path = hung.current.films[0].source.path
    kept = path.read_bytes()
    path.write_bytes(kept + b"\0\0")
    try:
        dialog = export(desk, tmp_path, "text", "pdf", "dicom")
        desk.wait(lambda: dialog.said.text().startswith("Not exported."))
    finally:
        path.write_bytes(kept)

    assert "has changed since it was opened" in dialog.said.text()
    assert list(tmp_path.iterdir()) == []
    assert exported(desk) == []


def test_pasted_text_with_odd_characters_leaves_in_every_form(desk, tmp_path):
    desk.controller.fold(ReportEdited("Heart\x07 large.\x00 Half a\ud83d character.\r\nSecond\x0bline."))
    export(desk, tmp_path, "text", "rtf", "pdf", "fhir", "dicom")

    desk.wait(lambda: bool(exported(desk)))
    text = (tmp_path / "report-AI-DRAFT.txt").read_text(encoding="utf-8")
    assert "Heart  large.  Half a\N{REPLACEMENT CHARACTER} character.\nSecond" in text
    assert "line." in text


def test_a_folder_that_is_not_there_is_said(desk, tmp_path):
    dialog = export(desk, tmp_path / "nowhere", "text")

    assert "There is no folder" in dialog.said.text()
    assert exported(desk) == []


def test_closing_the_dialog_stops_the_export_before_anything_is_written(desk, tmp_path):
    dialog = export(desk, tmp_path, "text", "pdf", "fhir", "dicom")
    tasks = desk.host.background

    dialog.close()

    desk.wait(lambda: tasks.running == 0)
    assert len(list(tmp_path.iterdir())) in {0, 7}  # all or none: it may have been quicker
    assert bool(list(tmp_path.iterdir())) == bool(exported(desk))


def test_the_wish_is_fixed_when_it_is_made_whatever_hangs_later(desk, tmp_path):
    dialog = export_dialog(desk)
    desk.host.hang(BERT)
    for kind, box in dialog.boxes.items():
        box.setChecked(kind == "text")
    dialog.folder.setText(str(tmp_path))
    desk.press(dialog.export_button)

    desk.wait(lambda: bool(exported(desk)))
    assert "The heart is large." in (tmp_path / "report-AI-DRAFT.txt").read_text(encoding="utf-8")
    assert "TEST-1" in (tmp_path / "report-AI-DRAFT.txt").read_text(encoding="utf-8")


def test_the_folder_and_the_choice_are_kept_and_nothing_else(desk, tmp_path):
    dialog = export(desk, tmp_path, "text")
    desk.wait(lambda: bool(exported(desk)))
    dialog.close()

    again = export_dialog(desk)

    assert again.folder.text() == str(tmp_path)
    assert again.chosen() == ["text"]
    assert set(desk.host.settings.kept) <= {"output.folder", "output.kinds", "output.installation_id"}


def test_a_picture_file_offers_no_dicom_and_says_why(qtbot):
    dialog = ExportDialog(None, "", ("text", "dicom"), DRAFT_MARK, can_be_dicom=False)
    qtbot.addWidget(dialog)

    assert not dialog.boxes["dicom"].isEnabled()
    assert "no patient and no study" in dialog.boxes["dicom"].toolTip()
    assert not dialog.export_button.isEnabled()  # no folder yet
    dialog.folder.setText("/tmp")
    assert dialog.export_button.isEnabled()
    dialog.boxes["text"].setChecked(False)
    assert not dialog.export_button.isEnabled()


def test_the_dialog_can_be_read_aloud_and_reached_by_keyboard(qtbot):
    from PySide6.QtCore import Qt

    dialog = ExportDialog(None, "", ("text",), DRAFT_MARK, can_be_dicom=True)
    qtbot.addWidget(dialog)

    assert DRAFT_MARK in dialog.mark_label.accessibleName()
    for widget in (*dialog.boxes.values(), dialog.folder, dialog.folder_button, dialog.export_button):
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert widget.accessibleName() or widget.text()
    dialog.show_written(Written((), (), ()))


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_pages_are_shown_before_they_are_saved_as_a_pdf(desk, tmp_path):
    dialog = pages(desk)
    (sheet,) = dialog.sheets

    assert DRAFT_MARK in dialog.said.text()
    assert sheet.accessibleName() == "Page 1 of 1"

    (part,) = desk.panel.findChildren(OutputPart)
    part.save_pdf(part._leaving(), (), tmp_path / "mine", dialog)
    desk.wait(lambda: dialog.said.text().startswith("Written"))
    assert (tmp_path / "mine.pdf").read_bytes().startswith(b"%PDF-")
    assert exported(desk)[0].kinds == ("pdf",)


def test_a_print_goes_to_the_printer_and_is_told_to_the_study(desk, tmp_path, monkeypatch):
    class Accepting:
        """Plays a reader who chooses a printer that prints into a file."""

        def __init__(self, printer, parent) -> None:
            printer.setOutputFileName(str(tmp_path / "printed.pdf"))

        def exec(self):
            return QDialog.DialogCode.Accepted

    monkeypatch.setattr("PySide6.QtPrintSupport.QPrintDialog", Accepting)
    dialog = pages(desk)

    desk.press(dialog.print_button)

    desk.wait(lambda: dialog.said.text() == "Sent to the printer.")
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF-")
    assert [(event.status, event.pages) for event in desk.events if isinstance(event, Printed)] == [
        ("draft", 1)
    ]


def test_the_pdf_is_saved_where_the_reader_says_under_a_name_without_theirs(desk, tmp_path, monkeypatch):
    proposed = []

    def ask(_parent, _title, path, _kinds):
        proposed.append(Path(path).name)
        return str(tmp_path / "kept.pdf"), ""

    monkeypatch.setattr("plugin.output.part.QFileDialog.getSaveFileName", ask)
    dialog = pages(desk)
    desk.press(dialog.file_button)

    desk.wait(lambda: dialog.said.text().startswith("Written: "))
    assert proposed == ["report-AI-DRAFT.pdf"]
    assert (tmp_path / "kept.pdf").exists()


def test_a_disk_that_refuses_is_said_and_nothing_is_noted(desk, tmp_path):
    dialog = pages(desk)
    (part,) = desk.panel.findChildren(OutputPart)

    part.save_pdf(part._leaving(), (), tmp_path / "nowhere" / "a.pdf", dialog)

    desk.wait(lambda: "could not be written" in dialog.said.text())
    assert exported(desk) == []


def test_paper_is_letter_where_people_use_it():
    english, german = QLocale.Language.English, QLocale.Language.German

    assert (
        paper_of(QLocale(english, QLocale.Country.UnitedStates)).pageSize().id()
        == QPageSize.PageSizeId.Letter
    )
    assert paper_of(QLocale(german, QLocale.Country.Germany)).pageSize().id() == QPageSize.PageSizeId.A4
    assert paper_of(QLocale(german, QLocale.Country.Germany)).margins() == QMarginsF(15, 15, 15, 15)


# ── signed, hidden ──────────────────────────────────────────────────────────────────────────────────────────────


def sign(desk: Desk) -> None:
    """Put a signature under the reading as it stands; how a reader signs is tested elsewhere."""
    desk.host.settings.set(
        "site", {"format": 1, "reader_name": "Lee^Young", "institution": "General Hospital"}
    )
    desk.controller.fold(FindingAccepted("f1", "2026-11-22T09:00:00.000Z"))
    version = make_version(desk.reading(), "Lee^Young", "2026-11-22T09:00:00.000Z", desk.controller.pack)
    signed = replace(desk.reading(), signing=Signing(versions=(version,)))
    desk.controller.adopt(desk.controller.key(), signed, over=True)


def test_a_signed_report_leaves_without_the_mark_verified_and_after_its_draft(desk, tmp_path):
    first = export(desk, tmp_path, "dicom")
    desk.wait(lambda: len(exported(desk)) == 1)
    first.close()
    drafts = {path.name for path in tmp_path.iterdir()}
    sign(desk)

    dialog = export(desk, tmp_path, "text", "pdf", "fhir", "dicom")
    desk.wait(lambda: len(exported(desk)) == 2)

    assert dialog.mark_label.text() == "Signed report."
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert DRAFT_MARK not in text
    assert "Electronically signed by Lee^Young, General Hospital" in text
    new = [dcmread(path) for path in tmp_path.glob("*.dcm") if path.name not in drafts]
    assert [complaints(Path(one.filename)) for one in new] == [[]] * 4
    assert not any("DRAFT" in one.SeriesDescription for one in new)
    (report,) = [one for one in new if "88.22" in one.SOPClassUID]
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("VERIFIED", "FINAL")
    assert str(report.VerifyingObserverSequence[0].VerifyingObserverName) == "Lee^Young"
    assert report.VerifyingObserverSequence[0].VerifyingOrganization == "General Hospital"
    followed = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert f"{followed.ReferencedSOPInstanceUID}.dcm" in drafts
    assert [event.status for event in exported(desk)] == ["draft", "signed"]


def test_what_the_ai_found_does_not_leave_before_it_was_shown(qtbot, hung, tmp_path):
    hidden = Desk(qtbot, PanelSettings(mode="second reader"), hung)
    hidden.events = []
    hidden.controller.on_folded(lambda _key, _before, event, _after: hidden.events.append(event))
    run = hidden.read()
    run.send(*a_reading(hidden.image()), Finished({"report": "The heart is large."}))
    hidden.wait(lambda: hidden.reading().is_complete)

    act(hidden, "export_report")
    assert hidden.host.messages[-1] == NOTHING
    hidden.controller.fold(ReportEdited("Clear lungs."))
    export(hidden, tmp_path, "text", "fhir")
    hidden.wait(lambda: bool(exported(hidden)))

    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert "Clear lungs." in written
    assert "large" not in written
    assert "cardiomegaly" not in written
    hidden.close()
