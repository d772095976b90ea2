"""Asks a model about a site's held-out studies: each film's findings, the places of boxed ones, whole drafts.

Probabilities come from the weights in full, boxes and drafts through the engine, as a user would get them. Synthetic
films and laterals are left out; so is what can't be opened. What is left out is told, with its number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from inference.backend import (
    CancelToken,
    FilmInput,
    Finished,
    ReadStudy,
    StudyFilm,
    StudyInput,
)
from inference.devices import choose_device
from inference.engine.copied import likeness
from inference.engine.engine import M4cxrBackend
from inference.engine.loading import stored_scheme
from inference.engine.settings import ReadingSettings
from inference.errors import NothingToRead
from inference.evaluation.held_out import EVERYTHING, Asked, Held, known_labels, true_boxes
from inference.evaluation.meteor import MeteorUnavailable, meteor_of_each
from inference.evaluation.site_answers import (
    BoxAnswer,
    FilmAnswer,
    Named,
    ReportAnswer,
    SiteAnswers,
    Where,
)
from inference.evaluation.text_scores import n_gram_matches, rouge_l, tokens
from inference.evaluation.through_engine import EveryFilm, met, place
from inference.evaluation.yes_no import BATCH, yes_probabilities
from inference.film_picture import model_picture
from inference.models.m4cxr import M4cxr, load_m4cxr
from inference.packs import PREPROCESSOR, TOKENIZER, Pack
from inference.preprocess import PictureProcessor
from inference.text.labels import label_report
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.rows import (
    LABELS,
    DataSet,
    KnownFilm,
    KnownStudy,
    Split,
)

Told = Callable[[str, int, int], None]
"""Stage, done, total: how far the asking is."""


def ask(
    pack: Pack,
    datasets: Sequence[DataSet],
    splits: Mapping[str, Split],
    split: Split = "test",
    asked: Asked = EVERYTHING,
    tell: Told = lambda *_: None,
) -> SiteAnswers:
    """The model's answers about all studies of one side.

    Args:
        pack: A whole pack, or an adapter with its base.
        datasets: Of which those patients are asked about that `splits` puts on the side `split`.
        splits: Side of every patient.
        split: "test" for scores, "val" for calibration.
        asked: How much.
        tell: Told how far it is.

    Raises:
        PackRefused, PackQuarantined: As the engine says when it opens the pack.
    """
    held = Held(datasets, splits, split, asked)
    films = tuple(_film_answers(pack, held, asked, tell))
    boxes: tuple[BoxAnswer, ...] = ()
    reports: tuple[ReportAnswer, ...] = ()
    if held.boxed(asked.most_boxed_films) or held.reported(asked.most_drafts):
        backend = M4cxrBackend(pack, gate=EveryFilm(), device=asked.device)
        boxes = tuple(_box_answers(backend, held, asked, tell))
        reports = tuple(_with_meteor(list(_report_answers(backend, held, asked, tell))))
        backend.close()
    settings = ReadingSettings.from_manifest(pack.manifest.reading, pack.manifest.not_assessed)
    return SiteAnswers(named(pack), settings, films, boxes, reports, tuple(held.left_out()))


def named(pack: Pack) -> Named:
    """Which model answers."""
    manifest = pack.manifest
    return Named(manifest.title, manifest.id, manifest.version, pack.sha256)


def open_model(pack: Pack, device: str = "cpu") -> tuple[M4cxr, M4cxrTokenizer, PictureProcessor]:
    """The model in full precision, or as its files have it quantised, with what goes before it."""
    chosen = choose_device(device)
    base = None if pack.base is None else pack.base.folder
    dtype = torch.float32 if chosen.name == "cpu" and stored_scheme(pack) is None else chosen.dtype
    model = load_m4cxr(pack.folder, dtype=dtype, device=chosen.name, base=base)
    tokenizer = M4cxrTokenizer(pack.folder / TOKENIZER, model.config.image_tokens)
    return model, tokenizer, _processor(pack.folder / PREPROCESSOR)


def _film_answers(pack: Pack, held: Held, asked: Asked, tell: Told) -> Iterator[FilmAnswer]:
    films = [one for one in held.films() if known_labels(one[1], one[2])]
    model, tokenizer, processor = open_model(pack, asked.device)
    for begin in range(0, len(films), BATCH):
        tell("findings", begin, len(films))
        there = [(one, held.opened(one[0], one[2])) for one in films[begin : begin + BATCH]]
        opened = [(one, model_picture(film).grey) for one, film in there if film is not None]
        if not opened:
            continue
        p = yes_probabilities(model, tokenizer, processor, [grey for _, grey in opened])
        for ((dataset, study, film), _), row in zip(opened, p, strict=True):
            yield FilmAnswer(
                where(dataset, study, film), film.key, tuple(map(float, row)), known_labels(study, film)
            )


def where(dataset: DataSet, study: KnownStudy, film: KnownFilm | None = None) -> Where:
    """Whose film it is, for slices and for draws by patient."""
    view = film.view.upper() if film is not None else ""
    return Where(study.patient, study.source or dataset.name, study.id, view, study.sex, study.age_years)


def _box_answers(backend: M4cxrBackend, held: Held, asked: Asked, tell: Told) -> Iterator[BoxAnswer]:
    chosen = held.boxed(asked.most_boxed_films)
    for number, (dataset, study, film) in enumerate(chosen):
        tell("boxes", number, len(chosen))
        pixels = held.opened(dataset, film)
        if pixels is None:
            continue
        for label, true in true_boxes(film).items():
            found = place(backend, pixels, label)
            for box in true:
                yield BoxAnswer(where(dataset, study, film), film.key, label, *met(found, box))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft beside its signed report; it does not leave this module."""

    answer: ReportAnswer
    words: list[str]
    true_words: list[str]


