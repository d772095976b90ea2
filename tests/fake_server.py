"""A real server on loopback with the fake backend, in this process; and films to send it."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import uvicorn

from inference.backend import Backend, FilmInput, StudyFilm, StudyInput
from inference.client import BackendClient, film_input
from inference.server.app import create_app
from inference.server.command import listening_socket, quiet_config
from inference.server.streams import Patience
from inference.server.training_desk import TrainingDesk
from viewer.core.study import Film, FilmHeader, FilmPixels, PixelDescription, Source

TOKEN = "t" * 64


@dataclass
class Served:
    """A running server, and ways to talk to it."""

    port: int
    client: BackendClient
    http: httpx.Client  # bare, with the token

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class NoProcess:
    """Stands for the process of a training run: it does nothing, and has ended once `code` is set."""

    folder: Path
    code: int | None = None
    pid: int = 0

    def poll(self) -> int | None:
        return self.code


NO_ERRAND = (sys.executable, "-I", "-S", "-c", """if True:
    import json, sys
    asked = json.loads(sys.stdin.buffer.readline())
    asked["blobs"] = [len(sys.stdin.buffer.read(size)) for size in asked["blobs"]]
    print(json.dumps({"what": "progress", "stage": "read", "done": 0, "total": 1}), flush=True)
    print(json.dumps({"what": "result", "result": {"asked": asked}}))
""")  # fmt: skip
"""A process that answers a question about training with the question itself."""


@contextlib.contextmanager
def served(
    factory: Callable[[], Backend],
    patience: Patience | None = None,
    training: TrainingDesk | None = None,
    errand_command: Sequence[str] = NO_ERRAND,
) -> Iterator[Served]:
    """Serve until the block ends; no thread is left behind. Nothing is trained unless the test says how."""
    with tempfile.TemporaryDirectory() as nowhere:
        desk = TrainingDesk(Path(nowhere), lambda folder: NoProcess(folder, code=0))
        yield from _served(factory, patience, training or desk, errand_command)


def _served(
    factory: Callable[[], Backend],
    patience: Patience | None,
    training: TrainingDesk,
    errand_command: Sequence[str],
) -> Iterator[Served]:
    listening = listening_socket(0)
    port = listening.getsockname()[1]
    more = {"patience": patience, "training": training, "errand_command": errand_command}
    app = create_app(factory, token=TOKEN, port=port, **more)
    server = uvicorn.Server(quiet_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    url = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    client = BackendClient(url, TOKEN)
    try:
        with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=20) as http:
            yield Served(port, client, http)
    finally:
        client.close()
        server.should_exit = True
        thread.join()
        listening.close()


def fake_film(seed: int = 0, modality: str = "DX", **header: object) -> FilmInput:
    """A small film of random pixels."""
    stored = np.random.default_rng(seed).integers(0, 4096, (10, 12), dtype=np.uint16)
    description = PixelDescription(10, 12, bits_allocated=16, bits_stored=12, high_bit=11)
    told = FilmHeader(description, "1.2.3", modality=modality, view_position="PA", **header)
    return film_input(Film(Source(Path("film.dcm")), told, "00"), FilmPixels(description, stored))


def study_of(*films: FilmInput) -> StudyInput:
    return StudyInput("", tuple(StudyFilm(film.image_sha256) for film in films))


def wait_until(is_so: Callable[[], bool], timeout_s: float = 60.0) -> bool:
    """True as soon as it is so, False if it never was: as long as it takes, on a machine that is busy."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.005)
    return is_so()
