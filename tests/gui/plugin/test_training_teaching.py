"""Which unread studies would teach most: an order of the study list that shows nothing of what was found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gui.plugin.conftest import ANNA, BERT
from gui.plugin.fake_host import film, hanging, study
from gui.plugin.test_training import TrainingDesk

from inference.backend import FINDINGS, Finding, Finished
from inference.train_status import TeachingPlace
from plugin.training.teaching import FIRST_RANK, OWNER, urgency_of
from viewer.api import StudyUrgency

CARL = hanging(study("1.2.3", film("3", study="1.2.3")), patient_id="P3")


@pytest.fixture
def site(qtbot, monkeypatch) -> Iterator[TrainingDesk]:
    monkeypatch.setattr("plugin.training.asking.WATCH_S", 0.05)
    monkeypatch.setattr("plugin.training.teaching.LOOK_MS", 30)
    made = TrainingDesk(qtbot)
    made.host.waiting = (BERT, CARL)
    yield made
    made.close()


def order(site) -> dict:
    return site.host.study_orders.get(OWNER, {})


def say(site, run, **confidence: float) -> None:
    """The model's reading of a study that waits: all findings sure, but those that are named."""
    image = site.door.studies[run.request.study_id].films[0].image_sha256
    known = {name.replace("_", " "): p for name, p in confidence.items()}
    findings = [
        Finding(f"f{at}", label, "absent", known.get(label, 0.01), True, image)
        for at, label in enumerate(FINDINGS)
    ]
    run.send(*findings, Finished({"report": "…"}))


def read_both(site) -> None:
    site.wait(lambda: len(site.door.runs) == 1)
    say(site, site.door.runs[0], edema=0.5)
    site.wait(lambda: len(site.door.runs) == 2)
    say(site, site.door.runs[1], edema=0.5, consolidation=0.4, pneumonia=0.6)


def test_nothing_is_read_or_ordered_until_it_is_asked_for(site):
    site.opened()
    site.qtbot.wait(150)

    assert site.door.runs == []
    assert order(site) == {}


def test_unread_studies_are_read_behind_and_the_most_open_one_stands_first(site):
    window = site.opened()

    site.press(window.teach_button)
    read_both(site)

    site.wait(lambda: len(order(site)) == 2)
    assert order(site)["1.2.3"] == StudyUrgency(FIRST_RANK + 1, "Would teach: 3 undecided")
    assert order(site)["1.2.2"] == StudyUrgency(FIRST_RANK + 2, "Would teach: 1 undecided")
    assert site.door.runs[0].priority == 3
    site.wait(lambda: "2 of 2 unread studies" in window.teach_note.text())  # the order is told first
    assert site.host.order_captions[OWNER] == "Would teach most first"


def test_the_backend_is_told_no_name_and_the_list_no_finding(site):
    window = site.opened()
    site.press(window.teach_button)
    read_both(site)
    site.wait(lambda: len(order(site)) == 2)

    told = repr(site.asked("teaching"))
    assert "Doe" not in told
    assert "1.2.2" not in told
    assert not any(label in urgency.note for urgency in order(site).values() for label in FINDINGS)


def test_a_study_that_was_opened_and_judged_leaves_the_order(site):
    window = site.opened()
    site.press(window.teach_button)
    read_both(site)
    site.wait(lambda: len(order(site)) == 2)

    site.host.set_study_state("1.2.3", "signed")
    site.host.waiting = (ANNA,)  # the next look has news
    site.wait(lambda: len(site.door.runs) == 3)
    say(site, site.door.runs[2], edema=0.5)

    site.wait(lambda: set(order(site)) == {"1.2.1", "1.2.2"})


def test_turning_it_off_gives_the_usual_order_back(site):
    window = site.opened()
    site.press(window.teach_button)
    read_both(site)
    site.wait(lambda: len(order(site)) == 2)

    site.press(window.teach_button)

    assert order(site) == {}
    assert window.teach_note.text() == ""


def test_what_triage_calls_urgent_stands_before_what_would_teach():
    place = TeachingPlace("1", 1, "…", 3, True)

    assert urgency_of(place).rank > 2
    assert urgency_of(place).note == "Would teach: 3 undecided, unlike others"
