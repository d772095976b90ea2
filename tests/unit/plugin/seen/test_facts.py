"""What is told about each film that the model was given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from inference.backend import Flag, PackInfo
from plugin.events import FilmInReading, PriorUsed
from plugin.prior.state import MadeBy
from plugin.seen.facts import compared_text, cut_text, made_by_text, seen_films
from plugin.state import StudyReading

PA = FilmInReading("pa#1", "PA", image="aa")
LATERAL = FilmInReading("lat#1", "Lateral", "lateral", "bb", "lateral film; this model reads frontal films")
OLD = FilmInReading("old#1", "Prior PA", "prior", "cc")
LOST = FilmInReading("lost#1", "PA 2")
READING = StudyReading(films=(PA, LATERAL, OLD, LOST), prior=PriorUsed(date(2024, 3, 1), 30, True, 1, 1))
PACK = PackInfo("starter", "0.3.2", "f" * 64, "Starter", "x", True, "card")


def test_each_film_has_its_role_and_what_kept_it_from_the_model():
    told = {film.title: (film.role, film.note, film.was_seen) for film in seen_films(READING)}

    assert told == {
        "PA": ("current", "", True),
        "Lateral": (
            "lateral",
            "This image was not read: lateral film; this model reads frontal films.",
            False,
        ),
        "Prior PA": ("prior, 30 days earlier", "", True),
        "PA 2": ("current", "It did not reach the model.", False),
    }


def test_copies_of_one_film_are_told_once():
    assert len(seen_films(replace(READING, films=(PA, replace(PA, film_key="copy#1"))))) == 1


def test_a_film_without_a_part_in_the_report_says_so():
    (film,) = seen_films(replace(READING, films=(PA,), flags=(Flag("left_out_of_report", "x", image="aa"),)))

    assert film.role == "current: looked at alone, no part in the report"


def test_a_prior_of_a_reading_that_names_none_is_a_prior_all_the_same():
    assert seen_films(replace(READING, films=(OLD,), prior=None))[0].role == "prior"


@pytest.mark.parametrize(
    ("made_by", "pack", "text"),
    [
        (
            MadeBy("starter", "f" * 64, "float32", "CPU", 168),
            PACK,
            "Starter 0.3.2 (starter, manifest ffffffffffff)",
        ),
        (MadeBy("starter", "e" * 64), PACK, "Model starter (manifest eeeeeeeeeeee)"),
        (MadeBy("starter"), None, "Model starter"),
        (MadeBy(), PACK, ""),
        (
            MadeBy("", "", "float32", "CPU", 168),
            None,
            "computed in float32 · on CPU · pictures of 168 × 168 pixels",
        ),
    ],
)
def test_the_model_that_read_is_named_not_the_one_that_is_loaded_now(made_by, pack, text):
    assert made_by_text(replace(READING, made_by=made_by), pack).startswith(text)


def test_the_prior_and_its_report_are_named():
    assert compared_text(READING).startswith("Prior of 2024-03-01 · 30 days earlier")


@pytest.mark.parametrize(("left_out", "text"), [(0.0, ""), (0.004, ""), (0.18, "They are 18 % of the film.")])
def test_what_lies_outside_of_the_square_is_told_as_a_share(left_out, text):
    assert text in cut_text(left_out)
    assert bool(cut_text(left_out)) is bool(text)
