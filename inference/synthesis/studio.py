"""The image generator of one computer: loaded when a film is first wanted, put aside or let go like the reader."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal

import psutil
import torch

import inference.models.quiet_log  # noqa: F401  # before diffusers
from inference.backend import PackInfo
from inference.devices import Device, choose_device, is_out_of_memory, machine, release_memory
from inference.engine.moving import move, tensors_of, to_device
from inference.errors import InferenceError, OutOfMemory, PackRefused
from inference.film_view import look_at_view
from inference.packs import Pack
from inference.plan import GIB
from inference.synthesis.drawing import Drawer, Picture
from inference.synthesis.drawn import MadeBy
from inference.synthesis.facts import read_facts
from inference.synthesis.packs import generator_size, synthesis_pack
from inference.synthesis.stepwise import DrawStep
from inference.synthesis.wish import FilmWish
from inference.two_models import GeneratorSize
from viewer.core.synthetic_mark import SMALLEST_SIDE

if TYPE_CHECKING:
    from inference.synthesis.generator import Generator as FilmGenerator
    from inference.synthesis.networks import Networks

MOST_THREADS = 8
State = Literal["not loaded", "ready", "set aside"]


class Studio:
    """One generator on one device. Not thread-safe: the inference thread's alone.

    Args:
        pack: Id or folder; None = the user's own, else the bundled one.
        device: "cpu", "cuda" or "auto".

    Raises:
        ModelNotInstalled, WrongPack, PackRefused: As `synthesis_pack` says; nothing is loaded yet.
    """

    def __init__(self, pack: str | None = None, device: str = "auto") -> None:
        self.pack: Pack = synthesis_pack(pack)
        self.facts = read_facts(self.pack.folder)
        if max(self.facts.rows, self.facts.columns) < SMALLEST_SIDE:
            raise PackRefused(
                f"“{self.pack.manifest.id}” draws films of {self.facts.rows} x {self.facts.columns} pixels: they are "
                f"too small to be marked as synthetic ({SMALLEST_SIDE} are needed)."
            )
        self.size: GeneratorSize = generator_size(self.pack)
        self._device: Device = choose_device(device)
        self._networks: Networks | None = None
        self._drawer: Drawer | None = None
        self.state: State = "not loaded"

    def info(self) -> PackInfo:
        """The manifest's words for the reader."""
        manifest = self.pack.manifest
        return PackInfo(
            manifest.id,
            manifest.version,
            self.pack.sha256,
            manifest.title,
            manifest.licence.id,
            manifest.licence.research_only,
            manifest.card,
        )

    def drawer(self) -> Drawer:
        """What films are drawn with, on the device. Loaded at the first call.

        Raises:
            PackRefused: Its weights do not fit its configs.
            OutOfMemory: It does not fit on the device.
        """
        if self._drawer is None:
            self._networks = self._loaded()
            self._drawer = self._made(self._networks)
        self.bring_back()
        return self._drawer

    def set_aside(self) -> None:
        """Let another model have the graphics card; the weights wait in main memory. In main memory they stay."""
        if self._networks is not None and self._device.name == "cuda" and self.state == "ready":
            move(tensors_of(self._networks), to_device("cpu"))
            release_memory(self._device)
            self.state = "set aside"

    def bring_back(self) -> None:
        """Undo `set_aside`."""
        if self._networks is not None and self.state == "set aside":
            move(tensors_of(self._networks), to_device(self._device.name))
        if self._networks is not None:
            self.state = "ready"

    def close(self) -> None:
        """Free the networks; the next film loads them again."""
        self._networks = self._drawer = None
        self.state = "not loaded"
        release_memory(self._device)

    def fingerprint(self) -> dict[str, Any]:
        """What made a film besides its wish: enough to tell whether a second run should give the same bytes."""
        return {
            "pack": self.pack.manifest.id,
            "pack_sha256": self.pack.sha256,
            "precision": "" if self._networks is None else self._networks.precision,
            "device": self._device.title,
            "threads": _threads(),
            "torch": torch.__version__,
            "diffusers": version("diffusers"),
            "python": platform.python_version(),
        }

    def _loaded(self) -> Networks:
        room = machine(self._device)
        needed = self.size.bytes_on(room.kind)
        if needed > room.budget_bytes:
            raise OutOfMemory(
                f"The generator “{self.pack.manifest.id}” needs {needed / GIB:.1f} GiB of {room.title}; "
                f"{room.budget_bytes / GIB:.1f} GiB are usable."
            )
        from inference.synthesis.networks import load_networks  # late: diffusers takes seconds

        try:
            return load_networks(self.pack, device=self._device.name)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, InferenceError) or not is_out_of_memory(error):
                raise
        raise OutOfMemory(
            f"The generator “{self.pack.manifest.id}” does not fit into the memory of {self._device.title}."
        )

    def _made(self, networks: Networks) -> Drawer:
        from inference.synthesis.generator import Generator as FilmGenerator

        manifest = self.pack.manifest
        made_by = MadeBy(
            f"{manifest.id} {manifest.version}",
            self.pack.sha256,
            f"Sidelight {version('sidelight')}",
            networks.precision,
            self._device.title,
        )

        generator = FilmGenerator(networks)

        def about_words(wish: FilmWish) -> tuple[str, ...]:
            is_cut = networks.tokenizer.is_cut(generator.prompt_text(wish))
            return ("The description is longer than the generator reads; its end was left out.",) * is_cut

        return Drawer(_OnThreads(generator), made_by, about_words, look_at_view)


class _OnThreads:
    """The generator with as many of torch's threads as its networks profit from; the reader keeps its own number."""

    def __init__(self, inside: FilmGenerator) -> None:
        self._inside = inside

    def steps(self, wish: FilmWish, source: Picture | None = None) -> Generator[DrawStep, None, Picture]:
        stepping = self._inside.steps(wish, source)
        try:
            while True:
                with _torch_threads(_threads()):
                    try:
                        step = next(stepping)
                    except StopIteration as ended:
                        picture: Picture = ended.value
                        return picture
                yield replace(step, preview=partial(_on_threads, step.preview))
        finally:
            stepping.close()


def _on_threads(preview: Callable[[], Picture]) -> Picture:
    with _torch_threads(_threads()):
        return preview()


def _threads() -> int:
    if "OMP_NUM_THREADS" in os.environ:
        return torch.get_num_threads()
    return min(psutil.cpu_count(logical=False) or os.cpu_count() or 1, MOST_THREADS)


@contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
