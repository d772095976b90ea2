"""What has changed since the prior, as the reader meets it in the panel."""

from __future__ import annotations

from datetime import date

import pytest
from gui.plugin.conftest import PA, all_13
from gui.plugin.fake_host import film, study
from gui.plugin.test_in_the_window import WindowWatch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from inference.backend import (
    FINDINGS,
    AskQuestion,
    Box,
    Change,
    Compare,
    Error,
    Finding,
    Finished,
    PriorChosen,
    ReadStudy,
    Sentence,
    TextDelta,
)
from inference.text.comparing import comparison_word
from plugin.prior import words
from plugin.prior.pairs import PairRow
from plugin.prior.row import ChangeRow
from plugin.review.state import FindingRejected, VerdictTakenBack
from plugin.wording import BOX_PRECISION
from viewer.api import Hanging
from viewer.core.study import Patient

OLD = film("old", study="1.2.0")
NOW = study("1.2.1", PA, date=date(2024, 3, 31))
NEAREST = study("1.2.0", OLD, date=date(2024, 3, 1))
OLDER = study("1.1.9", film("older", study="1.1.9"), date=date(2023, 3, 1))
JANE = Patient("P1", "Doe^Jane", studies=(OLDER, NEAREST, NOW))
WITH_PRIOR = Hanging(JANE, NOW, NEAREST, NOW.films, NEAREST.films)

LATER = study("1.2.5", film("5", study="1.2.5"), date=date(2024, 4, 2))
JOHN = Patient("P2", "Roe^John", studies=(LATER,))
ALONE = Hanging(JOHN, LATER, None, LATER.films, ())

HEART, FLUID = FINDINGS.index("cardiomegaly"), FINDINGS.index("pleural effusion")
SIZES, STATES = "size of the boxes", "each film's own findings"


def images(desk, at=-1) -> tuple[str, str]:
    """How the backend calls the prior's film and the current one."""
    films = list(desk.door.studies.values())[at].films
    roles = {one.role: one.image_sha256 for one in films}
    return roles["prior"], roles["current"]


def read_with_prior(desk, text="The cardiomegaly has increased."):
    """A complete reading of the study on screen, which has a prior."""
    run = desk.read()
    old, now = images(desk)
    run.send(
        PriorChosen((old,), 30, 0, "the only prior that was given", "given"),
        *all_13(now, "cardiomegaly"),
        Box("b1", now, (2.0, 3.0, 9.0, 11.0), f"f{HEART}"),
        TextDelta(text),
        Sentence("s1", text, (f"f{HEART}",), box_ids=("b1",)),
        Finished({"report": text}, {}, {"pack": "starter-test", "picture_side": 16}),
    )
    desk.wait(lambda: desk.status().startswith("Draft ready"))


def comparing(desk, number=1):
    """The comparison that the panel has asked for by itself."""

    def asked():
        return [run for run in desk.door.runs if isinstance(run.request, Compare)]

    desk.wait(lambda: len(asked()) >= number)
    return asked()[-1]


def compared(desk) -> list:
    """Heart larger, effusion resolved; ids that the reading has given to other things as well."""
    old, now = images(desk)
    before, since = all_13(old, "cardiomegaly", "pleural effusion"), all_13(now, "cardiomegaly", start=13)
    kinds = {"cardiomegaly": ("larger", SIZES), "pleural effusion": ("resolved", STATES)}
    changes = [
        Change(
            label,
            *kinds.get(label, ("absent", STATES))[:1],
            f"f{at}",
            f"f{at + 13}",
            kinds.get(label, ("", STATES))[1],
        )
        for at, label in enumerate(FINDINGS)
    ]
    boxes = [
        Box("b1", old, (3.0, 4.0, 8.0, 10.0), f"f{HEART}"),
        Box("b2", old, (1.0, 9.0, 5.0, 14.0), f"f{FLUID}"),
        Box("b3", now, (2.0, 3.0, 9.0, 11.0), f"f{HEART + 13}"),
    ]
    return [PriorChosen((old,), 30, 0, "", "not used"), *before, *since, *boxes, *changes, Finished({})]


