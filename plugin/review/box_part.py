"""The reader's hand on the boxes, at the desk: moved, deleted, drawn, taken back."""

from __future__ import annotations

from uuid import uuid4

from PySide6.QtCore import QObject

from inference.backend import Xyxy
from plugin.desk import Desk
from plugin.report_panel import ReportPanel
from plugin.review.reviewed import box_to_restore, reviewed_finding
from plugin.review.state import BoxAdded, BoxDeleted, BoxMoved, BoxRestored, ReviewEvent, ReviewSetBack
from viewer.api import MarkEdit, Undo

OTHER_FILM = "This finding is one of another film; draw its box there."


class BoxPart(QObject):
    """Turns edits of marks into the reader's versions of boxes, each one step for undo."""

    def __init__(self, desk: Desk, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._desk = desk
        self._drawing: Undo | None = None
        panel.findings.asked.connect(self._button)

    def edited(self, edit: MarkEdit) -> None:
        """The reader moved, resized or deleted a mark on a film. Marks that are no boxes of ours change nothing."""
        new_id, uid, now = _new_id(), tracking_uid(), self._desk.now()
        if edit.kind == "deleted":
            self._do(BoxDeleted(edit.mark_id, now, new_id, uid), "box deleted", edit.film_key)
        else:
            self._do(BoxMoved(edit.mark_id, edit.xyxy, now, new_id, uid), "box moved", edit.film_key)

    def give_up(self) -> None:
        """Nothing is drawn any more."""
        drawing, self._drawing = self._drawing, None
        if drawing is not None:
            drawing()

    def _button(self, what: str, finding_id: str) -> None:
        if what == "draw":
            self._draw(finding_id)
        elif what == "restore":
            box_id = box_to_restore(self._desk.shown(), finding_id)
            if box_id is not None:
                self._do(BoxRestored(box_id, self._desk.now()), "AI box used again", "")

    def _draw(self, finding_id: str) -> None:
        self.give_up()
        key = self._desk.key()
        one = reviewed_finding(self._desk.shown(), finding_id)
        if one is None:
            return
        self._drawing = self._desk.host.draw_box(
            f"Box for {one.label}", lambda film_key, xyxy: self._drawn(key, finding_id, film_key, xyxy)
        )

    def _drawn(self, key: str, finding_id: str, film_key: str, xyxy: Xyxy) -> None:
        self._drawing = None
        reading = self._desk.reading(key)
        image = next((film.image for film in reading.films if film.film_key == film_key), "")
        one = reviewed_finding(reading, finding_id)
        if one is None or one.image != image:
            self._desk.host.show_message(OTHER_FILM)
            return
        self._do(
            BoxAdded(_new_id(), image, xyxy, finding_id, self._desk.now(), tracking_uid()),
            "box drawn",
            film_key,
            key,
        )

    def _do(self, event: ReviewEvent, title: str, film_key: str, key: str = "") -> None:
        """Let it happen to the study with this key, the one on screen if it has none."""
        key = key or self._desk.key()
        before = self._desk.reading(key).review
        self._desk.fold(event, key)
        after = self._desk.reading(key).review
        if after.boxes == before.boxes:
            return
        self._desk.host.add_undo_step(
            title,
            lambda: self._desk.fold(ReviewSetBack(before, self._desk.now()), key),
            lambda: self._desk.fold(ReviewSetBack(after, self._desk.now()), key),
            film_key,
        )


def tracking_uid() -> str:
    """A DICOM UID for what the AI's box and the reader's version share (PS3.5 B.2: a UUID under 2.25)."""
    return f"2.25.{uuid4().int}"


def _new_id() -> str:
    return f"box {uuid4().hex[:8]}"
