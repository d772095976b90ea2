"""Top of the panel: which model, how it is, and what its words are worth."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from inference.backend import DRAFT_MARK
from plugin import parts, theme, wording
from plugin.backend.words import Tone
from plugin.signing.words import signed_line
from plugin.view import PanelView

NO_MODEL = "No model loaded"
COMING = "Model is being loaded"
CARD_TIP = "Show the model card"
MODELS_TIP = "Show the models of this computer"
ADDED = " + "
"""In a version, before the adapter's name. It has a line of its own: a long title is cut off at its end."""
_DOTS: dict[Tone, str] = {"good": theme.GREEN, "waiting": theme.AMBER, "bad": theme.RED, "off": theme.MUTED}


class Header(QWidget):
    """Names the model and its state; carries the draft mark that only a signature may take away."""

    card_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title, self._tip = NO_MODEL, MODELS_TIP
        self.pack_button = parts.button(NO_MODEL, MODELS_TIP, "title")
        self.pack_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.pack_button.clicked.connect(self.card_requested)
        self.state_label = QLabel()
        self.adapter_label = parts.small(parts.label(role="section"))
        self.detail_label = parts.small(parts.label(role="muted"))
        self.draft_mark = parts.label(DRAFT_MARK, "draft-mark")
        self.draft_mark.setAccessibleName(DRAFT_MARK)
        self.signed_mark = parts.label(role="signed-mark")
        self.signed_mark.setAccessibleName("Signature")
        self.use_label = parts.small(parts.label(wording.RESEARCH_USE_SHORT, "muted"))
        self.starter_label = parts.small(parts.label(wording.STARTER, "muted"))
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.pack_button, 1)
        top.addSpacing(8)
        top.addWidget(self.state_label)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 12, 14, 10)
        box.setSpacing(6)
        box.addLayout(top)
        box.addWidget(self.adapter_label)
        box.addWidget(self.detail_label)
        box.addWidget(self.draft_mark)
        box.addWidget(self.signed_mark)
        box.addWidget(self.use_label)
        box.addWidget(self.starter_label)

    def show_view(self, view: PanelView) -> None:
        signing = view.reading.signing
        self.draft_mark.setVisible(not signing.is_signed)
        latest = signing.latest
        parts.show_text(self.signed_mark, signed_line(latest) if latest is not None else "")
        is_coming = view.backend_state in {"starting", "loading"}
        no_model = COMING if is_coming else NO_MODEL
        self._tip = CARD_TIP if view.pack else MODELS_TIP
        self._show_title(f"{view.pack.title} {view.pack.version}" if view.pack else no_model)
        adapter = view.pack.version.partition(ADDED)[2] if view.pack else ""
        parts.show_text(self.adapter_label, f"With {adapter}" if adapter else "")
        self.starter_label.setVisible(view.pack is not None and view.pack.id.startswith("starter"))
        words = view.backend_words
        shown = f'<span style="color:{_DOTS[words.tone]}">●</span>&nbsp; {words.title}'
        if self.state_label.text() != shown:
            self.state_label.setText(shown)
            self.state_label.setAccessibleName(words.title)
        self.state_label.setToolTip(words.detail or words.title)
        parts.show_text(self.detail_label, words.detail if words.tone in {"good", "waiting"} else "")

    def _show_title(self, title: str) -> None:
        """Elided where it is too long; whole in the tooltip and for screen readers."""
        self._title = title
        room = self.pack_button.width() - 4
        metrics = QFontMetrics(self.pack_button.font())
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room) if self.isVisible() else title
        if shown != self.pack_button.text():
            self.pack_button.setText(shown)
        self.pack_button.setAccessibleName(title)
        self.pack_button.setToolTip(f"{title}\n{self._tip}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_title(self._title)
