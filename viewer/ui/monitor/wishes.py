"""Opens the pattern and keeps what was seen, with its date, in the settings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from viewer.ui.monitor.checks import MonitorCheck, check_text, last_check, with_check
from viewer.ui.monitor.page import MonitorPage

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

CHECKS = "monitor.checks"


class MonitorWishes:
    """Keeps one list of checks; the screen's name tells them apart."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.page: MonitorPage | None = None

    def check_monitor(self) -> None:
        if self.page is None:
            self.page = MonitorPage(self._window)
            self.page.checked.connect(self.keep)
        self.page.sees_dark.setChecked(False)
        self.page.sees_bright.setChecked(False)
        self._say()
        self.page.show()
        self.page.raise_()

    def keep(self, sees_dark: bool, sees_bright: bool) -> None:
        """One more check of the screen that the page lies on."""
        settings = self._window.settings
        check = MonitorCheck(date.today(), self._screen(), sees_dark, sees_bright)
        settings.set(CHECKS, with_check(settings.value(CHECKS), check))
        self._say()

    def _say(self) -> None:
        if self.page is not None:
            found = last_check(self._window.settings.value(CHECKS), self._screen())
            self.page.last.setText(check_text(found, date.today()))

    def _screen(self) -> str:
        """Name, maker and serial number where the system knows them: a cable may move, a screen stays itself."""
        screen = (self.page or self._window).screen()
        return " ".join(part for part in (screen.name(), screen.model(), screen.serialNumber()) if part)
