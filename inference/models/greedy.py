"""Greedy decoding over a KV cache that the next turn of the same conversation continues.

Nothing is encoded twice: a turn's prompt is appended to the cache, then each token that was chosen, the stop token
included. A question that must leave the conversation as it was is asked on a `fork` of the cache.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from inference.errors import InferenceCancelled
from inference.models.m4cxr import M4cxr

Constraint = Callable[[Sequence[int]], Sequence[int] | None]
"""From the ids chosen so far to the ids allowed next; None allows all."""


def new_cache() -> DynamicCache:
    """An empty cache for one conversation."""
    return DynamicCache()


def fork(cache: DynamicCache) -> DynamicCache:
    """An independent copy of a cache: what is appended to one is not in the other."""
    return copy.deepcopy(cache)


def cached_tokens(cache: DynamicCache) -> int:
    """How many positions the cache holds."""
    return int(cache.get_seq_length())


@torch.inference_mode()
def prefill(model: M4cxr, embeds: Tensor, cache: DynamicCache) -> Tensor:
    """Append input rows (1, L, width) to the cache; return the logits (vocabulary,) after the last of them."""
    output = model.language_model(
        inputs_embeds=embeds, past_key_values=cache, use_cache=True, logits_to_keep=1
    )
    logits: Tensor = output.logits[0, -1].float()
    return logits


@torch.inference_mode()
def step(model: M4cxr, token: int, cache: DynamicCache) -> Tensor:
    """Append one text token to the cache; return the logits (vocabulary,) after it."""
    ids = torch.tensor([[token]], device=model.device)
    return prefill(model, model.embed(ids), cache)


def greedy(
    model: M4cxr,
    embeds: Tensor,
    cache: DynamicCache,
    max_new_tokens: int,
    eos_id: int | Collection[int],
    is_cancelled: Callable[[], bool] = lambda: False,
    constraint: Constraint | None = None,
) -> Iterator[int]:
    """Yield the most probable token, again and again, until a stop token (yielded too) or `max_new_tokens`.

    Args:
        model: In eval mode.
        embeds: (1, L, width), the new part of the conversation only.
        cache: The conversation so far. Used up to its end, the generator leaves there every row of `embeds` and
            every token it yielded, so the next turn's rows go straight behind.
        max_new_tokens: At least 1.
        eos_id: One stop id or several.
        is_cancelled: Asked before every step.
        constraint: Narrows the choice at each step.

    Raises:
        InferenceCancelled: `is_cancelled()` said so; the cache is then of no further use.
    """
    stops = {eos_id} if isinstance(eos_id, int) else set(eos_id)
    chosen: list[int] = []
    _stop_if(is_cancelled)
    logits = prefill(model, embeds, cache)
    while len(chosen) < max_new_tokens:
        _stop_if(is_cancelled)
        chosen.append(_best(logits, None if constraint is None else constraint(chosen)))
        yield chosen[-1]
        _stop_if(is_cancelled)
        logits = step(model, chosen[-1], cache)
        if chosen[-1] in stops:
            return


def _best(logits: Tensor, allowed: Sequence[int] | None) -> int:
    if allowed is None:
        return int(logits.argmax())
    if not allowed:
        raise ValueError("the constraint allows no token")
    return int(allowed[int(logits[list(allowed)].argmax())])


def _stop_if(is_cancelled: Callable[[], bool]) -> None:
    if is_cancelled():
        raise InferenceCancelled("The reading was stopped.")