def finish_comparison(desk, run=None):
    (run or comparing(desk)).send(*compared(desk))
    desk.wait(lambda: len(desk.panel.prior.rows) == 2)


def words_of(row) -> tuple[str, str, str]:
    return row.sign.text(), row.title.text(), row.word.text()


def all_words(desk) -> str:
    labels = [label.text() for label in desk.panel.findChildren(QLabel) if label.isVisibleTo(desk.panel)]
    return " ".join((*labels, desk.report()))


def test_after_a_reading_with_a_prior_the_films_are_compared_by_themselves(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)

    run = comparing(desk)
    assert run.request.changes_only
    assert run.priority > 0  # whatever the reader asks for goes first
    finish_comparison(desk, run)

    heart, fluid = desk.panel.prior.rows
    assert words_of(heart) == ("▲", "Cardiomegaly", "larger")
    assert words_of(fluid) == ("−", "Pleural effusion", "resolved")
    assert heart.note.text() == "by size of the boxes · 82 % → 82 %"
    assert "larger" in heart.accessibleName()
    assert desk.status().startswith("Draft ready")


def test_the_prior_is_named_with_its_age_and_what_became_of_its_report(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)

    assert (
        desk.panel.prior.prior_label.text()
        == "Prior of 2024-03-01 · 30 days earlier · nearest of 2 priors · its report was given"
    )


def test_a_click_lights_the_pair_and_brings_both_films_into_sight(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)
    row = desk.panel.prior.row_of("cardiomegaly")

    desk.press(row)

    assert desk.host.pairs_shown == [((PA.key, OLD.key), ((2, 3, 9, 11), (3, 4, 8, 10)))]
    lit = {mark.id: mark.film_key for mark in desk.host.marks if mark.is_highlighted}
    assert lit == {"b1": PA.key, "prior b1": OLD.key}
    assert row.isChecked()
    assert desk.row(f"f{HEART}").isChecked()

    desk.press(row)  # again lets go of it

    assert not [mark for mark in desk.host.marks if mark.is_highlighted]


def test_enter_on_a_row_shows_the_pair_as_well(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)

    QTest.keyClick(desk.panel.prior.row_of("pleural effusion"), Qt.Key.Key_Return)

    assert desk.host.pairs_shown == [
        ((PA.key, OLD.key), None)
    ]  # on the current film there is nothing to go to
    assert [mark.id for mark in desk.host.marks if mark.is_highlighted] == ["prior b2"]


def test_tab_reaches_the_rows_where_they_stand(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)
    heart, fluid = desk.panel.prior.rows

    heart.setFocus()
    desk.qtbot.keyClick(heart, Qt.Key.Key_Tab)
    assert desk.panel.focusWidget() is fluid
    desk.qtbot.keyClick(fluid, Qt.Key.Key_Tab)
    assert desk.panel.focusWidget() in desk.panel.drafts.findChildren(QWidget)


def test_a_box_on_the_prior_leads_to_its_row_and_the_pointer_lights_the_pair(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)

    desk.host.hover("prior b1")
    assert {mark.id for mark in desk.host.marks if mark.is_highlighted} >= {"prior b1"}
    desk.host.hover(None)
    assert not [mark for mark in desk.host.marks if mark.is_highlighted]
    desk.host.click("prior b2")

    assert desk.panel.prior.row_of("pleural effusion").isChecked()
    assert desk.host.pairs_shown


def test_without_a_prior_nothing_is_compared_and_no_word_compares(desk):
    run = desk.read()
    run.send(*all_13(desk.image(), "cardiomegaly"), TextDelta("The heart is large."))
    desk.finish(run)
    desk.qtbot.wait(100)  # longer than the panel rests before a comparison

    assert [type(one.request) for one in desk.door.runs] == [ReadStudy]
    said = all_words(desk)
    assert "No prior loaded: no comparison was made." in said
    assert comparison_word(said.replace("No prior loaded: no comparison was made.", "")) is None
    assert not desk.panel.prior.rows


