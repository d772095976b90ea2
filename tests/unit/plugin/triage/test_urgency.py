"""Which study should be looked at soon."""

from __future__ import annotations

import pytest

from inference.backend import FINDINGS, Finding, Finished
from plugin.events import FilmInReading, FilmPrepared, ReadingStarted
from plugin.fold import fold
from plugin.state import StudyReading
from plugin.triage.urgency import FIRST, NOTE, SOON, urgency_of
from viewer.api import StudyUrgency

LIKELY, POSSIBLE = 0.9, 0.5


def read(*findings, is_complete=True, role="current"):
    state = fold(StudyReading(), ReadingStarted((FilmInReading("pa#1", "PA", role),)))
    state = fold(state, FilmPrepared("pa#1", "aa"))
    for finding in findings:
        state = fold(state, finding)
    return fold(state, Finished()) if is_complete else state


def found(label, confidence, presence="present"):
    return Finding(f"f {label}", label, presence, confidence, False, "aa")


@pytest.mark.parametrize(
    ("findings", "rank"),
    [
        ([found("pneumothorax", LIKELY)], 0),
        ([found("pneumothorax", POSSIBLE)], 1),
        *([[found(label, LIKELY)], 2] for label in sorted(SOON)),
        *([[found(label, POSSIBLE)], None] for label in sorted(SOON)),
        *([[found(label, LIKELY)], None] for label in sorted({*FINDINGS} - SOON - {FIRST})),
        ([found("pneumothorax", 0.2, "absent")], None),
        ([found("pneumothorax", None, "not assessed")], None),
        ([found("edema", LIKELY), found("pneumothorax", POSSIBLE), found("fracture", LIKELY)], 1),
        ([], None),
    ],
)
def test_the_most_urgent_finding_gives_the_rank(findings, rank):
    expected = StudyUrgency(rank, NOTE) if rank is not None else None

    assert urgency_of(read(*findings)) == expected


def test_a_reading_that_did_not_finish_orders_nothing():
    assert urgency_of(read(found("pneumothorax", LIKELY), is_complete=False)) is None


def test_what_was_on_the_prior_orders_nothing():
    assert urgency_of(read(found("pneumothorax", LIKELY), role="prior")) is None


def test_the_note_names_no_finding():
    assert not any(label in NOTE.lower() for label in FINDINGS)
