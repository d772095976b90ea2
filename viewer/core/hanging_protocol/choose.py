"""Interpreting a hanging protocol: which one hangs a study, and which film each of its viewports gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.core.hanging import (
    frontal_films,
    is_chest_film_by_header,
    is_lateral,
    leading_film,
    says_chest,
)
from viewer.core.hanging_protocol.protocol import FORMAT, Fits, HangingProtocol, HangingRules, ViewportRule
from viewer.core.study import Film, Study

ONE_FILM = HangingProtocol(FORMAT, "one-film", "One film", (ViewportRule("current", "any"),))
"""Hangs whatever no protocol is meant for."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One viewport that got a film."""

    rule: ViewportRule
    study: Study
    film: Film
    is_leading: bool = False  # the one film that the reader's own choice and the keys refer to


def choose_protocol(rules: HangingRules, wanted: str, study: Study, priors: int) -> HangingProtocol:
    """Return the wanted protocol where it fits the study, else the first automatic one that does, else one film."""
    named = rules.named(wanted)
    if named is not None and protocol_fits(named.fits, study, priors):
        return named
    for protocol in rules.protocols:
        if protocol.is_automatic and protocol_fits(protocol.fits, study, priors):
            return protocol
    return ONE_FILM


def protocol_fits(fits: Fits, study: Study, priors: int) -> bool:
    """True if a study with so many priors is one that the protocol is meant for."""
    if priors < fits.priors_at_least:
        return False
    modalities = {word.upper() for word in fits.modalities}
    if modalities and not any(film.header.modality.upper() in modalities for film in study.films):
        return False
    if fits.body_parts and not any(_is_of_part(film, fits.body_parts) for film in study.films):
        return False
    found = {"lateral" if is_lateral(film.header) else "frontal" for film in study.films}
    return set(fits.views) <= found


def _is_of_part(film: Film, body_parts: Sequence[str]) -> bool:
    """By words of Body Part Examined; for CHEST by everything else in the header that says chest, too."""
    for part in body_parts:
        if part.upper() in film.header.body_part.upper():
            return True
        if says_chest(part) and is_chest_film_by_header(film.header):
            return True
    return False


def place_films(
    protocol: HangingProtocol, current: tuple[Study, Film], priors: Sequence[tuple[Study, Film | None]]
) -> tuple[Placed, ...]:
    """Give each viewport its film, in the protocol's order; viewports without one are left out.

    Args:
        protocol: What is wanted where.
        current: The current study and the film that the reader sees first: it always hangs.
        priors: Nearest first, each with the film to lead it; None: its own leading film.
    """
    leaders = {("current", 1): current}
    for number, (study, chosen) in enumerate(priors, start=1):
        film = chosen or leading_film(study)
        if film is not None:
            leaders["prior", number] = (study, film)
    main = {place: _main_viewport(protocol, place) for place in leaders}
    if main["current", 1] is None:  # a protocol of priors only still shows the film that was opened
        return (Placed(ViewportRule("current"), *current, is_leading=True),)
    taken = {leaders[place][1].key for place, index in main.items() if index is not None}
    placed = []
    for index, rule in enumerate(protocol.viewports):
        place = _place(rule)
        if place not in leaders:
            continue
        study, leader = leaders[place]
        film = leader if index == main[place] else _next_film(study, rule, taken)
        if film is not None:
            taken.add(film.key)
            placed.append(Placed(rule, study, film, is_leading=index == main["current", 1]))
    return tuple(placed)


def mirrored_rows(placed: Sequence[Placed], columns: int) -> tuple[Placed, ...]:
    """The same viewports with every row turned round: current films at the other side."""
    rows = [placed[first : first + columns] for first in range(0, len(placed), columns)]
    return tuple(one for row in rows for one in reversed(row))


def _place(rule: ViewportRule) -> tuple[str, int]:
    return (rule.show, rule.prior_number if rule.show == "prior" else 1)


def _main_viewport(protocol: HangingProtocol, place: tuple[str, int]) -> int | None:
    """The viewport for a study's leading film: its first frontal one, else its first."""
    own = [index for index, rule in enumerate(protocol.viewports) if _place(rule) == place]
    frontal = [index for index in own if protocol.viewports[index].view == "frontal"]
    return next(iter(frontal or own), None)


def _next_film(study: Study, rule: ViewportRule, taken: set[str]) -> Film | None:
    films: tuple[Film, ...] = study.films
    if rule.view == "frontal":
        films = frontal_films(study)
    elif rule.view == "lateral":
        films = tuple(film for film in study.films if is_lateral(film.header))
    free = [film for film in films if film.key not in taken]
    if not free and rule.or_any_view:
        free = [film for film in study.films if film.key not in taken]
    return next(iter(free), None)
