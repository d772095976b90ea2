"""One key masks the identity in every window, in screenshots and in screen sharing; the same key brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from viewer.core.language import tr

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

OWNER = "privacy"
NATIVE = QKeySequence.SequenceFormat.NativeText


class PrivacyWishes:
    """Never remembered over a restart: a window that hides names without being asked would be a wrong patient."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def privacy_screen(self) -> None:
        window = self._window
        is_on = window.actions_by_id["privacy_screen"].isChecked()
        window.films.mask_identity(is_on)
        window.studies.mask_identity(is_on)
        if is_on:
            window.report.hide()  # its paths are full of names
            window.status_line.clear()
        line = ""
        if is_on:
            key = window.actions_by_id["privacy_screen"].shortcut().toString(NATIVE)
            line = tr(
                "Identity is masked. {key} shows it again. Letters in the films themselves stay.", key=key
            )
        window.films.banners.set_line(OWNER, line)
