"""Real films and phantoms as the language stage draws them: the picture, and the facts that move with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inference.training.starter.augment import VariedFilms, move_boxes
from inference.training.starter.film_set import FilmSet, join
from inference.training.starter.films import XYXY, LabelledFilm, to_square
from inference.training.starter.phantoms import PhantomStudy, PhantomView, phantom_set
from inference.training.starter.tasks import FilmFacts

STILL_SEEN = 0.35
"""A box of which less than this share is left on a varied film is left out."""
_VIEWS = {"PA": "PA", "AP": "AP", "LL": "Lateral", "Lateral": "Lateral"}


@dataclass(frozen=True, slots=True)
class FilmBank:
    """Films as arrays for the vision part, and by index what the conversations need."""

    films: FilmSet
    boxes: tuple[tuple[tuple[str, XYXY], ...], ...]  # fractions of the square
    sides: tuple[dict[str, str], ...]
    views: tuple[str, ...]

    def facts(self, index: int, varied: VariedFilms, row: int) -> FilmFacts:
        """What is true of film `index` as it was varied in row `row`."""
        names = [name for name, _ in self.boxes[index]]
        moved = varied_boxes([xyxy for _, xyxy in self.boxes[index]], varied.to_sampled[row])
        seen = tuple((name, box) for name, box in zip(names, moved, strict=True) if box is not None)
        labels = tuple(int(value) for value in self.films.labels[index])
        return FilmFacts(labels, seen, self.sides[index], self.views[index])


def varied_boxes(boxes: Sequence[XYXY], to_sampled: Tensor) -> list[XYXY | None]:
    """Boxes on the varied film, clipped to it; None where too little is left."""
    if not boxes:
        return []
    moved = move_boxes(torch.tensor(boxes), to_sampled)
    clipped = moved.clamp(0, 1)
    share = _area(clipped) / _area(moved).clamp(min=1e-6)
    return [
        (box[0], box[1], box[2], box[3]) if kept >= STILL_SEEN else None
        for box, kept in zip(clipped.tolist(), share.tolist(), strict=True)
    ]


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]).clamp(min=0) * (boxes[:, 3] - boxes[:, 1]).clamp(min=0)


def film_bank(films: Sequence[LabelledFilm], real: FilmSet, studies: Sequence[PhantomStudy]) -> FilmBank:
    """Real training films, then every view of the phantoms."""
    views = [view for study in studies for view in (study.frontal, study.lateral, study.prior) if view]
    boxes = [real_boxes(film) for film in films] + [_phantom_boxes(view) for view in views]
    sides = [_box_sides(found) for found in boxes[: len(films)]]
    sides += [{fact.label: fact.side for fact in view.facts} for view in views]
    names = [_VIEWS.get(view, "") for view in [film.view for film in films] + [view.view for view in views]]
    return FilmBank(
        films=join(real, phantom_set(views)) if views else real,
        boxes=tuple(boxes),
        sides=tuple(sides),
        views=tuple(names),
    )


def real_boxes(film: LabelledFilm) -> tuple[tuple[str, XYXY], ...]:
    """All boxes of a real film as fractions of its central square."""
    return tuple(
        (box.label, to_square(box.xyxy, film.width, film.height))
        for box in (*film.boxes, *film.anatomy_boxes)
    )


def _phantom_boxes(view: PhantomView) -> tuple[tuple[str, XYXY], ...]:
    found = [(fact.label, xyxy) for fact in view.facts for xyxy in fact.boxes]
    organs = list(view.organs) if view.view != "LL" else []
    return tuple(sorted(set(found + organs)))


def _box_sides(boxes: Sequence[tuple[str, XYXY]]) -> dict[str, str]:
    """The side of each boxed finding of a frontal film: the patient's right is on the picture's left."""
    sides: dict[str, set[str]] = {}
    for name, (x1, _, x2, _) in boxes:
        sides.setdefault(name, set()).add("right" if (x1 + x2) / 2 < 0.5 else "left")
    return {name: found.pop() if len(found) == 1 else "both" for name, found in sides.items()}
