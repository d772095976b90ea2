"""Puts the viewer together: the one place that knows all its parts. Plugins are found by entry point, never by name."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel

from viewer.api import Undo
from viewer.core.reader import FilmReader
from viewer.core.settings import Settings
from viewer.ui import wording
from viewer.ui.collector import GuiThreadCollector
from viewer.ui.first_paint import AfterFirstPaint
from viewer.ui.host import PluginHost
from viewer.ui.languages import speak_at_start
from viewer.ui.main_window import MainWindow
from viewer.ui.plugins import RefusedPlugin, installed_plugins, load_activate, read_manifests
from viewer.ui.theme import apply_theme

log = logging.getLogger(__name__)
READERS = 2
"""Decode workers: one goes on scanning while the other decodes the film that the reader wants to see."""

SWITCH_S = 0.0002
"""A thread gives way to the window after this long: Python's own 5 ms, at every Qt call of a repaint, are seen."""


def run(paths: Sequence[Path] = (), *, with_plugins: bool = True) -> int:
    """Open the window, then the paths, then the panels; returns the program's exit code."""
    app = make_application()
    speak_at_start(Settings())
    with FilmReader(workers=READERS) as reader:
        window = MainWindow(reader)
        window.show()
        panels = Panels(window)
        QTimer.singleShot(0, lambda: window.open(paths))  # goes on in the background
        if with_plugins:  # panels may import much
            AfterFirstPaint(window, lambda: panels.activate(installed_plugins()))
        code = app.exec()
        window.shut_down()
    return code


def make_application() -> QApplication:
    """The QApplication, dark, with the names that settings and window managers use."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        app = existing
    else:
        QApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough  # a film at 150 % is drawn for 150 %, not scaled up
        )
        app = QApplication(sys.argv[:1])
        GuiThreadCollector(app)
    sys.setswitchinterval(SWITCH_S)
    QCoreApplication.setApplicationName("Sidelight")
    QCoreApplication.setOrganizationName("Sidelight")
    apply_theme(app)
    return app


class Panels:
    """The plugins of one window. One that fails leaves a message in its place, the others and the films go on."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._undos: list[Undo] = []
        window.closing.connect(lambda: self._leave())  # noqa: PLW0108 - a bound method would not keep them alive

    def activate(self, entries: Sequence[EntryPoint]) -> None:
        """Read every manifest, then activate one plugin after the other."""
        for manifest in read_manifests(entries):
            if isinstance(manifest, RefusedPlugin):
                self._explain(manifest.id, manifest.title, manifest.reason)
                continue
            host = PluginHost(self._window, manifest.title, manifest.id)
            try:
                undo = load_activate(manifest)(host)
            except (
                Exception
            ) as error:  # the plugin's own fault, whatever it is, must not take the viewer along
                log.exception("the plugin %s could not start", manifest.id)
                host.take_back()
                self._explain(manifest.id, manifest.title, f"{type(error).__name__}: {error}")
            else:
                self._undos.append(partial(_leave, host, undo))

    def _leave(self) -> None:
        """A panel may take seconds to end a process that hangs: nobody should see a frozen window meanwhile."""
        self._window.hide()
        self.take_back()

    def take_back(self) -> None:
        """Undo all plugins, the last one first. Safe to call twice."""
        while self._undos:
            self._undos.pop()()

    def _explain(self, panel_id: str, title: str, reason: str) -> None:
        label = QLabel(wording.panel_failed(title, reason))
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setContentsMargins(16, 16, 16, 16)
        self._window.add_dock(panel_id, title, label)


def _leave(host: PluginHost, undo: Undo) -> None:
    try:
        undo()
    except Exception:  # it was asked to go; what it left is taken back for it
        log.exception("a plugin failed while it was taken back")
    host.take_back()
