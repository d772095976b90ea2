"""The chain of versions: who signed what and when, the text, and what each version changed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

from plugin import parts, theme
from plugin.signing import words
from plugin.signing.state import SignedVersion
from plugin.signing.versions import changes, fault_in

NO_MODEL = {True: "AI: which model it was is not known.", False: "No AI was used."}
HOLDS = "The chain holds: no version was changed after it was signed."


class VersionsDialog(QDialog):
    """Shows the versions of one study. Lines that a version added are marked + and coloured."""

    def __init__(self, versions: Sequence[SignedVersion], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._versions = tuple(versions)
        self.setWindowTitle("Signed versions")
        self.resize(640, 560)
        fault = fault_in(versions)
        self.chain_label = parts.label(fault or HOLDS, "problem" if fault else "muted")
        self.list = QListWidget()
        self.list.setAccessibleName("Versions")
        self.list.setMaximumHeight(110)
        for version in versions:
            self.list.addItem(f"{words.signed_line(version)} · {version.kind} · {version.sha256[:12]}")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Text of the version")
        self.list.currentRowChanged.connect(self.show_version)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        for widget in (self.list, self.chain_label, self.text, buttons):
            box.addWidget(widget)
        self.list.setCurrentRow(len(versions) - 1)

    def show_version(self, row: int) -> None:
        if not 0 <= row < len(self._versions):
            return
        self.text.clear()
        cursor = QTextCursor(self.text.document())
        before = self._versions[row - 1] if row else None
        for mark, line in changes(before, self._versions[row]):
            look = QTextCharFormat()
            is_new = mark == "+" and before is not None
            look.setForeground(QColor(theme.GREEN if is_new else theme.RED if mark == "-" else theme.TEXT))
            cursor.insertText(f"{mark if before is not None else ' '} {line}\n", look)
        for line in self._facts(row):
            look = QTextCharFormat()
            look.setForeground(QColor(theme.MUTED))
            cursor.insertText(f"\n{line}", look)

    def _facts(self, row: int) -> list[str]:
        version = self._versions[row]
        told = [f"Critical: {one.subject}: {words.decided_line(one)}" for one in version.critical]
        known = [f"Signed over ({one.kind}): {one.reason}" for one in version.acknowledged]
        used = f"AI: {version.pack}, {version.mode}" if version.pack else NO_MODEL[version.saw_ai]
        return [
            *told,
            *known,
            used,
            f"SHA-256 {version.sha256}",
            f"follows {version.predecessor or 'nothing'}",
        ]
