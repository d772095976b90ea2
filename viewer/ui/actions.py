"""Everything the reader can do, in one table: menus, shortcuts and the keys page are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.core.language import later


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One wish. `id` names the method of the window that carries it out; what only the mouse does has none."""

    id: str
    title: str
    shortcut: str  # Sidelight's own; key maps and the reader may give others
    menu: str
    is_checkable: bool = False
    is_held: bool = False
    """Lasts while its key is down: its method takes True when the key goes down and False when it comes up."""
    needs_modifier: bool = False
    """Too grave for a lone letter: only keys with Ctrl, Alt or Meta are accepted."""
    icon: str = ""
    """Its name in `viewer.ui.keys.icons`; what has one stands in the tool bar."""


ACTIONS: tuple[ActionEntry, ...] = (
    ActionEntry("open_files", "Open files…", "Ctrl+O", "File", icon="open"),
    ActionEntry("open_folder", "Open folder…", "Ctrl+Shift+O", "File"),
    ActionEntry("watch_folder", "Watch a folder…", "", "File", is_checkable=True),
    ActionEntry("pause_scan", "Pause looking for films", "", "File", is_checkable=True),
    ActionEntry("stop_scan", "Stop looking for films", "", "File"),
    ActionEntry("show_skipped", "Import report", "Ctrl+I", "File"),
    ActionEntry("key_image", "Key image", "K", "Films"),
    ActionEntry("show_key_images", "Key images of this study…", "Shift+K", "Films"),
    ActionEntry("copy_view", "Copy this view", "Ctrl+C", "File"),
    ActionEntry("export_view", "Export this view…", "Ctrl+E", "File"),
    ActionEntry("find_study", "Search the study list", "Ctrl+F", "File"),
    ActionEntry("rebuild_list", "Rebuild the study list", "", "File"),
    ActionEntry("forget_everything", "Forget everything…", "", "File"),
    ActionEntry("print_view", "Print…", "Ctrl+P", "File"),
    ActionEntry("quit", "Quit", "Ctrl+Q", "File"),
    ActionEntry("undo", "Undo", "Ctrl+Z", "Edit", icon="undo"),
    ActionEntry("redo", "Redo", "Ctrl+Y", "Edit"),
    ActionEntry("delete_mark", "Delete the selected mark", "Delete", "Edit"),
    ActionEntry("accept_mark", "Accept the selected proposal", "", "Edit"),
    ActionEntry("preset_0", "Window: automatic", "0", "View/Window"),
    ActionEntry("preset_1", "Window: as acquired", "1", "View/Window"),
    ActionEntry("preset_2", "Window: next stored", "2", "View/Window"),
    ActionEntry("preset_3", "Window: lung", "3", "View/Window"),
    ActionEntry("preset_4", "Window: mediastinum", "4", "View/Window"),
    ActionEntry("preset_5", "Window: bone", "5", "View/Window"),
    ActionEntry("preset_6", "Window: lines and tubes", "6", "View/Window"),
    ActionEntry("preset_7", "Window: my own 7", "7", "View/Window"),
    ActionEntry("preset_8", "Window: my own 8", "8", "View/Window"),
    ActionEntry("preset_9", "Window: my own 9", "9", "View/Window"),
    ActionEntry("keep_window_7", "Keep this window as 7", "", "View/Window"),
    ActionEntry("keep_window_8", "Keep this window as 8", "", "View/Window"),
    ActionEntry("keep_window_9", "Keep this window as 9", "", "View/Window"),
    ActionEntry("invert", "Invert", "I", "View", icon="invert"),
    ActionEntry("look_edges", "Edge enhancement", "", "View", is_checkable=True),
    ActionEntry("look_clahe", "Local contrast (CLAHE)", "", "View", is_checkable=True),
    ActionEntry("toggle_overlays", "Overlay of the film", "Shift+O", "View", is_checkable=True),
    ActionEntry("toggle_shutter", "Shutter of the film", "Shift+S", "View", is_checkable=True),
    ActionEntry("flip_left_right", "Flip left–right", "H", "View"),
    ActionEntry("flip_top_bottom", "Flip top–bottom", "V", "View"),
    ActionEntry("rotate_right", "Rotate right", "R", "View"),
    ActionEntry("rotate_left", "Rotate left", "L", "View"),
    ActionEntry(
        "ignore_orientation", "Ignore Patient Orientation of this film", "", "View", is_checkable=True
    ),
    ActionEntry("fit", "Fit film to window", "F", "View", icon="fit"),
    ActionEntry("one_to_one", "One screen pixel per film pixel", "Ctrl+1", "View", icon="one"),
    ActionEntry("real_size", "Real size in mm", "Ctrl+2", "View"),
    ActionEntry("reset_view", "Reset view", "Ctrl+0", "View", icon="reset"),
    ActionEntry("maximise", "Maximise film", "", "View"),
    ActionEntry("hide_marks", "Hide all marks and text", "Space", "View", is_held=True),
    ActionEntry("privacy_screen", "Privacy screen: mask the identity", "F8", "View", is_checkable=True),
    ActionEntry("full_screen", "Full screen", "F11", "View", is_checkable=True),
    ActionEntry("tool_window", "Window and level", "W", "Tools", is_checkable=True, icon="window"),
    ActionEntry("tool_zoom", "Zoom", "Z", "Tools", is_checkable=True, icon="zoom"),
    ActionEntry("tool_pan", "Pan", "M", "Tools", is_checkable=True, icon="pan"),
    ActionEntry("tool_length", "Length", "D", "Tools", is_checkable=True, icon="length"),
    ActionEntry("tool_angle", "Angle", "A", "Tools", is_checkable=True, icon="angle"),
    ActionEntry("tool_cobb", "Cobb angle", "Shift+A", "Tools", is_checkable=True),
    ActionEntry("tool_ctr", "Cardiothoracic ratio", "C", "Tools", is_checkable=True, icon="ctr"),
    ActionEntry("tool_ellipse", "Region: ellipse", "U", "Tools", is_checkable=True),
    ActionEntry("tool_rectangle", "Region: rectangle", "Shift+U", "Tools", is_checkable=True),
    ActionEntry("tool_arrow", "Arrow with words", "T", "Tools", is_checkable=True, icon="arrow"),
    ActionEntry("tool_calibrate", "Calibrate on a known object", "", "Tools", is_checkable=True),
    ActionEntry("remove_calibration", "Remove the calibration", "", "Tools"),
    ActionEntry("magnifier", "Magnifier", "G", "Tools", is_held=True),
    ActionEntry(
        "pin_magnifier", "Keep the magnifier", "Shift+G", "Tools", is_checkable=True, icon="magnifier"
    ),
    ActionEntry("magnifier_4x", "Magnifier four times", "Ctrl+G", "Tools", is_checkable=True),
    ActionEntry("toggle_prior", "Show prior", "P", "Films", is_checkable=True, icon="prior"),
    ActionEntry("older_prior", "Next older prior", "Shift+P", "Films"),
    ActionEntry("toggle_sync", "Zoom, pan and window together", "X", "Films", is_checkable=True, icon="sync"),
    ActionEntry("one_viewport", "One film", "Ctrl+Alt+1", "Films"),
    ActionEntry("two_viewports", "Prior and current", "Ctrl+Alt+2", "Films"),
    ActionEntry("three_viewports", "Prior, lateral and current", "Ctrl+Alt+3", "Films"),
    ActionEntry("four_viewports", "Prior and current, frontal and lateral", "Ctrl+Alt+4", "Films"),
    ActionEntry("flicker_held", "Flicker with the prior, while held", "Q", "Films/Compare", is_held=True),
    ActionEntry("flicker", "Flicker with the prior", "Ctrl+Alt+F", "Films/Compare", is_checkable=True),
    ActionEntry("flicker_faster", "Flicker faster", "", "Films/Compare"),
    ActionEntry("flicker_slower", "Flicker slower", "", "Films/Compare"),
    ActionEntry("subtract_prior", "Current minus prior", "Ctrl+Alt+S", "Films/Compare", is_checkable=True),
    ActionEntry(
        "raw_prior", "Prior as acquired, not registered", "Shift+N", "Films/Compare", is_checkable=True
    ),
    ActionEntry("second_films_window", "Prior on the second screen", "", "Films", is_checkable=True),
    ActionEntry("current_at_left", "Current films at the left", "", "Films", is_checkable=True),
    ActionEntry("import_hanging", "Import hanging protocol…", "", "Films"),
    ActionEntry("export_hanging", "Export hanging protocol…", "", "Films"),
    ActionEntry("next_film", "Next film or slice", "PgDown", "Films"),
    ActionEntry("previous_film", "Previous film or slice", "PgUp", "Films"),
    ActionEntry("first_film", "First film or slice", "Home", "Films"),
    ActionEntry("last_film", "Last film or slice", "End", "Films"),
    ActionEntry("next_series", "Next series", "Ctrl+PgDown", "Films"),
    ActionEntry("previous_series", "Previous series", "Ctrl+PgUp", "Films"),
    ActionEntry("show_tags", "Tags of the film…", "Ctrl+T", "Films"),
    ActionEntry("toggle_cine", "Play or stop the stack", ".", "Films"),
    ActionEntry("cine_faster", "Play faster", "+", "Films"),
    ActionEntry("cine_slower", "Play slower", "-", "Films"),
    ActionEntry("cine_ping_pong", "Play back and forth", "", "Films", is_checkable=True),
    ActionEntry("edit_keys", "Keys and mouse…", "", "Settings"),
    ActionEntry("language_system", "As the system says", "", "Settings/Language", is_checkable=True),
    ActionEntry("language_english", "English", "", "Settings/Language", is_checkable=True),
    ActionEntry("language_korean", "한국어", "", "Settings/Language", is_checkable=True),
    ActionEntry("toggle_toolbar", "Tool bar", "", "Settings", is_checkable=True),
    ActionEntry("command_palette", "Find an action…", "Ctrl+K", "Help", icon="find"),
    ActionEntry("measure_monitor", "Measure this monitor…", "", "Settings"),
    ActionEntry("show_keys", "Keys", "?", "Help"),
    ActionEntry("check_monitor", "Check this screen…", "", "Help"),
    ActionEntry("about", "About Sidelight", "", "Help"),
)

BY_HAND: tuple[tuple[str, str], ...] = (("Esc", later("Close this page, leave full screen, stop a scan")),)
"""What is no entry of the table and can't be given another key, for the keys page."""


def conflicts() -> tuple[str, ...]:
    """Shortcuts that stand for two wishes; must be empty."""
    shortcuts = [entry.shortcut for entry in ACTIONS if entry.shortcut]
    return tuple(sorted({key for key in shortcuts if shortcuts.count(key) > 1}))
