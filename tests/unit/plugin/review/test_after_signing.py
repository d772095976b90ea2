"""What is signed is judged no more, unless an addendum is being written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.plugin.signing.studies import AT, drafted, finding, signed

from plugin.events import FindingSelected
from plugin.fold import fold
from plugin.marks import marks_of
from plugin.review.keys import NOTHING_REACHED, NOTHING_TO_JUDGE, on_edit, on_enter, on_reject, why_not
from plugin.review.offers import offered
from plugin.review.reviewed import reviewed_finding
from plugin.review.state import FindingAccepted, ReasonAsked
from plugin.row_look import look_of
from plugin.signing.words import IS_SIGNED
from plugin.state import StudyReading


@pytest.fixture(scope="module")
def closed():
    made = fold(signed(drafted(finding())), FindingSelected("f1"))
    assert made.signing.is_signed
    return made


@pytest.fixture(scope="module")
def reopened(closed):
    return replace(closed, signing=replace(closed.signing, addendum=""))


def test_no_key_judges_and_each_says_why(closed):
    assert (on_enter(closed, AT), on_reject(closed, AT), on_edit(closed)) == (None, None, None)
    assert why_not(closed) == IS_SIGNED


def test_no_button_is_offered_and_no_box_can_be_moved(closed):
    one = reviewed_finding(closed, "f1")

    assert offered(one, look_of(closed, one), closed.signing.is_open) == frozenset()
    assert [mark.is_editable for mark in marks_of(closed, {})] == [False]


def test_an_addendum_opens_both_again(reopened):
    assert on_enter(reopened, AT) == FindingAccepted("f1", AT)
    assert on_reject(reopened, AT) == ReasonAsked("f1")
    assert why_not(reopened) == NOTHING_REACHED
    assert [mark.is_editable for mark in marks_of(reopened, {})] == [True]


def test_where_nothing_was_found_a_key_says_so():
    assert why_not(StudyReading()) == NOTHING_TO_JUDGE
