"""The language models that are measured: float32 in torch first, then each precision that was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor

from inference.bench.subjects import STARTER, Subject
from inference.engine.engine import M4cxrBackend
from inference.engine.loading import onnx_language_model
from inference.engine.precision_check import check_films, compared, findings_of
from inference.engine.runtime import LanguageModel
from inference.engine.torch_runtime import TorchLanguageModel
from inference.evaluation.through_engine import EveryFilm
from inference.models.quantised import Scheme, quantise_tensor
from inference.packs import open_pack
from inference.precision import Precision

OFFERED = ("int8", "int4")
"""Beside float32, on a CPU."""
_LANGUAGE = "language_model."


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
    return onnx_language_model(subject.model.config, tensors, scheme)


def fidelity(subject: Subject, precision: Precision) -> dict[str, Any]:
    """Whether a trained model's findings survive a precision, asked as the engine asks before it uses one.

    Empty for float32, and for random weights, whose answers mean nothing.
    """
    if subject.is_random or precision == "float32":
        return {}
    pack, films = open_pack(STARTER), tuple(check_films())
    rounded, exact = (
        findings_of(M4cxrBackend(pack, gate=EveryFilm(), precision=one), films)
        for one in (precision, "float32")
    )
    outcome = compared(rounded, exact)
    return {
        "findings_asked": outcome.asked,
        "findings_that_differ": outcome.differing,
        "agreement": outcome.agreement,
        "largest_shift_of_a_probability": outcome.largest_shift,
        "met": outcome.is_good_enough,
    }
