"""What the panel says about the keeping itself."""

from __future__ import annotations

from plugin.records import wording
from plugin.records.draft_keeping import Offer
from plugin.records.draft_store import Copy, Draft
from plugin.records.troubles import StripView, StudyTroubles, Troubles
from plugin.state import StudyReading


def offer(at: str, why="replaced") -> Offer:
    return Offer(Copy(Draft("1.2", "{}", 1, at=at), "s", why, "1"), StudyReading())


def test_nothing_is_said_where_all_is_well():
    assert Troubles().view("a study") == StripView()


def test_what_concerns_the_window_is_said_with_every_study_and_the_rest_with_its_own():
    troubles = Troubles("the disk is full", "no rights", "The file was set aside.")
    troubles.studies["one"] = StudyTroubles(True, (offer("noon"), offer("earlier")), "It was set aside.")

    one, other = troubles.view("one"), troubles.view("other")
    assert one.troubles == other.troubles
    assert one.troubles == (wording.not_saved("the disk is full"), wording.not_logged("no rights"))
    assert one.notices == (wording.ELSEWHERE, "It was set aside.", "The file was set aside.")
    assert other.notices == ("The file was set aside.",)
    assert (one.offer, other.offer) == ("Another draft of this study was kept on noon.", "")


def test_a_draft_of_another_window_is_said_to_be_one():
    troubles = Troubles(studies={"one": StudyTroubles(offers=(offer("noon", "open elsewhere"),))})

    assert "in another window" in troubles.view("one").offer
