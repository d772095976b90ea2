"""Prints what hangs: a preview of the sheets, then a printer or a PDF file. Painting happens in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QRectF
from PySide6.QtGui import QImage, QPagedPaintDevice, QPainter, QPdfWriter
from PySide6.QtWidgets import QDialog, QFileDialog

from viewer.core.language import tr
from viewer.core.measure.annotation import FilmMarks, film_spacing
from viewer.core.measure.spacing import Spacing
from viewer.ui import wording
from viewer.ui.output.export import FOLDER, program_version
from viewer.ui.output.names import picture_name
from viewer.ui.output.page import LAYOUT, Page, page_of, paint_page
from viewer.ui.output.print_preview import PrintPreview
from viewer.ui.output.saying import work_and_say
from viewer.ui.output.view_picture import ViewCopy, copy_of
from viewer.ui.tools.controller import Tools
from viewer.writer.errors import NotWritten
from viewer.writer.write import write_bytes_whole

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

PREVIEW_DPI = 110
PDF_DPI = 300


class Printing:
    """The action `print_view` of a window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def print_view(self) -> None:
        """Show the sheets of all films on screen; from there to a printer or into a file."""
        copies = self._copies()
        if not copies:
            self._window.show_message(tr("There is no film on screen to print."))
            return
        made_by = f"Sidelight {program_version()}"
        spacings = [self._spacing(copy) for copy in copies]

        def make() -> tuple[list[Page], list[QImage]]:
            pairs = zip(copies, spacings, strict=True)
            return _sheets([page_of(copy, spacing, made_by) for copy, spacing in pairs])

        self._work(make, self._show_preview)

    def save_pdf(self, pages: Sequence[Page], file: Path) -> None:
        """Write the sheets into a PDF file, whole or not at all."""

        def write() -> Path:
            write_bytes_whole(file, pdf_bytes(pages))
            return file

        self._work(write, lambda done: self._window.show_message(tr("Written: {file}", file=done)))

    def _copies(self) -> list[ViewCopy]:
        films = self._window.films
        shown = [viewport for viewport in films.viewports if viewport.isVisible()]
        copies = [copy for viewport in shown if (copy := copy_of(viewport)) is not None]
        return [copy for copy in copies if not copy.state.is_stand_in]

    def _spacing(self, copy: ViewCopy) -> Spacing:
        """The reader's own calibration first, where there is one."""
        assert copy.state.slot is not None
        film = copy.state.slot.film
        tools = next((part for part in self._window.features if isinstance(part, Tools)), None)
        return film_spacing(film.header, tools.book.marks_of(film.key) if tools else FilmMarks())

    def _show_preview(self, made: tuple[list[Page], list[QImage]]) -> None:
        pages, sheets = made
        preview = PrintPreview(self._window, sheets)
        preview.printing_wished.connect(lambda: self._ask_printer(pages, preview))
        preview.file_wished.connect(lambda: self._ask_file(pages, preview))
        preview.open()

    def _ask_printer(self, pages: Sequence[Page], preview: PrintPreview) -> None:
        from PySide6.QtPrintSupport import (
            QPrintDialog,
            QPrinter,
        )  # it loads the printing system: not at the start

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(LAYOUT)
        printer.setDocName("Sidelight")
        if QPrintDialog(printer, preview).exec() == QDialog.DialogCode.Accepted:
            self._work(
                lambda: paint_pages(printer, pages),
                lambda _: self._window.show_message(tr("Sent to the printer.")),
            )
            preview.accept()

    def _ask_file(self, pages: Sequence[Page], preview: PrintPreview) -> None:
        films = self._window.films
        header = films.slots[films.active].film.header
        proposed = Path(picture_name(header, is_masked=films.is_masked)).with_suffix(".pdf")
        folder = Path(self._window.settings.text(FOLDER))
        name, _ = QFileDialog.getSaveFileName(
            preview, tr("Save as PDF"), str(folder / proposed), "PDF (*.pdf)"
        )
        if name:
            path = Path(name)
            self._window.settings.set(FOLDER, str(path.parent))
            self.save_pdf(pages, path if path.suffix else path.with_suffix(".pdf"))
            preview.accept()

    def _work(self, make: Callable[[], object], take: Callable[..., None]) -> None:
        work_and_say(self._window, make, take, lambda error: tr("Printing failed: {error}.", error=error))


def pdf_bytes(pages: Sequence[Page]) -> bytes:
    """The sheets as a PDF file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(PDF_DPI)
    writer.setPageLayout(LAYOUT)
    writer.setCreator("Sidelight")
    writer.setTitle(wording.RESEARCH_USE)  # no name: titles show up in file lists
    paint_pages(writer, pages)
    return bytes(buffer.data().data())


def paint_pages(device: QPagedPaintDevice, pages: Sequence[Page]) -> bool:
    """Paint one sheet after the other.

    Raises:
        NotWritten: The printer does not take them.
    """
    painter = QPainter()
    if not painter.begin(device):
        raise NotWritten(tr("The printer does not answer. Choose another one, or save a PDF file."))
    try:
        for number, page in enumerate(pages, start=1):
            if number > 1 and not device.newPage():
                raise NotWritten(tr("The printer refused page {number}.", number=number))
            paint_page(painter, QRectF(0, 0, device.width(), device.height()), page, number, len(pages))
    finally:
        painter.end()
    return True


def _sheets(pages: list[Page]) -> tuple[list[Page], list[QImage]]:
    """The pages, and how they will look on white paper."""
    sheets = []
    for number, page in enumerate(pages, start=1):
        whole, area = LAYOUT.fullRectPixels(PREVIEW_DPI), LAYOUT.paintRectPixels(PREVIEW_DPI)
        sheet = QImage(whole.size(), QImage.Format.Format_RGB32)
        sheet.setDotsPerMeterX(round(PREVIEW_DPI / 0.0254))
        sheet.setDotsPerMeterY(round(PREVIEW_DPI / 0.0254))
        sheet.fill("white")
        painter = QPainter(sheet)
        paint_page(painter, QRectF(area), page, number, len(pages))
        painter.end()
        sheets.append(sheet)
    return pages, sheets
