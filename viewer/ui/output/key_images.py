"""Key images in the window: marking the active film, showing which are marked, the list, the DICOM document."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from viewer.core.key_images import LONGEST_NOTE, KeyImage, KeyImageStore
from viewer.core.language import later, tr
from viewer.core.study import Film
from viewer.ui.output.export import FOLDER, equipment
from viewer.ui.output.key_images_dialog import KeyImageRow, KeyImagesDialog
from viewer.ui.output.saying import say_problem
from viewer.ui.stacks.hung_stacks import of_file, row_key
from viewer.ui.study_rows import film_row
from viewer.writer.errors import NotWritten
from viewer.writer.requests import KeyObject, KeyObjectsRequest
from viewer.writer.write import write_key_objects

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

log = logging.getLogger(__name__)
BADGE = later("KEY IMAGE")
Change = Callable[[KeyImageStore], None]


class KeyImages(QObject):
    """The actions `key_image` and `show_key_images` of a window. What is marked is shown at once, kept soon."""

    def __init__(self, window: MainWindow, store: KeyImageStore | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._store = store or KeyImageStore()
        self.images: dict[str, KeyImage] = {}  # by film key, in the order in which they were marked
        self._touched: set[str] = set()  # changed before what was kept had been read
        self._changes: deque[Change] = deque()
        self._one_writer = threading.Lock()
        self._is_saving = False
        self._dialog: KeyImagesDialog | None = None
        window.films.badges_of = self._badges
        window.closing.connect(self._save_now)
        window.background.start(self._read, self._take_kept, self._say_trouble)

    # ── wishes ──────────────────────────────────────────────────────────────────────────────────────────────

    def key_image(self) -> None:
        """Mark the active film (of a stack: the slice on screen), or take its mark away."""
        films = self._window.films
        if not films.slots:
            self._window.show_message(tr("There is no film on screen to mark."))
            return
        slot = films.slots[films.active]
        if slot.film.key in self.images:
            self.remove(slot.film.key)
            self._window.show_message(tr("No longer a key image."))
            return
        moment = datetime.now().astimezone().isoformat(timespec="seconds")
        study = slot.film.header.study_instance_uid
        self._put(KeyImage(slot.film.key, row_key(slot), study, slot.film.frame, moment))
        self._window.show_message(tr("Marked as key image. Shift+K lists all of the study."))

    def show_key_images(self) -> None:
        """The list of the current study's key images."""
        if self._study_uid() is None:
            self._window.show_message(tr("There is no study on screen."))
            return
        if self._dialog is None:
            self._dialog = KeyImagesDialog(self._window)
            self._dialog.film_wished.connect(self._window.light_box.choose_film)
            self._dialog.removal_wished.connect(self.remove)
            self._dialog.noted.connect(self.note)
            self._dialog.writing_wished.connect(self._ask_where)
            self._window.light_box.hung_changed.connect(self._show)
        self._show()
        self._dialog.show()
        self._dialog.raise_()

    # ── changes ─────────────────────────────────────────────────────────────────────────────────────────────

    def remove(self, film_key: str) -> None:
        if self.images.pop(film_key, None) is not None:
            self._change(film_key, lambda store: store.remove(film_key))

    def note(self, film_key: str, text: str) -> None:
        """What the reader wants to say about a key image."""
        image = self.images.get(film_key)
        if image is not None and image.note != text.strip():
            self._put(replace(image, note=text.strip()[:LONGEST_NOTE]))

    def write(self, folder: Path, note: str = "") -> None:
        """Write the current study's key images as a Key Object Selection Document into this folder."""
        request = KeyObjectsRequest(self._objects(), note)
        written_by = equipment(self._window.settings)

        def work(is_stopped: Callable[[], bool]) -> Iterator[Path]:
            if not is_stopped():
                yield write_key_objects(request, written_by, folder)

        said = self._window.show_message
        self._window.background.start(
            work, lambda file: said(tr("Written: {file}", file=file)), self._say_trouble
        )

    def _put(self, image: KeyImage) -> None:
        self.images[image.film_key] = image
        self._change(image.film_key, lambda store: store.put(image))

    def _change(self, film_key: str, change: Change) -> None:
        self._touched.add(film_key)
        self._changes.append(change)
        self._save()
        self._show()

    def _objects(self) -> tuple[KeyObject, ...]:
        """The key images of the current study by file, with their frames counted from 1."""
        found: dict[str, KeyObject] = {}
        for image, film in self._of_study():
            before = found.get(of_file(film.key), KeyObject(film))
            frames = (*before.frames, image.frame + 1) if film.header.pixels.frames > 1 else ()
            note = "; ".join(text for text in (before.note, image.note) if text)
            found[of_file(film.key)] = replace(before, frames=tuple(sorted(set(frames))), note=note)
        return tuple(found.values())

    def _of_study(self) -> list[tuple[KeyImage, Film]]:
        files = {film.key: film for film in self._window.light_box.session.films}
        return [
            (image, files[of_file(image.film_key)])
            for image in self.images.values()
            if image.study_uid == self._study_uid() and of_file(image.film_key) in files
        ]

    def _study_uid(self) -> str | None:
        current = self._window.light_box.hung.hanging.current
        return None if current is None else current.instance_uid

    # ── showing ─────────────────────────────────────────────────────────────────────────────────────────────

    def _badges(self, film_key: str) -> tuple[str, ...]:
        return (tr(BADGE),) if film_key in self.images else ()

    def _show(self) -> None:
        films = self._window.films
        films.show_badges()
        self._window.studies.mark_key_images({image.row_key for image in self.images.values()})
        if self._dialog is not None:
            self._dialog.show_rows([_row(image, film) for image, film in self._of_study()])

    def _ask_where(self, note: str) -> None:
        settings = self._window.settings
        name = QFileDialog.getExistingDirectory(
            self._dialog, tr("Folder for the DICOM file"), settings.text(FOLDER)
        )
        if name:
            settings.set(FOLDER, name)
            self.write(Path(name), note)

    # ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, is_stopped: Callable[[], bool]) -> Iterator[tuple[KeyImage, ...]]:  # noqa: ARG002
        yield self._store.read()

    def _take_kept(self, kept: tuple[KeyImage, ...]) -> None:
        newer = self.images
        self.images = {image.film_key: image for image in kept if image.film_key not in self._touched} | newer
        if self._store.problem:
            self._window.show_message(self._store.problem)
        if kept:
            self._show()

    def _save(self) -> None:
        if self._is_saving or not self._changes or self._window.background.is_closed:
            return
        self._is_saving = True
        self._window.background.start(self._carry_out, lambda _: None, self._end_saving)

    def _carry_out(self, is_stopped: Callable[[], bool]) -> Iterator[None]:  # noqa: ARG002 - a mark is not given up
        self._save_now()
        yield

    def _save_now(self) -> None:
        with self._one_writer:  # at the end of the window both threads come here
            while self._changes:
                self._changes[0](self._store)
                self._changes.popleft()

    def _end_saving(self, error: BaseException | None) -> None:
        self._is_saving = False
        if error is None:
            self._save()
        else:
            self._say_trouble(error)

    def _say_trouble(self, error: BaseException | None) -> None:
        if isinstance(error, NotWritten):
            say_problem(self._window, error.reason)
        elif error is not None:
            log.error("key images could not be kept", exc_info=error)
            say_problem(
                self._window,
                tr(
                    "The key images could not be kept or read: {error}. Look whether the disk is full.",
                    error=f"{type(error).__name__}: {error}",
                ),
            )


def _row(image: KeyImage, film: Film) -> KeyImageRow:
    row = film_row(film)
    frame = tr("frame {number}", number=image.frame + 1) if film.header.pixels.frames > 1 else ""
    title = " · ".join(text for text in (row.title, row.subtitle, frame) if text)
    return KeyImageRow(image.film_key, title, image.marked_at[:16].replace("T", "  "), image.note)
