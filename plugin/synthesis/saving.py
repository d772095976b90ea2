"""Lets a synthetic film leave, where the site allows it: as the one DICOM object that says everywhere what it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.backend import FilmDrawn
from inference.synthesis.drawn import MadeBy, MarkedFilm
from inference.synthesis.wish import FilmWish
from inference.text.labels import NO_FINDING, PRESENT, label_report
from plugin.output.exporting import program_version
from plugin.synthesis.state import Form
from viewer.core.settings import Settings
from viewer.writer.write import write_files_whole

SETTING = "export.synthetic_films"
"""The viewer's own setting for exporting such films; off unless somebody wrote it into the settings file."""


@dataclass(frozen=True, slots=True, eq=False)
class SaveWish:
    """What is to be written, fixed at the moment of the wish."""

    film: FilmDrawn
    form: Form  # how it was drawn
    pixels: NDArray[np.uint8]  # (rows, columns), the marked picture
    source: tuple[str, str] | None  # SOP Class and Instance UID of the film that it was made from
    folder: Path
    installation_id: str


def is_allowed() -> bool:
    """As the settings file says at this moment: it may have been changed since the window was opened."""
    return Settings().flag(SETTING)


def save_work(wish: SaveWish) -> Callable[[Callable[[], bool]], Iterator[Path]]:
    """For a worker thread: make the object, check it, write it whole.

    Raises:
        viewer.writer.errors.NotWritten: Nothing was written.
    """

    def work(_: Callable[[], bool]) -> Iterator[Path]:
        from inference.dicom.synthetic_film import SourceFilm, file_bytes  # pydicom: not at the start

        source = SourceFilm(*wish.source) if wish.source is not None else None
        content = file_bytes(
            marked_film(wish), wish.installation_id, source=source, findings=findings_asked(wish.film.text)
        )
        file = wish.folder / f"synthetic-{wish.film.view}-seed-{wish.film.seed}-{wish.film.image[:8]}.dcm"
        write_files_whole({file: content})
        yield file

    return work


def marked_film(wish: SaveWish) -> MarkedFilm:
    """The film as the writer takes it. What computed it is not known here and left empty."""
    film, form = wish.film, wish.form
    asked = FilmWish(
        film.text,
        film.view,
        film.seed,
        form.steps,
        form.guidance,
        film.source_image,
        film.strength if film.strength is not None and math.isfinite(film.strength) else 0.0,
    )
    made_by = MadeBy(film.pack, film.weights_sha256, f"Sidelight {program_version()}", "", "")
    return MarkedFilm(wish.pixels, asked, made_by, film.seen_view, film.doubts)


def findings_asked(text: str) -> tuple[str, ...]:
    """The class of the prompt: what it states, out of the list. None of its words."""
    return tuple(
        label for label, value in label_report(text).items() if value == PRESENT and label != NO_FINDING
    )
