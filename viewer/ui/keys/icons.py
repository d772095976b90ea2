"""Quiet line icons, drawn by us on a grid of 24 and coloured by the theme. Nothing is loaded from anywhere."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from viewer.ui import theme

SIDES = (20, 30, 40, 60)  # 100, 150, 200 and 300 %
_FRAME = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{color}" stroke-width="1.6" '
    'stroke-linecap="round" stroke-linejoin="round">{shapes}</svg>'
)

SHAPES: dict[str, str] = {
    "open": '<path d="M3 18V6h6l2 2.5h10V18z"/>',
    "window": '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>',
    "pan": '<path d="M12 3v18M3 12h18M12 3l-3 3M12 3l3 3"/>'
    '<path d="M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3"/>',
    "zoom": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21M7.5 10.5h6M10.5 7.5v6"/>',
    "magnifier": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/>',
    "length": '<path d="M4 20L20 4M2.5 18.5l3 3M18.5 2.5l3 3"/>',
    "angle": '<path d="M20 19H4L17 5M11 19a7 7 0 0 0-2.3-5"/>',
    "cobb": '<path d="M4 5l16 3M4 19l16-4M12 6.5v10"/>',
    "ctr": '<path d="M3 14h18M3 12v4M21 12v4M8 8h8M8 6v4M16 6v4"/>',
    "rectangle": '<rect x="4" y="6" width="16" height="12"/>',
    "ellipse": '<ellipse cx="12" cy="12" rx="8.5" ry="6"/>',
    "arrow": '<path d="M4 20L19 5M19 5h-7M19 5v7"/>',
    "text": '<path d="M5 6h14M12 6v13M9 19h6"/>',
    "probe": '<circle cx="12" cy="12" r="3"/><path d="M12 3v4M12 17v4M3 12h4M17 12h4"/>',
    "invert": '<rect x="4" y="4" width="16" height="16" rx="2"/><path d="M4 20L20 4v16z" fill="currentColor"/>',
    "flip_h": '<path d="M12 3v18M9 7L4 17h5zM15 7l5 10h-5z"/>',
    "flip_v": '<path d="M3 12h18M7 9L17 4v5zM7 15l10 5v-5z"/>',
    "rotate_r": '<path d="M19 12a7 7 0 1 1-2.5-5.4M19 3v4.5h-4.5"/>',
    "rotate_l": '<path d="M5 12a7 7 0 1 0 2.5-5.4M5 3v4.5h4.5"/>',
    "fit": '<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/><rect x="8" y="8" width="8" height="8"/>',
    "one": '<path d="M6 7l2-1.5V18M16 7l2-1.5V18"/><path d="M12 9.5v.1M12 14.5v.1" stroke-width="2.4"/>',
    "reset": '<path d="M4 12a8 8 0 1 0 3-6.2M4 4v5h5"/>',
    "prior": '<rect x="3" y="5" width="8" height="14" rx="1" stroke-dasharray="2.6 2.2"/>'
    '<rect x="13" y="5" width="8" height="14" rx="1"/>',
    "sync": '<path d="M10 14l4-4"/>'
    '<path d="M8.5 11.5L6 14a3.2 3.2 0 0 0 4.5 4.5L13 16M15.5 12.5L18 10a3.2 3.2 0 0 0-4.5-4.5L11 8"/>',
    "key": '<path d="M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9L12 16.9l-5.3 2.8 1.1-5.9L3.5 9.7l5.9-.8z"/>',
    "undo": '<path d="M8 5L4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-4"/>',
    "redo": '<path d="M16 5l4 4-4 4M20 9H10a5.5 5.5 0 0 0 0 11h4"/>',
    "find": '<path d="M4 6h16M4 12h9M4 18h6"/><circle cx="17" cy="16" r="3"/><path d="M19.2 18.2L21.5 20.5"/>',
}


def icon(name: str) -> QIcon:
    """The icon in the theme's colours: dim while disabled, the accent while checked.

    Raises:
        KeyError: There is no icon of this name.
    """
    made = QIcon()
    for side in SIDES:
        made.addPixmap(_picture(name, theme.TEXT, side), QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(_picture(name, theme.ACCENT, side), QIcon.Mode.Normal, QIcon.State.On)
        for state in (QIcon.State.Off, QIcon.State.On):
            made.addPixmap(_picture(name, theme.FAINT, side), QIcon.Mode.Disabled, state)
    return made


def _picture(name: str, color: str, side: int) -> QPixmap:
    shapes = SHAPES[name].replace("currentColor", color)
    renderer = QSvgRenderer(QByteArray(_FRAME.format(color=color, shapes=shapes).encode()))
    picture = QPixmap(QSize(side, side))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return picture
