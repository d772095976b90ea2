"""Mistral in torch, lean: the weights and modules of transformers' MistralForCausalLM, our own loop over them.

What differs is what a reading needs: keys and values are written in place (`inference.engine.kv_memory`), each row of
a batch has its own length, and rows that share a beginning read its keys once. Projections (`…engine.projections`)
may be quantised modules. With 16-bit weights, softmax, norms and rope angles are float32 (m4cxr.md §7).

Left open for a GPU: the buffers have fixed addresses between two moves, so a step could be captured as a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import Tensor
from torch.nn import functional

from inference.engine.kv_memory import GROWTH, KvMemory, KvShape
from inference.engine.projections import head, projections
from inference.engine.runtime import Memory
from inference.precision import SMALL_MODEL

MOST_ROWS = 32
"""Read side by side: beyond this a batch gains little, and an answer waits long for the others."""
PREFILL_TOKENS, SLOW_PREFILL_TOKENS = 512, 256
"""Read in one call. A large model on a CPU reads smaller parts, so that a wish to stop is heard sooner: 256 cost a
quarter of the time for 512 more, 128 nearly half (1.1 billion weights, float32)."""
FREE_SHARE = 0.2
"""Of the free memory, for the rows of one batch."""


class TorchLanguageModel:
    """Implements `inference.engine.runtime.LanguageModel`.

    Args:
        language_model: A MistralForCausalLM in eval mode, or `inference.models.lean.LeanMistral`; Linear modules may
            have been replaced by quantised ones.
        precision: How the projections' weights are held; None = as the embeddings' dtype says.
    """

    def __init__(self, language_model: Any, precision: str | None = None) -> None:
        config = language_model.config
        self._embedding: Tensor = language_model.get_input_embeddings().weight
        self.layers = list(language_model.model.layers)
        self.projections = projections(self.layers)
        self._norm, self._head = language_model.model.norm, head(language_model.lm_head, self.projections)
        self._epsilon = float(config.rms_norm_eps)
        self._heads = int(config.num_attention_heads)
        dtype, device = self._embedding.dtype, self._embedding.device
        head_dim = int(getattr(config, "head_dim", None) or config.hidden_size // self._heads)
        self._shape = KvShape(len(self.layers), int(config.num_key_value_heads), head_dim, dtype, device)
        self._inverse = language_model.model.rotary_emb.inv_freq.to(device, torch.float32)
        self._angles = self._angles_up_to(0)
        self.precision = precision or str(dtype).removeprefix("torch.")
        is_slow = (
            device.type == "cpu" and sum(one.numel() for one in language_model.parameters()) > SMALL_MODEL
        )
        self.prefill_tokens = SLOW_PREFILL_TOKENS if is_slow else PREFILL_TOKENS
        # Below its window, attention through a sliding window is attention to everything.
        self.context_tokens = int(min(config.max_position_embeddings, config.sliding_window or 1 << 40))

    @property
    def bytes_per_position(self) -> int:
        """Memory that one position of one row takes."""
        return self._shape.bytes_per_position

    def most_rows(self, shared: int, own: int) -> int:  # noqa: ARG002  # the shared positions are held once
        """As many as fit into a share of the memory that is free now."""
        cuda = self._shape.device.type == "cuda"
        free = torch.cuda.mem_get_info(self._shape.device)[0] if cuda else psutil.virtual_memory().available
        return max(1, min(MOST_ROWS, int(free * FREE_SHARE) // (self.bytes_per_position * (own + GROWTH))))

    def new_memory(self) -> KvMemory:
        return KvMemory(self._shape)

    @torch.inference_mode()
    def embed(self, ids: Tensor) -> Tensor:
        return functional.embedding(ids.to(self._shape.device), self._embedding)

    @torch.inference_mode()
    def read(self, rows: Tensor, memory: Memory, lengths: Sequence[int] | None = None) -> Tensor:
        assert isinstance(memory, KvMemory), "a memory belongs to the runtime that made it"
        count, longest = rows.shape[:2]
        read = [longest] * count if lengths is None else list(lengths)
        memory.make_room(longest)
        step = self._step(memory, longest)
        hidden = rows.to(self._shape.dtype)
        for number, layer in enumerate(self.layers):
            made = self.projections[number]
            normed = self._normed(hidden, layer.input_layernorm)
            hidden = hidden + made.joined(self._mixed(made.queries_keys_values(normed), number, step))
            hidden = hidden + made.thought(self._normed(hidden, layer.post_attention_layernorm))
        memory.grow(read)
        last = hidden[:, -1] if lengths is None else hidden[torch.arange(count), [one - 1 for one in read]]
        logits: Tensor = self._head(self._normed(last, self._norm)).float()
        return logits

    def _step(self, memory: KvMemory, longest: int) -> _Step:
        device, shared, own = self._shape.device, memory.shared, memory.own
        low, high = min(own), max(own)
        if shared + high + longest > len(self._angles[0]):
            self._angles = self._angles_up_to(shared + high + longest)
        cos, sin = self._angles
        if low == high:
            at = slice(shared + high, shared + high + longest)
            place: _Place = slice(high, high + longest)
            cos, sin = cos[at], sin[at]
        else:
            place = torch.tensor(own, device=device)[:, None] + torch.arange(longest, device=device)
            cos, sin = cos[shared + place][:, None], sin[shared + place][:, None]
        mask = None if longest == 1 and low == high else _mask(own, longest, device)
        return _Step(memory, place, high + longest, cos, sin, mask)

    def _mixed(self, projected: tuple[Tensor, Tensor, Tensor], number: int, step: _Step) -> Tensor:
        """What attention finds, (B, L, heads x head_dim); keys and values go into the memory."""
        query = _turned(self._split(projected[0], self._heads), step)
        key = _turned(self._split(projected[1], self._shape.heads), step)
        keys, values = step.write(number, key, self._split(projected[2], self._shape.heads))
        trunk = step.memory.trunk
        if trunk is None or not step.memory.shared:
            mixed = attend(query, keys, values, step.mask)
        else:
            beside = step.memory.shared
            shared_keys = trunk.buffer.keys[number][0, :, :beside]
            shared_values = trunk.buffer.values[number][0, :, :beside]
            mixed = attend_beside(query, shared_keys, shared_values, keys, values, step.mask)
        return mixed.transpose(1, 2).flatten(2)

    def _normed(self, hidden: Tensor, norm: Any) -> Tensor:
        """RMS norm in float32, whatever the weights are."""
        if hidden.dtype == torch.float32:
            return functional.rms_norm(hidden, (hidden.shape[-1],), norm.weight, self._epsilon)
        wide = functional.rms_norm(hidden.float(), (hidden.shape[-1],), None, self._epsilon)
        normed: Tensor = norm.weight * wide.to(hidden.dtype)
        return normed

    def _split(self, projected: Tensor, heads: int) -> Tensor:
        """(B, L, heads x head_dim) to (B, heads, L, head_dim)."""
        return projected.view(*projected.shape[:2], heads, -1).transpose(1, 2)

    def _angles_up_to(self, positions: int) -> tuple[Tensor, Tensor]:
        """Cosine and signed sine (positions, head_dim) of the rope's angles, computed in float32."""
        known = max(512, 1 << max(positions - 1, 0).bit_length())
        angle = torch.arange(known, device=self._inverse.device, dtype=torch.float32)[:, None] * self._inverse
        cos, sin = angle.cos(), angle.sin()
        whole = (torch.cat((cos, cos), -1), torch.cat((-sin, sin), -1))
        return whole[0].to(self._shape.dtype), whole[1].to(self._shape.dtype)


