"""M4CXR: Dinov2 (or another) vision encoder, C-Abstractor, Mistral. Loading, saving, and a new one to train.

Picture tokens take the places of the ids -1 in the prompt; to the language model they are ordinary positions.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from inference.errors import PackRefused
from inference.models.abstractor import AbstractorConfig, CAbstractor
from inference.models.checkpoint import CONFIG, WEIGHTS, check_fit, read_checkpoint
from inference.models.config import M4cxrConfig
from inference.models.efficientnet import EfficientNetLite
from inference.models.lean import LeanDinov2, LeanMistral, has_lean_form
from inference.models.names import published_name
from inference.models.quantised import (
    Scheme,
    is_part,
    is_projection,
    quantise_tensor,
)

__all__ = ["AbstractorConfig", "M4cxr", "M4cxrConfig", "load_m4cxr", "new_m4cxr", "save_m4cxr"]

HEAD = "language_model.lm_head.weight"
IMAGE_ID = -1
IGNORED_LABEL = -100
INITIAL_STD = 0.02


class M4cxr(nn.Module):
    """The three parts and how they are joined. Member names are those of the published checkpoints.

    Args:
        config: All sizes.
        lean: Towers of `inference.models.lean`, to serve with; else transformers' classes, which can be trained and
            run as a whole (`hidden`, `logits`, `forward`).
    """

    def __init__(self, config: M4cxrConfig, *, lean: bool = False) -> None:
        super().__init__()
        self.config = config
        self.vision_model: Any = _vision_model(config, lean=lean)
        self.abstractor = CAbstractor(config.abstractor, config.grid_side**2)
        self.language_model: Any = LeanMistral(config) if lean else _mistral(config)

    @property
    def device(self) -> torch.device:
        return next(self.abstractor.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        return next(self.abstractor.parameters()).dtype

    def visual_features(self, pixel_values: Tensor) -> Tensor:
        """Pixel values (B, 3, side, side) to patch features (B, patches, d).

        Of a transformer the last block's output *before* its final layer norm, without the CLS row.
        """
        if self.config.encoder_type == "efficientnet_lite":
            grid: Tensor = self.vision_model(pixel_values.to(self.dtype))
            return grid
        output = self.vision_model(pixel_values=pixel_values.to(self.dtype), output_hidden_states=True)
        features: Tensor = output.hidden_states[-1][:, 1:]
        return features

    def picture_tokens(self, pixel_values: Tensor) -> Tensor:
        """Pixel values (B, 3, side, side) to the rows that stand for the pictures, (B, image_tokens, width)."""
        tokens: Tensor = self.abstractor(self.visual_features(pixel_values))
        return tokens

    def embed(self, ids: Tensor, picture_tokens: Tensor | None = None) -> Tensor:
        """Input rows for a prompt.

        Args:
            ids: (B, L) integers; -1 where a picture's token goes.
            picture_tokens: (pictures, image_tokens, width), in order of appearance through the whole batch.

        Returns:
            (B, L, width).

        Raises:
            ValueError: The number of -1 is not that of the picture rows.
        """
        is_image = ids == IMAGE_ID
        rows: Tensor = self.language_model.get_input_embeddings()(ids.clamp(min=0))
        wanted = int(is_image.sum())
        given = 0 if picture_tokens is None else picture_tokens.shape[0] * picture_tokens.shape[1]
        if wanted != given:
            raise ValueError(
                f"the prompt has {wanted} picture positions, but {given} picture tokens were given"
            )
        if picture_tokens is None or not wanted:
            return rows
        return rows.masked_scatter(is_image.unsqueeze(-1), picture_tokens.to(rows.dtype))

    def hidden(self, inputs_embeds: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Final hidden rows (B, L, width) of a whole sequence. Positions count unmasked tokens only."""
        positions = None if attention_mask is None else positions_of(attention_mask)
        output = self.language_model.model(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            position_ids=positions,
            use_cache=False,
        )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def logits(
        self, ids: Tensor, pixel_values: Tensor | None = None, attention_mask: Tensor | None = None
    ) -> Tensor:
        """Logits (B, L, vocabulary) at every position of a prompt, without a cache."""
        pictures = (
            None if pixel_values is None or not len(pixel_values) else self.picture_tokens(pixel_values)
        )
        logits: Tensor = self.language_model.lm_head(self.hidden(self.embed(ids, pictures), attention_mask))
        return logits

    def forward(
        self,
        ids: Tensor,
        labels: Tensor,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> Tensor:
        """Next-token cross entropy, the mean over all positions of the batch whose label is not -100.

        Args:
            ids: (B, L), padded on the right with 0; causality makes an attention mask needless there.
            labels: (B, L), -100 where nothing is to be learnt.
            pixel_values: (pictures, 3, side, side) in order of appearance through the batch.
            attention_mask: (B, L), needed only with padding on the left.
        """
        pictures = (
            None if pixel_values is None or not len(pixel_values) else self.picture_tokens(pixel_values)
        )
        hidden = self.hidden(self.embed(ids, pictures), attention_mask)
        targets = labels[:, 1:]
        supervised = targets != IGNORED_LABEL
        logits = self.language_model.lm_head(hidden[:, :-1][supervised])  # the head runs only where it counts
        return functional.cross_entropy(logits.float(), targets[supervised])


def positions_of(attention_mask: Tensor) -> Tensor:
    """Rope positions (B, L) that count unmasked tokens only; padding gets 0."""
    return (attention_mask.long().cumsum(-1) - 1).clamp(min=0)


def load_m4cxr(
    folder: Path,
    *,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
    base: Path | None = None,
    scheme: Scheme | None = None,
    lean: bool = False,
    projections: torch.dtype | None = None,
) -> M4cxr:
    """Load a model for inference from `config.json` and safetensors (see `inference.models.checkpoint`).

    Projections that lie quantised in the files stay so: full-size weights are never made. A model that was loaded
    here serves; one that is to be trained is loaded afresh (`inference.models.bitsandbytes_layers` says why).

    Args:
        folder: A pack or checkpoint folder.
        dtype: Of the weights in memory that are not quantised, whatever stands in the files.
        device: Where the model goes.
        base: The base checkpoint, where `folder` is an adapter.
        scheme: Quantise the language model's projections (int8 or nf4); None leaves them as the files have them.
        lean: Without transformers' modelling code, where the settings allow it (see `M4cxr`).
        projections: Instead of `dtype` for the language model's projections and its head.

    Raises:
        PackRefused: The folder's files are missing, damaged, or do not fit each other; the message has the names.
    """
    checkpoint = read_checkpoint(folder, dtype=dtype, base=base, projections=projections)
    with torch.device("meta"):
        model = M4cxr(checkpoint.config, lean=lean and has_lean_form(checkpoint.config))
    expected = _shapes(model)
    tensors = _with_needless_ones(checkpoint.tensors, expected, checkpoint.config, dtype)
    quantised = _quantised_projections(tensors, folder, checkpoint.scheme, scheme)
    expected = {name: shape for name, shape in expected.items() if name not in quantised}
    check_fit({name: tuple(tensor.shape) for name, tensor in tensors.items()}, expected)
    model.load_state_dict(tensors, assign=True, strict=False)
    if quantised:
        from inference.models.bitsandbytes_layers import put_projections

        put_projections(model, quantised, torch.device(device), dtype)
    restore_tables(model)
    return model.to(device).eval().requires_grad_(False)


def expected_shapes(config: M4cxrConfig) -> dict[str, tuple[int, ...]]:
    """Every tensor of a model with these sizes, by our module's name; no weight is made."""
    with torch.device("meta"):
        return _shapes(M4cxr(config, lean=has_lean_form(config)))


def may_be_missing(config: M4cxrConfig) -> frozenset[str]:
    """Tensors that a file may leave out: a tied head, and vision tensors that no computation reads."""
    unread = ("embeddings.mask_token", "layernorm.weight", "layernorm.bias", "post_layernorm.weight")
    names = {f"vision_model.{rest}" for rest in (*unread, "post_layernorm.bias")}
    return frozenset(names | ({HEAD} if config.ties_embeddings else set()))


def save_m4cxr(model: M4cxr, folder: Path, dtype: torch.dtype = torch.float32) -> None:
    """Write `config.json` and `model.safetensors` with the published names into `folder`, each in one rename."""
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config
    tensors = {
        published_name(name, config.encoder_type): tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
        if not (config.ties_embeddings and name == HEAD)
    }
    save_file(tensors, folder / f"{WEIGHTS}.part", metadata={"format": "pt"})
    os.replace(folder / f"{WEIGHTS}.part", folder / WEIGHTS)  # noqa: PTH105  # atomic on every platform
    (folder / CONFIG).write_text(json.dumps(config.to_json(), indent=2) + "\n", encoding="utf-8")


def new_m4cxr(config: M4cxrConfig, seed: int) -> M4cxr:
    """A model with random weights, ready to train: the same seed gives the same weights.

    Encoder and language model as transformers initialises them; the abstractor's weights normal with deviation
    0.02, biases 0, norms 1, position embedding truncated normal 0.02.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = M4cxr(config)
        for module in model.abstractor.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(module.weight, std=INITIAL_STD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if config.abstractor.pos_emb:
            nn.init.trunc_normal_(model.abstractor.pos_emb, std=INITIAL_STD)
    return model


def _vision_model(config: M4cxrConfig, *, lean: bool) -> Any:
    if config.encoder_type == "efficientnet_lite":
        return EfficientNetLite(config.vision)
    if lean:
        return LeanDinov2(config)
    from transformers import CLIPVisionConfig, CLIPVisionModel, Dinov2Config, Dinov2Model  # takes seconds

    if config.encoder_type == "openai.clip":
        return CLIPVisionModel(CLIPVisionConfig(**config.vision, attn_implementation="sdpa"))
    return Dinov2Model(Dinov2Config(**config.vision, attn_implementation="sdpa"))


def _mistral(config: M4cxrConfig) -> Any:
    from transformers import MistralConfig, MistralForCausalLM

    sizes = dict(config.language)
    if sizes["head_dim"] is None:
        del sizes["head_dim"]
    theta = sizes.pop("rope_theta")
    rope = {"rope_type": "default", "rope_theta": theta}
    return MistralForCausalLM(MistralConfig(**sizes, rope_parameters=rope, attn_implementation="sdpa"))


def _with_needless_ones(
    tensors: dict[str, Tensor], expected: dict[str, tuple[int, ...]], config: M4cxrConfig, dtype: torch.dtype
) -> dict[str, Tensor]:
    """Add what a file may leave out."""
    tensors = dict(tensors)
    embeddings = tensors.get("language_model.model.embed_tokens.weight")
    for name in may_be_missing(config) & (expected.keys() - tensors.keys()):
        if name != HEAD:
            tensors[name] = torch.zeros(expected[name], dtype=dtype)
    if config.ties_embeddings and embeddings is not None:
        tensors[HEAD] = embeddings
    return tensors


def _shapes(model: M4cxr) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _quantised_projections(
    tensors: dict[str, Tensor], folder: Path, stored: Scheme | None, wish: Scheme | None
) -> dict[str, Tensor]:
    """Take the projections out of `tensors`, quantised: as they lie in the files, or made so one at a time."""
    if stored is not None and wish not in (None, stored):
        raise PackRefused(f"{folder} holds {stored} weights; {wish} can't be made of them.")
    if "int4" in (stored, wish):
        raise PackRefused(f"{folder}: int4 weights run by ONNX Runtime on a CPU only.")
    names = [name for name in tensors if is_part(name) or ((stored or wish) and is_projection(name))]
    quantised: dict[str, Tensor] = {}
    for name in names:
        tensor = tensors.pop(name)  # so that the full-size one can go
        quantised |= quantise_tensor(name, tensor, wish) if wish and not stored else {name: tensor}
    return quantised


def restore_tables(model: M4cxr) -> None:
    """Compute in place what no file holds: the rope table and CLIP's position ids (both were on no device)."""
    rotary = model.language_model.model.rotary_emb
    model.language_model.model.rotary_emb = type(rotary)(model.language_model.config)
    if model.config.ties_embeddings:
        model.language_model.tie_weights()
    if model.config.encoder_type == "openai.clip":
        embeddings = model.vision_model.embeddings
        embeddings.position_ids = torch.arange(embeddings.position_embedding.num_embeddings).unsqueeze(0)
