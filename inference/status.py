"""How a backend is, apart from what it reads: what it loads, what it runs on, which packs it could load. Plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from inference.backend import PackInfo


@dataclass(frozen=True, slots=True)
class Loading:
    """How much of a model's weights was read. All of it: what comes now is making them ready and the self-test."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class RunsOn:
    """What computes, and how precisely the language model's weights are held."""

    device: str  # for the reader: "NVIDIA RTX A4000", "CPU, 8 cores"
    precision: str  # float32, bfloat16, float16, int8, nf4, int4


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The image generator beside the model that reads. It is loaded when a film is first asked for."""

    pack: PackInfo
    state: str  # not loaded, ready, set aside (in main memory while the other model has the graphics card)
    rows: int  # of its films
    columns: int
    views: tuple[str, ...]  # that it was taught
    steps: int  # that it is drawn with where nobody says otherwise
    guidance: float
    why_not: str = ""  # why no film can be drawn here, in words for the reader; empty: it can


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """What a backend tells about itself at one moment."""

    state: str  # loading, ready, failed, unloaded
    packs: tuple[PackInfo, ...] = ()  # that read: none while the state is `loading`
    loading: Loading | None = None
    runs_on: RunsOn | None = None
    synthesis: Synthesis | None = None  # None: no pack that draws is installed


@dataclass(frozen=True, slots=True)
class InstalledPack:
    """A pack on this computer, as its manifest describes it. It was not opened: its files may still be refused."""

    id: str
    version: str
    title: str
    tasks: tuple[str, ...]
    licence: str
    sha256: str  # of the manifest
    training_data: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)
    quarantine: str = ""  # why it is not used; empty: it may be
    reads: bool = True  # False: it draws synthetic films


# ── told while weights are read ─────────────────────────────────────────────────────────────────────────────────

_Listener = Callable[[Loading], None]
_listener: ContextVar[_Listener | None] = ContextVar("who hears of weights being read", default=None)


@contextmanager
def weights_told_to(listener: _Listener) -> Iterator[None]:
    """Inside this block, whoever reads weights in this thread tells `listener`, which must be quick."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell_weights(done_bytes: int, total_bytes: int) -> None:
    """Say how much of a model was read; nobody may be listening."""
    listener = _listener.get()
    if listener is not None:
        listener(Loading(min(done_bytes, total_bytes), total_bytes))
