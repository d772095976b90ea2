"""The language models that are measured: float32 in torch first, then each precision that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from inference.bench.subjects import Subject
from inference.engine.onnx_runtime import OnnxLanguageModel
from inference.engine.runtime import LanguageModel
from inference.engine.torch_runtime import TorchLanguageModel
from inference.models.mistral_onnx import Sizes, build_session
from inference.models.quantised import Scheme, quantise_tensor
from inference.precision import Precision

OFFERED = ("int8", "int4")
"""Beside float32, on a CPU."""
_LANGUAGE = "language_model."
_EMBEDDING = "language_model.model.embed_tokens.weight"


@dataclass(frozen=True, slots=True)
class Runtime:
    """A language model and what it is called."""

    title: str
    precision: Precision
    language: LanguageModel


def runtimes(subject: Subject, precisions: Sequence[str]) -> Iterator[Runtime]:
    """float32 in torch, the same weights that the plain way computes with; then the others, one after another."""
    yield Runtime("torch float32", "float32", TorchLanguageModel(subject.lean.language_model))
    for precision in precisions:
        scheme = cast(Scheme, precision)
        yield Runtime(f"ONNX Runtime {scheme}", scheme, onnx_runtime(subject, scheme))


def onnx_runtime(subject: Subject, scheme: Scheme) -> LanguageModel:
    """The subject's language model quantised and handed to ONNX Runtime, as the engine does on a CPU."""
    tensors: dict[str, Tensor] = {}
    for name, tensor in subject.lean.state_dict().items():
        if name.startswith(_LANGUAGE):
            tensors |= quantise_tensor(name, tensor, scheme)
    embedding = tensors.pop(_EMBEDDING)
    session = build_session(subject.model.config, tensors, threads=torch.get_num_threads())
    return OnnxLanguageModel(session, Sizes.of(subject.model.config), embedding, scheme)
