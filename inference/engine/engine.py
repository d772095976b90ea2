"""The backend for packs of M4CXR's architecture: holds films and studies, runs requests one after another."""

from __future__ import annotations

import json
import platform
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import torch

from inference.backend import (
    AskQuestion,
    CancelToken,
    Classify,
    Compare,
    DescribeRegion,
    DrawFilm,
    Event,
    FilmInput,
    Finished,
    GroundPhrase,
    PackInfo,
    Prefetch,
    ReadStudy,
    Request,
    StudyInput,
    Summarise,
    WriteImpression,
    WriteSentence,
)
from inference.devices import (
    Device,
    choose_device,
    is_out_of_memory,
    machine,
    memory_in_use,
    release_memory,
    use_cores,
)
from inference.engine.branch import Pictures, Reader
from inference.engine.classification import classify
from inference.engine.comparison import compare
from inference.engine.constraint import Pieces, grammar_pieces
from inference.engine.dialogue import Dialogue
from inference.engine.eyes import Eyes
from inference.engine.feature_store import FeatureStore
from inference.engine.film_skill import FilmSkill, find_skill
from inference.engine.film_wishes import ask_or_describe
from inference.engine.loading import Loaded, best_precision, load, weights_folder
from inference.engine.moving import move, tensors_of, to_device
from inference.engine.one_sentence import write_sentence
from inference.engine.prefetch import prefetch
from inference.engine.questions import impress
from inference.engine.reading import read_study
from inference.engine.regions import describe, ground
from inference.engine.room import SMALLER_PLAN, Room, RoomyModel
from inference.engine.runtime import LanguageModel
from inference.engine.self_test import Tested, hold_to_self_test
from inference.engine.session import Gate, Job, Session, YesNo
from inference.engine.settings import ReadingSettings
from inference.engine.shelf import Shelf
from inference.engine.summaries import summarise
from inference.engine.usage import Usage
from inference.errors import (
    InferenceError,
    InvalidFilm,
    InvalidRequest,
    OutOfMemory,
    UnknownFilm,
    UnknownStudy,
)
from inference.film_picture import PICTURE_VERSION
from inference.models.checkpoint import CONFIG, read_json
from inference.models.config import M4cxrConfig
from inference.models.sizes import part_sizes
from inference.packs import PREPROCESSOR, TOKENIZER, Pack, manifest_sha256
from inference.plan import Companion, MemoryUse, make_plan
from inference.precision import Precision
from inference.preprocess import PREPROCESSING_VERSION, PictureProcessor
from inference.synthesis.asked import no_generator
from inference.text.prompts import PROMPT_VERSION
from inference.text.tokenizer import M4cxrTokenizer

FILM_BYTES = 2 << 30
"""Films beyond this are forgotten, oldest use first; the client sends them again when they are needed."""
STUDIES_KEPT = 64


