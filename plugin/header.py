"""Top of the panel: which model, how it is, and what its words are worth."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from inference.backend import DRAFT_MARK, PackInfo
from plugin import parts, theme, wording
from plugin.signing.words import signed_line
from plugin.view import PanelView

NO_MODEL = "No model loaded"
COMING = "Model is being loaded"
CARD_TIP = "Show the model card"
_DOTS = {"ready": theme.GREEN, "starting": theme.AMBER, "loading": theme.AMBER, "lost": theme.RED}


class Header(QWidget):
    """Names the model and its state; carries the draft mark that only a signature may take away."""

    card_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = NO_MODEL
        self.pack_button = parts.button(NO_MODEL, CARD_TIP, "title")
        self.pack_button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.pack_button.clicked.connect(self.card_requested)
        self.state_label = QLabel()
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
        self._show_title(f"{view.pack.title} {view.pack.version}" if view.pack else no_model)
        self.pack_button.setEnabled(view.pack is not None)
        self.starter_label.setVisible(view.pack is not None and view.pack.id.startswith("starter"))
        name = view.backend_state.partition(":")[0]
        words = wording.backend_text(view.backend_state)
        dot = _DOTS.get(name, theme.MUTED)
        shown = f'<span style="color:{dot}">●</span>&nbsp; {words}'
        if self.state_label.text() != shown:
            self.state_label.setText(shown)
            self.state_label.setAccessibleName(words)
            self.state_label.setToolTip(view.backend_state.partition(": ")[2] or words)

    def _show_title(self, title: str) -> None:
        """Elided where it is too long; whole in the tooltip and for screen readers."""
        self._title = title
        room = self.pack_button.width() - 4
        metrics = QFontMetrics(self.pack_button.font())
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, room) if self.isVisible() else title
        if shown != self.pack_button.text():
            self.pack_button.setText(shown)
        self.pack_button.setAccessibleName(title)
        self.pack_button.setToolTip(f"{title}\n{CARD_TIP}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_title(self._title)


class ModelCard(QDialog):
    """What the model was trained on, how good it measured, and what it is known to get wrong."""

    def __init__(self, pack: PackInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Model card: {pack.title}")
        self.resize(620, 560)
        self.text = QPlainTextEdit(card_text(pack))
        self.text.setReadOnly(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.addWidget(self.text)
        box.addWidget(buttons)


def card_text(pack: PackInfo) -> str:
    """The card with the facts that belong to it: version, weights, licence, what is not judged."""
    facts = [
        f"{pack.title} {pack.version}",
        f"Pack: {pack.id}",
        f"Manifest SHA-256: {pack.sha256}",
        f"Licence: {pack.licence}" + (" (research only)" if pack.research_only else ""),
        f"Not assessed by this model: {', '.join(pack.not_assessed)}" if pack.not_assessed else "",
        wording.BOX_PRECISION,
    ]
    return "\n".join(fact for fact in facts if fact) + f"\n\n{pack.card.strip()}\n"
