"""Different files with one SOP Instance UID: is it the same picture twice, or are it two pictures?

Only the pixels can tell: a film that was sent twice may differ in its compression, its group lengths or the order of
its private tags. In doubt both are kept: another person, another study or another grey scale makes another film.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from viewer.core.errors import FilmError
from viewer.core.study import Film, FilmPixels

ReadFrame = Callable[[Film, int], FilmPixels]


@dataclass(frozen=True, slots=True)
class SamePicture:
    """`film` shows what `first` shows."""

    film: Film
    first: Film


def films_with_one_uid(films: Iterable[Film]) -> list[tuple[Film, ...]]:
    """Return the films that claim one SOP Instance UID though their files differ, each group in order of arrival."""
    by_uid: dict[str, dict[str, Film]] = defaultdict(dict)
    for film in films:
        by_uid[film.header.sop_instance_uid].setdefault(film.key, film)
    return [tuple(group.values()) for group in by_uid.values() if len(group) > 1]


def same_pictures(
    groups: Sequence[Sequence[Film]], read: ReadFrame, is_stopped: Callable[[], bool]
) -> Iterator[SamePicture]:
    """Yield every film of a group that only repeats an earlier one. One that can't be decoded repeats nothing."""
    for group in groups:
        seen: dict[str, Film] = {}
        for film in group:
            if is_stopped():
                return
            try:
                digest = _digest(film, read)
            except FilmError:
                continue
            first = seen.setdefault(digest, film)
            if first is not film:
                yield SamePicture(film, first)


def _digest(film: Film, read: ReadFrame) -> str:
    """Stand for the whole picture: whose it is, how its values become grey, and every value."""
    header = film.header
    whose = (
        header.patient_id,
        header.patient_name,
        header.patient_birth_date,
        header.patient_sex,
        header.study_instance_uid,
        header.series_instance_uid,
        header.view_position,
    )
    digest = hashlib.blake2b(repr(whose).encode("utf-8", "surrogatepass"))
    for frame in range(header.pixels.frames):
        pixels = read(film, frame)
        digest.update(repr((pixels.description, pixels.stored.shape, pixels.stored.dtype.str)).encode())
        digest.update(pixels.stored.tobytes())
    return digest.hexdigest()
