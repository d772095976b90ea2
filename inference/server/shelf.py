"""The films and studies that clients have sent, held until memory is needed or the study is closed.

Films are handed to the backend only when a job needs them, so an upload never waits for the inference thread.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from inference.backend import FilmInput, StudyInput
from inference.errors import UnknownFilm, UnknownStudy

MAX_FILM_BYTES = 2 * 1024**3
MAX_STUDIES = 64


class Shelf:
    """Least recently used goes first. Safe to use from any thread."""

    def __init__(self, max_film_bytes: int = MAX_FILM_BYTES, max_studies: int = MAX_STUDIES) -> None:
        self._films: OrderedDict[str, FilmInput] = OrderedDict()
        self._studies: OrderedDict[str, StudyInput] = OrderedDict()
        self._max_film_bytes, self._max_studies = max_film_bytes, max_studies
        self._film_bytes = 0
        self._lock = threading.Lock()

    def put_film(self, film: FilmInput) -> bool:
        """Keep a film; False if it was here already. The newest film is kept whatever its size."""
        with self._lock:
            if film.image_sha256 in self._films:
                self._films.move_to_end(film.image_sha256)
                return False
            self._films[film.image_sha256] = film
            self._film_bytes += film.stored.nbytes
            while self._film_bytes > self._max_film_bytes and len(self._films) > 1:
                self._drop_film(next(iter(self._films)))
            return True

    def has_film(self, image_sha256: str) -> bool:
        with self._lock:
            if image_sha256 in self._films:
                self._films.move_to_end(image_sha256)
                return True
            return False

    def put_study(self, study: StudyInput) -> tuple[str, ...]:
        """Keep a study; returns the ids of studies that had to go for it.

        Raises:
            UnknownFilm: One of its films is not here.
        """
        with self._lock:
            self._films_of(study)
            self._studies[study.study_id] = study
            excess = list(self._studies)[: max(0, len(self._studies) - self._max_studies)]
            for study_id in excess:
                del self._studies[study_id]
            return tuple(excess)

    def study(self, study_id: str) -> tuple[StudyInput, tuple[FilmInput, ...]]:
        """A study and its films.

        Raises:
            UnknownStudy: It was never sent, or had to go.
            UnknownFilm: One of its films had to go.
        """
        with self._lock:
            if study_id not in self._studies:
                raise UnknownStudy("The backend does not hold this study (any more).")
            self._studies.move_to_end(study_id)
            study = self._studies[study_id]
            return study, self._films_of(study)

    def forget_study(self, study_id: str) -> None:
        """Let go of a study and of its films that no other study needs. Unknown ids are ignored."""
        with self._lock:
            study = self._studies.pop(study_id, None)
            if study is None:
                return
            needed = {film.image_sha256 for other in self._studies.values() for film in other.films}
            for film in study.films:
                if film.image_sha256 not in needed:
                    self._drop_film(film.image_sha256)

    def _films_of(self, study: StudyInput) -> tuple[FilmInput, ...]:
        missing = [film.image_sha256 for film in study.films if film.image_sha256 not in self._films]
        if missing:
            raise UnknownFilm(f"The backend does not hold film {missing[0][:64]} (any more).")
        return tuple(self._films[film.image_sha256] for film in study.films)

    def _drop_film(self, image_sha256: str) -> None:
        film = self._films.pop(image_sha256, None)
        if film is not None:
            self._film_bytes -= film.stored.nbytes
