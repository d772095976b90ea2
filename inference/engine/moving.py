"""Weights to main memory and back, under everybody who holds them.

A loaded model is held by more than its modules: runtimes keep references to single tensors, and quantised layers have
statistics of their own beside the weight. So every tensor that can be reached from the owner is moved in place: it
stays the same object with other storage, and tensors that share storage go on sharing it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, nn

_OURS = ("inference.", "torch.nn.", "bitsandbytes.", "diffusers.", "transformers.", "tests.")
Place = Callable[[Tensor], Tensor]
"""Gives a tensor of the same kind and size elsewhere: `lambda flat: flat.to("cpu")`."""


def tensors_of(*owners: object) -> tuple[Tensor, ...]:
    """Every tensor that is reached from the owners by attributes, containers, closures and bound methods; each once."""
    found: list[Tensor] = []
    seen: set[int] = set()
    waiting: list[object] = list(owners)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | bool | type(None) | type):
            continue
        seen.add(id(one))
        if isinstance(one, Tensor):
            found.append(one)
        waiting.extend(_held_by(one))
    return tuple(found)


def _held_by(one: object) -> Iterator[object]:
    if isinstance(one, Mapping):
        yield from list(one.values())
    elif isinstance(one, list | tuple | set | frozenset):
        yield from list(one)
    elif isinstance(one, types.MethodType):
        yield one.__self__
    elif isinstance(one, types.FunctionType):
        yield from (cell.cell_contents for cell in one.__closure__ or () if _is_filled(cell))
    elif isinstance(one, Tensor | nn.Module) or type(one).__module__.startswith(_OURS):
        yield from list(getattr(one, "__dict__", {}).values())
        if is_dataclass(one):
            yield from (getattr(one, field.name, None) for field in fields(one))


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that was never bound
        return False


def move(tensors: tuple[Tensor, ...], place: Place) -> int:
    """Give every tensor the storage that `place` makes of its own; returns how many bytes were moved.

    Storages that `place` leaves where they are cost nothing.
    """
    made: dict[
        int, tuple[Tensor, Tensor]
    ] = {}  # by the old storage: its bytes as they were, and the new ones
    with torch.no_grad():
        for tensor in tensors:
            if tensor.is_meta:
                continue
            storage = tensor.untyped_storage()
            key = storage.data_ptr()
            if key not in made:
                flat = torch.empty(0, dtype=torch.uint8, device=tensor.device).set_(storage)
                made[key] = (flat, place(flat))
            old, new = made[key]
            if new is not old:
                tensor.data = _view_like(tensor, new)
    return sum(new.nbytes for old, new in made.values() if new is not old)


def _view_like(tensor: Tensor, flat: Tensor) -> Tensor:
    """A tensor of the same type, shape and strides as `tensor` on the storage of `flat`."""
    view = torch.empty(0, dtype=tensor.dtype, device=flat.device)
    view.set_(flat.untyped_storage(), tensor.storage_offset(), tensor.size(), tensor.stride())
    return view


def to_device(device: str) -> Place:
    """A place on `device`; what lies there already stays."""
    return lambda flat: flat if flat.device.type == device else flat.to(device)
