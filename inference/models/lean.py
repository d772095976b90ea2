"""The published model's two towers in plain torch, to serve with: Dinov2, and Mistral's weights.

They compute what transformers' classes compute and carry the same tensor names. What they save is the time until the
backend answers again after a crash: importing transformers' modelling code takes longer than everything else together.
Training, CLIP encoders and unusual settings stay with transformers (`has_lean_form` says which).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.models.config import M4cxrConfig


def has_lean_form(config: M4cxrConfig) -> bool:
    """True for the settings that are computed here."""
    vision = config.vision
    match config.encoder_type:
        case "dinov2":
            is_lean = vision["hidden_act"] == "gelu" and not vision["use_swiglu_ffn"]
        case "efficientnet_lite":  # plain torch already
            is_lean = True
        case _:
            is_lean = False
    return is_lean and config.language["hidden_act"] == "silu"


# ── Dinov2 (m4cxr.md §1.1) ──────────────────────────────────────────────────────────────────────────────────────


class LeanDinov2(nn.Module):
    """Pixel values (B, 3, side, side) to an object whose `hidden_states[-1]` is the last block's output, not normed."""

    def __init__(self, config: M4cxrConfig) -> None:
        super().__init__()
        vision = config.vision
        self.embeddings = _Embeddings(config)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(_Block(vision) for _ in range(int(vision["num_hidden_layers"])))
        self.layernorm = nn.LayerNorm(int(vision["hidden_size"]))  # in every file, read by nobody

    def forward(self, pixel_values: Tensor, output_hidden_states: bool = True) -> Any:  # noqa: ARG002  # as transformers
        hidden = self.embeddings(pixel_values)
        for block in self.encoder.layer:  # type: ignore[union-attr]  # a ModuleList
            hidden = block(hidden)
        return SimpleNamespace(hidden_states=(hidden,))


class _Embeddings(nn.Module):
    def __init__(self, config: M4cxrConfig) -> None:
        super().__init__()
        width, side = int(config.vision["hidden_size"]), int(config.vision["patch_size"])
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.mask_token = nn.Parameter(torch.zeros(1, width))
        self.position_embeddings = nn.Parameter(torch.zeros(1, config.grid_side**2 + 1, width))
        self.patch_embeddings = nn.Module()
        self.patch_embeddings.projection = nn.Conv2d(
            int(config.vision["num_channels"]), width, side, stride=side
        )

    def forward(self, pixel_values: Tensor) -> Tensor:
        projection: Any = self.patch_embeddings.projection
        patches = projection(pixel_values).flatten(2).transpose(1, 2)
        rows = torch.cat((self.cls_token.expand(len(patches), -1, -1), patches), dim=1)
        return rows + self.position_embeddings


class _Block(nn.Module):
    def __init__(self, vision: Any) -> None:
        super().__init__()
        width, epsilon = int(vision["hidden_size"]), float(vision["layer_norm_eps"])
        wide = int(width * vision["mlp_ratio"])
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=epsilon), nn.LayerNorm(width, eps=epsilon)
        self.attention = _Attention(width, int(vision["num_attention_heads"]), bool(vision["qkv_bias"]))
        self.layer_scale1, self.layer_scale2 = _Scale(width), _Scale(width)
        self.mlp = nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, wide), nn.Linear(wide, width)

    def forward(self, hidden: Tensor) -> Tensor:
        mlp: Any = self.mlp
        hidden = self.layer_scale1(self.attention(self.norm1(hidden))) + hidden
        thought = mlp.fc2(functional.gelu(mlp.fc1(self.norm2(hidden))))
        return self.layer_scale2(thought) + hidden  # type: ignore[no-any-return]  # modules return Any


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self._heads = heads
        self.q_proj = nn.Linear(width, width, bias=bias)
        self.k_proj = nn.Linear(width, width, bias=bias)
        self.v_proj = nn.Linear(width, width, bias=bias)
        self.o_proj = nn.Linear(width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        query, key, value = (
            projection(hidden).unflatten(-1, (self._heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)
        joined: Tensor = self.o_proj(mixed.transpose(1, 2).flatten(2))
        return joined


class _Scale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.lambda1 = nn.Parameter(torch.ones(width))

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden * self.lambda1


# ── Mistral (m4cxr.md §1.3) ─────────────────────────────────────────────────────────────────────────────────────


class LeanMistral(nn.Module):
    """Mistral's weights under their names. It computes nothing: `inference.engine.torch_runtime` reads through it."""

    def __init__(self, config: M4cxrConfig) -> None:
        super().__init__()
        language = dict(config.language)
        width, vocabulary = int(language["hidden_size"]), int(language["vocab_size"])
        head_dim = int(language["head_dim"] or width // int(language["num_attention_heads"]))
        self.config = SimpleNamespace(**{**language, "head_dim": head_dim})
        self.model = nn.Module()
        # With a weight given, nothing is drawn: drawing on the meta device imports all of torch's compiler (1.5 s).
        self.model.embed_tokens = nn.Embedding(vocabulary, width, _weight=torch.empty(vocabulary, width))
        self.model.layers = nn.ModuleList(
            _layer(language, head_dim) for _ in range(language["num_hidden_layers"])
        )
        self.model.norm = _RmsNorm(width)
        self.model.rotary_emb = _Rope(self.config)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def get_input_embeddings(self) -> nn.Embedding:
        embeddings: Any = self.model.embed_tokens
        assert isinstance(embeddings, nn.Embedding)
        return embeddings

    def tie_weights(self) -> None:
        self.lm_head.weight = self.get_input_embeddings().weight


class _RmsNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))


class _Rope(nn.Module):
    """Inverse frequencies (head_dim / 2,) of the rope, float32; no file holds them."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        places = torch.arange(0, config.head_dim, 2, dtype=torch.int64, device="cpu")
        steps = places.float() / config.head_dim
        self.register_buffer("inv_freq", 1.0 / (float(config.rope_theta) ** steps), persistent=False)


def _layer(language: Any, head_dim: int) -> nn.Module:
    width, wide = int(language["hidden_size"]), int(language["intermediate_size"])
    heads, kv = int(language["num_attention_heads"]), int(language["num_key_value_heads"])
    layer, attention, mlp = nn.Module(), nn.Module(), nn.Module()
    attention.q_proj = nn.Linear(width, heads * head_dim, bias=False)
    attention.k_proj = nn.Linear(width, kv * head_dim, bias=False)
    attention.v_proj = nn.Linear(width, kv * head_dim, bias=False)
    attention.o_proj = nn.Linear(heads * head_dim, width, bias=False)
    mlp.gate_proj, mlp.up_proj = nn.Linear(width, wide, bias=False), nn.Linear(width, wide, bias=False)
    mlp.down_proj = nn.Linear(wide, width, bias=False)
    mlp.act_fn = nn.SiLU()
    layer.self_attn, layer.mlp = attention, mlp
    layer.input_layernorm, layer.post_attention_layernorm = _RmsNorm(width), _RmsNorm(width)
    return layer
