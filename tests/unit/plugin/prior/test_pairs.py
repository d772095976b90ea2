"""The rows of the comparison, their boxes on both films, and where the draft says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from inference.backend import Box, Change, Finding, PriorChosen, Sentence
from plugin.events import FilmInReading, PriorUsed
from plugin.first_look.visible import visible
from plugin.fold import fold
from plugin.prior import words
from plugin.prior.pairs import (
    disagreements,
    films_of_pair,
    label_of_mark,
    lit_labels,
    pair_row,
    pair_rows,
    prior_marks,
)
from plugin.prior.state import PriorView
from plugin.review.state import FindingRejected
from plugin.state import StudyReading

FILMS = (FilmInReading("now#1", "PA", image="new"), FilmInReading("old#1", "Prior PA", "prior", "old"))
HEART = Finding("f2", "cardiomegaly", "present", 0.8, False, "new")
FLUID = Finding("f10", "pleural effusion", "absent", 0.1, False, "new")
HEART_BOX = Box("b1", "new", (1, 1, 7, 7), "f2")


def told(label: str, kind: str, number: int, before="present", now="present", basis="size of the boxes"):
    then = Finding(f"prior f{number}", label, before, 0.4, False, "old")
    since = Finding(f"prior f{number + 13}", label, now, 0.8, False, "new")
    return then, since, Change(label, kind, then.id, since.id, basis, "why")


HEART_TOLD = told("cardiomegaly", "larger", 2)
FLUID_TOLD = told("pleural effusion", "resolved", 10, now="absent")
EDEMA_TOLD = told("edema", "absent", 5, before="absent", now="absent")
VIEW = PriorView(
    "done",
    PriorChosen(("old",), 30, 0, "", "given"),
    tuple(one for group in (HEART_TOLD, FLUID_TOLD, EDEMA_TOLD) for one in group[:2]),
    (
        Box("prior b1", "old", (1, 1, 5, 5), "prior f2"),
        Box("prior b2", "old", (2, 9, 6, 12), "prior f10"),
        Box("prior b3", "new", (1, 1, 7, 7), "prior f15"),
    ),
    tuple(group[2] for group in (HEART_TOLD, FLUID_TOLD, EDEMA_TOLD)),
)
READING = StudyReading(
    films=FILMS,
    findings=(HEART, FLUID),
    boxes=(HEART_BOX,),
    prior=PriorUsed(date(2024, 3, 1), 30, True, 1, 3),
    prior_view=VIEW,
    is_complete=True,
)


def with_view(**changes) -> StudyReading:
    return replace(READING, prior_view=replace(VIEW, **changes))


def test_a_row_for_each_finding_on_either_film_with_its_boxes_on_both():
    heart, fluid = pair_rows(READING)

    assert (heart.label, heart.change.change, heart.finding_id) == ("cardiomegaly", "larger", "f2")
    assert [box.id for box in heart.prior_boxes] == ["prior b1"]
    assert [box.id for box in heart.boxes] == ["b1"]  # the reading's own: nothing is drawn twice
    assert (fluid.label, fluid.finding_id, fluid.boxes) == ("pleural effusion", None, ())
    assert pair_row(READING, "edema") is None


@pytest.mark.parametrize("phase", ["none", "due", "running", "stopped", "failed"])
def test_there_are_no_rows_before_the_comparison_is_done(phase):
    assert pair_rows(with_view(phase=phase)) == ()
    assert disagreements(with_view(phase=phase)) == {}


def test_a_change_whose_findings_were_not_told_has_no_row():
    assert pair_rows(with_view(findings=())) == ()


def test_where_the_reading_has_no_box_the_comparisons_own_is_lit_with_its_row():
    bare = replace(READING, boxes=())

    assert "prior b3" not in [mark.id for mark in prior_marks(bare)]
    lit = replace(bare, prior_view=replace(VIEW, selected="cardiomegaly"))
    assert [(mark.id, mark.film_key) for mark in prior_marks(lit) if mark.is_highlighted] == [
        ("prior b1", "old#1"),
        ("prior b3", "now#1"),
    ]


def test_the_priors_boxes_lie_on_the_priors_film_and_say_so():
    heart, fluid = prior_marks(READING)

    assert (heart.film_key, heart.caption, heart.style, heart.is_highlighted) == (
        "old#1",
        "cardiomegaly (prior)",
        "dashed",
        False,
    )
    assert fluid.color != heart.color


def test_a_box_on_a_film_that_is_not_there_is_not_drawn():
    assert prior_marks(replace(READING, films=FILMS[:1])) == ()


@pytest.mark.parametrize(
    ("lit", "labels"),
    [
        ({"selected": "f2"}, {"cardiomegaly"}),
        ({"hovered": "f2"}, {"cardiomegaly"}),
        ({"prior_view": replace(VIEW, selected="pleural effusion")}, {"pleural effusion"}),
        ({"prior_view": replace(VIEW, hovered="pleural effusion")}, {"pleural effusion"}),
        ({}, set()),
    ],
)
def test_a_pair_is_lit_from_its_row_from_either_box_and_from_the_finding(lit, labels):
    reading = replace(READING, **lit)

    assert lit_labels(reading) == labels
    assert {row.label for row in pair_rows(reading) if row.is_lit} == labels
    assert {mark.caption for mark in prior_marks(reading) if mark.is_highlighted} == {
        f"{one} (prior)" for one in labels
    }


def test_a_mark_on_the_prior_leads_back_to_its_finding():
    assert label_of_mark(READING, "prior b2") == "pleural effusion"
    assert label_of_mark(READING, "b1") is None
    assert label_of_mark(READING, None) is None
    assert label_of_mark(with_view(findings=()), "prior b1") is None


def test_both_films_are_shown_where_their_boxes_lie():
    heart, fluid = pair_rows(READING)

    assert films_of_pair(READING, heart) == (("now#1", "old#1"), ((1, 1, 7, 7), (1, 1, 5, 5)))
    assert films_of_pair(READING, fluid) == (("now#1", "old#1"), None)
    assert films_of_pair(replace(READING, films=FILMS[:1]), heart) == (("now#1",), None)


@pytest.mark.parametrize(
    ("sentence", "words_"),
    [
        ("The cardiomegaly has decreased.", "The comparison with the prior finds cardiomegaly larger."),
        ("The cardiomegaly is unchanged.", "The comparison with the prior finds cardiomegaly larger."),
        ("The cardiomegaly has increased.", None),
        ("The cardiomegaly is new.", None),  # the same direction
        ("The heart is large.", None),
        ("The pleural effusion is larger.", "The comparison with the prior finds pleural effusion resolved."),
        ("The edema has resolved.", "The comparison with the prior finds edema on neither film."),
        ("The atelectasis is larger.", None),  # the comparison says nothing of it
    ],
)
def test_a_sentence_that_says_otherwise_than_the_films_is_told(sentence, words_):
    reading = replace(READING, sentences=(Sentence("s1", sentence),))

    assert disagreements(reading) == ({"s1": words_} if words_ else {})


@pytest.mark.parametrize(
    ("kind", "sentence", "words_"),
    [
        ("still present", "The cardiomegaly has resolved.", "on both films"),
        ("still present", "The cardiomegaly has increased.", ""),
        ("unchanged", "The cardiomegaly has increased.", "about the same"),
        ("not assessed", "The cardiomegaly has increased.", ""),
    ],
)
def test_what_nobody_can_tell_contradicts_nothing(kind, sentence, words_):
    changes = (told("cardiomegaly", kind, 2)[2],)
    reading = replace(with_view(changes=changes), sentences=(Sentence("s1", sentence),))

    assert ("s1" in disagreements(reading)) is bool(words_)
    assert words_ in disagreements(reading).get("s1", "")


def test_the_row_quotes_the_sentence_that_says_otherwise():
    reading = replace(READING, sentences=(Sentence("s1", "The cardiomegaly has decreased."),))

    assert (
        pair_row(reading, "cardiomegaly").disagreement == "The draft says: “The cardiomegaly has decreased.”"
    )


def test_before_the_own_first_look_nothing_of_the_comparison_is_to_be_seen():
    closed = visible(READING)
    assert not READING.first_look.shows_ai

    assert (pair_rows(closed), prior_marks(closed)) == ((), ())


# ── the words ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("prior", "text"),
    [
        (
            PriorUsed(date(2024, 3, 1), 30, True, 1, 3),
            "Prior of 2024-03-01 · 30 days earlier · nearest of 3 priors",
        ),
        (PriorUsed(date(2024, 3, 1), 1, True, 2, 3), "1 day earlier · number 2 of 3 priors, nearest first"),
        (PriorUsed(date(2024, 3, 1), 0, True, 1, 1), "same day · the only prior here"),
        (PriorUsed(), "Prior without a date · age not known"),
    ],
)
def test_the_prior_is_named_with_its_age_and_its_place_among_all(prior, text):
    assert text in words.prior_text(replace(READING, prior=prior))


@pytest.mark.parametrize(
    ("report", "text"),
    [("given", "report was given"), ("drafted", "drafted by the AI"), ("not used", "report not used")],
)
def test_what_became_of_the_priors_report_is_said(report, text):
    assert text in words.prior_text(with_view(chosen=PriorChosen((), 1, 0, "", report)))


def test_without_a_prior_only_that_is_said():
    alone = StudyReading(is_complete=True)

    assert words.prior_text(alone) == "No prior loaded: no comparison was made."
    assert words.prior_text(StudyReading()) == ""
    assert words.prior_text(with_view(chosen=None)).endswith("nearest of 3 priors")


@pytest.mark.parametrize(
    ("kind", "basis", "word"),
    [
        ("larger", "size of the boxes", "larger"),
        ("larger", "the model's certainty", "more marked"),
        ("smaller", "the model's certainty", "less marked"),
        ("unchanged", "the model's certainty", "about the same"),
        ("new", "each film's own findings", "new"),
        ("absent", "each film's own findings", "absent"),
        ("absent", "the model's certainty", "absent"),
    ],
)
def test_a_size_is_claimed_only_where_sizes_were_compared(kind, basis, word):
    change = Change("edema", kind, "f1", "f2", basis)

    assert words.word(change) == word
    assert len(words.sign(change)) == 1
    assert words.basis(change) == f"by {basis}"
    assert words.is_by_certainty(change) is word.endswith("marked")


def test_how_likely_it_is_on_either_film_is_told_where_it_is_known():
    heart = pair_row(READING, "cardiomegaly")

    assert words.certainties(heart.before, heart.now) == "40 % → 80 %"
    assert words.certainties(replace(heart.before, confidence=None), heart.now) == ""


@pytest.mark.parametrize(
    ("phase", "is_running", "text"),
    [
        ("due", True, "waits"),
        ("due", False, "soon"),
        ("running", False, "finding by finding"),
        ("stopped", False, "stopped"),
        ("failed", False, "Not compared: the comparison ended"),
        ("done", False, ""),
        ("none", False, ""),
    ],
)
def test_how_far_the_comparison_is_stands_in_words(phase, is_running, text):
    said = words.state_text(PriorView(phase), is_running)

    assert text in said
    assert bool(said) is bool(text)


def test_a_finding_that_the_reader_rejected_is_no_change_any_more():
    rejected = fold(READING, FindingRejected("f2", "2026-11-22T09:00:00.000Z"), 0.0)
    row = pair_row(rejected, "cardiomegaly")

    assert row.is_rejected
    assert row.disagreement == ""
    assert not pair_row(READING, "cardiomegaly").is_rejected
    assert not pair_row(rejected, "pleural effusion").is_rejected  # of the prior alone: nothing to reject
