"""Carries out the export of a view: PNG, Secondary Capture, clipboard. Painting and writing happen in a worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QBuffer, QIODevice, QStandardPaths
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from viewer.core.language import tr
from viewer.core.settings import Settings
from viewer.ui import wording
from viewer.ui.captions import badges, shown_letters
from viewer.ui.film_view import FilmView
from viewer.ui.output.export_dialog import ExportDialog
from viewer.ui.output.names import picture_name
from viewer.ui.output.saying import say_problem, work_and_say
from viewer.ui.output.view_picture import (
    PictureWish,
    ViewCopy,
    copy_of,
    is_draft,
    paint_view,
    rgb_of,
    stored_per_pixel,
)
from viewer.writer.errors import NotWritten
from viewer.writer.requests import CaptureRequest, Equipment
from viewer.writer.write import write_bytes_whole, write_capture

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

T = TypeVar("T")
FOLDER, SYNTHETIC_ALLOWED, INSTALLATION = "export.folder", "export.synthetic_films", "installation.id"


class Export:
    """The actions `export_view` and `copy_view` of a window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    # ── wishes ──────────────────────────────────────────────────────────────────────────────────────────────

    def copy_view(self) -> None:
        """The active view to the clipboard, as on the screen."""
        copy = self.active_copy()
        if copy is not None:
            self._work(lambda: paint_view(copy, PictureWish()), self._take_copy)

    def export_view(self) -> None:
        """Ask how, then where, then write."""
        copy = self.active_copy()
        if copy is None:
            return
        assert copy.state.slot is not None
        dialog = ExportDialog(self._window, can_be_dicom=copy.state.slot.film.header.is_verified)
        dialog.changed.connect(lambda: self._preview(copy, dialog))
        dialog.chosen.connect(lambda: self._ask_where(copy, dialog))
        dialog.open()
        self._preview(copy, dialog)

    def active_copy(self) -> ViewCopy | None:
        """What the active viewport shows; None, and said why, where it can't leave."""
        films = self._window.films
        copy = copy_of(films.viewports[films.active]) if films.slots else None
        if copy is None or copy.state.slot is None:
            self._window.show_message(tr("There is no film on screen to export."))
            return None
        if copy.state.is_stand_in:
            self._window.show_message(
                tr("A computed comparison is not exported. Show the film itself first.")
            )
            return None
        if copy.state.slot.film.header.is_synthetic and not self._window.settings.flag(SYNTHETIC_ALLOWED):
            say_problem(
                self._window,
                tr(
                    "Synthetic films are not exported, so that none is taken for a patient's. "
                    "The setting “{setting}” allows it for research.",
                    setting=SYNTHETIC_ALLOWED,
                ),
            )
            return None
        if copy.state.slot.film.header.is_synthetic:
            self._window.synthetic.note_use("export", copy.state.slot.film)
        return copy

    # ── carrying out ────────────────────────────────────────────────────────────────────────────────────────

    def save_png(self, copy: ViewCopy, wish: PictureWish, file: Path) -> None:
        """Write the view as a PNG under this name, whole or not at all."""

        def write() -> Path:
            write_bytes_whole(file, png_bytes(paint_view(copy, wish)))
            return file

        self._work(write, self._say_written)

    def save_capture(self, copy: ViewCopy, wish: PictureWish, folder: Path) -> None:
        """Write the view as a Secondary Capture image into this folder, checked, or not at all."""
        written_by = equipment(self._window.settings)
        self._work(lambda: write_capture(capture_request(copy, wish), written_by, folder), self._say_written)

    def folder(self) -> str:
        """Where the last export went, or the user's pictures."""
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        return self._window.settings.text(FOLDER) or pictures

    def _preview(self, copy: ViewCopy, dialog: ExportDialog) -> None:
        wish = PictureWish(False, dialog.wish.has_text_and_marks, dialog.is_masked)

        def show(picture: QImage) -> None:
            if self._dialogs_wish(dialog) == wish:
                dialog.show_picture(picture)

        self._work(lambda: paint_view(copy, wish), show)

    def _dialogs_wish(self, dialog: ExportDialog) -> PictureWish | None:
        """What the dialog wishes now; None where it was closed meanwhile."""
        if dialog not in self._window.findChildren(ExportDialog):
            return None
        return PictureWish(False, dialog.wish.has_text_and_marks, dialog.is_masked)

    def _ask_where(self, copy: ViewCopy, dialog: ExportDialog) -> None:
        assert copy.state.slot is not None
        wish = dialog.wish
        if dialog.capture.isChecked():
            name = QFileDialog.getExistingDirectory(dialog, tr("Folder for the DICOM file"), self.folder())
        else:
            proposed = Path(self.folder()) / picture_name(
                copy.state.slot.film.header, is_masked=wish.is_masked or self._window.films.is_masked
            )
            name, _ = QFileDialog.getSaveFileName(dialog, tr("Export as PNG"), str(proposed), "PNG (*.png)")
        if not name:
            return
        path = Path(name)
        if dialog.capture.isChecked():
            self._window.settings.set(FOLDER, str(path))
            self.save_capture(copy, wish, path)
        else:
            self._window.settings.set(FOLDER, str(path.parent))
            self.save_png(copy, wish, path if path.suffix else path.with_suffix(".png"))
        dialog.accept()

    def _take_copy(self, picture: QImage) -> None:
        QGuiApplication.clipboard().setImage(picture)
        self._window.show_message(tr("The view was copied. {research}", research=wording.RESEARCH_USE))

    def _say_written(self, file: Path) -> None:
        self._window.show_message(tr("Written: {file}", file=file))

    def _work(self, make: Callable[[], T], take: Callable[[T], None]) -> None:
        work_and_say(
            self._window,
            make,
            take,
            lambda error: tr("The export failed and nothing was written: {error}.", error=error),
        )


