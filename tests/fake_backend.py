"""A backend for tests: keeps the contract of inference.backend without a model. Never part of the product.

It can be slow, fail at a chosen token, and it counts what it was asked to do, so that tests of the server, the
client, the panel and the supervisor can state numbers.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from inference.backend import (
    FINDINGS,
    AskQuestion,
    Box,
    CancelToken,
    Change,
    Classify,
    Compare,
    DescribeRegion,
    DrawFilm,
    Event,
    FilmDrawn,
    FilmInput,
    Finding,
    Finished,
    Flag,
    GroundPhrase,
    NotRead,
    PackInfo,
    Prefetch,
    Preview,
    PriorChosen,
    Progress,
    ReadStudy,
    Request,
    Sentence,
    StudyInput,
    Summarise,
    TextDelta,
    WriteImpression,
    WriteSentence,
)
from inference.errors import (
    InferenceCancelled,
    InvalidFilm,
    InvalidRequest,
    NothingToRead,
    UnknownFilm,
    UnknownStudy,
)
from inference.status import Synthesis
from inference.text.stop import StopWatch

INFO = PackInfo(
    id="fake",
    version="0",
    sha256="0" * 64,
    title="Fake backend of the tests",
    licence="Apache-2.0",
    research_only=True,
    card="Knows nothing. For tests only.",
    not_assessed=("fracture",),
)

DRAWS = replace(INFO, id="fake-synth", title="Fake generator of the tests")
PNG = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000008000000080800000000e164e1570000001049444154789c634c66800026"
        "068a18001dfd0073ac5536520000000049454e44ae426082"
    )
).decode()
"""Eight grey pixels by eight."""


@dataclass
class FakeBackend:
    """Says `words`, one per token, `token_s` apart; raises `error` instead of token number `error_at`."""

    words: tuple[str, ...] = ("The ", "heart ", "is ", "normal. ", "No ", "effusion.")
    token_s: float = 0.0
    error: BaseException | None = None
    error_at: int = 0
    present: tuple[str, ...] = ("cardiomegaly",)
    tokens: int = 0  # generated so far, over all runs
    runs: list[Request] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)  # that called any method
    films: dict[str, FilmInput] = field(default_factory=dict)
    studies: dict[str, StudyInput] = field(default_factory=dict)
    puts: int = 0

    def info(self) -> PackInfo:
        self._note_thread()
        return INFO

    def put_film(self, film: FilmInput) -> None:
        self._note_thread()
        if film.stored.shape[:2] != (film.description.rows, film.description.columns):
            raise InvalidFilm("Rows and Columns do not fit the pixels.")
        self.puts += 1
        self.films[film.image_sha256] = film

    def has_film(self, image_sha256: str) -> bool:
        self._note_thread()
        return image_sha256 in self.films

    def put_study(self, study: StudyInput) -> None:
        self._note_thread()
        for film in study.films:
            if film.image_sha256 not in self.films:
                raise UnknownFilm(f"Film {film.image_sha256} is not here.")
        self.studies[study.study_id] = study

    def forget_study(self, study_id: str) -> None:
        self._note_thread()
        self.studies.pop(study_id, None)

    def run(self, request: Request, cancel: CancelToken) -> Iterator[Event]:
        self._note_thread()
        self.runs.append(request)
        match request:
            case ReadStudy(study_id):
                yield from self._read(self._study(study_id), cancel)
            case Prefetch(study_id):
                if cancel.is_cancelled:
                    raise InferenceCancelled("Stopped.")
                yield Progress("encode", 0, len(self._study(study_id).films))
                yield self._finished({}, 0)
            case GroundPhrase(study_id, image, phrase):
                yield from self._ground(self._study(study_id), image, phrase)
            case DescribeRegion(study_id, image):
                self._film(self._study(study_id), image)
                yield from self._say(self.words, "answer", cancel)
                yield self._finished({"answer": "".join(self.words)}, len(self.words))
            case Classify(study_id, finding, image):
                yield from self._classify(self._study(study_id), finding, image)
            case Compare(study_id):
                yield from self._compare(self._study(study_id), request, cancel)
            case Summarise(study_id, style):
                if study_id is not None:
                    self._study(study_id)
                yield from self._say(self.words, "answer", cancel)
                yield self._finished({"style": style, "answer": "".join(self.words)}, len(self.words))
            case AskQuestion(study_id):
                if study_id is not None:
                    self._study(study_id)
                yield from self._answer(request, cancel)
            case WriteSentence(study_id, image, findings):
                self._film(self._study(study_id), image)
                yield from self._say(self.words, "answer", cancel)
                result = {"findings": list(findings), "sentence": "".join(self.words)}
                yield self._finished(result, len(self.words))
            case DrawFilm():
                yield from self._draw(request, cancel)
            case WriteImpression():
                yield from self._say(self.words, "impression", cancel)
                yield self._finished({"impression": "".join(self.words)}, len(self.words))

    def _answer(self, request: AskQuestion, cancel: CancelToken) -> Iterator[Event]:
        words, watch, before = self.words[: request.max_new_tokens], StopWatch(request.stop), self.tokens
        answer = ""
        for event in self._say(words, "answer", cancel):
            shown = watch.feed(event.text)
            answer += shown
            if shown:
                yield TextDelta(shown, "answer")
            if watch.is_stopped:
                break
        if rest := watch.rest():
            answer += rest
            yield TextDelta(rest, "answer")
        reason = "length" if len(words) < len(self.words) and not watch.is_stopped else "stop"
        yield self._finished({"answer": answer, "finish_reason": reason}, self.tokens - before)

    def synthesis(self) -> Synthesis:
        return Synthesis(DRAWS, "ready", 8, 8, ("PA", "AP", "lateral"), 2, 4.0)

    def _draw(self, request: DrawFilm, cancel: CancelToken) -> Iterator[Event]:
        if request.study_id is not None and request.source_image:
            self._film(self._study(request.study_id), request.source_image)
        for film in range(request.count):
            for step in range(request.steps):
                cancel.rest()
                if cancel.is_cancelled:
                    raise InferenceCancelled("Stopped.")
                if self.error is not None and step == self.error_at:
                    raise self.error
                self.tokens += 1
                yield Progress("drawing", film * request.steps + step + 1, request.count * request.steps)
            yield Preview(film, request.steps, request.steps, PNG)
            yield self.film_of(request, film)
        yield self._finished({"films": request.count}, 0)

    def film_of(self, request: DrawFilm, film: int = 0) -> FilmDrawn:
        seed = request.seed + film
        size, view = (8, 8), request.view
        return FilmDrawn(
            film, f"{seed:064x}", PNG, *size, request.text, view, seed, view, pack="fake-synth 0"
        )

    def _read(self, study: StudyInput, cancel: CancelToken) -> Iterator[Event]:
        yield Progress("gate", 0, len(study.films))
        images = []
        for film in study.films:
            if self.films[film.image_sha256].modality == "CT":
                yield NotRead(film.image_sha256, "not a chest radiograph (Modality CT)")
            elif film.role == "current":
                images.append(film.image_sha256)
        if not images:
            raise NothingToRead("None of the films is a frontal chest radiograph.")
        for at, image in enumerate(images):
            yield from self._findings(at, image)
        priors = [film for film in study.films if film.role == "prior"]
        if priors:
            images = tuple(film.image_sha256 for film in priors)
            yield PriorChosen(images, priors[0].days_before, 0, "the only prior that was given", "given")
        else:
            yield Flag("comparison_without_prior", "No prior loaded: no comparison was made.")
        yield from self._say(self.words, "report", cancel)
        yield Sentence("s0", "".join(self.words), ("f0",), no_place="It denies everything.")
        yield self._finished({"report": "".join(self.words)}, len(self.words))

    def _findings(self, film: int, image: str) -> Iterator[Event]:
        for number, label in enumerate(FINDINGS):
            here = label in self.present
            assessed = label not in INFO.not_assessed
            presence = "not assessed" if not assessed else "present" if here else "absent"
            confidence = (0.8 if here else 0.1) if assessed else None
            identifier = f"f{film * len(FINDINGS) + number}"
            yield Finding(identifier, label, presence, confidence, False, image)
            if here:
                yield Box(f"b{identifier}", image, (1.0, 2.0, 5.0, 6.0), finding_id=identifier)

    def _ground(self, study: StudyInput, image: str, phrase: str) -> Iterator[Event]:
        self._film(study, image)
        yield Progress("boxes", 0, 1)
        yield Box("b0", image, (0.0, 0.0, 4.0, 4.0))
        yield self._finished({"answer": phrase}, 1)

    def _classify(self, study: StudyInput, finding: str, image: str) -> Iterator[Event]:
        if image:
            self._film(study, image)
        images = [image] if image else [film.image_sha256 for film in study.films if film.role == "current"]
        for at, one in enumerate(images):
            for event in self._findings(at, one):
                if isinstance(event, Finding) and finding in ("", event.label):
                    yield event
        yield self._finished({"finding": finding}, 1)

    def _compare(self, study: StudyInput, request: Compare, cancel: CancelToken) -> Iterator[Event]:
        films = {film.role: film.image_sha256 for film in reversed(study.films)}
        if "prior" not in films:
            raise InvalidRequest("There is nothing to compare with.")
        if not request.question:
            for at, role in enumerate(("prior", "current")):
                yield from self._findings(at, films[role])
            for number, label in enumerate(FINDINGS):
                kind = "unchanged" if label in self.present else "absent"
                kind = "not assessed" if label in INFO.not_assessed else kind
                yield Change(
                    label, kind, f"f{number}", f"f{len(FINDINGS) + number}", "size of the boxes", "same"
                )
        words = () if request.changes_only and not request.question else self.words
        yield from self._say(words, "answer", cancel)
        yield self._finished({"answer": "".join(words)}, len(words))

    def _film(self, study: StudyInput, image: str) -> None:
        if image not in {film.image_sha256 for film in study.films}:
            raise UnknownFilm("The film is not of this study.")

    def _say(self, words: tuple[str, ...], channel: str, cancel: CancelToken) -> Iterator[Event]:
        for at, word in enumerate(words):
            cancel.rest()
            if cancel.is_cancelled:
                raise InferenceCancelled("Stopped.")
            if self.error is not None and at == self.error_at:
                raise self.error
            if self.token_s:
                time.sleep(self.token_s)
            self.tokens += 1
            yield TextDelta(word, channel)

    def _finished(self, result: dict[str, str], tokens: int) -> Finished:
        return Finished(
            result, {"prefill_tokens": 7, "new_tokens": tokens, "encoder_calls": 1}, {"pack": INFO.id}
        )

    def _study(self, study_id: str) -> StudyInput:
        if study_id not in self.studies:
            raise UnknownStudy(f"Study {study_id} is not here.")
        return self.studies[study_id]

    def _note_thread(self) -> None:
        self.threads.add(threading.get_ident())
