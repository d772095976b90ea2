"""What an ONNX file would make its runtime do, read without the runtime: whose operators, and which other files.

Only operators of ONNX itself and those built into ONNX Runtime are let in; a custom domain needs a library that a
pack must not bring. External tensors may lie beside the file only.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from inference.errors import PackRefused
from inference.protobuf import fields, text

KNOWN_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc")
DEEPEST = 32

# onnx.proto: message -> field number -> the message it holds. Strings that matter are named in `_check`.
_MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph", 8: "opset", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 9: "opset"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "external"},
    "opset": {},
    "external": {},
}
_DOMAIN_FIELD = {"node": 7, "opset": 1, "function": 10}


def check_onnx(path: Path) -> tuple[str, ...]:
    """Look through the whole file.

    Returns:
        Names of the files beside it that hold its external tensors.

    Raises:
        PackRefused: It is no ONNX file, uses operators of another domain, or names a file outside its folder.
    """
    if not path.stat().st_size:
        raise PackRefused(f"{path} is empty.")
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # goes with the last view of it
    try:
        return tuple(sorted(set(_walk(memoryview(mapped), "model", path, 0))))
    except ValueError as error:
        raise PackRefused(f"{path} is no ONNX file, whatever its name says: {error}.") from error


def _walk(content: memoryview, kind: str, path: Path, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise ValueError("graphs lie in graphs without end")
    entry: dict[str, str] = {}
    for number, _, value in fields(content):
        if number == _DOMAIN_FIELD.get(kind) and (domain := text(value)) not in KNOWN_DOMAINS:
            raise PackRefused(f"{path} uses operators of the custom domain “{domain[:100]}”.")
        if kind == "external" and number in (1, 2):
            entry["key" if number == 1 else "value"] = text(value)
        elif (inner := _MESSAGES[kind].get(number)) is not None:
            if isinstance(value, int):
                raise ValueError(f"a number stands where a {inner} belongs")
            yield from _walk(value, inner, path, depth + 1)
    if entry.get("key") == "location":
        yield _beside(entry.get("value", ""), path)


def _beside(name: str, path: Path) -> str:
    if not name or PurePosixPath(name).name != name or "\\" in name or ":" in name or name == "..":
        raise PackRefused(f"{path} keeps tensors in “{name[:100]}”, which leaves the pack's folder.")
    return name
