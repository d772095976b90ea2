"""Site settings at the reader's desk: shown, kept, and every change told."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from plugin.desk import Desk
from plugin.report_panel import ReportPanel
from plugin.site.dialog import SiteDialog
from plugin.site.settings import (
    SiteSettings,
    changed_names,
    fixed_names,
    keep,
    kept_settings,
)
from plugin.site.state import ConsentChanged, SettingsChanged
from viewer.api import Action, Undo


class SitePart(QObject):
    """Opens the dialog and keeps what was chosen there."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk, self._panel = desk, panel

    def open(self) -> None:
        dialog = SiteDialog(self._desk.site, fixed_names(self._desk.settings), self._panel)
        dialog.accepted_settings.connect(self.take)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take(self, shown: SiteSettings) -> None:
        """Keep what the reader changed; what IT decides stays as the site had chosen it."""
        host = self._desk.host
        before = kept_settings(host.settings)
        fixed = {name: getattr(before, name) for name in fixed_names(self._desk.settings)}
        keep(host.settings, replace(shown, **fixed))
        names = changed_names(before, kept_settings(host.settings))
        if "keeps_corrections" in names:
            self._desk.fold(ConsentChanged(shown.keeps_corrections, self._desk.now()))
        others = tuple(name for name in names if name != "keeps_corrections")
        if others:
            self._desk.fold(SettingsChanged(others, self._desk.now()))
        if names:
            host.show_message("Site settings kept.")
        self._desk.show()


def attach(desk: Desk, panel: ReportPanel) -> Undo:
    """Put the settings into the menu; the returned function takes them away again."""
    part = SitePart(desk, panel)
    return desk.host.add_action(Action("site_settings", "Site settings…", part.open))
