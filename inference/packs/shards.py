"""Writes safetensors files one tensor at a time: a model of any size goes through in the memory of one tensor.

The header's place is left free at the start and filled when a file is full; the format allows blanks behind it.
Tensors whose bytes are no multiple of 8 (descriptions, mostly) wait for the end of their file, so that everything
before them lies at an address that its numbers can be read from.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

INDEX = "model.safetensors.index.json"
SHARD_BYTES = 2 << 30
HEADER_BYTES = 1 << 20  # room for some 4,000 tensors
_DTYPES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int32: "I32",
    torch.int64: "I64",
}


class ShardWriter:
    """Fills `model-00001.safetensors`, `model-00002.safetensors`, … and their index.

    Args:
        folder: Where they go.
        shard_bytes: A file is closed when it has reached this size.
    """

    def __init__(self, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
        self._folder, self._shard_bytes = folder, shard_bytes
        self._file: IO[bytes] | None = None
        self._header: dict[str, Any] = {}
        self._end = 0  # of the data, behind the header
        self._waiting: list[tuple[str, Tensor]] = []
        self._weight_map: dict[str, str] = {}
        self._shards = 0

    def add(self, name: str, tensor: Tensor) -> None:
        """Write one tensor under its name in the file.

        Raises:
            ValueError: The name was written before.
            OSError: The disk is full, for instance.
        """
        if name in self._weight_map:
            raise ValueError(f"{name} was written before")
        file = self._open()
        self._weight_map[name] = Path(file.name).name
        tensor = tensor.detach().to("cpu").contiguous()
        if tensor.nbytes % 8:
            self._waiting.append((name, tensor.clone()))
        else:
            self._write(file, name, tensor)
        if self._end >= self._shard_bytes:
            self._close()

    def finish(self) -> None:
        """Close the last file and write the index."""
        self._close()
        index = {"metadata": {}, "weight_map": self._weight_map}
        (self._folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8", newline="\n")

    def abandon(self) -> None:
        """Let go of the open file; it can't be read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self._shards += 1
            self._file = (self._folder / f"model-{self._shards:05}.safetensors").open("xb")
            self._file.write(bytes(8 + HEADER_BYTES))
            self._header, self._end = {"__metadata__": {"format": "pt"}}, 0
        return self._file

    def _write(self, file: IO[bytes], name: str, tensor: Tensor) -> None:
        file.write(tensor.reshape(-1).view(torch.uint8).numpy().data)
        start, self._end = self._end, self._end + tensor.nbytes
        self._header[name] = {
            "dtype": _DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, self._end],
        }

    def _close(self) -> None:
        if self._file is None:
            return
        for name, tensor in sorted(self._waiting, key=lambda one: -one[1].itemsize):
            self._write(self._file, name, tensor)
        self._waiting.clear()
        header = json.dumps(self._header, separators=(",", ":")).encode()
        if len(header) > HEADER_BYTES:
            raise ValueError(f"{len(self._header)} tensors need a header of {len(header)} bytes")
        self._file.seek(0)
        self._file.write(HEADER_BYTES.to_bytes(8, "little") + header.ljust(HEADER_BYTES))
        self._file.close()
        self._file = None
