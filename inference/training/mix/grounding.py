"""Tasks about places: where is it, what is here. A place outside the model's square is not asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from inference.backend import FINDINGS
from inference.boxes import GridBox, box_text
from inference.text import prompts
from inference.text.answers import format_boxes, format_findings_at, format_found_at
from inference.text.labels import narrower
from inference.text.places import ANATOMY
from inference.training.mix.conversation import (
    Case,
    Conversation,
    Task,
    Turn,
    about_a_film,
    current_films,
    some,
)
from inference.training.rows import KnownBox, KnownFilm, KnownStudy, label_of

MOST_TURNS = 5
"""Questions about places on one film in a conversation; published are all that there are."""
PLACED, ABSENT = "placed", "absent"
NO_REGION = ("support devices",)
"""Findings that are no abnormal region."""
LUNGS = ("right lung", "left lung")


# ── what a film has ─────────────────────────────────────────────────────────────────────────────────────────────


def finding_boxes(film: KnownFilm) -> dict[str, list[KnownBox]]:
    """Boxes by finding, in the finding list's order; names outside it behind, by name."""
    found: dict[str, list[KnownBox]] = {}
    for box in film.boxes:
        if box.kind == "finding" and box.label:
            found.setdefault(box.label, []).append(box)
    return {name: found[name] for name in sorted(found, key=_place_in_list)}


def absent_names(study: KnownStudy, film: KnownFilm) -> list[str]:
    """Findings that are known not to be on the film: said so, or marked everywhere and nowhere here."""
    boxed = finding_boxes(film)
    said = {name for name in FINDINGS if label_of(study, film, name) == "absent"}
    return sorted((said | film.boxes_complete) - set(boxed) - _present(study, film), key=_place_in_list)


def _present(study: KnownStudy, film: KnownFilm) -> set[str]:
    return {name for name in FINDINGS if label_of(study, film, name) in ("present", "uncertain")}


def _regions(film: KnownFilm) -> dict[str, list[KnownBox]]:
    found: dict[str, list[KnownBox]] = {}
    for box in film.boxes:
        if box.kind == "anatomy" and box.label in ANATOMY:
            found.setdefault(box.label, []).append(box)
    return found


def _phrases(film: KnownFilm) -> dict[str, list[KnownBox]]:
    found: dict[str, list[KnownBox]] = {}
    for box in film.boxes:
        if box.phrase.strip():
            found.setdefault(box.phrase.strip(), []).append(box)
    return found


def _lungs(film: KnownFilm) -> list[KnownBox]:
    regions = _regions(film)
    return [regions[name][0] for name in LUNGS] if all(name in regions for name in LUNGS) else []


def _place_in_list(name: str) -> tuple[int, str]:
    return (FINDINGS.index(name) if name in FINDINGS else len(FINDINGS), name)


# ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _where_is_it(case: Case, pool: str, rng: Random) -> Conversation | None:
    """Some of the film's findings and as many that it lacks, shuffled."""
    if pool == ABSENT:
        film = rng.choice([film for film in case.current if _is_without(case.study, film)])
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
    has = _is_without if pool == ABSENT else _is_placed
    film = rng.choice([film for film in case.current if has(case.study, film)])
    found = {name: case.places.on_grid(film, boxes) for name, boxes in finding_boxes(film).items()}
    places = {
        name: boxes for name, boxes in found.items() if boxes
    }  # outside the square: not in the list either
    names = sorted([*places, *absent_names(case.study, film)], key=_place_in_list)
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
        if (places := case.places.on_grid(film, boxes))
    ]
    return about_a_film(film, some(turns, MOST_TURNS, rng))


def _abnormal_regions(case: Case, _pool: str, rng: Random) -> Conversation | None:
    film = rng.choice([film for film in case.current if _is_wholly_marked(case.study, film)])
    boxes = _abnormal_boxes(film)
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
    film = rng.choice([film for film in case.current if _lungs(film)])
    places = [place for box in _lungs(film) for place in case.places.on_grid(film, [box])]
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


def _is_placed(_study: KnownStudy, film: KnownFilm) -> bool:
    return bool(finding_boxes(film))


def _is_without(study: KnownStudy, film: KnownFilm) -> bool:
    return not finding_boxes(film) and bool(absent_names(study, film))


def _abnormal_boxes(film: KnownFilm) -> list[KnownBox]:
    return [box for name, boxes in finding_boxes(film).items() if name not in NO_REGION for box in boxes]


def _is_wholly_marked(study: KnownStudy, film: KnownFilm) -> bool:
    """Every finding that is there has a box, itself or by a narrower name: no region would be missing."""
    boxed = set(finding_boxes(film))
    there = {name for name in _present(study, film) if name not in NO_REGION}
    marked = all(name in boxed or boxed & set(narrower(name)) for name in there)
    return marked and bool(_abnormal_boxes(film))


def _placed_or_absent(study: KnownStudy) -> tuple[str, ...]:
    films = current_films(study)
    has_placed = any(_is_placed(study, film) for film in films)
    has_absent = any(_is_without(study, film) for film in films)
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
GROUNDED_FINDING = Task(
    "grounded_finding", "films with boxes of findings", _having(_is_placed), _what_is_here
)
ABNORMALITY_DETECTION = Task(
    "abnormality_detection",
    "films on which every finding has a box",
    _having(_is_wholly_marked),
    _abnormal_regions,
)
ORGAN_GROUNDING = Task(
    "organ_grounding",
    "films with boxes of both lungs",
    _having(lambda _, film: bool(_lungs(film))),
    _where_is_the_lung,
)
GROUNDED_ORGAN = Task(
    "grounded_organ",
    "films with boxes of both lungs",
    _having(lambda _, film: bool(_lungs(film))),
    _which_organ,
)
PHRASE_GROUNDING = Task(
    "phrase_grounding",
    "boxes with the report's words for them",
    _having(lambda _, film: bool(_phrases(film))),
    _where(_phrases, lambda phrase, places: (prompts.phrase_grounding(phrase), f"{format_boxes(places)}.")),
)
GROUNDED_PHRASE = Task(
    "grounded_phrase",
    "boxes with the report's words for them",
    _having(lambda _, film: bool(_phrases(film))),
    _where(
        _phrases,
        lambda phrase, places: (prompts.grounded_phrase(box_text(places[0])), f"{phrase.rstrip(' .')}."),
    ),
)
ANATOMY_GROUNDING = Task(
    "anatomy_grounding",
    "boxes of anatomical regions",
    _having(lambda _, film: bool(_regions(film))),
    _where(_regions, lambda name, places: (prompts.anatomy_grounding(name), f"{box_text(places[0])}.")),
)
GROUNDED_ANATOMY = Task(
    "grounded_anatomy",
    "boxes of anatomical regions",
    _having(lambda _, film: bool(_regions(film))),
    _where(_regions, lambda name, places: (prompts.grounded_anatomy(box_text(places[0])), f"{name}.")),
)
