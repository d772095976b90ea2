"""Truth about how a film lies, nobody's name behind the privacy screen, and the check of the screen itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.factories_ui import description, film, ramp
from viewer.ui.captions import badges, corners, shown_letters
from viewer.ui.hanging_choice import Slot
from viewer.ui.output.masking import masked_state
from viewer.ui.placement import Posture

OLD = film("old", study_date=date(2024, 1, 1), study_description="Chest of Paula")
NEW = film("new")


def lying(desk, *orientation):
    """A film of this Patient Orientation on screen."""
    lain = film("lain", pixels=description(patient_orientation=orientation))
    desk.reader.films[lain.key] = replace(ramp(), description=description(patient_orientation=orientation))
    desk.drop(lain)
    return lain


def letters(desk, shown):
    viewport = desk.viewport(shown)
    return shown_letters(viewport.picture.pixels.description, viewport.state.view)


def said_below(desk, shown):
    state = desk.viewport(shown).state
    return corners(state.slot, state.view, 1.0, state.notices).bottom_left


def test_a_film_that_the_header_turns_upright_gives_no_alarm(desk):
    lain = lying(desk, "R", "F")
    assert desk.view(lain).posture == Posture(0, True)
    assert badges(lain.header, desk.view(lain)) == ()
    assert (letters(desk, lain).left, letters(desk, lain).right) == ("R", "L")
    assert any("Shown mirrored" in line for line in said_below(desk, lain))


def test_a_flip_by_the_reader_is_an_alarm_also_where_it_undoes_what_the_header_did(desk):
    lain = lying(desk, "R", "F")
    desk.press(Qt.Key.Key_H)
    assert desk.view(lain).posture == Posture()
    assert badges(lain.header, desk.view(lain)) == ("FLIPPED – side marker reads mirrored",)
    desk.press(Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert badges(lain.header, desk.view(lain)) == ()


def test_a_turn_is_counted_from_how_the_film_hung(desk):
    lain = lying(desk, "R", "H")
    desk.press(Qt.Key.Key_R)
    assert badges(lain.header, desk.view(lain)) == ("ROTATED 90°",)
    assert letters(desk, lain).top == "R"


def test_a_header_that_is_wrong_can_be_ignored_and_then_no_side_is_claimed(desk):
    lain = lying(desk, "H", "L")
    assert desk.view(lain).posture == Posture(3)
    desk.wish("ignore_orientation")
    assert desk.view(lain).posture == Posture()
    assert letters(desk, lain).left == letters(desk, lain).top == ""
    assert badges(lain.header, desk.view(lain)) == ("SIDES NOT KNOWN – Patient Orientation ignored",)
    assert not any("Turned by" in line for line in said_below(desk, lain))  # for it is not any more
    desk.press(Qt.Key.Key_R)
    assert "ROTATED 90°" in badges(lain.header, desk.view(lain))
    assert desk.window.actions_by_id["ignore_orientation"].isChecked()
    desk.wish("ignore_orientation")
    assert desk.view(lain).posture == Posture(3)
    assert letters(desk, lain).left == "R"


@pytest.mark.parametrize("base", [Posture(turns, flip) for turns in range(4) for flip in (False, True)])
def test_what_was_done_to_a_film_does_not_depend_on_how_it_hung(base):
    assert base.relative_to(base) == Posture()
    assert base.turned(1).relative_to(base) == Posture(1)
    assert base.flipped_left_right().relative_to(base) == Posture(0, True)


def everything_said(desk):
    """All words in the window that a person beside the reader could read."""
    said = [*desk.window.films.banners.texts(), desk.window.windowTitle()]
    for viewport in desk.window.films.viewports:
        state = viewport.state
        if state.slot is not None:
            shown = masked_state(state) if state.is_masked else state
            text = corners(shown.slot, shown.view, 1.0, shown.notices)
            said += [*text.top_left, *text.top_right, *text.bottom_left, *text.bottom_right]
    for row in desk.window.studies.model.rows:
        said += [row.title, row.subtitle, row.warning, row.note]
    return " | ".join(said)


def test_one_key_masks_the_identity_everywhere_and_brings_it_back(desk):
    desk.drop(OLD, NEW)
    before = everything_said(desk)
    desk.press(Qt.Key.Key_F8)
    masked = everything_said(desk)
    for secret in ("Paula", "P1", "2024-03-01", "2024-01-01", ".dcm"):
        assert secret in before or secret == ".dcm"
        assert secret not in masked
    assert "no ID" not in masked
    assert "not stated" not in masked  # it is masked, which is another thing than missing
    assert "60 days before" in masked  # the age of the prior names nobody
    assert "Identity is masked. F8 shows it again." in masked
    desk.press(Qt.Key.Key_F8)
    assert everything_said(desk) == before


def test_what_is_painted_is_masked_too(desk, monkeypatch):
    desk.drop(NEW)
    painted = []
    from viewer.ui import film_painting

    real = film_painting.corners
    monkeypatch.setattr(film_painting, "corners", lambda *a: painted.append(real(*a)) or painted[-1])
    desk.wish("privacy_screen")
    desk.viewport(NEW).repaint()
    assert "Paula" not in str(painted[-1])
    desk.wish("privacy_screen")
    desk.viewport(NEW).repaint()
    assert "Phantom Paula" in str(painted[-1])


def test_two_people_side_by_side_are_warned_of_without_their_names(desk):
    stranger = film("stranger", patient_id="P9", patient_name="Someone^Else", study_date=date(2023, 1, 1))
    desk.drop(NEW, stranger)
    desk.window.light_box.choose_study("1.new")
    desk.wish("privacy_screen")
    desk.window.light_box.choose_prior("1.stranger")
    lines = desk.window.films.banners.texts()
    assert "Current and prior belong to different patients." in lines
    assert "Else" not in str(lines)


def test_the_slot_stays_true_behind_the_privacy_screen(desk):
    desk.drop(NEW)
    desk.wish("privacy_screen")
    assert desk.viewport(NEW).state.slot == Slot(NEW, "current")
    assert desk.window.light_box.hung.hanging.current_films == (NEW,)


def test_the_pattern_shows_both_patches_and_the_check_is_kept_with_its_day(desk, qtbot):
    desk.wish("check_monitor")
    part = next(part for part in desk.window.features if hasattr(part, "check_monitor"))
    page = part.page
    QApplication.processEvents()
    assert page.last.text() == "This screen was never checked."
    shown = page.pattern.grab().toImage()
    (black, dark), (white, bright) = page.pattern.patch_boxes()

    def grey(point):
        return shown.pixelColor(round(point.x()), round(point.y())).red()

    assert [grey(box.center()) for box in (dark, bright)] == [13, 242]
    assert [grey(box.topLeft() + (box.center() - box.topLeft()) / 8) for box in (black, white)] == [0, 255]
    assert [grey(box.center()) for box in page.pattern.step_boxes()] == [
        round(255 * n / 17) for n in range(18)
    ]

    page.sees_dark.setChecked(True)
    page.keep.click()
    assert "not passed" in page.last.text()
    page.sees_bright.setChecked(True)
    page.keep.click()
    assert page.last.text() == f"Last check {date.today().isoformat()}: passed."
    assert len(desk.window.settings.value("monitor.checks")) == 2
    page.close()
