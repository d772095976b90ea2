"""From Read to a draft, as the reader sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gui.plugin.conftest import ANNA, BERT, PA, Desk, a_reading, all_13
from gui.plugin.fake_host import film, hanging, study
from PySide6.QtCore import Qt

from inference.backend import (
    DRAFT_MARK,
    Error,
    Finished,
    Flag,
    NotRead,
    Progress,
    Queued,
    Sentence,
    TextDelta,
)
from plugin.settings import PanelSettings


def fold_text(desk) -> str:
    """What the fold says, once it is on screen."""
    folds = [shown.fold_button for shown in desk.panel.findings.films if shown.fold_button.isVisible()]
    return folds[0].text()[3:] if folds else ""


def test_before_anything_is_read_the_panel_says_what_its_words_are_worth(desk):
    header = desk.panel.header

    assert header.draft_mark.text() == DRAFT_MARK
    assert header.draft_mark.isVisible()
    assert header.use_label.text() == "Research use only. Not a medical device."
    assert header.starter_label.isVisible()
    assert "AI ready" in header.state_label.text()


def test_the_films_go_to_the_backend_without_identity(desk):
    desk.read()

    (told,) = desk.door.films.values()
    assert told.modality == "DX"
    assert "Doe" not in repr(told)
    assert "P1" not in repr(told)


def test_stages_appear_as_they_happen(desk):
    run = desk.read()
    run.send(Queued(1))
    desk.wait(lambda: desk.status() == "Waiting, 1 before this one")
    run.send(Progress("gate", 0, 1), Progress("encode", 1, 2))
    desk.wait(lambda: desk.status().startswith("Looking at the films 1 of 2 · "))

    assert "✓  Checking the films" in desk.panel.run_bar.stages_label.text()


def test_the_elapsed_seconds_go_on_while_the_backend_is_silent(desk):
    run = desk.read()
    run.send(Progress("report", 0, 1))
    desk.wait(lambda: desk.status().startswith("Writing the report"))
    before = desk.status()

    desk.wait(lambda: desk.status() != before)


def test_findings_stream_in_with_presence_words(desk):
    run = desk.read()
    run.send(*all_13(desk.image(), "cardiomegaly"))
    desk.wait(lambda: fold_text(desk) == "12 not detected")

    row = desk.row("f1")
    assert (row.title, row.certainty) == ("Cardiomegaly", "likely · 82 %")
    assert row.notes == "not calibrated here"
    assert not desk.panel.run_bar.read_button.isEnabled()


def test_a_finding_without_box_says_so(desk):
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run)

    assert desk.row("f9").notes == "not calibrated here · No location given by the model."


def test_absent_findings_are_folded_away_and_can_be_opened(desk):
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run)
    (shown,) = desk.panel.findings.films
    desk.wait(shown.fold_button.isVisible)

    assert desk.row("f8") is None
    assert shown.fold_button.text().endswith("11 not detected")

    desk.press(shown.fold_button)

    desk.wait(desk.row("f8").isVisible)
    assert desk.row("f8").certainty == "unlikely · 6 %"


def test_an_opened_fold_stays_open_while_more_findings_arrive(desk):
    run = desk.read()
    image = desk.image()
    run.send(*all_13(image)[:3])
    desk.wait(lambda: fold_text(desk) == "3 not detected")
    desk.press(desk.panel.findings.films[0].fold_button)

    run.send(*all_13(image)[3:])

    desk.wait(lambda: desk.row("f12") is not None and desk.row("f12").isVisible())


def test_the_keyboard_stays_on_its_finding_while_more_arrive(desk):
    run = desk.read()
    image = desk.image()
    run.send(*all_13(image, "cardiomegaly")[:3])
    desk.wait(lambda: fold_text(desk) == "2 not detected" and desk.row("f1").isVisible())
    desk.row("f1").setFocus()

    run.send(*all_13(image, "cardiomegaly")[3:])
    desk.wait(lambda: fold_text(desk) == "12 not detected" and desk.row("f1").isVisible())

    assert desk.panel.focusWidget() is desk.row("f1")


def test_nothing_found_is_worded_without_ruling_out_disease(desk):
    run = desk.read()
    run.send(*all_13(desk.image()))
    desk.finish(run, "No abnormality.")

    note = desk.panel.findings.films[0].note
    assert note.isVisible()
    assert note.text() == "No listed finding detected (14 classes). This does not rule out disease."


def test_what_the_model_did_not_assess_is_in_sight_and_not_in_the_fold(desk):
    run = desk.read()
    told = [
        replace(one, presence="not assessed", confidence=None) if one.label == "pneumothorax" else one
        for one in all_13(desk.image())
    ]
    run.send(*told)
    desk.finish(run, "No pneumothorax.")
    shown = desk.panel.findings.films[0]

    desk.wait(shown.unknown.isVisible)
    assert shown.unknown.text() == "Not assessed by this model: pneumothorax."
    assert shown.note.text().startswith("No listed finding detected (12 of 13 assessed).")


def test_two_films_keep_their_findings_apart(desk):
    desk.host.hang(hanging(study("1.2.5", PA, film("5", "AP", study="1.2.5"))))
    run = desk.read()
    first, second = (told.image_sha256 for told in next(iter(desk.door.studies.values())).films)
    run.send(*all_13(first, "edema"), *all_13(second, "fracture", start=13))
    desk.finish(run)

    titles = [shown.title.text() for shown in desk.panel.findings.films]
    rows = [[row.title for row in shown.rows] for shown in desk.panel.findings.films]
    assert titles == ["Findings · PA", "Findings · AP"]
    assert rows == [["Edema"], ["Fracture"]]


def test_a_film_that_was_not_read_says_why(desk):
    desk.host.hang(hanging(study("1.2.5", PA, film("6", "LL", study="1.2.5"))))
    run = desk.read()
    pa, lateral = next(iter(desk.door.studies.values())).films
    run.send(*all_13(pa.image_sha256), NotRead(lateral.image_sha256, "lateral film"))
    desk.finish(run)

    assert lateral.role == "lateral"
    assert desk.panel.findings.films[1].note.text() == "This image was not read: lateral film."


def test_a_film_that_can_not_be_decoded_says_why_and_the_other_is_read(desk):
    bad = film("7", "AP", study="1.2.5")
    desk.host.damaged.add(bad.key)
    desk.host.hang(hanging(study("1.2.5", PA, bad)))
    run = desk.read()
    run.send(*all_13(desk.image(), "edema"))
    desk.finish(run)

    notes = [shown.note.text() for shown in desk.panel.findings.films]
    assert "This image was not read: the file is cut short." in notes
    assert desk.report() == "The heart is large."


def test_a_study_of_which_no_film_can_be_read_is_told_with_a_remedy(desk):
    desk.host.damaged.add(PA.key)
    desk.press(desk.panel.run_bar.read_button)
    desk.wait(desk.panel.problem.isVisible)

    assert "None of this study's films could be given to the model." in desk.panel.problem.text.text()
    assert "frontal chest radiograph" in desk.panel.problem.remedy.text()
    assert desk.door.runs == []


def test_the_draft_streams_and_only_then_can_be_edited(desk):
    run = desk.read()
    run.send(TextDelta("The heart "), TextDelta("is large."))
    desk.wait(lambda: desk.report() == "The heart is large.")

    assert desk.panel.drafts.report.isReadOnly()

    run.send(Finished())
    desk.wait(lambda: not desk.panel.drafts.report.isReadOnly())


def test_no_prior_is_said_and_nothing_is_compared(desk):
    desk.finish(desk.read())

    assert desk.panel.drafts.prior_label.text() == "No prior loaded: no comparison was made."
    assert not desk.panel.drafts.flags_label.isVisible()


def test_the_prior_on_screen_is_read_too_and_its_age_is_told(desk):
    earlier = study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))
    desk.host.hang(hanging(ANNA.current, earlier))
    desk.finish(desk.read())

    films = next(iter(desk.door.studies.values())).films
    assert [(told.role, told.days_before) for told in films] == [("current", None), ("prior", 30)]
    assert desk.panel.drafts.prior_label.text() == "Compared with the prior of 2024-03-01, 30 days earlier."


def test_the_prior_s_own_text_of_this_session_goes_along(desk):
    earlier = study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))
    before = hanging(earlier)
    desk.host.hang(before)
    desk.finish(desk.read(), "Small effusion.")

    desk.host.hang(hanging(ANNA.current, earlier))
    desk.read()

    assert list(desk.door.studies.values())[-1].prior_report == "Small effusion."


def test_a_prior_that_comes_after_the_reading_is_noticed(desk):
    desk.finish(desk.read())

    desk.host.hang(hanging(ANNA.current, study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))))

    assert "A prior has come on screen since this study was read." in desk.panel.hint.text()


def test_doubts_are_shown_quietly_with_their_sentence(desk):
    run = desk.read()
    run.send(
        *a_reading(desk.image()), Flag("unsupported_sentence", "States a thing that is not listed.", "s1")
    )
    desk.finish(run)

    shown = desk.panel.drafts.flags_label.text()
    assert shown == "• “The heart is large.” States a thing that is not listed."


def test_an_error_of_the_backend_is_told_with_its_remedy(desk):
    run = desk.read()
    run.send(Error("OutOfMemory", "The device has too little memory.", "Read fewer films at once."))
    desk.wait(desk.panel.problem.isVisible)

    assert desk.panel.problem.text.text() == "The device has too little memory."
    assert desk.panel.problem.remedy.text().startswith("Read fewer films at once. ")
    assert not desk.panel.problem.restart_button.isVisible()


def test_with_no_study_there_is_nothing_to_press(desk):
    from viewer.api import Hanging

    desk.host.hang(Hanging())

    assert not desk.panel.run_bar.isVisible()
    assert not desk.panel.questions.field.isEnabled()
    assert "Open a study" in desk.panel.hint.text()


def test_the_demo_reads_by_itself_once(eager_desk):
    desk = eager_desk
    desk.wait(lambda: len(desk.door.runs) == 1)
    desk.finish(desk.door.runs[0])

    desk.host.hang(BERT)
    desk.wait(lambda: len(desk.door.runs) == 2)
    desk.host.hang(ANNA)
    desk.qtbot.wait(1000)

    assert len(desk.door.runs) == 2


def test_the_demo_reads_again_when_its_prior_was_found_late(eager_desk):
    desk = eager_desk
    desk.wait(lambda: len(desk.door.runs) == 1)

    desk.host.hang(hanging(ANNA.current, study("1.2.0", film("0", study="1.2.0"), date=date(2024, 3, 1))))
    desk.finish(desk.door.runs[0])
    desk.wait(lambda: len(desk.door.runs) == 2)

    assert [told.role for told in list(desk.door.studies.values())[-1].films] == ["current", "prior"]


def test_the_demo_waits_for_a_frontal_film(empty_eager_desk):
    desk = empty_eager_desk
    desk.host.hang(hanging(study("1.2.8", film("8", "LL", study="1.2.8"))))
    desk.qtbot.wait(1000)
    assert desk.door.runs == []

    desk.host.hang(hanging(study("1.2.8", film("8", "LL", study="1.2.8"), film("9", study="1.2.8"))))
    desk.wait(lambda: len(desk.door.runs) == 1)


def test_nothing_is_read_unasked(desk):
    desk.host.hang(BERT)
    desk.qtbot.wait(1000)

    assert desk.door.runs == []


def test_everything_can_be_done_with_the_keyboard(desk):
    """Tab reaches every button and field that is on screen and enabled, from top to bottom."""
    run = desk.read()
    run.send(*a_reading(desk.image()))
    desk.finish(run)
    desk.wait(desk.row("f1").isVisible)
    in_order = [
        desk.panel.header.pack_button,
        desk.panel.run_bar.read_button,
        desk.panel.shown_bar.button,
        desk.row("f1"),
        desk.row("f9"),
        desk.panel.findings.films[0].add_button,
        desk.panel.findings.films[0].fold_button,
        desk.panel.drafts.copy_button,
        desk.panel.drafts.insert_button,
        desk.panel.drafts.rewrite_button,
        desk.panel.drafts.report,
        desk.panel.drafts.impression,
        desk.panel.drafts.impress_button,
        desk.panel.seen.fold_button,
        *(one for one in desk.panel.history.suggestions.all_buttons if one.isVisible()),
        desk.panel.questions.box_button,
        desk.panel.questions.field,
    ]
    in_order[0].setFocus()
    reached = [desk.panel.focusWidget()]
    for _ in in_order[1:]:
        desk.qtbot.keyClick(desk.panel.focusWidget(), Qt.Key.Key_Tab)
        reached.append(desk.panel.focusWidget())

    assert reached == in_order


def test_every_button_says_what_it_does(desk):
    from PySide6.QtWidgets import QAbstractButton

    run = desk.read()
    run.send(*a_reading(desk.image()), Sentence("s2", "x"))
    desk.finish(run)

    silent = [b for b in desk.panel.findChildren(QAbstractButton) if b.isVisible() and not b.toolTip()]
    assert silent == []


def test_a_synthetic_film_is_not_read_unless_permitted(qtbot, desk):
    desk.host.hang(hanging(study("1.2.9", film("9", study="1.2.9", is_synthetic=True))))
    desk.press(desk.panel.run_bar.read_button)
    desk.wait(desk.panel.problem.isVisible)

    assert "it is marked synthetic" in desk.panel.findings.films[0].note.text()
    assert desk.door.films == {}


def test_the_demo_may_read_its_synthetic_patient(qtbot):
    desk = Desk(qtbot, PanelSettings(allow_synthetic=True, mode="concurrent"))
    try:
        desk.host.hang(hanging(study("1.2.9", film("9", study="1.2.9", is_synthetic=True))))
        desk.read()

        assert [told.is_synthetic for told in desk.door.films.values()] == [True]
    finally:
        desk.close()
