"""What the reader can ask about the hanging: another protocol, the side of the current film, the prior."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu

from viewer.core.hanging_protocol.files import (
    ProtocolError,
    SiteProtocols,
    bundled_protocols,
    import_protocol,
    protocol_text,
    site_protocols,
)
from viewer.core.hanging_protocol.protocol import HangingProtocol, HangingRules
from viewer.core.language import tr
from viewer.core.settings import write_whole
from viewer.ui.hanging_choice import HangingChoice

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

PROTOCOL, SIDE = "hanging.protocol", "hanging.current_side"
AUTOMATIC = ""
MOST_IN_MENU = 40


class HangingWishes:
    """Carries them out, and keeps the choice over restarts."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.site = SiteProtocols()
        self.menu = QMenu(tr("Hanging protocol"), window)
        self.menu.aboutToShow.connect(self.read_site_protocols)
        self.menu.aboutToShow.connect(self.fill_menu)

    def window_is_built(self) -> None:
        """Hang as it was left the last time; say which protocol files were left out."""
        films = self._window.menus["Films"]
        films.insertMenu(self._window.actions_by_id["current_at_left"], self.menu)
        self._window.actions_by_id["current_at_left"].setChecked(self._is_current_left())
        self.read_site_protocols()
        kept = self._window.settings.text(PROTOCOL, AUTOMATIC)
        self._hang_by(replace(self._choice, protocol=kept))
        if self.site.problems:
            self._window.show_message(
                tr("A hanging protocol was left out: {problem}", problem=self.site.problems[0])
            )

    # ── what the reader asks for ────────────────────────────────────────────────────────────────────────────

    def one_viewport(self) -> None:
        self.use_protocol("chest-1")

    def two_viewports(self) -> None:
        self.use_protocol("chest-2")

    def three_viewports(self) -> None:
        self.use_protocol("chest-3")

    def four_viewports(self) -> None:
        self.use_protocol("chest-4")

    def use_protocol(self, protocol_id: str) -> None:
        """Hang by this protocol, now and after a restart; empty: by the first that fits."""
        self._window.settings.set(PROTOCOL, protocol_id or None)
        self._hang_by(replace(self._choice, protocol=protocol_id, viewports=None, is_prior_shown=True))
        used = self._window.light_box.hung.protocol
        if protocol_id and used is not None and used.id != protocol_id:
            title = next((one.title for one in self.protocols if one.id == protocol_id), protocol_id)
            self._window.show_message(
                tr(
                    "“{wanted}” is not meant for this study; it hangs by “{used}”.",
                    wanted=title,
                    used=tr(used.title),
                )
            )

    def current_at_left(self) -> None:
        is_left = self._window.actions_by_id["current_at_left"].isChecked()
        self._window.settings.set(SIDE, "left" if is_left else None)
        self._hang_by(self._choice)

    def toggle_prior(self) -> None:
        """Show or hide it; in a protocol without a place for it the prior comes beside the current film."""
        box = self._window.light_box
        has_prior = any(slot.role == "prior" for slot in box.hung.slots)
        choice = replace(self._choice, is_prior_shown=not self._choice.is_prior_shown)
        if self._choice.is_prior_shown and not has_prior and box.hung.slots:
            beside = self._rules().named("chest-2")
            choice = replace(self._choice, protocol=beside.id if beside else AUTOMATIC, viewports=None)
        box.choose(choice)

    def import_hanging(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, tr("Import hanging protocol"), "", tr("Hanging protocols (*.json)")
        )
        if name:
            self.import_file(Path(name))

    def import_file(self, file: Path) -> None:
        """Keep a protocol file among one's own and hang by it; a wrong one is named with the place."""
        try:
            protocol = import_protocol(file)
        except ProtocolError as error:
            self._window.show_message(tr("Nothing was imported. {problem}", problem=error))
            return
        self.read_site_protocols()
        self.use_protocol(protocol.id)
        self._window.show_message(tr("“{title}” was imported.", title=protocol.title))

    def export_hanging(self) -> None:
        protocol = self._window.light_box.hung.protocol or self.protocols[0]
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            tr("Export hanging protocol"),
            f"{protocol.id}.json",
            tr("Hanging protocols (*.json)"),
        )
        if name:
            self.export_file(protocol, Path(name))

    def export_file(self, protocol: HangingProtocol, file: Path) -> None:
        """Write the protocol for another site."""
        try:
            write_whole(file, protocol_text(protocol))
        except OSError as error:
            self._window.show_message(
                tr("{file} could not be written: {reason}.", file=file, reason=error.strerror or error)
            )
            return
        self._window.show_message(tr("“{title}” was written to {file}.", title=protocol.title, file=file))

    # ── the menu ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def protocols(self) -> tuple[HangingProtocol, ...]:
        return self._rules().protocols

    def read_site_protocols(self) -> None:
        """Look at the settings folder again: a file may have been put there while the window is open."""
        before, self.site = self.site, site_protocols()
        if before != self.site and self._window.light_box.hung.slots:
            self._hang_by(self._choice)

    def fill_menu(self) -> None:
        """One entry per protocol, the chosen one checked, and a line for each file that was left out."""
        self.menu.clear()
        group = QActionGroup(self.menu)
        self._add_entry(group, AUTOMATIC, tr("Automatic: the first that fits"))
        self.menu.addSeparator()
        for protocol in self.protocols[:MOST_IN_MENU]:
            self._add_entry(group, protocol.id, tr(protocol.title))
        for problem in self.site.problems[:MOST_IN_MENU]:
            line = self.menu.addAction("⚠ " + tr("Left out: {problem}", problem=problem).replace("&", "&&"))
            line.setEnabled(False)

    def _add_entry(self, group: QActionGroup, protocol_id: str, title: str) -> None:
        entry = QAction(title.replace("&", "&&"), group)
        entry.setCheckable(True)
        entry.setChecked(self._choice.protocol == protocol_id)
        entry.triggered.connect(lambda _checked=False: self.use_protocol(protocol_id))
        self.menu.addAction(entry)

    # ── what holds ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _choice(self) -> HangingChoice:
        return self._window.light_box.choice

    def _is_current_left(self) -> bool:
        return self._window.settings.text(SIDE, "right") == "left"

    def _rules(self) -> HangingRules:
        """A site's own first; one with the id of a bundled one takes its place."""
        own = {protocol.id for protocol in self.site.protocols}
        bundled = tuple(protocol for protocol in bundled_protocols() if protocol.id not in own)
        return HangingRules((*self.site.protocols, *bundled), "left" if self._is_current_left() else "right")

    def _hang_by(self, choice: HangingChoice) -> None:
        self._window.light_box.hang_by(self._rules(), choice)