def _report_answers(backend: M4cxrBackend, held: Held, asked: Asked, tell: Told) -> Iterator[_Draft]:
    chosen = held.reported(asked.most_drafts)
    for number, (dataset, study) in enumerate(chosen):
        tell("drafts", number, len(chosen))
        opened = [
            (film, held.opened(dataset, film))
            for film in study.films
            if asked.takes_synthetic or not film.is_synthetic
        ]
        films = [(film, pixels) for film, pixels in opened if pixels is not None]
        try:
            draft = _drafted(backend, study, films)
        except NothingToRead:
            held.miss("studies that the engine would not read")
            continue
        yield _against(where(dataset, study), draft, study)


def _drafted(backend: M4cxrBackend, study: KnownStudy, films: Sequence[tuple[KnownFilm, FilmInput]]) -> str:
    if not any(film.role == "current" for film, _ in films):
        raise NothingToRead("none of its films can be opened")
    for _, pixels in films:
        backend.put_film(pixels)
    roles = tuple(StudyFilm(pixels.image_sha256, film.role, film.days_before) for film, pixels in films)
    backend.put_study(StudyInput("study", roles, prior_report=study.prior_report))
    try:
        events = backend.run(ReadStudy("study"), CancelToken())
        return str(next(one.result["report"] for one in events if isinstance(one, Finished)))
    finally:
        backend.forget_study("study")


def _against(whose: Where, draft: str, study: KnownStudy) -> _Draft:
    words, true_words = tokens(draft), tokens(study.findings)
    answer = ReportAnswer(
        whose,
        _stated(draft),
        _stated(study.findings),
        n_gram_matches(words, true_words),
        len(words),
        len(true_words),
        rouge_l(words, true_words),
        copied=likeness(draft, study.prior_report) if study.prior_report.strip() else None,
    )
    return _Draft(answer, words, true_words)


def _stated(text: str) -> tuple[bool, ...]:
    found = label_report(text)
    return tuple(found.get(label) == 1 for label in LABELS)


def _with_meteor(drafts: Sequence[_Draft]) -> Iterator[ReportAnswer]:
    try:
        values: Sequence[float | None] = meteor_of_each(
            [one.words for one in drafts], [one.true_words for one in drafts]
        )
    except MeteorUnavailable:
        values = [None] * len(drafts)
    for draft, value in zip(drafts, values, strict=True):
        yield replace(draft.answer, meteor=value)


def _processor(path: Path) -> PictureProcessor:
    return PictureProcessor.from_preprocessor_config(json.loads(path.read_text(encoding="utf-8")))
