"""A site's studies as films with words: what a film generator learns from. No torch.

A film is taken where its view is known or can be seen, and where its report or its labels say what it shows. Priors,
synthetic films and the films of reference sets are not taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from inference.backend import FilmView
from inference.errors import InvalidFilm, InvalidRequest
from inference.synthesis.training.captions import label_words, report_words
from inference.synthesis.training.views import Look, said_view, seen_view
from inference.synthesis.wish import prompt_of
from inference.training.mix.feeds import without_synthetic
from inference.training.rows import LABELS as ALL_LABELS
from inference.training.rows import DataSet, Known, KnownFilm, KnownStudy, Split, UnreadableFilm, label_of

Picture = Callable[[str, KnownFilm], NDArray[np.uint8]]
"""A source's name and a film to the picture as the reader sees it, (rows, columns) uint8."""


class NothingToDraw(InvalidRequest):
    """No film of the data can be learnt from by a generator."""

    remedy = (
        "It learns from films that are not held out, with a view (PA, AP, lateral) and a report or labels. "
        "`sidelight train doctor` says what the data hold."
    )


@dataclass(frozen=True, slots=True)
class WordedFilm:
    """One film to learn from."""

    source: str  # name of its data set
    film: KnownFilm
    view: FilmView
    study: str
    patient: str
    report: str = ""  # cleaned; empty: its labels are put into words, anew for each draw
    labels: Mapping[str, Known] | None = None
    weight: float = 1.0

    @property
    def name(self) -> str:
        """Unique among the films of a run."""
        return f"{self.source}/{self.film.key}"

    def prompt(self, rng: Random) -> str:
        """View sentence and words, as `inference.synthesis.wish` puts them together for drawing."""
        return prompt_of(self.report or label_words(self.labels or {}, rng), self.view)


@dataclass(frozen=True, slots=True)
class WordedFilms:
    """What was found: by side of the split, and what was left out and why."""

    films: Mapping[Split, tuple[WordedFilm, ...]]
    left_out: Mapping[str, int]
    asked: int = 0  # films whose view the classifier was asked for

    def notes(self) -> tuple[str, ...]:
        """Sentences for the run's log, with counts and nothing of a patient."""
        sides = (f"{len(self.films[split])} {word}" for split, word in _SIDES)
        first = f"Films: {', '.join(sides)}."
        asked = (f"The view classifier was asked about {self.asked} films.",) if self.asked else ()
        left = tuple(f"{count} films were left out: {why}." for why, count in sorted(self.left_out.items()))
        return (first, *asked, *left)


_SIDES: tuple[tuple[Split, str], ...] = (
    ("train", "to learn from"),
    ("val", "to watch the training"),
    ("test", "held out"),
)


def worded_films(
    datasets: Sequence[DataSet],
    splits: Mapping[str, Split],
    *,
    look: Look | None = None,
    picture: Picture | None = None,
    takes_synthetic: bool = False,
) -> WordedFilms:
    """All films that can be learnt from.

    Args:
        datasets: As read.
        splits: Of every patient.
        look: The view classifier for films whose view is missing or contradictory; None leaves them out.
        picture: Opens a film for it.
        takes_synthetic: Films that say that they are synthetic are taken as well.
    """
    films: dict[Split, list[WordedFilm]] = {"train": [], "val": [], "test": []}
    left: Counter[str] = Counter()
    asked = 0
    for dataset in datasets:
        for study in () if dataset.is_reference else dataset.studies:
            real = study if takes_synthetic else without_synthetic(study)
            own = [one for one in real.films if one.role != "prior"] if real else []
            left["they say that they are synthetic"] += len(study.films) - len(real.films if real else ())
            report = report_words(study)
            for film in own:
                said = said_view(film)
                view = said.view
                if view is None and look is not None and picture is not None:
                    asked += 1
                    view = _looked_at(dataset.name, film, look, picture)
                labels = _labels(study, film)
                if view is None:
                    left[f"their view is {said.why}"] += 1
                elif not report and not labels:
                    left["no report and no label says what they show"] += 1
                else:
                    films[splits[study.patient]].append(
                        WordedFilm(
                            dataset.name, film, view, study.id, study.patient, report, labels, study.weight
                        )
                    )
    return WordedFilms({side: tuple(some) for side, some in films.items()}, +left, asked)


def _looked_at(source: str, film: KnownFilm, look: Look, picture: Picture) -> FilmView | None:
    try:
        return seen_view(picture(source, film), look)
    except (UnreadableFilm, InvalidFilm):
        return None


def _labels(study: KnownStudy, film: KnownFilm) -> dict[str, Known]:
    known = {name: label_of(study, film, name) for name in ALL_LABELS}
    return {name: value for name, value in known.items() if value in ("present", "absent")}
