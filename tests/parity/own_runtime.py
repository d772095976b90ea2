"""The engine's own language runtime under the fixtures: what was read stays, and decoding goes on from it."""

from __future__ import annotations

from collections.abc import Collection

import torch

from inference.engine.kv_memory import KvMemory
from inference.engine.torch_runtime import TorchLanguageModel
from inference.models.m4cxr import M4cxr


def read_and_say(
    model: M4cxr,
    ids: torch.Tensor,
    pictures: torch.Tensor | None,
    steps: int,
    stops: Collection[int],
    memory: KvMemory | None = None,
) -> tuple[list[int], torch.Tensor, KvMemory]:
    """Read ids (1, L) behind what `memory` holds, then decode greedily.

    Returns:
        The generated ids, up to and with a stop token; the logits (steps, vocabulary) they were chosen from; the
        memory, in which all but the last generated id was read.
    """
    runtime = TorchLanguageModel(model.language_model)
    memory = memory or runtime.new_memory()
    with torch.inference_mode():
        rows = model.embed(ids, None if pictures is None else model.picture_tokens(pictures))
    said: list[int] = []
    logits: list[torch.Tensor] = []
    while len(said) < steps and not (said and said[-1] in stops):
        logits.append(runtime.read(rows, memory)[0])
        said.append(int(logits[-1].argmax()))
        rows = runtime.embed(torch.tensor([said[-1:]]))
    return said, torch.stack(logits), memory
