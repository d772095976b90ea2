"""One prior of possibly several is compared with, and the reader is told which and why."""

from __future__ import annotations

import pytest

from inference.backend import PriorReport, StudyFilm, StudyInput
from inference.engine.copied import ALMOST, copy_flags, likeness
from inference.engine.priors import choose_prior

CURRENT = StudyFilm("current")
OLD, NEAR, NEAR_TOO, UNDATED = (
    StudyFilm("old", "prior", 400),
    StudyFilm("near", "prior", 30),
    StudyFilm("near too", "prior", 30),
    StudyFilm("undated", "prior"),
)


def chosen(*films: StudyFilm, refused: tuple[str, ...] = (), **study):
    given = StudyInput("s", (CURRENT, *films), **study)
    readable = tuple(one.image_sha256 for one in films if one.image_sha256 not in refused)
    return choose_prior(given, readable)


def test_the_nearest_of_several_priors_is_chosen_with_all_its_films():
    prior = chosen(OLD, NEAR, UNDATED, NEAR_TOO)

    assert prior.images == ("near", "near too")
    assert (prior.days_before, prior.others, prior.why) == (30, 2, "the nearest of 3 priors")


@pytest.mark.parametrize(
    ("films", "refused", "images", "why"),
    [
        ((NEAR,), (), ("near",), "the only prior that was given"),
        ((UNDATED,), (), ("undated",), "the only prior that was given"),
        (
            (OLD, NEAR),
            ("near",),
            ("old",),
            "the nearest prior that could be read; 1 nearer one could not",
        ),
        (
            (NEAR, UNDATED),
            ("near",),
            ("undated",),
            "its date is not known, but no prior with a date could be read",
        ),
    ],
    ids=["only", "undated", "nearest refused", "dated refused"],
)
def test_why_a_prior_was_chosen_is_said(films, refused, images, why):
    prior = chosen(*films, refused=refused)

    assert (prior.images, prior.why) == (images, why)


def test_without_a_prior_that_can_be_read_there_is_none():
    assert chosen().images == ()
    assert chosen(NEAR, refused=("near",)).images == ()


def test_each_prior_has_its_own_report():
    reports = (PriorReport("Old report.", 400), PriorReport("Near report.", 30))

    assert chosen(OLD, NEAR, prior_reports=reports).report == "Near report."
    assert chosen(OLD, NEAR, prior_reports=reports, refused=("near",)).report == "Old report."
    assert chosen(OLD, NEAR, prior_reports=reports[:1]).report == ""


def test_a_report_without_a_date_is_the_nearest_priors_and_never_goes_with_another():
    assert chosen(OLD, NEAR, prior_report=" Clear. ").report == "Clear."
    assert chosen(OLD, NEAR, prior_report="Clear.", refused=("near",)).report == ""
    assert chosen(UNDATED, prior_report="Clear.").report == "Clear."


PRIOR_REPORT = (
    "The heart is mildly enlarged. There is a small left pleural effusion with adjacent atelectasis. "
    "No pneumothorax is seen. A pacemaker is in place with its leads in the expected position."
)


def test_a_draft_that_is_the_prior_report_scores_one():
    assert likeness(PRIOR_REPORT, PRIOR_REPORT) == 1.0
    assert likeness(PRIOR_REPORT.upper().replace(".", " ;"), PRIOR_REPORT) == 1.0
    (flag,) = copy_flags(PRIOR_REPORT, PRIOR_REPORT)
    assert flag.kind == "copied_prior"
    assert "word for word" in flag.why


def test_a_draft_with_one_word_changed_is_still_nearly_a_copy():
    nearly = PRIOR_REPORT.replace("small", "large")

    assert ALMOST <= likeness(nearly, PRIOR_REPORT) < 1
    assert [flag.kind for flag in copy_flags(nearly, PRIOR_REPORT)] == ["copied_prior"]


@pytest.mark.parametrize(
    "draft",
    [
        "",
        "No acute abnormality.",
        "The heart is normal in size. The lungs are clear without effusion or pneumothorax.",
        PRIOR_REPORT[:60]
        + " It has grown since then and now fills half of the hemithorax; the heart is shifted.",
    ],
)
def test_a_text_of_its_own_is_no_copy(draft):
    assert copy_flags(draft, PRIOR_REPORT) == ()
    assert likeness(draft, "") == 0.0
