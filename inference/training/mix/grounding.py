"""Tasks about places: where is it, what is here. A place outside the model's square is not asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from inference.boxes import GridBox, box_text
from inference.text import prompts
from inference.text.answers import format_boxes, format_findings_at, format_found_at
from inference.training.mix.conversation import (
    Case,
    Conversation,
    Task,
    Turn,
    about_a_film,
    current_films,
    some,
)
from inference.training.mix.marked import (
    LUNGS,
    abnormal_boxes,
    absent_names,
    finding_boxes,
    is_placed,
    is_wholly_marked,
    is_without,
    lung_boxes,
    phrase_boxes,
    place_in_list,
    region_boxes,
)
from inference.training.mix.places import largest
from inference.training.rows import KnownBox, KnownFilm, KnownStudy

MOST_TURNS = 5
"""Questions about places on one film in a conversation; published are all that there are."""
PLACED, ABSENT = "placed", "absent"


# ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _where_is_it(case: Case, pool: str, rng: Random) -> Conversation | None:
    """Some of the film's findings and as many that it lacks, shuffled."""
    if pool == ABSENT:
        film = rng.choice([film for film in case.current if is_without(case.study, film)])
        absent = absent_names(case.study, film)
        return about_a_film(film, [_placing(name, ()) for name in _few(absent, MOST_TURNS // 2, rng)])
    film = rng.choice([film for film in case.current if finding_boxes(film)])
    placed = [
        _placing(name, places)
        for name, boxes in finding_boxes(film).items()
        if (places := case.places.on_grid(film, boxes))
    ]
    absent = _few(absent_names(case.study, film), min(len(placed), MOST_TURNS // 2), rng)
    return about_a_film(film, some([*placed, *(_placing(name, ()) for name in absent)], MOST_TURNS, rng))


def _which_and_where(case: Case, pool: str, rng: Random) -> Conversation | None:
    """All that is known of the film in one answer; a finding that is there without a box is not in the list."""
    has = is_without if pool == ABSENT else is_placed
    film = rng.choice([film for film in case.current if has(case.study, film)])
    found = {name: case.places.on_grid(film, boxes) for name, boxes in finding_boxes(film).items()}
    places = {
        name: boxes for name, boxes in found.items() if boxes
    }  # outside the square: not in the list either
    names = sorted([*places, *absent_names(case.study, film)], key=place_in_list)
    if not names:
        return None
    question = prompts.multi_finding_grounding(names)
    answer = format_findings_at({name: places.get(name, ()) for name in names})
    return about_a_film(film, [(question, answer)])


def _what_is_here(case: Case, _pool: str, rng: Random) -> Conversation | None:
    """The largest box of each finding, as published."""
    film = rng.choice([film for film in case.current if finding_boxes(film)])
    turns = [
        (prompts.grounded_finding(box_text(places[0])), f"{name}.")
        for name, boxes in finding_boxes(film).items()
        if (places := case.places.on_grid(film, largest(boxes)))
    ]
    return about_a_film(film, some(turns, MOST_TURNS, rng))


def _abnormal_regions(case: Case, _pool: str, rng: Random) -> Conversation | None:
    film = rng.choice([film for film in case.current if is_wholly_marked(case.study, film)])
    boxes = abnormal_boxes(film)
    places = case.places.on_grid(film, boxes)
    if len(places) < len(
        {box.xyxy for box in boxes}
    ):  # one lies outside the square: the answer would lack it
        return None
    return about_a_film(film, [(prompts.ABNORMAL_REGIONS, f"{format_boxes(places)}.")])


def _where_is_the_lung(case: Case, _pool: str, rng: Random) -> Conversation | None:
    film, places = _lungs_on_grid(case, rng)
    return about_a_film(film, [(prompts.organ_grounding("lung"), format_boxes(places))]) if places else None


def _which_organ(case: Case, _pool: str, rng: Random) -> Conversation | None:
    film, places = _lungs_on_grid(case, rng)
    return about_a_film(film, [(prompts.grounded_organ(format_boxes(places)), "lung.")]) if places else None


def _lungs_on_grid(case: Case, rng: Random) -> tuple[KnownFilm, tuple[GridBox, ...]]:
    """Both lungs, right first, or none."""
    film = rng.choice([film for film in case.current if lung_boxes(film)])
    places = [place for box in lung_boxes(film) for place in case.places.on_grid(film, [box])]
    return film, tuple(places) if len(places) == len(LUNGS) else ()


def _where(
    named: Callable[[KnownFilm], dict[str, list[KnownBox]]], turn: Callable[[str, tuple[GridBox, ...]], Turn]
) -> Callable[[Case, str, Random], Conversation | None]:
    """A task that goes through what a film has by name."""

    def ask(case: Case, _pool: str, rng: Random) -> Conversation | None:
        film = rng.choice([film for film in case.current if named(film)])
        turns = [
            turn(name, places)
            for name, boxes in named(film).items()
            if (places := case.places.on_grid(film, _meant(boxes, rng)))
        ]
        return about_a_film(film, some(turns, MOST_TURNS, rng))

    return ask


def _meant(boxes: list[KnownBox], rng: Random) -> list[KnownBox]:
    """All boxes of a finding; of regions one, as published: each that a sentence speaks of is meant by itself."""
    return [rng.choice(boxes)] if boxes[0].kind == "anatomy" else boxes


def _placing(name: str, places: Iterable[GridBox]) -> Turn:
    return prompts.finding_grounding(name), format_found_at(tuple(places))


def _few(names: list[str], most: int, rng: Random) -> list[str]:
    return rng.sample(names, min(most, len(names)))


# ── what a study can be asked for ───────────────────────────────────────────────────────────────────────────────


def _placed_or_absent(study: KnownStudy) -> tuple[str, ...]:
    films = current_films(study)
    has_placed = any(is_placed(study, film) for film in films)
    has_absent = any(is_without(study, film) for film in films)
    return (*((PLACED,) if has_placed else ()), *((ABSENT,) if has_absent else ()))


def _having(has: Callable[[KnownStudy, KnownFilm], bool]) -> Callable[[KnownStudy], tuple[str, ...]]:
    return lambda study: (PLACED,) if any(has(study, film) for film in current_films(study)) else ()


FINDING_GROUNDING = Task(
    "finding_grounding", "films with boxes of findings", _placed_or_absent, _where_is_it, needed_pool=PLACED
)
MULTI_FINDING_GROUNDING = Task(
    "multi_finding_grounding",
    "films with boxes of findings",
    _placed_or_absent,
    _which_and_where,
    needed_pool=PLACED,
)
GROUNDED_FINDING = Task("grounded_finding", "films with boxes of findings", _having(is_placed), _what_is_here)
ABNORMALITY_DETECTION = Task(
    "abnormality_detection",
    "films on which every finding has a box",
    _having(is_wholly_marked),
    _abnormal_regions,
)
ORGAN_GROUNDING = Task(
    "organ_grounding",
    "films with boxes of both lungs",
    _having(lambda _, film: bool(lung_boxes(film))),
    _where_is_the_lung,
)
GROUNDED_ORGAN = Task(
    "grounded_organ",
    "films with boxes of both lungs",
    _having(lambda _, film: bool(lung_boxes(film))),
    _which_organ,
)
PHRASE_GROUNDING = Task(
    "phrase_grounding",
    "boxes with the report's words for them",
    _having(lambda _, film: bool(phrase_boxes(film))),
    _where(
        phrase_boxes, lambda phrase, places: (prompts.phrase_grounding(phrase), f"{format_boxes(places)}.")
    ),
)
GROUNDED_PHRASE = Task(
    "grounded_phrase",
    "boxes with the report's words for them",
    _having(lambda _, film: bool(phrase_boxes(film))),
    _where(
        phrase_boxes,
        lambda phrase, places: (prompts.grounded_phrase(box_text(places[0])), f"{phrase.rstrip(' .')}."),
    ),
)
ANATOMY_GROUNDING = Task(
    "anatomy_grounding",
    "boxes of anatomical regions",
    _having(lambda _, film: bool(region_boxes(film))),
    _where(region_boxes, lambda name, places: (prompts.anatomy_grounding(name), f"{box_text(places[0])}.")),
)
GROUNDED_ANATOMY = Task(
    "grounded_anatomy",
    "boxes of anatomical regions",
    _having(lambda _, film: bool(region_boxes(film))),
    _where(region_boxes, lambda name, places: (prompts.grounded_anatomy(box_text(places[0])), f"{name}.")),
)
