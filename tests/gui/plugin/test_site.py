"""What a site chooses, where it is chosen, and that every change is told."""

from __future__ import annotations

from gui.plugin.conftest import BERT, Desk
from PySide6.QtWidgets import QDialogButtonBox

from plugin.settings import PanelSettings
from plugin.site import words
from plugin.site.dialog import SiteDialog
from plugin.site.state import ConsentChanged, SettingsChanged


def open_dialog(desk) -> SiteDialog:
    desk.key("site_settings")
    (dialog,) = desk.panel.findChildren(SiteDialog)
    return dialog


def save(desk, dialog) -> list:
    """Press Save, and tell what was told about it."""
    told = []
    forget = desk.controller.on_folded(
        lambda key, _before, event, _after: told.append(event) if not key else None
    )
    desk.press(dialog.buttons.button(QDialogButtonBox.StandardButton.Save))
    forget()
    desk.qtbot.waitUntil(lambda: not desk.panel.findChildren(SiteDialog), timeout=20_000)
    return told


def test_a_site_that_chose_nothing_reads_second_and_keeps_no_corrections(second_desk):
    dialog = open_dialog(second_desk)

    assert dialog.mode.currentData() == "second reader"
    assert dialog.reveal_after.text() == words.NEVER
    assert not dialog.consent.isChecked()
    dialog.reject()
    second_desk.qtbot.waitUntil(lambda: not second_desk.panel.findChildren(SiteDialog), timeout=20_000)


def test_what_is_saved_holds_for_the_next_study_and_is_told_by_name_only(second_desk):
    desk = second_desk
    dialog = open_dialog(desk)
    dialog.mode.setCurrentIndex(dialog.mode.findData("concurrent"))
    dialog.reader.setText("  Dr. Kim ")

    told = save(desk, dialog)

    assert [(type(event), event.names) for event in told] == [(SettingsChanged, ("mode", "reader_name"))]
    assert desk.controller.site.reader_name == "Dr. Kim"
    assert desk.panel.gate.isVisible()  # the study that hangs keeps the mode it was first seen in
    desk.host.hang(BERT)
    assert not desk.panel.gate.isVisible()


def test_consent_is_told_for_itself(second_desk):
    dialog = open_dialog(second_desk)
    assert "Nothing leaves this computer" in dialog.consent.accessibleDescription()
    dialog.consent.setChecked(True)

    (told,) = save(second_desk, dialog)

    assert (type(told), told.is_given) == (ConsentChanged, True)
    assert second_desk.controller.site.keeps_corrections


def test_saving_what_was_there_tells_nothing(second_desk):
    assert save(second_desk, open_dialog(second_desk)) == []


def test_what_it_decides_can_t_be_changed_and_is_not_overwritten(qtbot):
    desk = Desk(qtbot, PanelSettings(mode="concurrent", auto_read=False))
    desk.host.settings.set("site", {"format": 1, "mode": "triage"})
    dialog = open_dialog(desk)
    assert dialog.mode.currentData() == "concurrent"
    assert not dialog.mode.isEnabled()
    assert not dialog.by_itself.isEnabled()
    assert dialog.fixed_note.text() == words.BY_IT
    dialog.reader.setText("Dr. Kim")

    save(desk, dialog)

    assert desk.host.settings.get("site")["mode"] == "triage"
    assert desk.controller.site.mode == "concurrent"
    desk.close()


def test_a_site_may_have_each_study_read_by_itself_behind_the_gate(second_desk):
    desk = second_desk
    dialog = open_dialog(desk)
    dialog.by_itself.setChecked(True)
    save(desk, dialog)

    desk.host.hang(BERT)

    desk.wait(lambda: len(desk.door.runs) == 1)
    desk.wait(lambda: "looking" in desk.panel.gate.status.text())
    assert desk.panel.gate.isVisible()
