"""Films that a model should not learn from as they are: synthetic, wrong size, inverted, blank, no chest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.training.examine.faults import Fault
from inference.training.examine.film_look import FilmLook
from inference.training.examine.subject import FilmName, Row, films_of
from inference.training.examine.usual_chest import SIDE, USUAL_CHEST
from inference.training.examine.views import film_side
from inference.training.rows import KnownFilm

SMALLEST = 96
"""Pixels of the shorter side below which fine findings are gone."""
LONGEST_SHAPE = 2.5
"""Longer side over shorter side of a strip or a screen copy; of 2,994 real films none is above 1.9."""
INVERTED = -0.25
"""Correlation with the usual chest below which a film is called inverted; the lowest of 2,994 real films is -.19."""
UPSIDE_DOWN, BY_FAR = 0.5, 0.4
SURE = 0.9
"""Chance from which the gate's network is believed against the row's own word."""


def pictures(
    rows: Sequence[Row], looks: Mapping[FilmName, FilmLook], *, takes_synthetic: bool = False
) -> Iterator[Fault]:
    """At most one fault per film, the one that explains the others: a blank film has no view."""
    for row, film in films_of(rows):
        look = looks.get(row.name_of(film))
        synthetic = film.is_synthetic or (look is not None and look.is_synthetic)
        if synthetic and not takes_synthetic and row.split == "train":
            yield row.fault(
                "synthetic_film",
                "The film is synthetic: its header says so (SyntheticData, 0008,001C), or its pixels are watermarked.",
                "Take it out, or ask for synthetic films in the plan (takes_synthetic).",
            )
        if look is not None:
            fault = (
                _blank(row, look)
                or _size(row, film, look)
                or _no_chest(row, look)
                or _turned(row, film, look)
                or _other_view(row, film, look)
            )
            if fault is not None:
                yield fault


def _blank(row: Row, look: FilmLook) -> Fault | None:
    if not look.is_one_grey:
        return None
    return row.fault(
        "blank_film",
        "The film is blank: one grey level.",
        "Export it again, or take the film out of the study.",
    )


def _size(row: Row, film: KnownFilm, look: FilmLook) -> Fault | None:
    rows, columns = look.frame.rows, look.frame.columns
    short, long = sorted(look.frame.picture_size)
    size = f"{columns} x {rows} pixels"
    if film.size is not None and film.size != (rows, columns):
        said = f"{film.size[1]} x {film.size[0]}"
        remedy = "Boxes were measured on another size: scale them, or give the film that they were drawn on."
        return row.fault("wrong_size", f"The film has {size}, the source says {said}.", remedy)
    if short < SMALLEST:
        remedy = f"Give the film in full size; small findings are gone below {SMALLEST} pixels."
        return row.fault("wrong_size", f"The film has only {size}.", remedy)
    if long > LONGEST_SHAPE * short:
        remedy = "Only its central square is seen by the model: look whether it is a strip, a scout or a screen copy."
        return row.fault(
            "wrong_size", f"The film is {long / short:.1f} times as long as wide ({size}).", remedy
        )
    return None


def _no_chest(row: Row, look: FilmLook) -> Fault | None:
    if look.header_refusal:
        what = f"Its header says: {look.header_refusal}."
    elif look.chances[2] > SURE:
        what = "The gate's network sees no chest on it."
    else:
        return None
    return row.fault("not_a_chest", what, "Look at the film; take it out if it is no chest radiograph.")


def _turned(row: Row, film: KnownFilm, look: FilmLook) -> Fault | None:
    if film_side(film) == "lateral":
        return None
    upright, flipped = likeness(look.thumb), likeness(look.thumb[::-1])
    if upright < INVERTED:
        what, remedy = (
            "Air is bright and bone is dark: the film is inverted.",
            "Photometric Interpretation (0028,0004)",
        )
    elif flipped > UPSIDE_DOWN and flipped > upright + BY_FAR:
        what, remedy = "The film hangs upside down.", "Patient Orientation (0020,0020)"
    else:
        return None
    return row.fault("inverted_film", what, f"Correct its {remedy} or export it as it is shown.")


def _other_view(row: Row, film: KnownFilm, look: FilmLook) -> Fault | None:
    side = film_side(film)
    frontal, lateral, _ = look.chances
    if side == "frontal" and lateral > SURE:
        what = f"The row calls the film {film.view.upper()}; the gate's network sees a lateral film."
    elif side == "lateral" and frontal > SURE:
        what = "The row calls the film lateral; the gate's network sees a frontal film."
    else:
        return None
    return row.fault("view_contradiction", what, "Look at the film and correct its view.")


def likeness(thumb: NDArray[np.uint8]) -> float:
    """Correlation, -1 to 1, of a picture with the usual frontal chest, both very coarse."""
    small = np.asarray(
        Image.fromarray(np.ascontiguousarray(thumb)).resize((SIDE, SIDE), Image.Resampling.BOX), float
    )
    small -= small.mean()
    return float((small * USUAL_CHEST).sum() / (np.linalg.norm(small) * np.linalg.norm(USUAL_CHEST) + 1e-9))
