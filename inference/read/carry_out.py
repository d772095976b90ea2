"""Carries out orders: decodes films, sends them to the backend process, follows the reading."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from inference.backend import FilmInput, PackInfo, ReadStudy, StudyFilm, StudyInput
from inference.client import BackendClient, film_input
from inference.errors import BackendLost, InferenceError
from inference.gate import refusal_by_header
from inference.read.draft import StudyDraft, fold, stage_of
from inference.read.findings_file import Skip
from inference.read.order import Order, role_of
from inference.read.stopping import Stopped
from inference.supervisor import BackendProcess
from viewer.core.errors import FilmError, ReaderFault, RefusedSource
from viewer.core.reader import FilmReader
from viewer.core.study import Film

Tell = Callable[[str], None]

MANY_FILMS = 40
"""A study with more is a CT or the like: what its header rules out is not even decoded."""
BATCH = 3  # priority class: whatever a reader asks meanwhile goes first
TRIES = 2  # a backend that dies during a reading is started again once
MAY_PASS = (RefusedSource, ReaderFault)
"""What may go well another time: a share that is away, a decode worker that died."""


class Bench:
    """A reader of files and a backend process, and what to do with them.

    Args:
        films: Decodes in its own process.
        backend: Started when it is first needed.
        tell: Takes progress lines.
        on_stage: Takes the name of each stage of a reading as it begins.
    """

    def __init__(
        self, films: FilmReader, backend: BackendProcess, tell: Tell, on_stage: Tell = lambda _: None
    ) -> None:
        self._films = films
        self._backend = backend
        self._tell = tell
        self._on_stage = on_stage
        self.lost_in_a_row = 0  # studies, one after another, that the backend did not survive

    def pack(self) -> PackInfo:
        """The pack that reads, once it is loaded.

        Raises:
            InferenceError: The backend can't be started, also not a second time, or refuses its pack.
        """
        try:
            return self._backend.client().info()
        except BackendLost as error:
            self._tell(f"{error} Starting it again.")
            return self._backend.client().info()

    def read(self, order: Order) -> tuple[StudyDraft, tuple[Skip, ...]]:
        """Read one study; films that can't be decoded are skipped, the others are read.

        Raises:
            InferenceError: The backend can't be started at all.
        """
        skips: list[Skip] = []
        notices: dict[str, tuple[str, ...]] = {}
        passing: list[FilmError] = []
        current = tuple(self._decoded(order.films, skips, notices, passing))
        images = {film.key: sent.image_sha256 for film, sent in current}
        draft = StudyDraft(order, images, notices=notices)
        if not current:
            return replace(draft, error=str(passing[0]) if passing else ""), tuple(skips)
        priors = tuple(self._decoded(order.priors, skips, notices, passing))
        study = _study(order, current, priors)
        films = {sent.image_sha256: sent for _, sent in (*current, *priors)}
        for attempt in range(1, TRIES + 1):
            try:
                read = self._run(self._backend.client(), study, films, draft)
                self.lost_in_a_row = 0
                return read, tuple(skips)
            except BackendLost as error:
                if attempt == TRIES:
                    self.lost_in_a_row += 1
                    return _broken(draft, error), tuple(skips)
                self._tell(f"  {error} Starting it again.")
            except InferenceError as error:
                return _broken(draft, error), tuple(skips)
        raise AssertionError("the loop returns")

    def _decoded(
        self,
        films: tuple[Film, ...],
        skips: list[Skip],
        notices: dict[str, tuple[str, ...]],
        passing: list[FilmError],
    ) -> Iterator[tuple[Film, FilmInput]]:
        for film in films:
            refusal = refusal_of(film) if len(films) > MANY_FILMS else None
            try:
                if refusal is None:
                    pixels = self._films.pixels(film)
                    notices[film.key] = (*film.header.notices, *pixels.notices)
                    yield film, film_input(film, pixels)
                    continue
            except (FilmError, InferenceError) as error:
                if isinstance(error, MAY_PASS):
                    passing.append(error)
                refusal = getattr(error, "reason", None) or str(error)
            skips.append(Skip(film.source, f"not read: {refusal}"))
            self._tell(f"{film.source}: not read: {refusal}")

    def _run(
        self, client: BackendClient, study: StudyInput, films: dict[str, FilmInput], draft: StudyDraft
    ) -> StudyDraft:
        client.info()  # waits for the model
        for sent in films.values():
            client.put_film(sent)
        study_id = client.put_study(study)
        stage = ""
        run = client.run(ReadStudy(study_id), priority=BATCH)
        try:
            for event in run:
                begins = stage_of(event)
                if begins and begins != stage:
                    stage = begins
                    self._tell(f"  {stage}")
                    self._on_stage(stage)
                draft = fold(draft, event)
        except Stopped:
            with contextlib.suppress(InferenceError):
                run.cancel()  # generation ends after the current token
            raise
        client.forget_study(study_id)
        return draft


def refusal_of(film: Film) -> str | None:
    """Why the gate will refuse a film by its header; None where it will look at the pixels."""
    header, pixels = film.header, film.header.pixels
    return refusal_by_header(
        header.modality,
        header.body_part,
        header.view_position,
        pixels.frames,
        rows=pixels.rows,
        columns=pixels.columns,
    )


def _study(
    order: Order, current: tuple[tuple[Film, FilmInput], ...], priors: tuple[tuple[Film, FilmInput], ...]
) -> StudyInput:
    """What the backend is told: hashes, roles, days, and the prior's text. Nobody's name."""
    films = {sent.image_sha256: StudyFilm(sent.image_sha256, role_of(film)) for film, sent in current}
    for _, sent in priors:
        films.setdefault(sent.image_sha256, StudyFilm(sent.image_sha256, "prior", order.days_before))
    return StudyInput("", tuple(films.values()), order.prior_report)


def _broken(draft: StudyDraft, error: InferenceError) -> StudyDraft:
    remedy = f" {error.remedy}" if error.remedy else ""
    return StudyDraft(draft.order, draft.images, error=f"{error}{remedy}", notices=draft.notices)
