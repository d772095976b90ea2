"""A model whose weights come from their files only while they are needed: runs where the whole of it has no place."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from inference.models.config import M4cxrConfig
from inference.models.m4cxr import M4cxr, restore_tables


def streamed_m4cxr(config: M4cxrConfig, tensor: Callable[[str], Tensor | None]) -> M4cxr:
    """A model in float32 on the CPU that holds the weights of one module at a time.

    Slow: every forward pass reads every weight again. For checks of a conversion, not for readings.

    Args:
        config: Its sizes.
        tensor: Gives a weight in float32 by our module's name; None for one that no computation reads.
    """
    with torch.device("meta"):
        model = M4cxr(config)
    for prefix, module in model.named_modules():
        own = [name for name, _ in module.named_parameters(recurse=False)]
        if own:
            _stream(module, {name: f"{prefix}.{name}".removeprefix(".") for name in own}, tensor)
    restore_tables(model)
    return model.eval().requires_grad_(False)


def _stream(module: nn.Module, names: dict[str, str], tensor: Callable[[str], Tensor | None]) -> None:
    on_meta = {name: module.get_parameter(name) for name in names}

    def fill(*_: object) -> None:
        for name, full_name in names.items():
            read = tensor(full_name)
            if read is None:
                read = torch.zeros(on_meta[name].shape)
            module.register_parameter(name, nn.Parameter(read, requires_grad=False))

    def empty(*_: object) -> None:
        for name, parameter in on_meta.items():
            module.register_parameter(name, parameter)

    module.register_forward_pre_hook(fill)
    module.register_forward_hook(empty)
