"""The seeing part of a model alone, where something else than torch computes its language model."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from inference.models.checkpoint import check_fit
from inference.models.config import M4cxrConfig
from inference.models.lean import has_lean_form
from inference.models.m4cxr import M4cxr, may_be_missing


def load_eyes(config: M4cxrConfig, names: set[str], tensor: Callable[[str], Tensor]) -> M4cxr:
    """A model in float32 on the CPU that looks at pictures and can't speak.

    Args:
        config: Its sizes.
        names: Of the tensors that there are.
        tensor: Reads one of them.

    Raises:
        PackRefused: Tensors are missing, surplus, or of another shape.
    """
    with torch.device("meta"):
        model = M4cxr(config, lean=has_lean_form(config))
        model.language_model = nn.Module()
    expected = {name: tuple(one.shape) for name, one in model.state_dict().items()}
    tensors = {name: tensor(name) for name in names}
    for name in may_be_missing(config) & (expected.keys() - tensors.keys()):
        tensors[name] = torch.zeros(expected[name])
    check_fit({name: tuple(one.shape) for name, one in tensors.items()}, expected)
    model.load_state_dict(tensors, assign=True)
    if config.encoder_type == "openai.clip":
        embeddings = model.vision_model.embeddings
        embeddings.position_ids = torch.arange(embeddings.position_embedding.num_embeddings).unsqueeze(0)
    return model.eval().requires_grad_(False)