def equipment(settings: Settings) -> Equipment:
    """Who writes; this installation keeps its number."""
    if not settings.text(INSTALLATION):
        settings.set(INSTALLATION, uuid.uuid4().hex)
    return Equipment(program_version(), settings.text(INSTALLATION))


def capture_request(copy: ViewCopy, wish: PictureWish) -> CaptureRequest:
    """The picture and all that its header needs."""
    assert copy.state.slot is not None
    rgb = rgb_of(paint_view(copy, wish))
    film, view = copy.state.slot.film, copy.state.view
    return CaptureRequest(
        film=film,
        rows=rgb.shape[0],
        columns=rgb.shape[1],
        rgb=rgb.tobytes(),
        series_description=_series_description(copy, is_draft=is_draft(copy, wish)),
        derivation="; ".join(("Copy of the screen", *badges(film.header, view))),
        stored_per_pixel=stored_per_pixel(copy, wish),
        is_sideways=view.posture.is_sideways,
        orientation=_orientation(copy, view),
        is_draft=is_draft(copy, wish),
    )


def png_bytes(picture: QImage) -> bytes:
    """The picture as a PNG file, with the research-use line in its text."""
    picture.setText("Description", wording.RESEARCH_USE_LONG)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not picture.save(buffer, "PNG"):  # type: ignore[call-overload,unused-ignore]
        raise NotWritten(tr("The picture could not be made into a PNG; nothing was written."))
    return bytes(buffer.data().data())


def program_version() -> str:
    try:
        return version("sidelight")
    except PackageNotFoundError:  # run from the sources
        return "0"


def _series_description(copy: ViewCopy, *, is_draft: bool) -> str:
    assert copy.state.slot is not None
    if copy.state.slot.film.header.is_synthetic:
        return "SYNTHETIC (AI) copy of a view, NOT FOR DIAGNOSIS"
    return "Copy of a view, AI DRAFT - NOT REVIEWED" if is_draft else "Copy of a view"


def _orientation(copy: ViewCopy, view: FilmView) -> tuple[str, str] | None:
    """Patient Orientation of the copy, only where it lies as a frontal film hangs.

    A viewer that turns films upright, as ours does, would turn the copy otherwise, and show the letters that are drawn
    in it mirrored. The sides stand in those letters.
    """
    letters = shown_letters(copy.pixels.description, view)
    return ("L", "F") if (letters.right, letters.bottom) == ("L", "F") else None
