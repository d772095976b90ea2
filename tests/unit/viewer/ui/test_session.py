"""Scan events fold into a session; nothing is listed twice, nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.factories_ui import film
from viewer.core.scan import FilmFound, ScanProgress, Skipped
from viewer.core.study import Source, Unreadable
from viewer.ui.session import Session, begin_scan, end_scan, fold, report_lines, report_text

A, B = film("a"), film("b")
BAD = Skipped(Unreadable(Source(Path("/films/x.txt")), "not a film"))


def test_films_and_skipped_files_keep_their_order():
    session = fold(begin_scan(Session()), [FilmFound(B), BAD, FilmFound(A), ScanProgress(3, 9)])
    assert session.films == (B, A)
    assert session.skipped == (BAD.unreadable,)
    assert (session.done, session.total) == (3, 9)
    assert session.status == "Looking through 9 files: 3 done, 2 films, 1 skipped"
    assert end_scan(session).status == "2 films, 1 skipped"


def test_folding_in_pieces_gives_the_same_session():
    events = [FilmFound(A), BAD, FilmFound(B), FilmFound(A), ScanProgress(4, 4)]
    piecewise = Session()
    for event in events:
        piecewise = fold(piecewise, [event])
    assert piecewise == fold(Session(), events)


def test_a_second_drop_of_the_same_film_is_shown_again_but_not_listed_twice():
    session = end_scan(fold(begin_scan(Session()), [FilmFound(A), FilmFound(B), BAD]))
    again = fold(begin_scan(session), [FilmFound(A), BAD])
    assert again.films == (A, B)
    assert again.newest_drop == (A,)
    assert again.skipped == (BAD.unreadable,)


def test_two_different_files_with_one_uid_are_both_kept():
    from dataclasses import replace

    twin = replace(A, file_sha256="f" * 64)
    assert fold(Session(), [FilmFound(A), FilmFound(twin)]).films == (A, twin)


def test_the_report_has_one_line_per_file_with_the_reason():
    session = fold(Session(), [FilmFound(A), BAD])
    assert report_text(report_lines(session)) == "read\t/films/a.dcm\nskipped\t/films/x.txt\tnot a film"


def test_before_the_first_count_the_status_says_that_something_happens():
    assert begin_scan(Session()).status == "Looking…"