class M4cxrBackend:
    """Implements `inference.backend.Backend` with one pack on one device. Not thread-safe: one inference thread.

    Args:
        pack: An opened (verified) pack.
        device: "cpu", "cuda" or "auto".
        gate: What decides whether a film is a frontal chest radiograph; None loads the bundled one.
        precision: How the language model's projections are held; None leaves that to the plan for the device. It is
            not checked here that findings survive it: `inference.engine.opening` does.
        features: Where encoded films may be kept (see `inference.feature_folder`); None = in memory only.
        companions: Other models that the plan leaves room for where it can.

    Raises:
        PackRefused: The pack's files do not fit each other.
        PrecisionRefused: Rounded to this precision here, the pack fails its self-test.
        PackQuarantined: The pack's answers here are not those that it gave where it was made.
        InvalidRequest: There is no such device.
        OutOfMemory: The model does not fit on it.
    """

    def __init__(
        self,
        pack: Pack,
        *,
        device: str = "cpu",
        gate: Gate | None = None,
        precision: Precision | None = None,
        features: Path | None = None,
        companions: Sequence[Companion] = (),
    ) -> None:
        self._pack = pack
        self._sha256 = manifest_sha256(pack)
        self._device = choose_device(device)
        self._gate = gate if gate is not None else _bundled_gate()
        sizes = part_sizes(M4cxrConfig.from_json(read_json(weights_folder(pack) / CONFIG)))
        use_cores(sizes.total)
        loaded = _load(pack, self._device, precision or best_precision(pack, self._device, sizes, companions))
        self._model, self._libraries = loaded.eyes, loaded.libraries
        held = cast(Precision, loaded.language.precision)
        self._plan = make_plan(sizes, machine(self._device), companions=companions, precisions=[held])
        self._room = Room(self._free_caches, self._plan.limits)
        self._language: LanguageModel = RoomyModel(loaded.language, self._room)
        self._served = loaded.language
        self._film_skill: FilmSkill | None = None
        self._tokenizer = M4cxrTokenizer(pack.folder / TOKENIZER, self._model.config.image_tokens)
        processor = PictureProcessor.from_preprocessor_config(_json(pack, PREPROCESSOR))
        store = None if features is None else FeatureStore(features, self._maker())
        self._picture_side = processor.side
        self._eyes = Eyes(self._model, processor, self._room, store)
        self._settings = ReadingSettings.from_manifest(pack.manifest.reading, pack.manifest.not_assessed)
        vocabulary = _json(pack, TOKENIZER)["model"]["vocab"]
        self._pieces = Pieces(grammar_pieces(vocabulary), self._tokenizer.eos_id)
        self._yes_no = YesNo.of(self._tokenizer.encode_text("Yes."), self._tokenizer.encode_text("No."))
        self._films: Shelf[FilmInput] = Shelf(FILM_BYTES, size=lambda film: int(film.stored.nbytes))
        self._sessions: Shelf[Session] = Shelf(STUDIES_KEPT)
        tested = Tested(
            self._eyes.encode, lambda: self._session(StudyInput("", ())).dialogue, self._tokenizer.eos_id
        )
        hold_to_self_test(pack, tested, self._language.precision, self._device.title)
        self.why_no_films: InferenceError = no_generator()

    @property
    def precision(self) -> str:
        """How the language model's projections are held."""
        return self._language.precision

    @property
    def device(self) -> str:
        """What it runs on, by its title."""
        return self._device.title

    @property
    def gate(self) -> Gate:
        """What decides whether a film is read."""
        return self._gate

    @property
    def libraries(self) -> Mapping[str, str]:
        """What computes besides torch, with its version."""
        return self._libraries

    def info(self) -> PackInfo:
        """What the reader is told about the model."""
        return pack_info(self._pack, self._sha256, self._settings)

    def note(self, words: str, kind: str = SMALLER_PLAN) -> None:
        """Tell the reader something about the model with the next answer, as a flag of this kind."""
        self._room.note(words, kind)

    def understand_film_wishes(self, synthesis: Path | None) -> None:
        """From now on a question that asks for a film is answered with its description between `<Xray>` tags.

        Every other question is answered as without it, and no reading changes. Nothing happens where neither the
        synthesis pack nor the program has a skill for just this model.

        Args:
            synthesis: Folder of the pack that draws; None: no longer.
        """
        folder = None if synthesis is None else find_skill(synthesis, self._pack)
        self._film_skill = (
            None if folder is None else FilmSkill(folder, self._pack, self._served, self._tokenizer)
        )

    def memory(self) -> MemoryUse:
        """What was planned, and what is used."""
        used, peak = memory_in_use(self._device)
        return MemoryUse("cuda" if self._device.name == "cuda" else "cpu", self._plan, used, peak)

    def set_aside(self) -> None:
        """Let another model have the graphics card: the weights wait in main memory, where nothing can be asked.

        A request that is interrupted meanwhile keeps what it has read on the card; other caches are dropped.
        """
        if self._device.name == "cuda":
            self._free_caches()
            move(tensors_of(self._model, self._language), to_device("cpu"))
            release_memory(self._device)

    def bring_back(self) -> None:
        """Undo `set_aside`."""
        if self._device.name == "cuda":
            move(tensors_of(self._model, self._language), to_device(self._device.name))

    def close(self) -> None:
        """Free the model and all that was made with it; nothing can be asked any more."""
        device = self._device
        self.__dict__.clear()
        release_memory(device)

    def features_of(self, images: Sequence[str]) -> dict[str, tuple[float, ...]]:
        """What the encoder saw of films that were read before, by their hash."""
        found = {image: self._eyes.known_features(image) for image in images}
        return {image: features for image, features in found.items() if features}

    def put_film(self, film: FilmInput) -> None:
        """Keep a film. Raises InvalidFilm if its shape and description disagree."""
        described = (film.description.rows, film.description.columns)
        if film.stored.ndim not in (2, 3) or film.stored.shape[:2] != described:
            raise InvalidFilm(f"Pixels are {film.stored.shape}, but Rows and Columns say {described}.")
        self._films.put(film.image_sha256, film)

    def has_film(self, image_sha256: str) -> bool:
        return image_sha256 in self._films

    def film(self, image_sha256: str) -> FilmInput:
        """A film that is kept. Raises UnknownFilm."""
        film = self._films.get(image_sha256)
        if film is None:
            raise UnknownFilm(f"The backend does not hold film {image_sha256[:12]}… (any more).")
        return film

    def put_study(self, study: StudyInput) -> None:
        """Keep a study. One that says the same as another, under a new id, goes on from what was read of that.

        Raises:
            InvalidRequest: It has no films.
            UnknownFilm: One of them was never put.
        """
        if not study.films:
            raise InvalidRequest("“films” is empty: a study needs at least one film.")
        for film in study.films:
            self.film(film.image_sha256)
        same = (one for one in self._sessions if replace(one.study, study_id=study.study_id) == study)
        twin = next(same, None)
        session = self._session(study) if twin is None else Session(study, twin.dialogue, twin.refusals)
        self._sessions.put(study.study_id, session)

    def forget_study(self, study_id: str) -> None:
        """Free the study's caches, and the films that no other study holds; unknown ids are ignored."""
        session = self._sessions.get(study_id)
        if session is None:
            return
        self._sessions.drop(study_id)
        if not any(other.dialogue is session.dialogue for other in self._sessions):
            session.dialogue.forget()
        wanted = {film.image_sha256 for other in self._sessions for film in other.study.films}
        for film in session.study.films:
            if film.image_sha256 not in wanted:
                self._films.drop(film.image_sha256)
                self._eyes.forget(film.image_sha256)

    def run(self, request: Request, cancel: CancelToken) -> Iterator[Event]:
        """Carry out a request; see `inference.backend.Backend.run`."""
        usage = Usage()
        try:
            for event in self._events(request, usage, cancel):
                yield from self._room.notes()
                yield self._signed(event, request) if isinstance(event, Finished) else event
        except Exception as error:
            if not (is_out_of_memory(error) or isinstance(error, OutOfMemory)):
                raise
            self._free_memory(error)
        else:
            return
        finally:
            self._trim()
        # Outside of the except block: what is raised in there keeps the failed run's frames, and they hold tensors.
        raise OutOfMemory(
            f"{self._device.title} ran out of memory while working on this request, also with a smaller plan."
        )

    def _events(self, request: Request, usage: Usage, cancel: CancelToken) -> Iterator[Event]:
        session = self._started(getattr(request, "study_id", None), usage)
        job = self._job(session, usage, cancel)
        match request:
            case ReadStudy():
                return read_study(session, request, job)
            case GroundPhrase():
                return ground(session, request, job)
            case DescribeRegion():
                return describe(session, request, job)
            case Classify():
                return classify(session, request, job)
            case Compare():
                return compare(session, request, job)
            case Summarise():
                return summarise(session, request, job)
            case AskQuestion():
                return ask_or_describe(session, request, job, self._film_skill)
            case WriteImpression():
                return impress(session, request, job)
            case WriteSentence():
                return write_sentence(session, request, job)
            case Prefetch():
                return prefetch(session, job)
            case DrawFilm():
                raise self.why_no_films

    def _job(self, session: Session, usage: Usage, cancel: CancelToken) -> Job:
        held = {film.image_sha256: self.film(film.image_sha256) for film in session.study.films}
        return Job(
            eyes=self._eyes,
            gate=self._gate,
            settings=self._settings,
            pieces=self._pieces,
            yes_no=self._yes_no,
            film=held.__getitem__,  # a more urgent request may drop films of ours from the shelf
            usage=usage,
            cancel=cancel,
        )

    def _maker(self) -> str:
        """All but the film that encoded films depend on, to the last bit."""
        computed = (self._model.dtype, self._device.title, torch.__version__, torch.get_num_threads())
        return f"{self._sha256} {PICTURE_VERSION} {PREPROCESSING_VERSION} {' '.join(map(str, computed))}"

    def _started(self, study_id: str | None, usage: Usage) -> Session:
        """The session of a study for one request; without an id, an empty one for text alone."""
        session = self._session(StudyInput("", ())) if study_id is None else self._sessions.get(study_id)
        if session is None:
            raise UnknownStudy("The backend does not hold this study (any more).")
        return session.for_request(usage)

    def _session(self, study: StudyInput) -> Session:
        reader = Reader(self._language, Pictures(), Usage())
        return Session(study, Dialogue(reader, self._tokenizer))

    def _signed(self, event: Finished, request: Request) -> Finished:
        """The event with what made it: enough to tell whether a second run should give the same bytes."""
        session = self._sessions.get(getattr(request, "study_id", None) or "")
        fingerprint: Mapping[str, Any] = {
            "pack": self._pack.manifest.id,
            "pack_sha256": self._sha256,
            **_base_of(self._pack),
            "images": [film.image_sha256 for film in session.study.films] if session else [],
            "picture_version": PICTURE_VERSION,
            "picture_side": self._picture_side,
            "preprocessing_version": PREPROCESSING_VERSION,
            "prompt_version": PROMPT_VERSION,
            "decoding": "greedy",
            "precision": self._language.precision,
            "device": self._device.title,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "transformers": version("transformers"),
            **self._libraries,
            "python": platform.python_version(),
        }
        return replace(event, fingerprint=fingerprint)

    def _trim(self) -> None:
        """Free the caches of all but the studies used last."""
        for session in tuple(self._sessions)[: -self._room.limits.studies]:
            session.dialogue.forget()

    def _free_caches(self) -> None:
        """Drop what was read of every study; requests at work keep what they hold."""
        for session in self._sessions:
            session.dialogue.forget()
        release_memory(self._device)

    def _free_memory(self, error: BaseException) -> None:
        """Drop every cache, and the frames of the failed run, which hold tensors too."""
        traceback.clear_frames(error.__traceback__)
        self._room.notes()
        self._eyes.clear()
        self._free_caches()


def pack_info(pack: Pack, sha256: str, settings: ReadingSettings) -> PackInfo:
    """The manifest's words for the reader."""
    manifest = pack.manifest
    return PackInfo(
        id=manifest.id,
        version=manifest.version,
        sha256=sha256,
        title=manifest.title,
        licence=manifest.licence.id,
        research_only=manifest.licence.research_only,
        card=manifest.card,
        not_assessed=tuple(sorted(settings.not_assessed)),
    )


def _base_of(pack: Pack) -> dict[str, str]:
    """What an adapter works on, for the fingerprint; nothing for a whole model."""
    if pack.base is None:
        return {}
    manifest = pack.base.manifest
    return {"base": f"{manifest.id} {manifest.version}", "base_sha256": pack.base.sha256}


def _bundled_gate() -> Gate:
    from inference.gate import load_gate  # onnxruntime takes a while to import

    return load_gate()


def _load(pack: Pack, device: Device, precision: Precision) -> Loaded:
    try:
        return load(pack, device, precision)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    raise OutOfMemory(
        f"The model “{pack.manifest.id}” does not fit into the memory of {device.title} in {precision}."
    )


def _json(pack: Pack, name: str) -> Any:
    return json.loads((pack.folder / name).read_text(encoding="utf-8"))
