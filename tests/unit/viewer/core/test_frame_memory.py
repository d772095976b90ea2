"""Memory for frames is ready when it is needed, and no two films ever share it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.factories import write_film
from viewer.core import frame_memory
from viewer.core.frame_memory import FrameMemory, make_ready
from viewer.core.reader import FilmReader
from viewer.core.study import Source

SHAPE, TYPE = (3, 4), np.dtype(np.uint16)


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(frame_memory, "LEAST_BYTES", 1)
    kept = FrameMemory()
    yield kept
    kept.close()


def test_the_next_frame_of_the_same_size_gets_the_memory_that_was_made_ready(memory, monkeypatch):
    first = memory.take(SHAPE, TYPE)
    memory.prepare_another(first)
    ready = memory._spare.memory
    monkeypatch.setattr(np, "empty", lambda *_: pytest.fail("memory was there"))

    second = memory.take((4, 3), TYPE)

    assert np.shares_memory(second, ready)
    assert (second.shape, second.dtype) == ((4, 3), TYPE)


def test_memory_is_given_to_one_frame_only(memory):
    memory.prepare_another(memory.take(SHAPE, TYPE))
    assert not np.shares_memory(memory.take(SHAPE, TYPE), memory.take(SHAPE, TYPE))


def test_a_frame_of_another_size_gets_memory_of_its_own(memory):
    memory.prepare_another(memory.take(SHAPE, TYPE))
    assert memory.take((5, 5), TYPE).shape == (5, 5)


def test_memory_is_not_made_ready_for_more_than_any_film_has(memory, monkeypatch):
    monkeypatch.setattr(frame_memory, "MOST_BYTES", 7)
    values = np.ones(8, np.uint8)
    make_ready(values)
    memory.prepare_another(values)
    assert values.all()
    assert memory._spare is None


def test_a_film_that_arrives_while_the_reader_closes_is_no_error(memory):
    values = memory.take(SHAPE, TYPE)
    memory.close()
    memory.prepare_another(values)
    assert memory.take(SHAPE, TYPE).shape == SHAPE


def test_films_that_were_decoded_into_memory_made_ready_keep_their_own_pixels(tmp_path, monkeypatch):
    monkeypatch.setattr(frame_memory, "LEAST_BYTES", 1)
    with FilmReader() as reader:
        films = [reader.open(Source(write_film(tmp_path / f"{seed}.dcm", seed=seed))) for seed in range(3)]
        together = [reader.pixels(film).stored for film in films]
    for film, values in zip(films, together, strict=True):
        with FilmReader() as fresh:
            np.testing.assert_array_equal(fresh.pixels(film).stored, values)
