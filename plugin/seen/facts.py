"""What is told about each film that a reading was given. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import PackInfo
from plugin import wording
from plugin.events import FilmInReading
from plugin.prior.words import age, prior_text
from plugin.state import StudyReading

_LEFT_OUT = "left_out_of_report"


@dataclass(frozen=True, slots=True)
class SeenFilm:
    """One film's part in the reading, in words for the reader."""

    film_key: str
    image: str  # empty: its pixels never reached the model
    title: str
    role: str
    note: str = ""  # why it was not read, or what of it was not

    @property
    def was_seen(self) -> bool:
        return bool(self.image)


def seen_films(reading: StudyReading) -> tuple[SeenFilm, ...]:
    """The films of the reading, in its order; copies of one film once."""
    made: dict[str, SeenFilm] = {}
    for film in reading.films:
        is_given = bool(film.image) and not film.not_read
        one = SeenFilm(
            film.film_key,
            film.image if is_given else "",
            film.title,
            _role(reading, film),
            _note(film),
        )
        made.setdefault(one.image or film.film_key, one)
    return tuple(made.values())


def made_by_text(reading: StudyReading, pack: PackInfo | None) -> str:
    """Model, precision, device and size of the pictures, as the reading's fingerprint tells them."""
    by = reading.made_by
    is_loaded = pack is not None and pack.sha256 == by.pack_sha256 and pack.sha256
    name = wording.pack_text(pack) if is_loaded and pack is not None else _named(by.pack, by.pack_sha256)
    parts = (
        name,
        f"computed in {by.precision}" if by.precision else "",
        f"on {by.device}" if by.device else "",
        f"pictures of {by.picture_side} × {by.picture_side} pixels" if by.picture_side else "",
    )
    return " · ".join(part for part in parts if part)


def compared_text(reading: StudyReading) -> str:
    """The prior that it was given with, or that there was none."""
    return prior_text(reading)


def cut_text(left_out: float) -> str:
    """How much of a film lies outside of the square, in words; empty where all of it was seen.

    Args:
        left_out: Share of the film's area, 0..1.
    """
    if left_out < 0.005:
        return ""
    return f"{wording.CROPPED} They are {left_out:.0%} of the film.".replace("%", " %")


def _role(reading: StudyReading, film: FilmInReading) -> str:
    if film.role == "lateral":
        return "lateral"
    if film.role == "prior":
        return f"prior, {age(reading.prior.days_before)}" if reading.prior is not None else "prior"
    is_left_out = any(flag.kind == _LEFT_OUT and flag.image == film.image for flag in reading.flags)
    return "current: looked at alone, no part in the report" if is_left_out else "current"


def _note(film: FilmInReading) -> str:
    if film.not_read:
        return wording.not_read(film.not_read)
    return "" if film.image else "It did not reach the model."


def _named(pack: str, sha256: str) -> str:
    return f"Model {pack} (manifest {sha256[:12]})" if pack and sha256 else f"Model {pack}" if pack else ""
