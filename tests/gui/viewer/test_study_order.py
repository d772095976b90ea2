"""Unread studies that a plugin calls urgent stand first in the list; the reader may have the usual order again."""

from __future__ import annotations

from datetime import date

import pytest

from tests.factories_ui import film
from viewer.api import StudyUrgency
from viewer.ui.host import PluginHost
from viewer.ui.studies.order import StudyOrder

ANNA = film("a", patient_id="P1", patient_name="Adams^Anna")
BERT_OLD = film("b0", patient_id="P2", patient_name="Brown^Bert", study_date=date(2023, 1, 1))
BERT = film("b1", patient_id="P2", patient_name="Brown^Bert")
CARL = film("c", patient_id="P3", patient_name="Cole^Carl")
DORA = film("d", patient_id="P4", patient_name="Dunn^Dora")
URGENT = {"1.d": StudyUrgency(1, "read first"), "1.c": StudyUrgency(2, "read soon")}


@pytest.fixture
def host(desk):
    desk.drop(ANNA, BERT_OLD, BERT, CARL, DORA)
    return PluginHost(desk.window, "test")


@pytest.fixture
def order(desk):
    return next(one for one in desk.window.features if isinstance(one, StudyOrder))


def names(desk):
    return [row.title.split()[0] for row in desk.window.studies.model.rows if row.kind == "patient"]


def studies(desk):
    return [row.key for row in desk.window.studies.model.rows if row.kind == "study"]


def row(desk, uid):
    return next(row for row in desk.window.studies.model.rows if row.key == uid)


def open_study(desk, shown):
    desk.window.light_box.choose_film(shown.key)
    desk.wait(lambda: shown in desk.on_screen() and desk.is_shown(shown))


def test_urgent_studies_come_first_by_their_rank_and_the_rest_as_ever(desk, host):
    assert names(desk) == ["Adams", "Brown", "Cole", "Dunn"]
    host.set_study_order("panel", URGENT)
    assert names(desk) == ["Dunn", "Cole", "Adams", "Brown"]


def test_the_note_stands_in_the_row_for_eyes_and_for_screen_readers(desk, host):
    host.set_study_order("panel", URGENT)
    assert row(desk, "1.d").urgency == "read first"
    assert row(desk, "1.a").urgency == ""
    model = desk.window.studies.model
    from PySide6.QtCore import Qt

    place = model.index(model.row_of("1.d"))
    assert "read first" in model.data(place, Qt.ItemDataRole.AccessibleTextRole)
    assert "read first" in model.data(place, Qt.ItemDataRole.ToolTipRole)
    desk.window.studies.grab()


def test_an_empty_order_takes_it_all_away(desk, host, order):
    host.set_study_order("panel", URGENT)
    assert order.choice.isVisible()
    host.set_study_order("panel", {})
    assert names(desk) == ["Adams", "Brown", "Cole", "Dunn"]
    assert row(desk, "1.d").urgency == ""
    assert not order.choice.isVisible()


def test_a_plugin_that_goes_takes_its_order_with_it(desk, host):
    host.set_study_order("panel", URGENT)
    host.take_back()
    assert names(desk) == ["Adams", "Brown", "Cole", "Dunn"]


def test_of_two_owners_the_more_urgent_word_holds(desk, host):
    host.set_study_order("panel", URGENT)
    host.set_study_order("other", {"1.c": StudyUrgency(0, "now"), "1.d": StudyUrgency(5, "later")})
    assert names(desk)[:2] == ["Cole", "Dunn"]
    assert row(desk, "1.d").urgency == "read first"


def test_what_is_not_unread_is_not_urgent(desk, host):
    host.set_study_state("1.d", "reviewed")
    host.set_study_order("panel", URGENT)
    assert names(desk) == ["Cole", "Adams", "Brown", "Dunn"]
    assert row(desk, "1.d").urgency == ""


def test_a_study_opened_from_its_place_keeps_it_until_another_one_is_opened(desk, host):
    """Else the list would jump under the reader's hand, and the study below would not be the next one."""
    host.set_study_order("panel", URGENT)
    open_study(desk, DORA)
    assert host.study_state("1.d") == "open"
    assert names(desk) == ["Dunn", "Cole", "Adams", "Brown"]
    assert row(desk, "1.d").urgency == ""  # it has been opened
    assert host.hanging().next.current == desk.window.light_box.hanging_of("1.c", CARL.key).current

    open_study(desk, CARL)
    assert names(desk) == ["Cole", "Adams", "Brown", "Dunn"]


def test_the_next_study_is_the_urgent_one_also_where_only_unread_ones_are_listed(desk, host):
    host.set_study_order("panel", URGENT)
    desk.window.studies.filter.setCurrentIndex(1)
    open_study(desk, DORA)
    assert names(desk)[0] == "Cole"
    assert host.hanging().next.current_films == (CARL,)


def test_an_urgent_study_stands_first_among_its_patients_own(desk, host):
    host.set_study_order("panel", {"1.b0": StudyUrgency(1)})
    assert studies(desk)[:2] == ["1.b0", "1.b1"]


def test_the_search_looks_through_the_order(desk, host):
    host.set_study_order("panel", URGENT)
    desk.window.studies.search.setText("ann")
    assert names(desk) == ["Adams"]


def test_the_reader_may_have_the_usual_order_again_and_it_is_remembered(desk, host, order):
    host.set_study_order("panel", URGENT)
    order.choice.setCurrentIndex(1)
    assert names(desk) == ["Adams", "Brown", "Cole", "Dunn"]
    assert order.choice.currentText() == "By name"
    assert desk.window.settings.text("studies.order") == "by name"

    host.set_study_order("panel", {"1.c": StudyUrgency(1)})
    assert names(desk) == ["Adams", "Brown", "Cole", "Dunn"]
    order.choice.setCurrentIndex(0)
    assert names(desk)[0] == "Cole"


def test_an_order_that_is_not_by_urgency_is_called_by_its_owners_word(desk, host, order):
    host.set_study_order("teaching", {"1.c": StudyUrgency(1)}, "Would teach most first")
    assert order.choice.itemText(0) == "Would teach most first"

    host.set_study_order("panel", URGENT)
    assert order.choice.itemText(0) == "Most urgent first"

    host.set_study_order("panel", {})
    assert order.choice.itemText(0) == "Would teach most first"


def test_an_order_without_a_word_of_its_own_is_by_urgency_also_after_one_that_had_one(desk, host, order):
    host.set_study_order("teaching", {"1.c": StudyUrgency(1)}, "Would teach most first")
    host.set_study_order("teaching", {})
    host.set_study_order("panel", URGENT)
    assert order.choice.itemText(0) == "Most urgent first"