def test_a_question_stops_the_comparison_which_begins_again_afterwards(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    first = comparing(desk)

    question = desk.ask("Is the heart larger?")
    desk.wait(lambda: first.cancels == 1)
    assert isinstance(question.request, AskQuestion)
    first.send(*compared(desk))  # it had all been on its way
    question.send(TextDelta("Yes.", "answer"), Finished({"answer": "Yes."}))

    again = comparing(desk, 2)
    assert again is not first
    assert not desk.panel.prior.rows
    finish_comparison(desk, again)
    assert desk.panel.history.isVisible()


def test_text_can_be_edited_while_the_films_are_compared(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    run = comparing(desk)

    desk.panel.drafts.report.setFocus()
    QTest.keyClicks(desk.panel.drafts.report, "Mine. ")

    assert "Mine." in desk.report()
    finish_comparison(desk, run)
    assert "Mine." in desk.report()


def test_reading_again_ends_the_comparison_and_forgets_what_it_found(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)

    desk.read()

    assert not desk.panel.prior.rows
    assert not [mark for mark in desk.host.marks if mark.id.startswith("prior ")]


def test_a_late_comparison_never_appears_under_another_study(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    run = comparing(desk)
    told = compared(desk)

    desk.host.hang(ALONE)
    run.send(*told)
    desk.qtbot.wait(100)
    assert not desk.panel.prior.isVisible()
    assert not desk.panel.prior.rows
    assert desk.host.marks == ()

    desk.host.hang(WITH_PRIOR)
    desk.wait(lambda: len(desk.panel.prior.rows) == 2)


def test_two_studies_keep_their_own_comparisons(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)
    other_now = study("1.2.8", film("8", study="1.2.8"), date=date(2024, 5, 1))
    other_old = study("1.2.7", film("7", study="1.2.7"), date=date(2024, 4, 1))
    ann = Patient("P3", "Poe^Ann", studies=(other_old, other_now))
    desk.host.hang(Hanging(ann, other_now, other_old, other_now.films, other_old.films))
    read_with_prior(desk)
    run = comparing(desk, 2)
    old, now = images(desk)
    run.send(
        *all_13(old),
        *all_13(now, "edema", start=13),
        *(
            Change(label, "new" if label == "edema" else "absent", f"f{at}", f"f{at + 13}")
            for at, label in enumerate(FINDINGS)
        ),
        Finished({}),
    )
    desk.wait(lambda: [row.row.label for row in desk.panel.prior.rows] == ["edema"])

    desk.host.hang(WITH_PRIOR)

    assert [row.row.label for row in desk.panel.prior.rows] == ["cardiomegaly", "pleural effusion"]


def test_a_backend_that_dies_while_comparing_leaves_the_text_and_compares_once_it_is_back(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    comparing(desk)

    desk.door.die("killed")
    desk.wait(desk.panel.problem.isVisible)
    assert "Your text is safe" in desk.panel.problem.text.text()
    assert desk.report() == "The cardiomegaly has increased."
    desk.press(desk.panel.problem.restart_button)

    run = comparing(desk, 2)
    finish_comparison(desk, run)
    assert not desk.panel.problem.isVisible()


def test_a_comparison_that_fails_says_why_and_can_be_asked_for_again(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    comparing(desk).send(
        Error("InvalidRequest", "The study holds no prior film that can be read.", "Open one.")
    )
    section = desk.panel.prior
    desk.wait(section.again_button.isVisible)
    assert (
        section.status_label.text()
        == "Not compared: The study holds no prior film that can be read. Open one."
    )
    assert not desk.panel.problem.isVisible()
    assert desk.status().startswith("Draft ready")

    desk.press(section.again_button)

    finish_comparison(desk, comparing(desk, 2))


def test_a_stopped_comparison_is_not_begun_again_by_itself(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    comparing(desk)

    desk.press(desk.panel.run_bar.stop_button)

    desk.wait(lambda: desk.panel.prior.status_label.text() == "The comparison was stopped.")
    desk.host.hang(WITH_PRIOR)
    desk.qtbot.wait(100)
    assert len(desk.door.runs) == 2


def test_a_sentence_that_says_otherwise_than_both_films_is_flagged_at_its_row(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk, "The cardiomegaly has decreased.")
    finish_comparison(desk)

    row = desk.panel.prior.row_of("cardiomegaly")
    assert row.doubt.isVisible()
    assert row.doubt.text() == "The draft says: “The cardiomegaly has decreased.”"


def test_a_row_with_a_doubt_opens_no_window_of_its_own(desk, qapp):
    """A label without a place is a window: for a blink it would take the keyboard from the films."""
    opened = WindowWatch()
    desk.host.hang(WITH_PRIOR)
    qapp.installEventFilter(opened)
    read_with_prior(desk, "The cardiomegaly has decreased.")
    finish_comparison(desk)
    qapp.removeEventFilter(opened)

    assert desk.panel.prior.row_of("cardiomegaly").doubt.isVisible()
    assert opened.names == []


def test_with_another_patients_film_beside_it_nothing_is_compared(desk):
    """The window hangs a stranger's film as no prior, and warns: so the panel is told of none."""
    desk.host.hang(WITH_PRIOR)
    run = desk.read()
    old, now = images(desk)
    stranger_beside = Hanging(JANE, NOW, None, NOW.films, ())
    desk.host.hang(stranger_beside)
    run.send(PriorChosen((old,), 30, 0, "", "given"), *all_13(now), TextDelta("Clear."))
    desk.finish(run)
    desk.qtbot.wait(100)

    assert not [one for one in desk.door.runs if isinstance(one.request, Compare)]

    desk.host.hang(WITH_PRIOR)
    comparing(desk)


def test_before_the_own_first_look_nothing_of_the_comparison_is_shown(second_desk):
    desk = second_desk
    desk.host.hang(WITH_PRIOR)
    run = desk.read()
    old, now = images(desk)
    chosen = PriorChosen((old,), 30, 0, "", "given")
    run.send(chosen, *all_13(now, "cardiomegaly"), Finished({"report": "Large."}))
    comparison = comparing(desk)
    comparison.send(*compared(desk))
    desk.wait(lambda: comparison.has_ended)

    assert not desk.panel.prior.isVisible()
    assert desk.host.marks == ()
    assert comparison_word(all_words(desk)) is None

    desk.host.actions["accept"].run()  # Enter: I have read it

    desk.wait(lambda: len(desk.panel.prior.rows) == 2)


def test_nothing_on_either_film_is_said_without_calling_it_normal(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    old, now = images(desk)
    comparing(desk).send(
        *all_13(old),
        *all_13(now, start=13),
        *(Change(label, "absent", f"f{at}", f"f{at + 13}") for at, label in enumerate(FINDINGS)),
        Finished({}),
    )

    footnote = desk.panel.prior.footnote
    desk.wait(footnote.isVisible)
    assert footnote.text() == "No listed finding detected on either film. This does not rule out disease."


def test_a_finding_that_is_rejected_is_no_change_any_more_and_is_again_when_that_is_taken_back(desk):
    desk.host.hang(WITH_PRIOR)
    read_with_prior(desk)
    finish_comparison(desk)
    heart = desk.panel.prior.row_of("cardiomegaly")
    word = heart.word.text()
    assert word

    desk.controller.fold(FindingRejected("f1", desk.controller.now()))
    heart = desk.panel.prior.row_of("cardiomegaly")
    assert heart.word.text() == ""
    assert heart.note.text() == words.REJECTED
    assert "larger" not in heart.accessibleName()
    assert BOX_PRECISION not in desk.panel.prior.footnote.text()

    desk.controller.fold(VerdictTakenBack("f1", desk.controller.now()))
    assert desk.panel.prior.row_of("cardiomegaly").word.text() == word


@pytest.mark.parametrize(
    ("kind", "before", "now", "note"),
    [
        ("unchanged", "present", "absent", "not detected on the current film"),
        ("unchanged", "absent", "present", "not detected on the prior"),
        ("resolved", "present", "absent", "no box on either film"),
        ("new", "absent", "present", "no box on either film"),
    ],
)
def test_about_the_same_never_hides_that_one_film_s_list_is_without_the_finding(
    qtbot, kind, before, now, note
):
    then = Finding("f1", "atelectasis", before, 0.2, False, "old")
    since = Finding("f2", "atelectasis", now, 0.1, False, "new")
    row = ChangeRow(PairRow(Change("atelectasis", kind, "f1", "f2", "the model's certainty"), then, since))
    qtbot.addWidget(row)

    assert row.note.text().endswith(note)
