"""The examination: all checks over all rows, films opened once. Long, tells how far it is, can be stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from inference.backend import CancelToken
from inference.film_picture import FilmFrame, film_frame
from inference.training.examine import (
    boxes,
    conversations,
    duplicates,
    identifiers,
    labels,
    patients,
    pictures,
    sides,
    views,
    words,
)
from inference.training.examine.counting import count
from inference.training.examine.faults import KINDS, Examination, Fault
from inference.training.examine.film_look import FilmLook
from inference.training.examine.film_worker import Progress, look_at_films
from inference.training.examine.plain_samples import plain_samples
from inference.training.examine.subject import FilmName, Row, WatchedRows, films_of, rows_of
from inference.training.plan import TrainingPlan
from inference.training.rows import DataSet, Split
from inference.training.samples import Sample
from viewer.core.study import PixelDescription

LONGEST = 4095  # tokens, where no plan says otherwise


def examine(
    datasets: Sequence[DataSet],
    splits: Mapping[str, Split],
    plan: TrainingPlan | None = None,
    tokenizer: conversations.Encoder | None = None,
    *,
    samples: Sequence[Sample] = (),
    open_films: bool = True,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
    threads: int | None = None,
) -> Examination:
    """Look for everything that would spoil a training run.

    Args:
        splits: patient -> split, as `inference.training.splits` draws them.
        plan: Its `max_length` and `takes_synthetic` count.
        tokenizer: Of the base pack; without one nothing is said of lengths and cuts.
        samples: Conversations of the task mix, looked at beside the plain one of every study.
        open_films: False leaves out all that needs pixels; the answer says so.
        progress: Called with films done and films in all.

    Raises:
        InferenceCancelled: Within one film or row of `cancel.cancel()`.
    """
    began = time.monotonic()
    cancel = cancel or CancelToken()
    rows = WatchedRows(rows_of(datasets, splits), cancel)
    looks: Mapping[FilmName, FilmLook] = {}
    faults: list[Fault] = list(_troubles(datasets))
    if open_films:
        looks, unreadable = look_at_films(rows, progress or _silent, cancel, threads)
        faults += unreadable
    told = (*plain_samples(rows), *samples)
    faults += _of_rows(rows, _frames(rows, looks))
    faults += _of_films(rows, looks, takes_synthetic=plan is not None and plan.takes_synthetic)
    faults += _of_samples(rows, told, plan, tokenizer)
    order = {kind: at for at, kind in enumerate(KINDS)}
    return Examination(
        faults=tuple(sorted(faults, key=lambda fault: order[fault.kind])),
        counts=count(rows, told, tokenizer, len(looks)),
        seconds=time.monotonic() - began,
        not_looked_at=_not_looked_at(tokenizer is not None, open_films),
        left_out=tuple(
            f"{source.name}, {trouble.row}: {trouble.what}"
            for source in datasets
            for trouble in source.troubles
            if trouble.is_intended
        ),
        sources=tuple(source.name for source in datasets),
    )


def _silent(done: int, total: int) -> None:
    del done, total  # nobody listens


def _troubles(datasets: Sequence[DataSet]) -> Iterator[Fault]:
    for source in datasets:
        for trouble in source.troubles:
            if not trouble.is_intended:
                yield Fault("source_trouble", trouble.row, trouble.what, trouble.remedy, source=source.name)


def _of_rows(rows: Sequence[Row], frames: Mapping[FilmName, FilmFrame]) -> Iterator[Fault]:
    yield from patients.patients_in_two_splits(rows)
    yield from patients.reference_in_training(rows)
    yield from patients.studies_twice(rows)
    yield from conversations.marks_in_texts(rows)
    yield from conversations.films_named(rows)
    yield from labels.label_mix(rows)
    yield from labels.labels_by_source(rows)
    yield from labels.label_contradictions(rows)
    yield from labels.unknown_labels(rows)
    yield from labels.view_mix(rows)
    yield from views.views_against_words(rows)
    yield from words.empty_reports(rows)
    yield from words.boilerplate(rows)
    yield from words.removed_marks(rows)
    yield from words.priors_not_given(rows)
    yield from sides.side_contradictions(rows, frames)
    yield from identifiers.identifiers(rows)
    yield from boxes.boxes_outside(rows, frames)


def _of_films(
    rows: Sequence[Row], looks: Mapping[FilmName, FilmLook], *, takes_synthetic: bool
) -> Iterator[Fault]:
    yield from duplicates.duplicates(rows, looks)
    yield from pictures.pictures(rows, looks, takes_synthetic=takes_synthetic)


def _of_samples(
    rows: Sequence[Row],
    samples: Sequence[Sample],
    plan: TrainingPlan | None,
    tokenizer: conversations.Encoder | None,
) -> Iterator[Fault]:
    of_study = {(row.source.name, row.study.id): row for row in rows}
    yield from conversations.marks_against_pictures(samples, of_study)
    if tokenizer is not None:
        longest = min((phase.max_length for phase in plan.phases), default=LONGEST) if plan else LONGEST
        yield from conversations.too_long(samples, tokenizer, longest, of_study)


def _frames(rows: Sequence[Row], looks: Mapping[FilmName, FilmLook]) -> Mapping[FilmName, FilmFrame]:
    """How boxes lie on each film: as seen, else as the source states its size."""
    frames: dict[FilmName, FilmFrame] = {}
    for row, film in films_of(rows):
        name = row.name_of(film)
        if name in looks:
            frames[name] = looks[name].frame
        elif film.size is not None:
            frames[name] = film_frame(PixelDescription(*film.size))
    return frames


def _not_looked_at(has_tokenizer: bool, open_films: bool) -> tuple[str, ...]:
    reasons = []
    if not has_tokenizer:
        reasons.append("Lengths in tokens and what would be cut off: no base pack was named.")
    if not open_films:
        reasons.append(
            "The films' pixels (duplicates, unreadable, blank, inverted, wrong size): they were not opened."
        )
    return tuple(reasons)
