"""What is urgent, and when a communication log is complete."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.plugin.signing.studies import AT, drafted, finding, written

from plugin.first_look.state import FirstLook
from plugin.fold import fold
from plugin.review.state import FindingAccepted, FindingRejected
from plugin.signing.critical import CATEGORIES, problem_of, undecided, urgent_items, urgent_kinds
from plugin.signing.state import CommunicationLog

LOG = CommunicationLog(1, "Pneumothorax", AT, "Dr. Reader", "Dr. Ward", AT, "telephone")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Large left pneumothorax with mediastinal shift.", ["Pneumothorax", "Tension or shift"]),
        ("No pneumothorax. No free air.", []),
        ("The endotracheal tube is malpositioned.", ["Misplaced tube or line"]),
        ("Pneumothorax cannot be excluded.", []),
        ("Free air below the right hemidiaphragm.", ["Free air"]),
        ("The pneumothorax has resolved.", []),
        ("No effusion, but there is pneumomediastinum.", ["Pneumomediastinum"]),
    ],
)
def test_urgent_is_what_the_report_states(text: str, titles: list[str]) -> None:
    assert [item.title for item in urgent_items(written(text))] == titles


def test_the_ai_alone_raises_the_strip_and_asks_for_nothing_at_the_signature() -> None:
    reading = drafted(finding("pneumothorax"))
    (item,) = urgent_items(reading)

    assert not item.is_reader_s
    assert undecided(reading) == ()


def test_accepting_makes_it_the_reader_s_and_rejecting_takes_it_away() -> None:
    reading = drafted(finding("pneumothorax"))

    accepted = fold(reading, FindingAccepted("f1", AT))
    assert [item.is_reader_s for item in urgent_items(accepted)] == [True]
    assert len(undecided(accepted)) == 1
    assert urgent_items(fold(reading, FindingRejected("f1", AT))) == ()


def test_what_is_hidden_raises_nothing() -> None:
    assert urgent_items(drafted(finding("pneumothorax"), first_look=FirstLook("second reader"))) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"finding": " "}, "Say which finding was told."),
        ({"radiologist": ""}, "Say who found it."),
        ({"recipient": ""}, "Say who was told."),
        ({"received_at": "2026-11-22T08:59:00.000Z"}, "It cannot have been received before it was found."),
        ({"method": "other"}, "Say how it was told."),
        ({"method": "other", "method_note": "pager"}, ""),
    ],
)
def test_a_log_says_what_it_lacks(change: dict, says: str) -> None:
    assert problem_of(replace(LOG, **change)) == says


def test_the_data_file_names_known_categories() -> None:
    assert {kind.category for kind in urgent_kinds()} <= set(CATEGORIES)
    assert "pneumothorax" in {label for kind in urgent_kinds() for label in kind.labels}
