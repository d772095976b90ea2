"""Colours for a dark room: nothing on the screen is brighter than it must be, except the film."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

BLACK = "#000000"
GROUND = "#101215"
PANEL = "#16191d"
RAISED = "#1f2329"
LINE = "#2b3037"
TEXT = "#c8cdd4"
DIM = "#858d98"
FAINT = "#565d66"
"""What can't be used now."""
ACCENT = "#5aa2d6"
PRIOR = "#d8b4a0"
HUMAN = "#56b4e9"
PROPOSAL = "#e69f00"
WARNING = "#e0a030"
OVERLAY = "#5fd7ff"  # lines that came with the film; marks have colours of their own
DANGER = "#c63b3b"
RESEARCH = "#d9b25f"

MARK_COLORS = (HUMAN, PROPOSAL, "#cc79a7")
"""What is drawn over a film, told apart by colour-blind people too: three of Okabe and Ito."""

TEXT_ON = (
    *((text, ground) for text in (TEXT, DIM, ACCENT, WARNING) for ground in (BLACK, GROUND, PANEL, RAISED)),
    (TEXT, LINE),
    (RESEARCH, GROUND),
    (PRIOR, BLACK),
    ("#14100a", WARNING),
    ("#e8ebef", BLACK),
)
"""Texts and the grounds they are shown on, where the style sheet does not name both in one rule."""

STYLE = f"""
* {{ outline: none; }}
QMainWindow, QDialog, QWidget#ground {{ background: {GROUND}; }}
QMenuBar {{ background: {GROUND}; color: {TEXT}; padding: 2px 4px; }}
QMenuBar::item {{ background: transparent; padding: 4px 9px; border-radius: 4px; }}
QMenuBar::item:selected {{ background: {RAISED}; }}
QMenu {{ background: {PANEL}; color: {TEXT}; border: 1px solid {LINE}; padding: 5px; }}
QMenu::item {{ padding: 5px 26px 5px 22px; border-radius: 4px; }}
QMenu::item:selected {{ background: {LINE}; }}
QMenu::item:disabled {{ color: {DIM}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 5px 8px; }}
QStatusBar {{ background: {GROUND}; color: {DIM}; border-top: 1px solid {LINE}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {DIM}; padding: 0 8px; }}
QDockWidget {{ color: {TEXT}; titlebar-close-icon: none; titlebar-normal-icon: none; }}
QMainWindow::separator {{ background: {GROUND}; width: 5px; height: 5px; }}
QSplitter::handle {{ background: {GROUND}; }}
QListView, QTableView, QPlainTextEdit, QTextEdit, QTextBrowser {{
    background: {PANEL}; color: {TEXT}; border: none; selection-background-color: {LINE}; selection-color: {TEXT}; }}
QPlainTextEdit, QTextEdit, QLineEdit {{
    border: 1px solid {LINE}; border-radius: 5px; padding: 5px; background: {GROUND}; }}
QLineEdit {{ color: {TEXT}; min-height: 20px; }}
QPlainTextEdit:focus, QTextEdit:focus, QLineEdit:focus {{ border-color: {ACCENT}; }}
QPushButton, QToolButton {{
    background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; border-radius: 5px; padding: 5px 12px; }}
QPushButton:hover, QToolButton:hover {{ background: {LINE}; }}
QPushButton:pressed {{ background: {GROUND}; }}
QPushButton:focus {{ border-color: {ACCENT}; }}
QPushButton:disabled {{ color: {FAINT}; background: {PANEL}; }}
QPushButton#quiet {{ background: transparent; border: none; color: {DIM}; text-align: left; padding: 7px 12px; }}
QPushButton#quiet:hover {{ color: {TEXT}; }}
QHeaderView::section {{
    background: {PANEL}; color: {DIM}; border: none; border-bottom: 1px solid {LINE}; padding: 6px; }}
QTabBar::tab {{ background: {GROUND}; color: {DIM}; padding: 6px 12px; border: none; }}
QTabBar::tab:selected {{ color: {TEXT}; background: {PANEL}; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid #565d66; border-radius: 3px; }}
QCheckBox::indicator:checked {{ background: {ACCENT}; border-color: {ACCENT}; }}
QProgressBar {{ background: {RAISED}; border: none; border-radius: 3px; max-height: 6px; }}
QProgressBar::chunk {{ background: {ACCENT}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: 9px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 9px; margin: 0; }}
QScrollBar::handle {{ background: {LINE}; border-radius: 4px; min-height: 28px; min-width: 28px; }}
QScrollBar::handle:hover {{ background: #3b424b; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QLabel#banner_danger {{ background: {DANGER}; color: #ffffff; font-weight: 600; padding: 7px 14px; }}
QLabel#banner {{ background: #3a2f14; color: #f0c66a; padding: 6px 14px; }}
QLabel#heading {{ color: {DIM}; padding: 10px 12px 6px 12px; }}
QLabel#dock_heading {{ color: {DIM}; background: {PANEL}; padding: 10px 14px 6px 14px; }}
QLabel#research_use {{ color: {RESEARCH}; }}
QLabel#hint {{ color: {DIM}; padding: 2px 0 6px 0; }}
QLabel#capture {{ color: {ACCENT}; padding: 6px 2px; min-height: 20px; }}
QFrame#palette {{ background: {PANEL}; border: 1px solid {LINE}; border-radius: 9px; }}
QFrame#palette QListWidget::item {{ padding: 5px 6px; border-radius: 4px; }}
QFrame#palette QListWidget::item:selected {{ background: {LINE}; color: {TEXT}; }}
QToolBar {{ background: {GROUND}; border: none; spacing: 1px; padding: 3px; }}
QToolBar::separator {{ background: {LINE}; height: 1px; width: 1px; margin: 3px 4px; }}
QToolBar QToolButton {{ background: transparent; border: 1px solid transparent; padding: 4px; }}
QToolBar QToolButton:hover {{ background: {RAISED}; }}
QToolBar QToolButton:checked {{ background: {RAISED}; border-color: {LINE}; }}
QComboBox {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; border-radius: 5px; padding: 4px 10px; }}
QComboBox QAbstractItemView {{ background: {PANEL}; border: 1px solid {LINE}; }}
QTabWidget::pane {{ border: none; }}
QFrame#keys {{ background: {PANEL}; border: 1px solid {LINE}; border-radius: 9px; }}
"""


def apply_theme(app: QApplication) -> None:
    """Dark everywhere, in the style that looks alike on every system."""
    app.setStyle("Fusion")
    app.setPalette(dark_palette())
    font = QFont(app.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(max(9.5, font.pointSizeF()))
    app.setFont(font)
    app.setStyleSheet(STYLE)


def dark_palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: GROUND,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: PANEL,
        QPalette.ColorRole.AlternateBase: RAISED,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.Highlight: ACCENT,
        QPalette.ColorRole.HighlightedText: BLACK,
        QPalette.ColorRole.PlaceholderText: DIM,
        QPalette.ColorRole.Link: ACCENT,
    }
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(FAINT))
    return palette


def fixed_font() -> QFont:
    """Digits of equal width, for text that changes while the mouse moves."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
