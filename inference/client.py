"""How everybody talks to a backend in another process: typed, synchronous, over loopback only."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from inference import wire
from inference.backend import (
    AskQuestion,
    Classify,
    Compare,
    DescribeRegion,
    DrawFilm,
    FilmInput,
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
from inference.errors import InferenceError, UnknownFilm
from inference.npy import npy_bytes
from inference.plain import from_plain, to_plain
from inference.run import Run, accepted, answer, send
from inference.status import BackendStatus, InstalledPack, Loading, RunsOn, Synthesis
from inference.train_client import TrainClient
from viewer.core.study import Film, FilmPixels, LookupTable, Window

T = TypeVar("T")

KEPT_FILMS = 16  # for sending again after the backend had to let go
SILENCE_S = 30.0  # six missed heartbeats
_LOOPBACK = ("127.0.0.1", "localhost")


def film_input(film: Film, pixels: FilmPixels) -> FilmInput:
    """What the backend may know of a film: its pixels, how to show them, and which view. No identity.

    Explanations of windows and tables are dropped too: they are free text that somebody typed.
    So are overlays: letters and lines over the film are not what the model reads.

    Raises:
        InvalidFilm: The pixels are of a type that no film has.
    """
    header = film.header
    description = replace(
        pixels.description,
        windows=tuple(Window(window.center, window.width) for window in pixels.description.windows),
        modality_lut=_bare(pixels.description.modality_lut),
        presentation_lut=_bare(pixels.description.presentation_lut),
        overlays=(),
        voi_luts=tuple(_bare(table) for table in pixels.description.voi_luts),
    )
    told = wire.FilmAttributes(
        description, header.modality, header.body_part, header.view_position, header.is_synthetic
    )
    digest = wire.film_digest(pixels.stored, wire.attributes_json(told))
    return FilmInput(
        digest,
        pixels.stored,
        description,
        header.modality,
        header.body_part,
        header.view_position,
        header.is_synthetic,
    )


Table = TypeVar("Table", LookupTable, LookupTable | None)


def _bare(table: Table) -> Table:
    return table if table is None else replace(table, explanation="")


class BackendClient:
    """One backend, at one address. Safe to use from several threads.

    Every method raises BackendLost when the backend does not answer, and the error that the backend names when it
    refuses.

    Args:
        base_url: `http://127.0.0.1:PORT`; any other host is refused with ValueError.
    """

    def __init__(self, base_url: str, token: str) -> None:
        url = httpx.URL(base_url)
        if url.scheme != "http" or url.host not in _LOOPBACK or url.port is None:
            raise ValueError(f"A backend is reached over loopback only, not at {base_url!r}.")
        self._films: OrderedDict[str, FilmInput] = OrderedDict()
        self._films_lock = threading.Lock()
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(SILENCE_S, connect=5.0),
            trust_env=False,  # a proxy would carry films to another computer
            follow_redirects=False,
        )
        self.training = TrainClient(self._http)

    def close(self) -> None:
        self._http.close()

    # ── films and studies ───────────────────────────────────────────────────────────────────────────────────────

    def put_film(self, film: FilmInput) -> None:
        """Send a film, unless the backend has it."""
        with self._films_lock:
            self._films[film.image_sha256] = film
            self._films.move_to_end(film.image_sha256)
            while len(self._films) > KEPT_FILMS:
                self._films.popitem(last=False)
        path = f"/v1/images/{film.image_sha256}"
        if self._send("HEAD", path).status_code == 404:
            pixels = ("pixels.npy", npy_bytes(film.stored), "application/octet-stream")
            attributes = (None, wire.attributes_json(film), "application/json")
            accepted(self._send("PUT", path, files={"attributes": attributes, "pixels": pixels}))

    def put_study(self, study: StudyInput) -> str:
        """Say which films are read together; returns the study's id (that of `study` is not used)."""
        body = wire.study_to_json(study)
        told = self._with_films(lambda: answer(self._send("POST", "/v1/studies", json=body)))
        return str(told["study_id"])

    def forget_study(self, study_id: str) -> None:
        """Free what the backend holds of a study."""
        accepted(self._send("DELETE", f"/v1/studies/{quote(study_id, safe='')}"))

    # ── jobs ────────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, request: Request, *, priority: int = 0, cancel_on_disconnect: bool = True) -> Run:
        """Start a job and follow it. Errors before its start are raised here, later ones come as an Error event.

        Args:
            priority: 0 interactive, 1 prefetch of the open study, 2 of the worklist, 3 batch.
            cancel_on_disconnect: Whether the job ends when nobody follows it any more.
        """
        path, body = _address(request)
        options = {"priority": priority, "cancel_on_disconnect": str(cancel_on_disconnect).lower()}
        told = self._with_films(lambda: answer(self._send("POST", path, json=body, params=options)))
        return self.events(str(told["id"]))

    def cancel(self, job: str) -> None:
        """Stop a job; one that has ended is left as it is."""
        accepted(self._send("DELETE", f"/v1/jobs/{quote(job, safe='')}"))

    def events(self, job: str, after: int = 0) -> Run:
        """Follow a job from the event after number `after`."""
        return Run(self._http, job, after)

    # ── the backend ─────────────────────────────────────────────────────────────────────────────────────────────

    def health(self) -> str:
        """`loading`, `ready` or `failed`."""
        return str(answer(self._send("GET", "/health"))["state"])

    def models(self) -> tuple[PackInfo, ...]:
        """The packs that are loaded: none yet while the state is `loading`."""
        listed = answer(self._send("GET", "/v1/models"))["data"]
        return tuple(wire.pack_from_json(model["pack"]) for model in listed)

    def status(self) -> BackendStatus:
        """What the backend tells about itself. Raises the error for which the model could not be loaded."""
        told = answer(self._send("GET", "/v1/models"))
        return BackendStatus(
            str(told["state"]),
            tuple(wire.pack_from_json(model["pack"]) for model in told["data"]),
            from_plain(Loading, told["loading"], "loading") if told.get("loading") else None,
            from_plain(RunsOn, told["runs_on"], "runs_on") if told.get("runs_on") else None,
            from_plain(Synthesis, told["synthesis"], "synthesis") if told.get("synthesis") else None,
        )

    def packs(self) -> tuple[InstalledPack, ...]:
        """The packs on this computer; also while none could be loaded."""
        told = answer(self._send("GET", "/v1/packs"))["packs"]
        return tuple(from_plain(InstalledPack, one, "pack") for one in told)

    def load(self, *, accept_slow: bool = False) -> None:
        """Load the model again after it failed or was unloaded; does not wait for it."""
        self._send("POST", "/v1/models/any/load", json={"accept_slow": accept_slow})

    def info(self, timeout_s: float = 300.0) -> PackInfo:
        """The pack that reads; waits until it is loaded.

        Raises:
            InferenceError: It could not be loaded, or not in time.
        """
        end = time.monotonic() + timeout_s
        while not (packs := self.models()):
            if time.monotonic() > end:
                raise InferenceError(f"The model was not loaded within {timeout_s:.0f} s.")
            time.sleep(0.1)
        return packs[0]

    def _with_films(self, call: Callable[[], T]) -> T:
        """Do `call`; if the backend has let go of films that we still hold, send them again and repeat it once."""
        try:
            return call()
        except UnknownFilm:
            with self._films_lock:
                films = tuple(self._films.values())
            for film in films:
                self.put_film(film)
            return call()

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        return send(self._http, method, path, **more)


def _address(request: Request) -> tuple[str, dict[str, Any]]:
    """Path and body of the route that carries out `request`."""
    body = to_plain(request)
    study_id = body.pop("study_id", None)
    study = f"/v1/studies/{quote(study_id, safe='')}" if study_id is not None else "/v1"
    match request:
        case ReadStudy():
            return f"{study}/report", body
        case Prefetch():
            return f"{study}/prefetch", body
        case GroundPhrase():
            return f"{study}/ground", body
        case DescribeRegion():
            return f"{study}/describe", body
        case Classify():
            return f"{study}/classify", body
        case Compare():
            return f"{study}/compare", body
        case Summarise():
            return f"{study}/summarise", body
        case AskQuestion():
            return f"{study}/chat", body
        case WriteSentence():
            return f"{study}/sentence", body
        case WriteImpression():
            return "/v1/impression", body
        case DrawFilm():
            return f"{study}/draw", body
