"""Panels are told how the study that is likely to be opened next would hang."""

from __future__ import annotations

from datetime import date

import pytest

from tests.factories_ui import film
from viewer.ui.host import PluginHost

ANNA = film("a", patient_id="P1", patient_name="Adams^Anna")
BERT_OLD = film("b0", patient_id="P2", patient_name="Brown^Bert", study_date=date(2023, 1, 1))
BERT = film("b1", patient_id="P2", patient_name="Brown^Bert")
CARL = film("c", patient_id="P3", patient_name="Cole^Carl")
DORA = film("d", patient_id="P4", patient_name="Dunn^Dora")


@pytest.fixture
def host(desk):
    desk.drop(ANNA, BERT_OLD, BERT, CARL, DORA)
    return PluginHost(desk.window, "test")


def open_study(desk, shown) -> None:
    desk.window.light_box.choose_film(shown.key)
    desk.wait(lambda: shown in desk.on_screen() and desk.is_shown(shown))


def next_films(host) -> tuple[tuple, tuple]:
    following = host.hanging().next
    return (following.current_films, following.prior_films) if following else ((), ())


def test_the_next_study_hangs_in_the_guess_as_it_will_on_screen(desk, host):
    guess = host.hanging().next
    assert (guess.current_films, guess.prior_films) == ((BERT,), (BERT_OLD,))
    assert guess.patient.patient_id == "P2"
    assert guess.next is None

    open_study(desk, BERT)
    now = host.hanging()
    assert (now.patient, now.current, now.prior) == (guess.patient, guess.current, guess.prior)
    assert (now.current_films, now.prior_films) == (guess.current_films, guess.prior_films)


def test_the_same_patients_earlier_studies_are_passed_over(desk, host):
    open_study(desk, BERT)
    assert next_films(host) == ((CARL,), ())


def test_what_was_opened_before_is_passed_over_until_nothing_else_is_left(desk, host):
    open_study(desk, CARL)
    open_study(desk, BERT)
    assert next_films(host) == ((DORA,), ())
    host.set_study_state("1.d", "signed")
    assert next_films(host) == ((CARL,), ())


def test_the_list_counts_as_it_is_searched_and_filtered(desk, host):
    desk.window.studies.search.setText("dora")
    assert next_films(host) == ((DORA,), ())
    desk.window.studies.search.clear()
    desk.window.studies.filter.setCurrentIndex(1)  # unread: the open study itself is not in it any more
    assert next_films(host) == ((BERT,), (BERT_OLD,))
    desk.window.studies.filter.setCurrentIndex(4)  # signed: none is
    assert host.hanging().next is None


def test_at_the_end_of_the_list_there_is_no_next_study(desk, host):
    open_study(desk, DORA)
    assert host.hanging().next is None


def test_with_nothing_open_there_is_no_next_study(desk):
    assert PluginHost(desk.window, "test").hanging().next is None


def test_a_study_whose_files_are_gone_is_passed_over(desk, host):
    keeper = desk.window.keeper
    keeper.missing = frozenset({BERT.key, BERT_OLD.key})
    keeper._show_records()
    assert next_films(host) == ((CARL,), ())


def test_whoever_hears_of_a_new_hanging_hears_of_the_next_study_too(desk, host):
    heard = []
    host.on_hanging_changed(heard.append)
    open_study(desk, BERT)
    assert heard[-1] == host.hanging()
    assert heard[-1].next.current_films == (CARL,)


def test_the_guess_reads_no_film(desk, host):
    asked = list(desk.reader.asked)
    assert host.hanging().next is not None
    assert desk.reader.asked == asked


def test_the_unread_studies_are_offered_one_after_the_other_and_never_a_prior(desk, host):
    asked = []

    def is_wanted(uid):
        asked.append(uid)
        return len(asked) > 1

    waiting = host.next_unread(is_wanted)

    assert (waiting.current_films, waiting.prior_films) == ((CARL,), ())
    assert len(asked) == 2
    assert host.next_unread(lambda _: False) is None


def test_a_study_that_was_opened_waits_no_more(desk, host):
    open_study(desk, BERT)

    assert host.next_unread(lambda _: True).current_films == ((CARL,))
