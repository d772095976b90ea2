"""A study that hangs is prepared before the reader asks, if the site wants that; nothing of it is shown."""

import pytest
from gui.plugin.conftest import BERT, Desk

from inference.backend import Finished, Prefetch, Progress, ReadStudy
from plugin.settings import PanelSettings


@pytest.fixture
def desk(qtbot):
    made = Desk(qtbot, PanelSettings(prefetch=True))
    yield made
    made.undo()
    for run in made.door.runs:
        run.send(Finished())


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
