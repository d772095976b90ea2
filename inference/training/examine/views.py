"""Views against words: a report of two views on one film, a portable film that is a PA. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from inference.text.labels import sentences
from inference.training.examine.faults import Fault
from inference.training.examine.subject import Row
from inference.training.rows import KnownFilm

Side = Literal["frontal", "lateral", ""]
_FILM = r"(?:views?|films?|radiographs?|projections?|images?|x-?rays?)"
_NO_PLACE = (
    r"(?! (?:left|right|chest|aspect|lung|portion|wall|base|mid|upper|lower|costo|rib|third|margin|pleura))"
)
_LATERAL_FILM = re.compile(
    rf"\b(?:(?:pa|ap|frontal|posteroanterior) (?:and|&) (?:\w+ )?lateral\b|lateral (?:\w+ )?{_FILM}\b"
    rf"|(?:on|in) the lateral\b{_NO_PLACE}|(?:two|2)[- ]views?\b)",
    re.IGNORECASE,
)
_NOT_TAKEN = re.compile(
    r"\b(?:no|not|without|lack of|absence of|recommend\w*|suggest\w*|consider|obtain|follow-?up|would|could|may|if"
    r"|additional)\b",
    re.IGNORECASE,
)
_PORTABLE_AP = re.compile(
    r"\b(?:(?:portable|bedside|supine|semi-?upright|single) (?:\w+ )?ap|ap (?:portable|supine))\b", re.I
)
_ONLY_PA = re.compile(
    r"\b(?:single (?:\w+ )?pa|pa and lateral|pa (?:chest|view|film|radiograph))\b", re.IGNORECASE
)


def view_side(view: str) -> Side:
    """Frontal or lateral by View Position (0018,5101), or by a source's own word; empty where it does not say."""
    word = view.strip().upper()
    if word in {"LL", "RL", "LLD", "RLD"} or word.startswith(
        ("LAT", "L LAT", "R LAT", "LEFT LAT", "RIGHT LAT")
    ):
        return "lateral"
    if word.split()[:1] in (["PA"], ["AP"]) or word.startswith(("FRONTAL", "POSTERO", "ANTERO")):
        return "frontal"
    return ""


def film_side(film: KnownFilm) -> Side:
    return "lateral" if film.role == "lateral" else view_side(film.view)


def views_against_words(rows: Sequence[Row]) -> Iterator[Fault]:
    """Reports that name a lateral film although every film given is frontal, or AP where every film is PA."""
    for row in rows:
        if not row.own_films or not row.report:
            continue
        if all(film_side(film) == "frontal" for film in row.own_films) and _names_lateral(row.report):
            yield row.fault(
                "view_contradiction",
                f"Its report speaks of a lateral film; it has {_films(row)}.",
                "Give the lateral film too, or leave out what was seen on it alone.",
            )
        elif said := _other_projection(row):
            yield row.fault(
                "view_contradiction",
                f"Its report says {said}, the film's view is {row.own_films[0].view.strip().upper()}.",
                "Look at the film's header and correct the view, or the row's pairing of film and report.",
            )


def _names_lateral(report: str) -> bool:
    return any(_LATERAL_FILM.search(one) and not _NOT_TAKEN.search(one) for one in sentences(report))


def _other_projection(row: Row) -> str:
    views = {film.view.strip().upper() for film in row.own_films}
    if views == {"PA"} and _PORTABLE_AP.search(row.report):
        return "AP"
    if views == {"AP"} and _ONLY_PA.search(row.report) and not _PORTABLE_AP.search(row.report):
        return "PA"
    return ""


def _films(row: Row) -> str:
    count = len(row.own_films)
    return "one frontal film only" if count == 1 else f"{count} frontal films only"
