"""One language model in one precision, in a process of its own: how fast, how much memory, how near to float32.

Weights are made or read one tensor at a time, so the memory that is told is what the precision needs.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import psutil
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from inference.bench.bandwidth import read_gb_per_s
from inference.bench.subjects import ONE_BILLION, STARTER, TINY
from inference.devices import use_cores
from inference.engine.loading import onnx_language_model
from inference.engine.runtime import LanguageModel
from inference.engine.torch_runtime import TorchLanguageModel
from inference.models.bitsandbytes_layers import put_projections
from inference.models.checkpoint import open_checkpoint
from inference.models.config import M4cxrConfig
from inference.models.lean import LeanMistral
from inference.models.quantised import Scheme, is_projection, quantise_tensor
from inference.models.sizes import part_sizes
from inference.precision import BYTES_PER_WEIGHT, QUANTISED, Precision

WAYS: dict[str, Precision] = {
    "torch float32": "float32",
    "torch bfloat16": "bfloat16",
    "ONNX Runtime int8": "int8",
    "ONNX Runtime int4": "int4",
    "bitsandbytes int8": "int8",
    "bitsandbytes nf4": "nf4",
}
"""What computes, to the precision in it."""
PROMPT, CHUNK, DECODED, ROWS, JUDGED = 800, 400, 24, 13, 64
_SPREAD = 0.03


def measured(way: str, size: str, reference: Path | None) -> dict[str, Any]:
    """All numbers of one way; float32's logits are written to `reference` if it is not there yet."""
    config = _config(size)
    sizes = part_sizes(config)
    use_cores(sizes.total)
    process = psutil.Process()
    bandwidth = read_gb_per_s(1 << (22 if size == "tiny" else 28))
    before = process.memory_info().rss
    start = time.perf_counter()
    language = _language_model(way, config, _tensors(size, config))
    took = time.perf_counter() - start
    speeds = _speeds(language, config)
    precision = WAYS[way]
    rest: Precision = "float32" if precision in QUANTISED else precision
    head = int(config.language["vocab_size"]) * sizes.width
    per_token = round(sizes.projections * BYTES_PER_WEIGHT[precision] + head * BYTES_PER_WEIGHT[rest])
    return {
        "way": way,
        "precision": precision,
        "threads": torch.get_num_threads(),
        "made_in_s": round(took, 1),
        **speeds,
        "read_gb_per_s": round(bandwidth, 1),
        "weight_bytes_per_token": per_token,
        "share_of_bandwidth": round(per_token * speeds["decode_per_s"] / bandwidth / 1e9, 2),
        "resident_mib": round((process.memory_info().rss - before) / 2**20),
        **_fidelity(language, config, reference),
    }


def _config(size: str) -> M4cxrConfig:
    if size == "starter":
        return M4cxrConfig.from_json(open_checkpoint(STARTER)[0])
    return ONE_BILLION if size == "1b" else TINY


def _tensors(size: str, config: M4cxrConfig) -> Iterator[tuple[str, Tensor]]:
    """The language model's tensors in float32, one after the other; random ones follow from their names."""
    if size == "starter":
        files = open_checkpoint(STARTER)[1]
        for name in files.shapes:
            if name.startswith("language_model."):
                yield name, files.tensor(name, torch.float32)
        return
    with torch.device("meta"):
        empty = LeanMistral(config)
    for name, tensor in empty.state_dict().items():
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        drawn = torch.empty(tensor.shape)
        if "norm" in name:
            drawn.fill_(1.0)
        else:
            drawn.uniform_(-_SPREAD, _SPREAD, generator=torch.Generator().manual_seed(seed))
        yield f"language_model.{name}", drawn


def _language_model(way: str, config: M4cxrConfig, tensors: Iterator[tuple[str, Tensor]]) -> LanguageModel:
    precision = WAYS[way]
    held: dict[str, Tensor] = {}
    rounded: dict[str, Tensor] = {}
    for name, tensor in tensors:
        if precision in QUANTISED and is_projection(name):
            rounded |= quantise_tensor(name, tensor, cast(Scheme, precision))
        else:
            held[name] = tensor if precision in QUANTISED else tensor.to(getattr(torch, precision))
    if way.startswith("ONNX"):
        return onnx_language_model(config, held | rounded, precision)
    whole = nn.Module()
    with torch.device("meta"):
        whole.language_model = LeanMistral(config)
    dtype = torch.float32 if precision in QUANTISED else getattr(torch, precision)
    whole.load_state_dict(held, assign=True, strict=False)
    if rounded:
        put_projections(whole, rounded, torch.device("cpu"), dtype)
    return TorchLanguageModel(whole.eval().requires_grad_(False).language_model, precision)


def _speeds(language: LanguageModel, config: M4cxrConfig) -> dict[str, Any]:
    """The best of a few, in tokens per second: what else the machine does only ever takes away."""
    rows = language.embed(torch.arange(PROMPT)[None] % int(config.language["vocab_size"]))
    prompt = []
    for _ in range(2):
        memory = language.new_memory()
        prompt.append(
            sum(_seconds(partial(language.read, part, memory)) for part in torch.split(rows, CHUNK, 1))
        )
    decode = [_seconds(lambda: language.read(rows[:, :1], memory)) for _ in range(DECODED)]
    batch = memory.repeated(ROWS)
    together = rows[:, :1].repeat(ROWS, 1, 1)
    beside = [_seconds(lambda: language.read(together, batch)) for _ in range(DECODED // 3)]
    return {
        "prompt_per_s": round(PROMPT / min(prompt), 1),
        "decode_per_s": round(1 / min(decode), 2),
        "decode_median_per_s": round(1 / statistics.median(decode), 2),
        "beside_per_s": round(ROWS / min(beside), 1),
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _fidelity(language: LanguageModel, config: M4cxrConfig, reference: Path | None) -> dict[str, Any]:
    """Against float32 after each of some tokens of one text: mean KL divergence, share with the same first choice."""
    if reference is None:
        return {}
    ids = torch.randint(
        3, int(config.language["vocab_size"]), (1, JUDGED), generator=torch.Generator().manual_seed(1)
    )
    rows, memory = language.embed(ids), language.new_memory()
    logits = torch.cat([language.read(rows[:, at : at + 1], memory) for at in range(JUDGED)]).float()
    if not reference.exists():
        save_file({"logits": logits.contiguous()}, reference)
        return {}
    true = load_file(reference)["logits"].log_softmax(-1)
    ours = logits.log_softmax(-1)
    kl = (true.exp() * (true - ours)).sum(-1).mean()
    same = (true.argmax(-1) == ours.argmax(-1)).float().mean()
    return {"kl": float(f"{float(kl):.2g}"), "same_choice": round(float(same), 3)}
