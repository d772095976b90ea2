"""What the reader does with plugins' marks, told to whoever set them. The viewer changes none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from viewer.api import Hanging, Mark, MarkEdit, Undo, Xyxy
from viewer.core.language import tr
from viewer.ui import theme
from viewer.ui.marking.hand import BoxHand
from viewer.ui.marking.sight import Sight
from viewer.ui.marking.touch import MarkTouch
from viewer.ui.tools.tool import Tool

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow
    from viewer.ui.tools.controller import Tools


@dataclass(frozen=True, slots=True)
class BoxWish:
    """A box that a plugin asked the reader to draw."""

    caption: str
    on_drawn: Callable[[str, Xyxy], None]
    on_cancelled: Callable[[], None]
    study_uid: str  # on screen when it was asked for


class MarkEditing(QObject):
    """Tells of marks that the reader hovers, moves and deletes, and of boxes that they draw."""

    hovered = Signal(object)  # a mark's id; None: the mouse is over none
    edited = Signal(object)  # viewer.api.MarkEdit

    def __init__(self, window: MainWindow, tools: Tools) -> None:
        super().__init__(window)
        self._window, self._tools = window, tools
        self._touch = MarkTouch()
        self._wish: BoxWish | None = None
        self.sight = Sight(window, tools.end_step)

    def window_is_built(self) -> None:
        """Take hold of the viewports; the tools have theirs already."""
        films = self._window.films
        self._hands = [
            BoxHand(viewport, hand, self)
            for viewport, hand in zip(films.viewports, self._tools.hands, strict=True)
        ]
        films.mark_clicked.connect(self._select_clicked)
        films.refreshed.connect(self.follow_marks)
        films.film_shown.connect(self.sight.film_shown)
        self._window.light_box.hanging_changed.connect(self._follow_hanging)
        for tool in Tool:
            self._window.actions_by_id[tool.value].triggered.connect(lambda _checked=False: self.cancel())
        self._tools.has_more_to_delete = lambda: self._selected_mark() is not None

    def show_films(self, film_keys: tuple[str, ...], regions: tuple[Xyxy, ...] | None) -> None:
        """See `viewer.api.Host.show_films`."""
        self.sight.show(film_keys, regions)

    # ── what the reader asks for ────────────────────────────────────────────────────────────────────────────

    def delete_mark(self) -> None:
        """The selected mark: a plugin's is deleted by its owner, or not."""
        mark = self._selected_mark()
        if mark is None:
            self._tools.delete_own_mark()
        else:
            self.edited.emit(MarkEdit(mark.id, "deleted", mark.xyxy, mark.film_key))

    def escape(self) -> bool:
        """Give up the drag; then the box that was asked for; then let go of the mark."""
        if any(hand.drop() for hand in self._hands):
            return True
        if self._wish is not None:
            self.cancel()
            return True
        had_selection = bool(self._touch.selected)
        self.select("")
        return had_selection

    # ── drawing a box that a plugin asked for ───────────────────────────────────────────────────────────────

    @property
    def is_drawing(self) -> bool:
        """True while the reader is to draw a box."""
        return self._wish is not None

    def draw_box(
        self, caption: str, on_drawn: Callable[[str, Xyxy], None], on_cancelled: Callable[[], None]
    ) -> Undo:
        """See `viewer.api.Host.draw_box`."""
        self.cancel()
        self._tools.tool_window()
        self._tools.select("", "")
        self.select("")
        self.hover(None)
        current = self._window.light_box.hung.hanging.current
        wish = self._wish = BoxWish(caption, on_drawn, on_cancelled, current.instance_uid if current else "")
        self._show_cursor()
        self.say_hint()
        films = self._window.films
        films.viewports[
            films.active
        ].setFocus()  # Esc is for the drawing now, not for the text where it was asked for

        def give_up() -> None:
            if self._wish is wish:
                self._end_drawing()

        return give_up

    def cancel(self) -> None:
        """The reader draws no box after all."""
        wish = self._wish
        if wish is not None:
            self._end_drawing()
            wish.on_cancelled()

    def drawn(self, film_key: str, box: Xyxy) -> None:
        """The reader has drawn it."""
        wish = self._wish
        if wish is not None:
            self._end_drawing()
            wish.on_drawn(film_key, box)
            self._select_at(film_key, box)

    def say_hint(self) -> None:
        """What to do, in the status bar: again and again, for a message makes way after some seconds."""
        if self._wish is not None:
            self._window.show_message(
                tr(
                    "{caption}: drag from corner to corner on a film. Esc gives up.",
                    caption=self._wish.caption,
                )
            )

    def _end_drawing(self) -> None:
        self._wish = None
        for hand in self._hands:
            hand.drop()
        self._show_cursor()
        self._window.show_message("")

    def _show_cursor(self) -> None:
        for viewport in self._window.films.viewports:
            viewport.setCursor(Qt.CursorShape.CrossCursor if self.is_drawing else self._tools.cursor)

    def _follow_hanging(self, hanging: Hanging) -> None:
        """A box for one study is not drawn on another."""
        uid = hanging.current.instance_uid if hanging.current else ""
        if self._wish is not None and self._wish.study_uid != uid:
            self.cancel()

    # ── for the hands ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_tool_drawing(self) -> bool:
        """True while the chosen tool draws the reader's own marks: boxes do not stop it."""
        return self._tools.drawing_kind is not None

    @property
    def selected(self) -> str:
        """Id of the mark that keys are about; empty: of none."""
        return self._touch.selected

    def select(self, mark_id: str) -> None:
        """Make one mark the one that keys are about; empty: none."""
        if mark_id == self._touch.selected:
            return
        if mark_id:
            self._tools.select("", "")
        self._show(replace(self._touch, selected=mark_id))
        self._tools.enable_delete()

    def hover(self, mark_id: str | None) -> None:
        """The mouse is over this mark now; None: over none."""
        if (mark_id or "") != self._touch.hovered:
            self._show(replace(self._touch, hovered=mark_id or ""))
            self.hovered.emit(mark_id)

    def show_outline(self, film_key: str, outline: Xyxy | None, color: str = theme.HUMAN) -> None:
        """A box follows the mouse; None: it does not any more."""
        self._show(replace(self._touch, outline=outline, outline_on=film_key, color=color))

    def moved(self, mark: Mark, xyxy: Xyxy) -> None:
        """The reader has dragged a mark. Its owner may set another one in its place: that one stays selected."""
        self.edited.emit(MarkEdit(mark.id, "moved", xyxy, mark.film_key))
        self._select_at(mark.film_key, xyxy)

    def _select_at(self, film_key: str, xyxy: Xyxy) -> None:
        """The box that its owner has just put here is the one that keys are about."""
        on_film = (one for one in self._editable() if one.film_key == film_key)
        there = next((one for one in on_film if one.xyxy == xyxy), None)
        if there is not None:
            self.select(there.id)

    # ── following ───────────────────────────────────────────────────────────────────────────────────────────

    def follow_marks(self) -> None:
        """Marks were set, or other films hang: the hand is about none that is gone."""
        if not (self._touch.selected or self._touch.hovered):
            return
        if self._touch.selected and self._selected_mark() is None:
            self.select("")
        if self._touch.hovered and all(mark.id != self._touch.hovered for mark in self._on_screen()):
            self.hover(None)

    def _select_clicked(self, mark_id: str) -> None:
        if any(mark.id == mark_id for mark in self._editable()):
            self.select(mark_id)

    def _selected_mark(self) -> Mark | None:
        """The mark that keys are about; only one that is on screen."""
        return next((mark for mark in self._editable() if mark.id == self._touch.selected), None)

    def _editable(self) -> list[Mark]:
        return [mark for mark in self._on_screen() if mark.is_editable]

    def _on_screen(self) -> list[Mark]:
        return [mark for viewport in self._window.films.viewports for mark in viewport.state.marks]

    def _show(self, touch: MarkTouch) -> None:
        self._touch = touch
        self._window.films.set_touch(touch)
