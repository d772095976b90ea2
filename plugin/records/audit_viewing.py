"""Opens the audit log's window, and does its reading, checking and exporting in worker threads."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from plugin.desk import Desk
from plugin.records.audit_check import Verdict, read_log, verify
from plugin.records.audit_dialog import AuditDialog
from plugin.records.audit_export import export_log
from plugin.records.audit_rows import AuditRow, row_of
from viewer.api import Action, Undo

log = logging.getLogger(__name__)
MOST_SHOWN = 50_000
"""The newest lines; a year of a busy reader has more, and `sidelight audit show` prints them all."""
IsStopped = Callable[[], bool]


class AuditViewing(QObject):
    """At most one window with the log."""

    def __init__(self, desk: Desk, panel: QWidget) -> None:
        super().__init__(panel)
        self._desk, self._panel = desk, panel
        self.dialog: AuditDialog | None = None

    def open(self) -> None:
        """Show the log, or bring its window to the front."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        current = self._desk.hanging().current
        self.dialog = AuditDialog(current.instance_uid if current else "", self._panel)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.finished.connect(self._closed)
        self.dialog.export_wanted.connect(self.export)
        self.dialog.show()
        self._desk.host.run_in_background(_read, self._show, self._ended)

    def close(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    def export(self, file: str) -> None:
        """Write a copy: a table for a name that ends so, else the lines as they stand."""
        path = Path(file)

        def work(_: IsStopped) -> Iterator[Verdict]:
            path.unlink(missing_ok=True)  # the reader has said yes to it in the file dialog
            yield export_log(path, "csv" if path.suffix.lower() == ".csv" else "jsonl")

        self._desk.host.run_in_background(work, lambda told: self._exported(path, told), self._ended)

    def _exported(self, path: Path, verdict: Verdict) -> None:
        self._desk.host.show_message(f"The audit log was written to {path.name}: {verdict.text}.")

    def _show(self, told: list[AuditRow] | Verdict) -> None:
        if self.dialog is None:
            return
        if isinstance(told, Verdict):
            self.dialog.show_verdict(told)
        else:
            self.dialog.show_rows(told)

    def _closed(self) -> None:
        self.dialog = None

    def _ended(self, error: BaseException | None) -> None:
        if error is None:
            return
        log.warning("the audit log could not be read or written: %s", type(error).__name__)
        text = f"The audit log can't be read or copied ({getattr(error, 'strerror', None) or type(error).__name__})."
        if self.dialog is not None:
            self.dialog.show_problem(text)
        self._desk.host.show_message(text)


def _read(_: IsStopped) -> Iterator[list[AuditRow] | Verdict]:
    """In a worker thread: first the lines, because somebody waits for them, then whether they are sound."""
    yield [row_of(line) for line in deque(read_log(), maxlen=MOST_SHOWN)]
    yield verify()


def add_audit_viewing(desk: Desk, panel: QWidget) -> Undo:
    """The menu entry; the returned function takes it away and closes the window."""
    viewing = AuditViewing(desk, panel)
    forget = desk.host.add_action(Action("audit_log", "Audit log…", viewing.open))

    def undo() -> None:
        viewing.close()
        forget()

    return undo
