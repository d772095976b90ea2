"""Keeps what the reader made of a draft, where the site has consented, and offers to delete it where it has not any
more. The work is done in a worker thread; the GUI thread only hears how it ended."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from inference.errors import InferenceError
from plugin.desk import Desk
from plugin.records.audit_lines import Happening
from plugin.signing.state import SignedVersion
from plugin.state import StudyReading
from viewer.api import Hanging
from viewer.core.errors import FilmError

if TYPE_CHECKING:  # the store and its rules are imported in the worker: no window waits for them
    from inference.corrections.store import Counts

log = logging.getLogger(__name__)

Tell = Callable[[Happening, str], None]
"""Puts something about a study, named by its key, into the audit log."""
IsStopped = Callable[[], bool]


class CorrectionsPart(QObject):
    """One window's contribution to the training store."""

    def __init__(self, desk: Desk, panel: QWidget, tell: Tell) -> None:
        super().__init__(panel)
        self._desk, self._panel, self._tell = desk, panel, tell
        self.question: QMessageBox | None = None
        """Whether to delete what was kept, while it is asked."""

    def signed(self, key: str, reading: StudyReading, version: SignedVersion) -> None:
        """Keep a signed reading, if the site wants it and there is anything to learn from."""
        hanging = self._desk.hanging()
        if not self._desk.site.keeps_corrections or key != self._desk.key():
            return

        def work(_: IsStopped) -> Iterator[Happening]:
            yield from self._keep(reading, version, hanging)

        self._desk.host.run_in_background(work, lambda kept: self._tell(kept, key), self._ended)

    def consent_withdrawn(self) -> None:
        """Ask whether what was kept until now goes as well."""

        def work(_: IsStopped) -> Iterator[Counts]:
            from inference.corrections.store import open_store

            with open_store() as store:
                yield store.counts()

        self._desk.host.run_in_background(work, self._ask_about, self._ended)

    def _keep(self, reading: StudyReading, version: SignedVersion, hanging: Hanging) -> Iterator[Happening]:
        """In a worker thread: decoding and compressing a film takes a second."""
        from inference.client import film_input
        from inference.corrections.store import open_store
        from plugin.records.corrections import (
            Keys,
            case_of,
            films_to_keep,
            identity_of,
            is_correction,
            without,
        )

        chosen = films_to_keep(reading, hanging)
        if not chosen or not is_correction(reading):
            return
        identity, patient = identity_of(hanging), hanging.patient
        inputs, lost = [], set()
        for film, kept in chosen:
            try:
                told = film_input(film, self._desk.host.read_pixels(film))
            except FilmError:
                lost.add(kept.image)
                continue
            inputs.append(told)
            lost |= {kept.image} - {told.image_sha256}
        with open_store() as store:
            birth = patient.birth_date.isoformat() if patient and patient.birth_date else ""
            keys = Keys(
                store.study_key(hanging.current.instance_uid if hanging.current else ""),
                store.patient_key(
                    patient.patient_id if patient else "", patient.name if patient else "", birth
                ),
            )
            case = without(case_of(reading, version, [film for _, film in chosen], identity, keys), lost)
            store.add(case, inputs)
        yield Happening(
            "correction_kept",
            {"films": len(case.films), "findings": len(case.findings), "scrubbed": dict(case.scrubbed or {})},
        )

    def _ask_about(self, counts: Counts) -> None:
        if not counts.cases:
            return
        self.question = QMessageBox(self._panel)
        self.question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.question.setIcon(QMessageBox.Icon.Question)
        self.question.setWindowTitle("Corrections that were kept")
        self.question.setText("From now on no corrections are kept. Delete those that were kept until now?")
        self.question.setInformativeText(
            f"{counts.cases} signed {'report' if counts.cases == 1 else 'reports'} with {counts.films}"
            f" {'film' if counts.films == 1 else 'films'}, on this computer only. The reports themselves and the"
            " study list are not touched."
        )
        delete = self.question.addButton("Delete them", QMessageBox.ButtonRole.DestructiveRole)
        keep = self.question.addButton("Keep them", QMessageBox.ButtonRole.RejectRole)
        self.question.setDefaultButton(keep)
        delete.clicked.connect(self.delete_all)
        self.question.finished.connect(self._answered)
        self.question.open()

    def _answered(self) -> None:
        self.question = None

    def delete_all(self) -> None:
        """Forget everything that was kept for training."""

        def work(_: IsStopped) -> Iterator[Happening]:
            from inference.corrections.store import open_store

            with open_store() as store:
                yield Happening("corrections_deleted", {"cases": store.delete_all()})

        self._desk.host.run_in_background(work, lambda done: self._tell(done, ""), self._ended)

    def _ended(self, error: BaseException | None) -> None:
        if error is None:
            return
        log.warning("corrections could not be kept or deleted: %s", type(error).__name__)
        known = isinstance(error, OSError | sqlite3.Error | InferenceError)
        reason = str(getattr(error, "strerror", None) or error) if known else type(error).__name__
        self._desk.host.show_message(
            f"The training store was not changed: {reason.rstrip('.')}. The report is safe."
        )
