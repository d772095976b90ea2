"""The panel's way out: copy, print, save, export. Long work goes to a worker; every output is told to the study."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLocale, QMimeData, QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from plugin.desk import Desk
from plugin.output.composing import document_of
from plugin.output.document import ReportDocument
from plugin.output.export_dialog import ExportDialog
from plugin.output.exporting import ALL_KINDS, ExportWish, FileKind, Step, Written, export
from plugin.output.pages import paint_report, paper_of, pdf_bytes, preview_sheets
from plugin.output.pictures import FilmPicture, pictures_of
from plugin.output.print_dialog import PrintDialog
from plugin.output.state import Copied, Exported, Printed
from plugin.output.text import html_of, text_of
from plugin.report_panel import ReportPanel
from viewer.api import Action, BackgroundTask, Undo
from viewer.core.study import Film
from viewer.writer.errors import NotWritten
from viewer.writer.write import write_bytes_whole

log = logging.getLogger(__name__)

FOLDER, KINDS, INSTALLATION = "output.folder", "output.kinds", "output.installation_id"
NOTHING = "There is nothing to give away yet: no draft, no finding and no text of yours."
"""Said instead of writing an empty report."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """What leaves: fixed at the moment of the wish, whatever hangs later."""

    key: str
    document: ReportDocument
    films: tuple[Film, ...]
    priors: tuple[Film, ...]


class OutputPart(QObject):
    """Carries out what the reader wishes to take along."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk, self._panel = desk, panel
        self._tasks: list[BackgroundTask] = []
        self._copied = ""
        self.dialog: QDialog | None = None
        panel.copy_requested.connect(self.copy)

    # ── wishes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def copy(self) -> None:
        """The report as text and as formatted text to the clipboard."""
        leaving = self._leaving()
        if leaving is None:
            return
        data = QMimeData()
        self._copied = text_of(leaving.document, with_identity=False)
        data.setText(self._copied)
        data.setHtml(html_of(leaving.document, with_identity=False))
        QGuiApplication.clipboard().setMimeData(data)
        mark = leaving.document.mark
        self._desk.host.show_message(f"Copied, marked {mark}." if mark else "Copied the signed report.")
        self._desk.fold(Copied(self._desk.now(), leaving.document.status), leaving.key)

    def show_pages(self) -> None:
        """Paint the pages, then ask whether to print or to save them."""
        leaving = self._leaving()
        if leaving is None:
            return
        read_pixels = self._desk.host.read_pixels

        def make() -> tuple[tuple[FilmPicture, ...], list[QImage]]:
            pictures = pictures_of(leaving.document, leaving.films, read_pixels)
            return pictures, preview_sheets(leaving.document, pictures, paper_of(QLocale.system()))

        self._work(make, lambda made: self._show_print(leaving, *made), self._say)

    def show_export(self) -> None:
        """Ask which files, and where."""
        leaving = self._leaving()
        if leaving is None:
            return
        settings = self._desk.host.settings
        kept = settings.get(KINDS)
        kinds = tuple(kind for kind in ALL_KINDS if not isinstance(kept, list) or kind in kept)
        dialog = ExportDialog(
            self._window(),
            str(settings.get(FOLDER) or ""),
            kinds,
            leaving.document.mark,
            leaving.document.identity.is_verified,
        )
        dialog.export_requested.connect(lambda folder, chosen: self._export(leaving, dialog, folder, chosen))
        self._open(dialog)

    def _let_go_of_the_clipboard(self) -> None:
        """Leave the plain text only: data that Python made and Qt frees after Python's end crash the program's exit."""
        clipboard = QGuiApplication.clipboard()
        data = clipboard.mimeData()
        if self._copied and data is not None and data.hasHtml() and data.text() == self._copied:
            clipboard.setText(self._copied)

    def end(self) -> None:
        for task in self._tasks:
            task.stop()
        self._panel.copy_requested.disconnect(self.copy)
        self._let_go_of_the_clipboard()
        if self.dialog is not None:
            self.dialog.close()

    # ── printing ────────────────────────────────────────────────────────────────────────────────────────────────

    def _show_print(self, leaving: Leaving, pictures: tuple[FilmPicture, ...], sheets: list[QImage]) -> None:
        dialog = PrintDialog(self._window(), sheets, leaving.document.mark)
        dialog.print_requested.connect(lambda: self._ask_printer(leaving, pictures, dialog))
        dialog.file_requested.connect(lambda: self._ask_file(leaving, pictures, dialog))
        self._open(dialog)

    def _ask_printer(self, leaving: Leaving, pictures: tuple[FilmPicture, ...], dialog: PrintDialog) -> None:
        from PySide6.QtPrintSupport import (
            QPrintDialog,
            QPrinter,
        )  # loads the printing system: not at the start

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(paper_of(QLocale.system()))
        printer.setDocName("Sidelight")
        if QPrintDialog(printer, dialog).exec() == QDialog.DialogCode.Accepted:
            self._work(
                lambda: paint_report(printer, leaving.document, pictures, printer.resolution()),
                lambda pages: self._printed(leaving, pages, dialog),
                self._to(dialog, dialog.say),
            )

    def _printed(self, leaving: Leaving, pages: int, dialog: PrintDialog) -> None:
        self._desk.fold(Printed(self._desk.now(), leaving.document.status, pages), leaving.key)
        self._to(dialog, dialog.say)("Sent to the printer.")

    def _ask_file(self, leaving: Leaving, pictures: tuple[FilmPicture, ...], dialog: PrintDialog) -> None:
        folder = str(self._desk.host.settings.get(FOLDER) or Path.home())
        name, _ = QFileDialog.getSaveFileName(
            dialog, "Save as PDF", str(Path(folder) / _pdf_name(leaving.document)), "PDF (*.pdf)"
        )
        if name:
            self.save_pdf(leaving, pictures, Path(name), dialog)

    def save_pdf(
        self, leaving: Leaving, pictures: tuple[FilmPicture, ...], file: Path, dialog: PrintDialog
    ) -> None:
        """Write the pages into a PDF file, whole or not at all."""
        path = file if file.suffix else file.with_suffix(".pdf")

        def make() -> Path:
            write_bytes_whole(path, pdf_bytes(leaving.document, pictures, paper_of(QLocale.system())))
            return path

        def take(made: Path) -> None:
            self._desk.host.settings.set(FOLDER, str(made.parent))
            self._to(dialog, dialog.say)(f"Written: {made}")
            self._desk.fold(Exported(self._desk.now(), leaving.document.status, ("pdf",), 1), leaving.key)

        self._work(make, take, self._to(dialog, dialog.say))

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _export(self, leaving: Leaving, dialog: ExportDialog, folder: str, kinds: list[FileKind]) -> None:
        where = Path(folder).expanduser()
        if not where.is_dir():
            dialog.show_refusal(f"There is no folder {where}. Choose another one.")
            return
        settings = self._desk.host.settings
        settings.set(FOLDER, str(where))
        settings.set(KINDS, list(kinds))
        wish = ExportWish(
            document=leaving.document,
            films=leaving.films,
            priors=leaving.priors,
            kinds=tuple(kinds),
            folder=where,
            at=self._desk.now(),
            installation_id=self._installation(),
            predecessors=self._desk.reading(leaving.key).output.objects,
        )
        read_pixels = self._desk.host.read_pixels

        def work(is_stopped: Callable[[], bool]) -> Iterator[Step | Written]:
            yield from export(wish, read_pixels, is_stopped)

        def take(item: Step | Written) -> None:
            if isinstance(item, Step):
                if self.dialog is dialog:
                    dialog.show_step(item)
                return
            if self.dialog is dialog:
                dialog.show_written(item)
            self._desk.fold(
                Exported(wish.at, leaving.document.status, item.kinds, len(item.files), item.objects),
                leaving.key,
            )

        task = self._start(work, take, self._to(dialog, dialog.show_refusal))
        dialog.stop_requested.connect(task.stop)

    def _installation(self) -> str:
        """This installation's number, kept (Device Serial Number (0018,1000))."""
        settings = self._desk.host.settings
        if not settings.get(INSTALLATION):
            settings.set(INSTALLATION, uuid.uuid4().hex)
        return str(settings.get(INSTALLATION))

    # ── what all of them need ───────────────────────────────────────────────────────────────────────────────────

    def _leaving(self) -> Leaving | None:
        """What the reader may see of the study on screen, or None where there is nothing to give away."""
        shown, hanging = self._desk.shown(), self._desk.hanging()
        if hanging.current is None or not (shown.has_text or shown.findings):
            self._say(NOTHING)
            return None
        priors = hanging.prior.films if hanging.prior else ()
        document = document_of(shown, hanging, self._desk.pack, self._desk.site)
        return Leaving(self._desk.key(), document, hanging.current.films, priors)

    def _work(self, make: Callable[[], Any], take: Callable[[Any], None], say: Callable[[str], None]) -> None:
        def work(is_stopped: Callable[[], bool]) -> Iterator[Any]:
            if not is_stopped():
                yield make()

        self._start(work, take, say)

    def _start(
        self,
        work: Callable[[Callable[[], bool]], Iterator[Any]],
        take: Callable[[Any], None],
        say: Callable[[str], None],
    ) -> BackgroundTask:
        def ended(error: BaseException | None) -> None:
            self._tasks.remove(task)
            if isinstance(error, NotWritten):
                say(error.reason)
            elif error is not None:
                log.warning("an output ended with %s", type(error).__name__)  # its message may hold a path
                say(f"It could not be made ({type(error).__name__}). Nothing was written.")

        task = self._desk.host.run_in_background(work, take, ended)
        self._tasks.append(task)
        return task

    def _to(self, dialog: QDialog, say: Callable[[str], None]) -> Callable[[str], None]:
        """Say it in the dialog while it is there, in the status bar once the reader has closed it."""
        return lambda text: say(text) if self.dialog is dialog else self._say(text)

    def _open(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(lambda _: self._forget(dialog))
        dialog.open()

    def _forget(self, dialog: QDialog) -> None:
        if self.dialog is dialog:
            self.dialog = None

    def _say(self, text: str) -> None:
        self._desk.host.show_message(text)

    def _window(self) -> QWidget:
        return self._panel.window()


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Bring the outputs' actions and take them away again."""
    part = OutputPart(desk, panel)
    undos = [
        desk.host.add_action(action)
        for action in (
            Action("copy", "Copy the report", part.copy, "Ctrl+Shift+C"),
            Action("print_report", "Print or save as PDF…", part.show_pages, "Ctrl+Shift+P"),
            Action("export_report", "Export files…", part.show_export, "Ctrl+Shift+E"),
        )
    ]

    def undo() -> None:
        part.end()
        for take_back in undos:
            take_back()

    return undo


def _pdf_name(document: ReportDocument) -> str:
    day = document.study.study_date
    parts = ("report", day.isoformat() if day else "", "AI-DRAFT" if document.mark else "")
    return "-".join(part for part in parts if part) + ".pdf"
