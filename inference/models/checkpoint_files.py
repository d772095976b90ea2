"""A checkpoint's tensors, one at a time: the headers say what is there, a tensor is read when it is asked for.

No pickle is ever opened and no code of a folder is ever run. Everything comes under the names of our modules
(`inference.models.names`), LoRA factors merged: W + (alpha / r) B A. A checkpoint larger than the memory can so be
gone through in bounded memory: one tensor and its factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inference.errors import PackRefused
from inference.models.names import module_name
from inference.models.quantised import is_part
from inference.status import tell_weights

ADAPTER_CONFIG = "adapter_config.json"
_FACTORS = (".lora_A.weight", ".lora_B.weight")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a tensor lies."""

    path: Path
    name: str  # in the file
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """What an adapter adds to one layer: scale * up @ down."""

    down: _Place
    up: _Place
    scale: float


class CheckpointFiles:
    """Tensors of a checkpoint by module name.

    Args:
        files: Its safetensors files.
        settings: Of the adapter whose factors lie in `files`, if any do (`adapter_config.json`).

    Raises:
        PackRefused: A file is damaged, a name stands in two of them, or an adapter can't be computed.
    """

    def __init__(self, files: Sequence[Path], settings: Mapping[str, Any]) -> None:
        self._open: dict[Path, Any] = {}
        self._stack = ExitStack()
        self._places: dict[str, _Place] = {}
        self._changes: dict[str, list[_Change]] = {}
        self._bytes_read, self._bytes_in_all = 0, 0
        self._add(files, settings)

    def put_on_top(self, adapter: Path, settings: Mapping[str, Any]) -> None:
        """Add an adapter's file: whole tensors replace those of the same name, factors change them."""
        self._add([adapter], settings)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor, by name."""
        return {name: place.shape for name, place in self._places.items()}

    def tensor(self, name: str, dtype: torch.dtype) -> Tensor:
        """One tensor, LoRA merged in float32.

        Args:
            name: One of `shapes`.
            dtype: What it is converted to; quantised weights and their scales stay as they were written.

        Raises:
            PackRefused: The file can't be read.
        """
        tensor = self._read(self._places[name])
        for change in self._changes.get(name, ()):
            tensor = tensor.float() + change.scale * (
                self._read(change.up).float() @ self._read(change.down).float()
            )
        tell_weights(self._bytes_read, self._bytes_in_all)
        return tensor.to(dtype) if tensor.is_floating_point() and not is_part(name) else tensor

    def release(self) -> None:
        """Let go of the files' memory. Tensors that were given out and not copied keep their own file's."""
        self._open.clear()
        self._stack.close()

    def _add(self, files: Sequence[Path], settings: Mapping[str, Any]) -> None:
        self._bytes_in_all += sum(path.stat().st_size for path in files if path.is_file())
        places: dict[str, _Place] = {}
        for path in files:
            for name, place in self._entries(path):
                if name in places:
                    raise PackRefused(f"{path} holds {name} a second time.")
                places[name] = place
        layers = {name.removesuffix(end) for name in places for end in _FACTORS if name.endswith(end)}
        self._places |= {name: place for name, place in places.items() if not name.endswith(_FACTORS)}
        for layer in sorted(layers):
            change = self._change(layer, places, settings)
            self._changes.setdefault(f"{layer}.weight", []).append(change)

    def _change(self, layer: str, places: Mapping[str, _Place], settings: Mapping[str, Any]) -> _Change:
        weight = self._places.get(f"{layer}.weight")
        down, up = (places.get(f"{layer}{end}") for end in _FACTORS)
        if weight is None or down is None or up is None:
            raise PackRefused(
                f"The adapter changes {layer}, but not all of weight, lora_A and lora_B are there."
            )
        if not self._read(weight).is_floating_point():
            raise PackRefused(
                f"The adapter changes {layer}, which is quantised; merge it into the full weights first."
            )
        (rows, columns), rank = weight.shape, down.shape[0]
        if (up.shape, down.shape) != ((rows, rank), (rank, columns)):
            raise PackRefused(f"The adapter's factors do not fit {layer} of shape {weight.shape}.")
        return _Change(down, up, lora_scale(settings, rank))

    def _entries(self, path: Path) -> list[tuple[str, _Place]]:
        file = self._opened(path)
        return [
            (name, _Place(path, file_name, tuple(file.get_slice(file_name).get_shape())))
            for file_name in file.keys()  # noqa: SIM118  # safe_open is no mapping
            if (name := module_name(file_name)) is not None
        ]

    def _read(self, place: _Place) -> Tensor:
        try:
            tensor: Tensor = self._opened(place.path).get_tensor(place.name)
        except (OSError, SafetensorError) as error:
            raise PackRefused(f"{place.path} can't be read as safetensors: {error}.") from error
        self._bytes_read += tensor.nbytes
        return tensor

    def _opened(self, path: Path) -> Any:
        if path not in self._open:
            try:
                self._open[path] = self._stack.enter_context(safe_open(path, framework="pt", device="cpu"))
            except (OSError, SafetensorError) as error:
                raise PackRefused(f"{path} can't be read as safetensors: {error}.") from error
        return self._open[path]


def lora_scale(settings: Mapping[str, Any], rank: int) -> float:
    """alpha / r of an adapter. Raises PackRefused where its settings ask for what is not computed here."""
    unknown = [
        key for key in ("use_dora", "fan_in_fan_out", "alpha_pattern", "rank_pattern") if settings.get(key)
    ]
    if unknown:
        raise PackRefused(f"{ADAPTER_CONFIG} uses {', '.join(unknown)}, which this program does not compute.")
    if settings.get("r") != rank or not isinstance(settings.get("lora_alpha"), (int, float)):
        raise PackRefused(f"{ADAPTER_CONFIG} does not state r = {rank} and lora_alpha for its weights.")
    return float(settings["lora_alpha"]) / (rank**0.5 if settings.get("use_rslora") else rank)
