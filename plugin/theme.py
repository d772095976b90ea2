"""How the panel looks: dark, few tones, one amber for the draft mark. Made for a dark room."""

from __future__ import annotations

GROUND = "#16191d"
SURFACE = "#101215"
RAISED = "#1f2329"
LINE = "#2b3037"
TEXT = "#c8cdd4"
MUTED = "#8b939e"  # 5.6 : 1 on GROUND
AMBER = "#e0a94a"
BLUE = "#5aa2d6"
RED = "#e58d7b"
GREEN = "#57b08d"

SHEET = f"""
#ReportPanel, #ReportPanel QScrollArea, #PanelBody {{ background: {GROUND}; color: {TEXT}; }}
#ReportPanel QLabel {{ color: {TEXT}; background: transparent; }}
#ReportPanel QLabel[role="muted"] {{ color: {MUTED}; }}
#ReportPanel QLabel[role="section"] {{ color: {MUTED}; font-weight: 600; }}
#ReportPanel QLabel[role="problem"] {{ color: {RED}; }}
#ReportPanel QLabel[role="problem-title"] {{ color: {RED}; font-weight: 600; }}
#ReportPanel QLabel[role="doubt"] {{ color: {AMBER}; }}
#ReportPanel QLabel[role="draft-mark"] {{
    color: {AMBER}; border: 1px solid #6b5426; border-radius: 4px; padding: 5px; font-weight: 600;
    background: #221d13;
}}
#ReportPanel QFrame[role="line"] {{ background: {LINE}; border: none; }}
#ReportPanel QFrame[role="note-box"] {{ background: {RAISED}; border: 1px solid {LINE}; border-radius: 6px; }}
#ReportPanel QFrame[role="problem-box"] {{
    background: #2a1c1a; border: 1px solid #5a342d; border-radius: 6px;
}}
#ReportPanel QFrame[role="gate"] {{
    background: {RAISED}; border: 1px solid #39414c; border-radius: 6px;
}}
#ReportPanel QLabel[role="signed-mark"] {{
    color: {GREEN}; border: 1px solid #2f5c4b; border-radius: 4px; padding: 5px; font-weight: 600;
    background: #13221c;
}}
#ReportPanel QFrame[role="critical-strip"] {{ background: #34150f; border-top: 2px solid #c2452d; }}
#ReportPanel QFrame[role="decided-strip"] {{ background: {RAISED}; border-top: 1px solid {LINE}; }}
#ReportPanel #StripBody, #ReportPanel QFrame[role="critical-strip"] QScrollArea,
#ReportPanel QFrame[role="decided-strip"] QScrollArea {{ background: transparent; }}
#ReportPanel QLabel[role="critical"] {{ color: #ffb4a2; font-weight: 600; }}
#ReportPanel QFrame[role="doubt-card"] {{
    background: #241a17; border: 1px solid #5a342d; border-left: 3px solid {RED}; border-radius: 5px;
}}
#ReportPanel QFrame[role="quiet-card"] {{
    background: {RAISED}; border: 1px solid {LINE}; border-left: 3px solid {MUTED}; border-radius: 5px;
}}
#ReportPanel QDateTimeEdit::up-button, #ReportPanel QDateTimeEdit::down-button {{ width: 0; border: none; }}
#ReportPanel QDateTimeEdit QLineEdit {{ border: none; padding: 0 6px; background: transparent; }}
#SignSheet, #SignBody, #SignBar {{ background: {SURFACE}; }}
#ReportPanel QComboBox, #ReportPanel QDateTimeEdit {{
    color: {TEXT}; background: {SURFACE}; border: 1px solid #39414c; border-radius: 4px; padding: 3px 6px;
}}
#ReportPanel QPushButton {{
    color: {TEXT}; background: {RAISED}; border: 1px solid #39414c; border-radius: 5px; padding: 5px 12px;
}}
#ReportPanel QPushButton:hover {{ background: #303843; }}
#ReportPanel QPushButton:focus {{ border-color: {BLUE}; }}
#ReportPanel QPushButton:checked {{ border-color: {BLUE}; background: #1b2a36; }}
#ReportPanel QFrame[role="inline"] {{
    background: {SURFACE}; border: 1px solid {LINE}; border-radius: 5px;
}}
#ReportPanel QFrame[role="inline"]:focus {{ border-color: {BLUE}; }}
#ReportPanel QPushButton[role="small"] {{ padding: 2px 7px; font-size: 12px; }}
#ReportPanel QComboBox {{
    color: {TEXT}; background: {RAISED}; border: 1px solid #39414c; border-radius: 5px; padding: 3px 6px;
}}
#ReportPanel QComboBox:focus {{ border-color: {BLUE}; }}
#ReportPanel QPushButton:disabled {{ color: #616974; background: {SURFACE}; border-color: {LINE}; }}
#ReportPanel QPushButton[role="primary"]:enabled {{ background: #275a7c; border-color: #37749c; color: #f3f7fa; }}
#ReportPanel QPushButton[role="primary"]:enabled:hover {{ background: #2f6a91; }}
#ReportPanel QPushButton[role="link"] {{
    background: transparent; border: 1px solid transparent; color: {MUTED}; padding: 2px 0; text-align: left;
}}
#ReportPanel QPushButton[role="link"]:hover {{ color: {TEXT}; }}
#ReportPanel QPushButton[role="link"]:focus {{ border-color: {BLUE}; }}
#ReportPanel QPushButton[role="title"] {{
    background: transparent; border: 1px solid transparent; color: {TEXT}; padding: 2px 0; font-weight: 600;
    text-align: left;
}}
#ReportPanel QPushButton[role="title"]:hover {{ color: {BLUE}; }}
#ReportPanel QPushButton[role="title"]:focus {{ border-color: {BLUE}; }}
#ReportPanel QPlainTextEdit, #ReportPanel QLineEdit {{
    color: {TEXT}; background: {SURFACE}; border: 1px solid {LINE}; border-radius: 5px; padding: 6px;
    selection-background-color: #2f5d7c;
}}
#ReportPanel QPlainTextEdit:focus, #ReportPanel QLineEdit:focus {{ border-color: {BLUE}; }}
#ReportPanel QFrame[role="exchange"] {{ border: none; border-left: 2px solid {LINE}; padding-left: 8px; }}
#ReportPanel QFrame[role="exchange-chosen"] {{ border: none; border-left: 2px solid {BLUE}; padding-left: 8px; }}
#ReportPanel QLabel[role="question"] {{ color: {TEXT}; font-weight: 600; }}
#ReportPanel QFrame[role="film-card"] {{ background: {SURFACE}; border: 1px dashed #4a5563; border-radius: 6px; }}
#ReportPanel QPushButton[role="chip"] {{
    background: {SURFACE}; border: 1px solid {LINE}; border-radius: 9px; padding: 3px 10px; color: {TEXT};
    text-align: left;
}}
#ReportPanel QPushButton[role="chip"]:hover {{ background: {RAISED}; border-color: #39414c; }}
#ReportPanel QPushButton[role="chip"]:checked {{ border-color: {BLUE}; background: #1b2a36; }}
#ReportPanel QPushButton[role="chip"]:focus {{ border-color: {BLUE}; }}
#ReportPanel QPushButton[role="chip"]:disabled {{ color: #616974; }}
#ReportPanel QFrame[role="tile"] {{ background: {SURFACE}; border: 1px solid {LINE}; border-radius: 7px; }}
#ReportPanel QTabWidget::pane {{ border: none; }}
#ReportPanel QTabBar::tab {{ background: {GROUND}; color: {MUTED}; padding: 7px 14px; border: none; }}
#ReportPanel QTabBar::tab:selected {{ color: {TEXT}; border-bottom: 2px solid {BLUE}; }}
QDialog#ReportPanel {{ background: {GROUND}; }}
#ReportPanel QTableWidget, #ReportPanel QListWidget {{
    background: {SURFACE}; alternate-background-color: #14171b; color: {TEXT}; border: 1px solid {LINE};
    border-radius: 5px;
}}
#ReportPanel QHeaderView::section {{
    background: {RAISED}; color: {MUTED}; border: none; border-bottom: 1px solid {LINE}; padding: 5px 8px;
}}
#ReportPanel QListWidget::item {{ padding: 6px 8px; border-radius: 4px; }}
#ReportPanel QListWidget::item:selected {{ background: #1b2a36; color: {TEXT}; }}
#ReportPanel QComboBox {{
    background: {SURFACE}; color: {TEXT}; border: 1px solid {LINE}; border-radius: 5px; padding: 4px 8px;
}}
#ReportPanel QComboBox:focus, #ReportPanel QListWidget:focus {{ border-color: {BLUE}; }}
#ReportPanel QSpinBox, #ReportPanel QDoubleSpinBox {{
    background: {SURFACE}; color: {TEXT}; border: 1px solid {LINE}; border-radius: 5px; padding: 4px 8px;
}}
#ReportPanel QSpinBox:focus, #ReportPanel QDoubleSpinBox:focus {{ border-color: {BLUE}; }}
#ReportPanel QSpinBox::up-button, #ReportPanel QSpinBox::down-button,
#ReportPanel QDoubleSpinBox::up-button, #ReportPanel QDoubleSpinBox::down-button {{ width: 0; border: none; }}
#ReportPanel QCheckBox {{ color: {TEXT}; spacing: 7px; }}
#ReportPanel QCheckBox::indicator {{
    width: 14px; height: 14px; border: 1px solid #4a5563; border-radius: 3px; background: {SURFACE};
}}
#ReportPanel QCheckBox::indicator:checked {{ background: {BLUE}; border-color: {BLUE}; }}
#ReportPanel QCheckBox:focus {{ color: {BLUE}; }}
#ReportPanel QTableWidget#Faults::item {{ padding: 5px 8px; }}
#ReportPanel QProgressBar {{ background: {SURFACE}; border: none; border-radius: 1px; max-height: 3px; }}
#ReportPanel QProgressBar::chunk {{ background: {BLUE}; border-radius: 1px; }}
#ReportPanel QScrollBar:vertical {{ background: {GROUND}; width: 10px; margin: 0; }}
#ReportPanel QScrollBar::handle:vertical {{ background: {RAISED}; border-radius: 4px; min-height: 30px; margin: 1px; }}
#ReportPanel QScrollBar::add-line, #ReportPanel QScrollBar::sub-line {{ height: 0; }}
#ReportPanel QScrollBar::add-page, #ReportPanel QScrollBar::sub-page {{ background: transparent; }}
"""
