"""What is known of each film that the generator learns from, and its captions, worded anew at each draw. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS, FilmView
from inference.synthesis.training.starter.places import effusion_side, place_of
from inference.synthesis.training.wording import Fact, Said, sayings
from inference.synthesis.wish import VIEW_SENTENCES
from inference.training.sources.manifest import NO_FINDING, LabelledFilm

if TYPE_CHECKING:
    from inference.training.starter.phantoms import PhantomView

ADULT, CHILD, PHANTOM = "Adult.", "Child.", "Phantom."
TAGS = (ADULT, CHILD, PHANTOM)
"""What kind of film it is, said behind the view sentence: so that drawing can ask for the looks of a real adult's."""
VIEWS: dict[str, FilmView] = {"PA": "PA", "AP": "AP", "LL": "lateral", "Lateral": "lateral"}
SHOWN = ("pleural effusion", "pneumothorax", "cardiomegaly", "consolidation")
"""The findings that the bundled pack must be able to show."""
Scarce = Literal["pneumothorax", "consolidation", "edema", "lung lesion", "pleural effusion", "cardiomegaly"]
Pool = Literal["adults", "clear adults", "children", "laterals", "phantoms", Scarce]
"""What films are drawn from; a film may be in several."""
DRAWN_FOR: tuple[Scarce, ...] = get_args(Scarce)
"""Findings of which there are too few real films to leave it to chance."""


@dataclass(frozen=True, slots=True)
class TaughtFilm:
    """One film to learn from, `row` of the real films, of the phantoms, or of the real films that were painted on."""

    kind: Literal["real", "phantom", "painted"]
    row: int
    view: FilmView
    facts: tuple[Fact, ...]
    absent: tuple[str, ...]  # known not to be there; what is in neither is not known
    is_clear: bool  # known to have none of the listed findings
    tag: str  # of TAGS, or empty
    pools: tuple[Pool, ...]  # none: a painted film, which is drawn with the film that it was painted on
    weight: float = 1.0  # within its pools
    on: int = -1  # of a painted film: the row of the real one

    def sayings(self, rng: Random) -> tuple[Said, ...]:
        """Its sentences behind view and tag, in words drawn by lot."""
        return sayings(self.facts, self.absent, rng, is_clear=self.is_clear)

    @property
    def is_of_an_adult(self) -> bool:
        """A real film of one, painted on or not."""
        return self.tag == ADULT

    @property
    def has_labels(self) -> bool:
        """Something is known of it: what it shows, or that it shows none of some findings."""
        return bool(self.facts or self.absent or self.is_clear)


def caption(view: FilmView, tag: str, said: Sequence[Said]) -> str:
    """The words of a film: view sentence, tag, sentences. The pack's own view sentences begin alike."""
    return " ".join(word for word in (VIEW_SENTENCES[view], tag, *(one.words for one in said)) if word)


def real_film(film: LabelledFilm, square: NDArray[np.uint8], row: int) -> TaughtFilm:
    """A film of the manifest. Without labels (Hannover) it teaches its view and its looks alone.

    Args:
        film: From the manifest; one with a view that is no chest film's raises KeyError.
        square: As it will be learnt.
        row: Its number among the real films.
    """
    present = [name for name in FINDINGS if film.label(name) == 1]
    is_child = film.source == "kermany_paediatric"
    return TaughtFilm(
        "real",
        row,
        VIEWS[film.view],
        tuple(_real_fact(name, film, square) for name in present),
        tuple(name for name in FINDINGS if film.label(name) == 0),
        film.label(NO_FINDING) == 1,
        CHILD if is_child else ADULT,
        _pools_of_real(film.source, present, is_clear=film.label(NO_FINDING) == 1),
    )


def _real_fact(name: str, film: LabelledFilm, square: NDArray[np.uint8]) -> Fact:
    if name == "pleural effusion":
        return Fact(name, effusion_side(square))
    return Fact(name, *place_of(name, film))


def _pools_of_real(source: str, present: Sequence[str], *, is_clear: bool) -> tuple[Pool, ...]:
    if source == "kermany_paediatric":
        return ("children",)
    found: list[Pool] = ["adults"]
    if source == "nih":
        found += ["clear adults"] if is_clear else [name for name in DRAWN_FOR if name in present]
    return tuple(found)


def painted_film(base: TaughtFilm, fact: Fact, row: int) -> TaughtFilm:
    """A real film on which `fact` was painted. What else it shows is not said: wishes seldom name two findings."""
    return TaughtFilm("painted", row, base.view, (fact,), (), False, ADULT, (), on=base.row)


def can_be_painted(film: TaughtFilm) -> bool:
    """A frontal film of an adult without a finding that would be painted again, or hidden."""
    said = {fact.label for fact in film.facts}
    return (
        film.kind == "real"
        and film.tag == ADULT
        and film.view != "lateral"
        and not said & {*SHOWN, "pneumonia", "edema", "lung lesion"}
    )


def phantom_film(view: PhantomView, row: int) -> TaughtFilm:
    """A computed film: everything on it is known. A lateral one bears no tag, for all laterals are phantoms."""
    facts = tuple(dict.fromkeys(Fact(one.label, one.side, one.zone, one.grade) for one in view.facts))
    present = {fact.label for fact in facts}
    name = VIEWS[view.view]
    is_plain = len(facts) <= 3 and any(one.label in SHOWN and one.grade != "mild" for one in facts)
    return TaughtFilm(
        "phantom",
        row,
        name,
        facts,
        tuple(one for one in FINDINGS if one not in present),
        not facts,
        "" if name == "lateral" else PHANTOM,
        ("laterals",) if name == "lateral" else ("phantoms",),
        weight=2.6 if is_plain else 1.0,
    )
