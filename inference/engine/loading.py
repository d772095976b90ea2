"""From a pack's files to what the engine computes with: torch, bitsandbytes in torch, or ONNX Runtime."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from inference.devices import Device, machine
from inference.engine.runtime import LanguageModel
from inference.engine.torch_runtime import TorchLanguageModel
from inference.errors import PackRefused
from inference.models.checkpoint import CONFIG, open_checkpoint, read_json
from inference.models.config import M4cxrConfig
from inference.models.eyes import load_eyes
from inference.models.m4cxr import HEAD, M4cxr, load_m4cxr
from inference.models.quantised import Scheme, quantise_tensor, scheme_in_config, scheme_of
from inference.models.sizes import PartSizes
from inference.packs import Pack
from inference.plan import Companion, make_plan
from inference.precision import QUANTISED, Precision, precisions_for

_LANGUAGE = "language_model."
_EMBEDDING = "language_model.model.embed_tokens.weight"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model's two halves."""

    eyes: M4cxr  # its language model may be missing
    language: LanguageModel
    libraries: dict[str, str]  # what computes besides torch, with its version


def weights_folder(pack: Pack) -> Path:
    """Where the config lies that fixes the sizes: an adapter's is its base's."""
    return pack.folder if pack.base is None or (pack.folder / CONFIG).is_file() else pack.base.folder


def stored_scheme(pack: Pack) -> Scheme | None:
    """How the projections lie quantised in the pack's files. Raises PackRefused if the config can't be read."""
    return scheme_in_config(read_json(weights_folder(pack) / CONFIG))


def best_precision(
    pack: Pack, device: Device, sizes: PartSizes, companions: Sequence[Companion] = ()
) -> Precision:
    """The largest precision that the device computes well and that fits into its memory beside a reading.

    Companions count where a smaller precision leaves room for them (`inference.plan.make_plan`).
    """
    about = machine(device)
    wanted = precisions_for(
        sizes.total, about.kind, has_bfloat16=about.has_bfloat16, stored=stored_scheme(pack)
    )
    return make_plan(sizes, about, companions=companions, precisions=wanted).precision


def load(pack: Pack, device: Device, precision: Precision) -> Loaded:
    """Load a pack in a precision that its device computes.

    Raises:
        PackRefused: The pack's files do not fit each other, or hold another quantisation.
    """
    if device.name == "cpu" and precision in ("int8", "int4"):
        return _by_onnx(pack, precision)
    dtype = device.dtype if precision in QUANTISED else getattr(torch, precision)
    base = None if pack.base is None else pack.base.folder
    scheme: Scheme | None = precision if precision in ("int8", "nf4") else None
    model = load_m4cxr(pack.folder, dtype=dtype, device=device.name, base=base, scheme=scheme, lean=True)
    libraries = {"bitsandbytes": importlib.metadata.version("bitsandbytes")} if scheme else {}
    return Loaded(model, TorchLanguageModel(model.language_model, precision), libraries)


def _by_onnx(pack: Pack, scheme: Scheme) -> Loaded:
    """Tensors are read, quantised and handed over one after the other; what a file holds quantised is mapped."""
    told, files = open_checkpoint(pack.folder, base=None if pack.base is None else pack.base.folder)
    config, stored = M4cxrConfig.from_json(told), scheme_in_config(told)
    if scheme_of(files.shapes) != stored or stored not in (None, scheme):
        raise PackRefused(
            f"{pack.folder / CONFIG} says quantization {stored}; {scheme} can't be made of the weights."
        )
    spoken = {name for name in files.shapes if name.startswith(_LANGUAGE)}
    tensors: dict[str, Tensor] = {}
    for name in spoken:
        tensor = files.tensor(name, torch.float32)
        tensors |= {name: tensor} if stored else quantise_tensor(name, tensor, scheme)
    eyes = load_eyes(config, files.shapes.keys() - spoken, lambda name: files.tensor(name, torch.float32))
    language = onnx_language_model(config, tensors, scheme)
    files.release()
    return Loaded(eyes, language, {"onnxruntime": onnx_version()})


def onnx_language_model(
    config: M4cxrConfig, tensors: dict[str, Tensor], precision: Precision
) -> LanguageModel:
    """ONNX Runtime's language model from tensors by module name, which are taken out as they go over.

    Raises:
        PackRefused: A tensor is missing, surplus, or does not fit.
    """
    from inference.engine.onnx_runtime import OnnxLanguageModel
    from inference.models.mistral_onnx import build_session
    from inference.models.onnx_graph import Sizes

    sizes = Sizes.of(config)
    embedding = tensors.pop(_EMBEDDING, None)
    if embedding is None or tuple(embedding.shape) != (sizes.vocabulary, sizes.width):
        raise PackRefused(f"The weights have no {_EMBEDDING} of {sizes.vocabulary} x {sizes.width}.")
    if config.ties_embeddings:
        tensors[HEAD] = embedding
    session = build_session(config, tensors, threads=torch.get_num_threads())
    if tensors:
        raise PackRefused(f"The weights hold {len(tensors)} tensors too many, {min(tensors)} among them.")
    return OnnxLanguageModel(session, sizes, embedding, precision)


def onnx_version() -> str:
    """Of ONNX Runtime, whichever of its two packages is installed."""
    import onnxruntime

    return str(onnxruntime.__version__)
