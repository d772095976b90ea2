"""The study that hangs, then the next one, is prepared before the reader asks, if the site wants that; nothing of it
is shown.
"""

import threading
from dataclasses import replace
from datetime import date

import pytest
from gui.plugin.conftest import ANNA, BERT, Desk
from gui.plugin.fake_host import film, hanging, study

from inference.backend import Finished, Prefetch, Progress, ReadStudy
from plugin.settings import PanelSettings


@pytest.fixture
def desk(qtbot):
    made = Desk(qtbot, PanelSettings(prefetch=True, mode="concurrent"))
    yield made
    made.undo()  # before the runs end: another would begin
    made.close()


CARLA = hanging(
    study("1.2.3", film("3", study="1.2.3"), film("3L", "LL", study="1.2.3"), date=date(2024, 4, 3)),
    study("1.2.3.0", film("30", study="1.2.3.0"), date=date(2023, 1, 1)),
    patient_id="P3",
)
CT = hanging(
    study("1.2.4", *(film(f"4{n}", study="1.2.4", modality="CT") for n in range(3))), patient_id="P4"
)
MANY = hanging(study("1.2.5", *(film(f"5{n}", study="1.2.5") for n in range(40))), patient_id="P5")
HAND = hanging(study("1.2.6", film("6", study="1.2.6", body_part="HAND")), patient_id="P6")
MIXED = hanging(
    study("1.2.7", film("7", study="1.2.7"), film("7C", study="1.2.7", modality="CT")), patient_id="P7"
)


def prefetches(desk) -> list:
    return [run for run in desk.door.runs if isinstance(run.request, Prefetch)]


def test_what_hangs_is_prepared_once_and_the_panel_says_nothing_of_it(desk):
    desk.wait(lambda: len(prefetches(desk)) == 1)
    (run,) = prefetches(desk)
    run.send(Progress("encode", 0, 1), Finished())
    desk.host.hang(desk.host.shown)
    reading = desk.read()

    assert isinstance(reading.request, ReadStudy)
    assert len(prefetches(desk)) == 1
    first, second = (desk.door.studies[one.request.study_id] for one in (run, reading))
    assert first.films == second.films
    reading.send(Finished())


def test_another_study_ends_the_preparation_of_the_first_and_begins_its_own(desk):
    desk.wait(lambda: len(prefetches(desk)) == 1)
    desk.host.hang(BERT)

    desk.wait(lambda: prefetches(desk)[0].cancels == 1 and len(prefetches(desk)) == 2)


def asked_for(desk) -> list[str]:
    """Notes from now on whose pixels are read, by film key."""
    asked: list[str] = []
    read = desk.host.read_pixels

    def note(shown):
        asked.append(shown.key)
        return read(shown)

    desk.host.read_pixels = note
    return asked


def keys(shown) -> set[str]:
    return {one.key for one in shown.current.films}


def hang_prepared(desk, shown):
    """Hang a study and let its own preparation end."""
    before = len(prefetches(desk))
    desk.host.hang(shown)
    desk.wait(lambda: len(prefetches(desk)) > before)
    prefetches(desk)[-1].send(Finished())


def at_rest(desk) -> bool:
    return desk.host.background.running == 0


def test_the_next_study_is_prepared_after_the_open_one_and_just_as_it_will_be_read(desk):
    desk.host.hang(replace(BERT, next=CARLA))
    desk.wait(lambda: len(prefetches(desk)) == 1)
    own = prefetches(desk)[0]
    assert own.priority == 1
    own.send(Finished())
    desk.wait(lambda: len(prefetches(desk)) == 2)
    following = prefetches(desk)[1]
    assert following.priority == 2
    following.send(Finished())

    desk.host.hang(CARLA)
    reading = desk.read()
    first, second = (desk.door.studies[one.request.study_id] for one in (following, reading))
    assert [one.role for one in first.films] == ["current", "lateral", "prior"]
    assert first.films == second.films


