"""A view without identity: no name, ID, birth date, dates, file name or free text of the header. Pure, no Qt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.core.language import later
from viewer.core.study import Film, FilmHeader, Source

if TYPE_CHECKING:
    from viewer.ui.hanging_choice import Slot
    from viewer.ui.viewport import ViewportState

MASKED_NAME = later("Identity masked")


def masked_state(state: ViewportState) -> ViewportState:
    """The same view of a film that tells nobody whose it is. Letters in the film itself stay."""
    if state.slot is None:
        return state
    return replace(state, slot=masked_slot(state.slot))


def masked_slot(slot: Slot) -> Slot:
    return replace(slot, film=masked_film(slot.film))


def masked_film(film: Film) -> Film:
    return Film(Source(Path(MASKED_NAME)), masked_header(film.header), film.file_sha256)


def masked_header(header: FilmHeader) -> FilmHeader:
    """Age and sex, the view and everything about the pixels stay."""
    return replace(
        header,
        patient_id="",
        patient_name=MASKED_NAME,
        patient_birth_date=None,
        study_date=None,
        study_time="",
        accession_number="",
        study_description="",
        series_description="",
    )
