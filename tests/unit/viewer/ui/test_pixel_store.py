"""Decoded films under a cap of bytes, each decoded once."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.factories_ui import description, film
from viewer.core.errors import DamagedFilm
from viewer.core.study import FilmPixels
from viewer.ui.pixel_store import PixelStore

SIZE = 60 * 50 * 2


class CountingReader:
    def __init__(self) -> None:
        self.reads: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails = 0

    def pixels(self, asked, frame=0):
        self.gate.wait(5)
        self.reads.append(asked.key)
        if self.fails:
            self.fails -= 1
            raise DamagedFilm("gone")
        return FilmPixels(description(), np.zeros((60, 50), np.uint16))


def test_a_film_is_decoded_once():
    reader = CountingReader()
    store = PixelStore(reader)
    assert store.read(film("a")) is store.read(film("a"))
    assert len(reader.reads) == 1


def test_the_films_used_longest_ago_go_when_the_cap_is_reached():
    reader = CountingReader()
    store = PixelStore(reader, cap_bytes=2 * SIZE)
    for name in ("a", "b", "a", "c"):
        store.read(film(name))
    assert store.held_bytes == 2 * SIZE
    assert store.let_go == 1
    assert store.kept(film("b")) is None
    assert store.kept(film("a")) is not None


def test_a_film_larger_than_the_cap_is_still_shown():
    store = PixelStore(CountingReader(), cap_bytes=10)
    assert store.read(film("a")).stored.nbytes == SIZE
    assert store.read(film("b")).stored.nbytes == SIZE
    assert store.held_bytes == SIZE


def test_two_threads_that_want_one_film_cause_one_decoding():
    reader = CountingReader()
    reader.gate.clear()
    store, got = PixelStore(reader), []
    threads = [threading.Thread(target=lambda: got.append(store.read(film("a")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    reader.gate.set()
    for thread in threads:
        thread.join(5)
    assert len(got) == 4
    assert len(reader.reads) == 1


def test_a_film_that_failed_is_tried_again():
    reader = CountingReader()
    reader.fails = 1
    store = PixelStore(reader)
    with pytest.raises(DamagedFilm):
        store.read(film("a"))
    assert store.read(film("a")).stored.shape == (60, 50)
    assert store.held_bytes == SIZE


def test_frames_of_one_film_are_kept_apart():
    reader = CountingReader()
    store = PixelStore(reader)
    many = film("a")
    store.read(many)
    store.read(replace(many, frame=1))
    assert len(reader.reads) == 2
    assert store.held_bytes == 2 * SIZE


def test_overlays_count_too():
    store = PixelStore(CountingReader())
    planes = np.zeros((2, 60, 7), np.uint8)
    store._keep("x", FilmPixels(description(), np.zeros((60, 50), np.uint16), overlays=planes))
    assert store.held_bytes == SIZE + planes.nbytes
