"""Says in the status bar when films were let go of, because the memory for decoded films was full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

from viewer.core.language import tr

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

MIB = 1 << 20


class MemoryNote:
    """A quiet line that is there only once something was let go of; such films are read again when they are needed."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.label = QLabel(window)
        self.label.setObjectName("memory_note")
        self.label.setVisible(False)

    def window_is_built(self) -> None:
        self._window.statusBar().addPermanentWidget(self.label)
        self._window.films.film_shown.connect(lambda _key: self.show())
        self._window.films.slice_shown.connect(lambda _index, _at: self.show())

    def show(self) -> None:
        """Make the line match the pixel store."""
        store = self._window.pixel_store
        self.label.setVisible(store.let_go > 0)
        held, cap = f"{store.held_bytes / MIB:,.0f}", f"{store.cap_bytes / MIB:,.0f}"
        self.label.setText(tr("Films in memory: {held} of {cap} MiB", held=held, cap=cap))
        self.label.setToolTip(
            tr(
                "{count} films seen longest ago were let go of; they are read again.",
                count=f"{store.let_go:,}",
            )
        )