def test_the_next_study_waits_while_the_open_one_is_read(desk):
    desk.host.hang(replace(BERT, next=CARLA))
    desk.wait(lambda: len(prefetches(desk)) == 1)
    reading = desk.read()
    prefetches(desk)[0].send(Finished())
    desk.wait(lambda: desk.host.background.running == 1)  # the reading
    assert len(prefetches(desk)) == 1
    reading.send(Finished())
    desk.wait(lambda: len(prefetches(desk)) == 2)


def test_a_reading_ends_the_preparation_of_the_next_study_which_begins_anew_after_it(desk):
    hang_prepared(desk, replace(BERT, next=CARLA))
    desk.wait(lambda: len(prefetches(desk)) == 2)
    reading = desk.read()
    desk.wait(lambda: prefetches(desk)[1].cancels == 1 and desk.host.background.running == 1)
    assert len(prefetches(desk)) == 2

    reading.send(Finished())
    desk.wait(lambda: len(prefetches(desk)) == 3)
    assert prefetches(desk)[2].priority == 2


def test_a_reader_who_goes_on_to_the_next_study_finds_its_preparation_going_on(desk):
    hang_prepared(desk, replace(ANNA, next=CARLA))
    desk.wait(lambda: len(prefetches(desk)) == 2)
    desk.host.hang(replace(CARLA, next=BERT))
    prefetches(desk)[1].send(Finished())
    desk.wait(lambda: len(prefetches(desk)) == 3)

    assert prefetches(desk)[1].cancels == 0
    told = [desk.door.studies[run.request.study_id].films for run in prefetches(desk)]
    assert [len(films) for films in told] == [1, 3, 1]


def test_a_reader_who_goes_elsewhere_ends_the_preparation_of_the_next_study(desk):
    hang_prepared(desk, replace(ANNA, next=CARLA))
    desk.wait(lambda: len(prefetches(desk)) == 2)
    desk.host.hang(BERT)
    desk.wait(lambda: prefetches(desk)[1].cancels == 1)


def test_the_next_studys_films_are_decoded_one_by_one_and_no_more_once_the_reader_goes_elsewhere(desk):
    asked, first, go_on = asked_for(desk), threading.Event(), threading.Event()
    read = desk.host.read_pixels

    def slow(shown):
        pixels = read(shown)
        if shown.key in keys(CARLA):
            first.set()
            assert go_on.wait(20)
        return pixels

    desk.host.read_pixels = slow
    hang_prepared(desk, replace(BERT, next=CARLA))
    desk.wait(first.is_set)
    desk.host.hang(HAND)
    desk.wait(lambda: desk.host.background.running == 1)  # what stops it has been said
    go_on.set()
    desk.wait(lambda: len(prefetches(desk)) == 2)  # of what hangs now
    assert len(keys(CARLA) & set(asked)) == 1


@pytest.mark.parametrize("refused", [CT, MANY, HAND, MIXED], ids=["ct", "many films", "a hand", "mixed"])
def test_a_next_study_that_the_model_would_refuse_is_not_even_decoded(desk, refused):
    asked = asked_for(desk)
    hang_prepared(desk, replace(BERT, next=refused))
    desk.wait(lambda: at_rest(desk))
    assert set(asked) == keys(BERT)


def test_a_next_study_that_can_not_be_read_is_tried_once(desk):
    asked = asked_for(desk)
    desk.host.damaged = keys(CARLA) | {one.key for one in CARLA.prior.films}
    hang_prepared(desk, replace(BERT, next=CARLA))
    desk.wait(lambda: len(asked) >= 4 and at_rest(desk))
    assert len(asked) == 4


def test_where_the_site_has_not_asked_for_it_nothing_is_prepared_even_after_a_reading(qtbot):
    desk = Desk(qtbot, shown=replace(ANNA, next=CARLA))
    asked = asked_for(desk)
    desk.finish(desk.read())
    desk.wait(lambda: at_rest(desk))
    assert set(asked) == keys(ANNA)
    desk.close()
