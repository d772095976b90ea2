"""progress.jsonl is what a killed run leaves behind: whatever its last byte, all whole lines count."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.read.draft import StudyDraft
from inference.read.findings_file import Skip
from inference.read.journal import NAME, Journal
from inference.read.order import Order
from inference.read.record import Record, draft_of, record_of, state_of
from tests.factories.read_drafts import draft, film, refused


def records() -> list[Record]:
    made = []
    for number in range(4):
        one = film(f"{number}.dcm", study=f"1.2.{number}")
        told = draft(
            one, report=f"Line one.\nÜber “{number}” \u2028 end", notices={one.key: ("rows missing",)}
        )
        made.append(record_of(f"study{number}", told, (Skip(one.source, "why"),), ("a.overlay.png",), 1.5))
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[bytes, list[Record]]:
    folder = tmp_path_factory.mktemp("journal")
    journal, made = Journal(folder), records()
    for record in made:
        journal.append(record)
    return (folder / NAME).read_bytes(), made


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_journal_cut_at_any_byte_gives_its_whole_lines_and_goes_on(tmp_path_factory, written, data):
    content, made = written
    cut = data.draw(st.integers(0, len(content)))
    folder = tmp_path_factory.mktemp("cut")
    (folder / NAME).write_bytes(content[:cut])
    journal = Journal(folder)
    journal.load()

    whole = content[:cut].count(b"\n") + (content[cut : cut + 1] == b"\n")
    assert list(journal.kept.values()) == made[:whole]

    journal.append(made[3])
    again = Journal(folder)
    again.load()
    assert again.kept == {record.study: record for record in [*made[:whole], made[3]]}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"format": 1}',
        b'{"format": 2, "study": "x", "state": "read"}',
        b'{"format": 1, "study": "x", "state": "sound"}',
        b'{"format": 1, "study": "x", "state": "read", "name": "Doe"}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_none_of_ours_is_looked_past(tmp_path: Path, written, line):
    content, made = written
    (tmp_path / NAME).write_bytes(line + b"\n" + content)
    journal = Journal(tmp_path)
    journal.load()
    assert list(journal.kept.values()) == made


def test_a_draft_comes_back_as_it_was():
    one, other = film("a.dcm"), film("b.dcm")
    told = draft(one, other, notices={one.key: ("odd",)})
    skips = (Skip(other.source, "not read: too small"),)
    assert draft_of(record_of("s", told, skips, (), 0.0), told.order) == (told, skips)


def test_what_came_of_a_study_is_read_refused_or_failed():
    one = film("a.dcm")
    images = {one.key: f"hash {one.source}"}
    nothing = StudyDraft(Order((one,)), images)
    no_chest = refused(one, "not a chest radiograph")
    assert state_of(draft(one)) == ("read", "")
    assert state_of(StudyDraft(Order((one,)), images, refusals=(no_chest,))) == ("refused", no_chest.reason)
    told = StudyDraft(Order((one,)), images, refusals=(no_chest,), error="Nothing to read.")
    assert state_of(told) == ("refused", no_chest.reason)
    assert state_of(StudyDraft(Order((one,)), images, error="Full.")) == ("failed", "Full.")
    assert state_of(nothing) == ("failed", "the reading did not finish")
    assert state_of(StudyDraft(Order((one,)), {})) == ("refused", "no film of it can be decoded")
    assert state_of(StudyDraft(Order((one,)), {}, error="The share is away.")) == (
        "failed",
        "The share is away.",
    )
