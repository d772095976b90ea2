"""What is kept of films and studies, and what goes first."""

from __future__ import annotations

import pytest

from inference.backend import StudyFilm, StudyInput
from inference.errors import UnknownFilm, UnknownStudy
from inference.server.shelf import Shelf
from tests.fake_server import fake_film

A, B, C = fake_film(1), fake_film(2), fake_film(3)


def study(name: str, *films) -> StudyInput:
    return StudyInput(name, tuple(StudyFilm(film.image_sha256) for film in films))


def test_a_film_is_kept_once():
    shelf = Shelf()
    assert shelf.put_film(A) is True
    assert shelf.put_film(A) is False


def test_the_film_that_was_not_used_longest_goes_first():
    shelf = Shelf(max_film_bytes=2 * A.stored.nbytes)
    shelf.put_film(A)
    shelf.put_film(B)
    assert shelf.has_film(A.image_sha256)  # used now
    shelf.put_film(C)
    assert [shelf.has_film(film.image_sha256) for film in (A, B, C)] == [True, False, True]


def test_a_film_larger_than_the_limit_is_still_kept_alone():
    shelf = Shelf(max_film_bytes=1)
    shelf.put_film(A)
    shelf.put_film(B)
    assert not shelf.has_film(A.image_sha256)
    assert shelf.has_film(B.image_sha256)


def test_a_study_of_unknown_films_is_refused():
    shelf = Shelf()
    shelf.put_film(A)
    with pytest.raises(UnknownFilm):
        shelf.put_study(study("s", A, B))
    with pytest.raises(UnknownStudy):
        shelf.study("s")


def test_a_study_whose_film_had_to_go_says_so():
    shelf = Shelf(max_film_bytes=A.stored.nbytes)
    shelf.put_film(A)
    shelf.put_study(study("s", A))
    shelf.put_film(B)
    with pytest.raises(UnknownFilm):
        shelf.study("s")


def test_forgetting_a_study_frees_only_films_that_no_other_needs():
    shelf = Shelf()
    for film in (A, B):
        shelf.put_film(film)
    shelf.put_study(study("one", A, B))
    shelf.put_study(study("two", B))
    shelf.forget_study("one")
    shelf.forget_study("one")
    assert not shelf.has_film(A.image_sha256)
    assert shelf.study("two")[1] == (B,)


def test_the_oldest_study_goes_and_is_named():
    shelf = Shelf(max_studies=2)
    shelf.put_film(A)
    for name in ("one", "two"):
        assert shelf.put_study(study(name, A)) == ()
    shelf.study("one")  # used now
    assert shelf.put_study(study("three", A)) == ("two",)