_Place = slice | Tensor
"""Where new positions go in the rows' own buffers: the same for all rows, or (B, L)."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What is the same in every layer of one call."""

    memory: KvMemory
    place: _Place
    seen: int  # own positions, this call's included, of the longest row
    cos: Tensor
    sin: Tensor
    mask: Tensor | None  # (B or 1, 1, L, seen), True where a query may look

    def write(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Put keys and values (B, heads, L, head_dim) in place; return all that the rows' own queries may see."""
        buffer = self.memory.buffer
        keys, values = buffer.keys[layer], buffer.values[layer]
        if isinstance(self.place, slice):
            keys[:, :, self.place], values[:, :, self.place] = key, value
        else:
            row = torch.arange(len(keys), device=keys.device)[:, None]
            keys[row, :, self.place] = key.transpose(1, 2)
            values[row, :, self.place] = value.transpose(1, 2)
        return keys[:, :, : self.seen], values[:, :, : self.seen]


def _mask(own: Sequence[int], longest: int, device: torch.device) -> Tensor:
    """Causal: query i of a row that has `own` positions sees its positions up to own + i."""
    starts = own[:1] if min(own) == max(own) else own
    last = torch.tensor(starts, device=device)[:, None] + torch.arange(longest, device=device)
    return (torch.arange(max(own) + longest, device=device) <= last[..., None])[:, None]


def _turned(rows: Tensor, step: _Step) -> Tensor:
    """Rope in the half-rotation form."""
    one, other = rows.chunk(2, -1)
    return rows * step.cos + torch.cat((other, one), -1) * step.sin


def attend(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of (B, H, L, d) to (B, kv heads, S, d); each key head serves H / kv heads query heads in a row."""
    if query.shape[2] > 1:
        return functional.scaled_dot_product_attention(query, keys, values, mask, enable_gqa=True)
    grouped = query.reshape(
        len(query), keys.shape[1], -1, query.shape[3]
    )  # a key's heads as so many positions
    mixed = functional.scaled_dot_product_attention(grouped, keys, values, mask)
    return mixed.flatten(1, 2).unsqueeze(2)


def attend_beside(
    query: Tensor,
    shared_keys: Tensor,
    shared_values: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None,
) -> Tensor:
    """Attention of (B, H, L, d) to what all rows share, (kv heads, P, d), and to each row's own (B, kv heads, S, d).

    The shared keys are read once for the whole batch: its queries are so many positions of one matrix product. One
    softmax, in float32, goes over both parts.
    """
    rows, heads, length, width = query.shape
    kv, own, beside = keys.shape[1], keys.shape[2], shared_keys.shape[1]
    grouped = (query * width**-0.5).reshape(rows, kv, -1, length, width)  # (B, kv, group, L, d)
    folded = grouped.transpose(0, 1).reshape(kv, -1, width)  # (kv, B x group x L, d)
    far = (folded @ shared_keys.transpose(1, 2)).view(kv, rows, -1, length, beside).transpose(0, 1)
    near = (grouped.flatten(2, 3) @ keys.transpose(2, 3)).view(rows, kv, -1, length, own)
    if mask is not None:
        near = near.masked_fill(~mask[:, :, None], float("-inf"))
    weights = torch.softmax(torch.cat((far, near), -1), -1, dtype=torch.float32).to(values.dtype)
    far, near = weights[..., :beside], weights[..., beside:]
    mixed = (
        (far.transpose(0, 1).reshape(kv, -1, beside) @ shared_values)
        .view(kv, rows, -1, width)
        .transpose(0, 1)
    )
    mixed = mixed + near.reshape(rows, kv, -1, own) @ values
    return mixed.reshape(rows, heads, length, width)
