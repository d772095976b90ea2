from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.measure.annotation import POINTS, Annotation, FilmMarks, Kind
from viewer.core.measure.marks_file import MarksFile, MarksFileError
from viewer.core.measure.marks_json import marks_from_text, marks_to_text
from viewer.core.measure.spacing import Calibration, Rule, Spacing

FILM = ("1.2.3", "ab" * 32)
SPACING = Spacing(Rule.DETECTOR, (0.2, 0.2), "mm at detector")
PIXELS = Spacing(Rule.PIXELS, (1.0, 1.0), "px", "The header states no usable pixel spacing.")
MARKS = FilmMarks(
    (
        Annotation("a", Kind.LENGTH, ((1.25, 2.0), (3.0, 4.5)), SPACING, PIXELS, "", (5.0, 6.0)),
        Annotation("b", Kind.ARROW, ((1.0, 2.0), (3.0, 4.0)), SPACING, text="결절 “?”", owner="reading"),
    ),
    Calibration((0.0, 0.0), (10.0, 0.0), 25.4, "Dr Kim", date(2026, 11, 22), "coin"),
    ("reading:ctr",),
)

finite = st.floats(-1e5, 1e5)


@given(st.sampled_from(Kind), finite, finite, st.text(max_size=20), st.none() | st.tuples(finite, finite))
def test_marks_come_back_as_they_were_drawn(kind, x, y, text, label):
    points = tuple((x + number, y) for number in range(POINTS[kind]))
    drawn = Annotation("c", kind, points, SPACING, PIXELS, text, label, proposal_note=text)
    marks = replace(MARKS, annotations=(*MARKS.annotations, drawn))
    assert marks_from_text(marks_to_text(marks)) == marks


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_marks_that_are_none_are_refused(anything):
    plain = json.loads(marks_to_text(MARKS))
    for key in ("annotations", "version"):
        if anything not in ([], 1):
            with pytest.raises(ValueError):  # noqa: PT011 - any reason will do
                marks_from_text(json.dumps(plain | {key: anything}))


@pytest.mark.parametrize(
    "change", [{"points": [[1, 2]]}, {"points": [[1, float("nan")], [2, 3]]}, {"kind": "volume"}]
)
def test_a_mark_that_can_not_be_drawn_is_refused(change):
    plain = json.loads(marks_to_text(MARKS))
    plain["annotations"][0] |= change
    with pytest.raises(ValueError):  # noqa: PT011
        marks_from_text(json.dumps(plain))


def test_marks_are_kept_by_film_and_file(tmp_path):
    file = MarksFile(tmp_path / "new folder" / "marks.sqlite3")
    assert file.read(FILM) == FilmMarks()
    assert not file.path.exists()  # looking leaves nothing behind
    file.write({FILM: MARKS})
    assert MarksFile(file.path).read(FILM) == MARKS
    assert file.read(("1.2.3", "cd" * 32)) == FilmMarks()
    file.write({FILM: FilmMarks()})
    assert file.read(FILM) == FilmMarks()


def test_a_damaged_file_is_set_aside_and_said(tmp_path):
    file = MarksFile(tmp_path / "marks.sqlite3")
    file.path.write_bytes(b"this is no database" * 100)
    with pytest.raises(MarksFileError, match="kept as"):
        file.read(FILM)
    assert list(tmp_path.glob("*unreadable*"))
    file.write({FILM: MARKS})
    assert file.read(FILM) == MARKS


def test_a_row_that_can_not_be_read_is_kept_apart(tmp_path):
    file = MarksFile(tmp_path / "marks.sqlite3")
    file.write({FILM: MARKS})
    with sqlite3.connect(file.path) as connection:
        connection.execute("UPDATE film_marks SET marks = '{\"version\": 99}'")
    connection.close()
    with pytest.raises(MarksFileError, match="kept apart"):
        file.read(FILM)
    file.write({FILM: MARKS})
    assert file.read(FILM) == MARKS
    with sqlite3.connect(file.path) as connection:
        rows = connection.execute("SELECT count(*) FROM film_marks").fetchone()[0]
    connection.close()
    assert rows == 2


def test_a_locked_file_is_not_taken_for_a_damaged_one(tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.core.measure.marks_file.BUSY_S", 0.05)
    file = MarksFile(tmp_path / "marks.sqlite3")
    file.write({FILM: MARKS})
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(MarksFileError, match="could not be reached"):
        file.write({FILM: FilmMarks()})
    other.execute("ROLLBACK")
    other.close()
    assert file.read(FILM) == MARKS


WRITER = """
import sys
from pathlib import Path
from viewer.core.measure.annotation import Annotation, FilmMarks, Kind
from viewer.core.measure.marks_file import MarksFile
from viewer.core.measure.spacing import Rule, Spacing
spacing = Spacing(Rule.DETECTOR, (0.2, 0.2), "mm at detector")
file, count = MarksFile(Path(sys.argv[1])), 0
while True:
    count += 1
    marks = FilmMarks(tuple(
        Annotation(f"{count} {i}", Kind.LENGTH, ((0.0, 0.0), (1.0, 1.0)), spacing) for i in range(200)
    ))
    file.write({("1.2.3", "ab"): marks})
    print(count, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_a_kill_while_writing_leaves_whole_marks(tmp_path):
    path = tmp_path / "marks.sqlite3"
    for wait_for in (3, 5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(wait_for):
            told = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        found = MarksFile(path).read(("1.2.3", "ab"))
        numbers = {mark.id.split()[0] for mark in found.annotations}
        assert len(found.annotations) == 200
        assert len(numbers) == 1  # all of one writing
        assert int(numbers.pop()) >= told
