"""A file is taken once it has stopped changing, and again when it was written anew."""

from __future__ import annotations

from pathlib import Path

from viewer.core.file_stamp import FileStamp
from viewer.core.watch import look_at, settled

FILM = Path("/in/film.dcm")


def walk_through(*looks: FileStamp | None) -> list[int]:
    """The numbers of the looks at which the file was taken."""
    before, taken, when = {}, {}, []
    for number, stamp in enumerate(looks):
        now = {} if stamp is None else {FILM: stamp}
        if settled(before, now, taken) == [FILM]:
            taken[FILM] = now[FILM]
            when.append(number)
        before = now
    return when


def test_a_file_that_grows_is_left_alone_until_it_stops():
    assert walk_through(*(FileStamp(size, size) for size in (10, 20, 30, 40, 40, 40, 40))) == [4]


def test_a_file_of_equal_size_that_is_still_written_is_left_alone():
    assert walk_through(FileStamp(40, 1), FileStamp(40, 2), FileStamp(40, 3), FileStamp(40, 3)) == [3]


def test_an_empty_file_is_waited_for():
    assert walk_through(FileStamp(0, 1), FileStamp(0, 1), FileStamp(9, 2), FileStamp(9, 2)) == [3]


def test_a_file_that_is_written_anew_is_taken_anew():
    old, new = FileStamp(9, 1), FileStamp(9, 2)
    assert walk_through(old, old, new, new, new) == [1, 3]


def test_a_file_that_comes_and_goes_is_taken_when_it_stays():
    stamp = FileStamp(9, 1)
    assert walk_through(stamp, None, stamp, None, stamp, stamp) == [5]


def test_files_are_found_to_the_bottom_and_no_link_leads_away(tmp_path):
    (tmp_path / "in" / "a" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a" / "b" / "film").write_bytes(b"x")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret").write_bytes(b"x")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    assert list(look_at(tmp_path / "in")) == [tmp_path / "in" / "a" / "b" / "film"]
    assert look_at(tmp_path / "nothing") == {}
