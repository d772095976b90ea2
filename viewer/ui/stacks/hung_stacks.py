"""Stacks on what hangs: which viewport scrolls what, and which slice it shows. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from viewer.api import Hanging
from viewer.core.stacks import Stack, stacks_of_films
from viewer.core.study import Film, Patient, Series, Study
from viewer.ui.hanging_choice import HangingChoice, Hung, Slot


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """Patients with one film in the place of each stack: what a hanging chooses from."""

    unfolded: tuple[Patient, ...] = ()
    patients: tuple[Patient, ...] = ()
    stack_of: Mapping[str, Stack] = field(default_factory=dict)  # by film key, of each of its files
    studies: Mapping[int, Study] = field(default_factory=dict)  # by id() of the folded one
    people: Mapping[int, Patient] = field(default_factory=dict)

    def choice(self, choice: HangingChoice) -> HangingChoice:
        """The choice by the films that stand for stacks."""
        return replace(
            choice,
            study_of=self._standing_for(choice.study_of),
            film_key=self._standing_for(choice.film_key),
            prior_of=self._standing_for(choice.prior_of),
            prior_film_key=self._standing_for(choice.prior_film_key),
        )

    def _standing_for(self, film_key: str) -> str:
        stack = self.stack_of.get(of_file(film_key))
        return film_key if stack is None else of_file(stack.first.key)


def fold_stacks(patients: tuple[Patient, ...]) -> Folded:
    """Find the stacks of every study."""
    stack_of: dict[str, Stack] = {}
    studies: dict[int, Study] = {}
    people: dict[int, Patient] = {}
    folded = tuple(_folded_patient(patient, stack_of, studies, people) for patient in patients)
    return Folded(patients, folded, stack_of, studies, people)


def _folded_patient(
    patient: Patient, stack_of: dict[str, Stack], studies: dict[int, Study], people: dict[int, Patient]
) -> Patient:
    own: list[Study] = []
    for study in patient.studies:
        series = tuple(_folded_series(one, stack_of) for one in study.series)
        own.append(replace(study, series=series))
        studies[id(own[-1])] = study
    folded = replace(patient, studies=tuple(own))
    people[id(folded)] = patient
    return folded


def _folded_series(series: Series, stack_of: dict[str, Stack]) -> Series:
    stacks = stacks_of_films(series.films)
    files = {film.key: film for film in series.films}
    for stack in stacks:
        if stack.is_scrolled:
            stack_of |= {of_file(film.key): stack for film in stack.slices}
    return replace(series, films=tuple(files[of_file(stack.first.key)] for stack in stacks))


def with_stacks(hung: Hung, folded: Folded, shown: Mapping[str, str]) -> Hung:
    """Give each viewport the stack of its film, at the slice that was shown last (`shown`: by stack key), or the first.

    Plugins are told of the slices that are on screen, and of whole studies.
    """
    hung = replace(hung, hanging=_unfolded(hung.hanging, folded))
    for index, slot in enumerate(hung.slots):
        stack = folded.stack_of.get(of_file(slot.film.key))
        if stack is None:
            continue
        at = stack.at(shown[stack.key]) if stack.key in shown else None
        slots = _replaced(hung.slots, index, replace(slot, stack=stack))
        hung = scrolled(replace(hung, slots=slots), index, at or 0)
    return hung


def _unfolded(hanging: Hanging, folded: Folded) -> Hanging:
    return replace(
        hanging,
        patient=folded.people.get(id(hanging.patient)),
        current=folded.studies.get(id(hanging.current)),
        prior=folded.studies.get(id(hanging.prior)),
    )


def scrolled(hung: Hung, index: int, at: int) -> Hung:
    """Return what hangs with another slice in viewport `index`."""
    slot = hung.slots[index]
    if slot.stack is None:
        return hung
    was, film = slot.film, slot.stack.slices[at]
    slots = _replaced(hung.slots, index, replace(slot, film=film, at=at))
    return replace(hung, slots=slots, hanging=_with_film(hung.hanging, was, film))


def row_key(slot: Slot) -> str:
    """Return the key of the study list's row that stands for the slot."""
    return of_file(slot.stack.first.key if slot.stack else slot.film.key)


def of_file(film_key: str) -> str:
    """Return the key of the film that a frame belongs to; a plain film's key as it is."""
    return film_key.partition("@")[0]


def _replaced(slots: tuple[Slot, ...], index: int, slot: Slot) -> tuple[Slot, ...]:
    return (*slots[:index], slot, *slots[index + 1 :])


def _with_film(hanging: Hanging, was: Film, film: Film) -> Hanging:
    def exchanged(films: tuple[Film, ...]) -> tuple[Film, ...]:
        return tuple(film if one.key == was.key else one for one in films)

    return replace(
        hanging,
        current_films=exchanged(hanging.current_films),
        prior_films=exchanged(hanging.prior_films),
    )
