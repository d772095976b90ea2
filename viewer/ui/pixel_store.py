"""Decoded films under a cap of bytes. No Qt; called from any thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from viewer.core.study import Film, FilmPixels

DEFAULT_CAP_BYTES = 1 << 30


class PixelReader(Protocol):
    """The part of `viewer.core.reader.FilmReader` that is used here."""

    def preview(self, film: Film) -> FilmPixels | None: ...

    def pixels(self, film: Film, frame: int = 0) -> FilmPixels: ...


class PixelStore:
    """Keeps the films that were used last, up to `cap_bytes`; reads the others again when they are asked for.

    Two threads that ask for one film at the same time cause one decoding.
    """

    def __init__(self, reader: PixelReader, cap_bytes: int = DEFAULT_CAP_BYTES) -> None:
        self._reader = reader
        self.cap_bytes = cap_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, FilmPixels] = OrderedDict()
        self._in_work: dict[str, threading.Lock] = {}
        self.held_bytes = 0
        self.let_go = 0  # how many films had to make room so far

    def read(self, film: Film) -> FilmPixels:
        """Stored values of the film's frame.

        Raises:
            viewer.core.errors.FilmError: It can't be decoded.
        """
        kept = self.kept(film)
        if kept is not None:
            return kept
        with self._turn(film.key):
            kept = self.kept(film)
            if kept is not None:
                return kept
            try:
                return self._keep(film.key, self._reader.pixels(film))
            finally:
                with self._lock:
                    self._in_work.pop(film.key, None)

    def preview(self, film: Film) -> FilmPixels | None:
        """Something to look at while `read` takes its time; None where that is not worth it. It is not kept."""
        return None if self.holds(film) else self._reader.preview(film)

    def glance(self, film: Film) -> FilmPixels:
        """The film for a small picture: what is in memory, else a preview, else all of it; nothing is kept for it.

        Raises:
            viewer.core.errors.FilmError: It can't be decoded.
        """
        with self._lock:
            kept = self._kept.get(film.key)
        return kept or self._reader.preview(film) or self._reader.pixels(film)

    def kept(self, film: Film) -> FilmPixels | None:
        """The film if it is in memory; never waits for the disk."""
        with self._lock:
            pixels = self._kept.get(film.key)
            if pixels is not None:
                self._kept.move_to_end(film.key)
            return pixels

    def holds(self, film: Film) -> bool:
        """True if the film is in memory; does not count as a use of it."""
        with self._lock:
            return film.key in self._kept

    def _turn(self, key: str) -> threading.Lock:
        with self._lock:
            return self._in_work.setdefault(key, threading.Lock())

    def _keep(self, key: str, pixels: FilmPixels) -> FilmPixels:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = pixels
                self.held_bytes += _bytes_of(pixels)
            while self.held_bytes > self.cap_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self.held_bytes -= _bytes_of(dropped)
                self.let_go += 1
        return pixels


def _bytes_of(pixels: FilmPixels) -> int:
    return pixels.stored.nbytes + (0 if pixels.overlays is None else pixels.overlays.nbytes)
