"""Says what kept something from being written, where it can't be overlooked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from viewer.core.language import tr
from viewer.writer.errors import NotWritten

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

T = TypeVar("T")
log = logging.getLogger(__name__)


def say_problem(parent: QWidget, text: str) -> None:
    """A box that waits for the reader, without holding up the window."""
    box = QMessageBox(QMessageBox.Icon.Warning, tr("Not exported"), text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def work_and_say(
    window: MainWindow, make: Callable[[], T], take: Callable[[T], None], failed: Callable[[str], str]
) -> None:
    """Do `make` in a worker and give what it made to `take`.

    A refusal is said in a box, because the reader waits for a file or a sheet; so is a fault, in the words of `failed`.
    """

    def work(is_stopped: Callable[[], bool]) -> Iterator[T]:
        if not is_stopped():
            yield make()

    def end(error: BaseException | None) -> None:
        if isinstance(error, NotWritten):
            say_problem(window, error.reason)
        elif error is not None:
            log.error("an export or a print failed", exc_info=error)
            say_problem(window, failed(f"{type(error).__name__}: {error}"))

    window.background.start(work, take, end)
