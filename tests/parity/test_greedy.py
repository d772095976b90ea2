"""The decoding loop's promises, on a tiny random pack: cache, forks, cancelling, constraints."""

from __future__ import annotations

import pytest
import torch
from tiny_pack import make_tiny_pack

from inference.errors import InferenceCancelled
from inference.models.greedy import cached_tokens, fork, greedy, new_cache, prefill, step
from inference.models.m4cxr import load_m4cxr

NO_STOP = 999_999


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_m4cxr(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))


@pytest.fixture
def embeds(model):
    return model.embed(torch.tensor([[1, 20, 30, 40, 50]]))


def test_all_that_was_yielded_is_in_the_cache(model, embeds):
    cache = new_cache()
    ids = list(greedy(model, embeds, cache, 6, NO_STOP))
    assert cached_tokens(cache) == 5 + len(ids) == 11


def test_a_stop_token_is_yielded_and_cached_too(model, embeds):
    first = next(greedy(model, embeds, new_cache(), 1, NO_STOP))
    cache = new_cache()
    assert list(greedy(model, embeds, cache, 6, first)) == [first]
    assert cached_tokens(cache) == 6


def test_a_fork_leaves_the_conversation_as_it_was(model, embeds):
    cache = new_cache()
    prefill(model, embeds, cache)
    branch = fork(cache)
    list(greedy(model, model.embed(torch.tensor([[7, 8]])), branch, 4, NO_STOP))
    assert cached_tokens(cache) == 5
    again = new_cache()
    prefill(model, embeds, again)
    assert torch.equal(step(model, 9, cache), step(model, 9, again))


def test_cancelling_stops_before_the_next_token(model, embeds):
    seen = []
    tokens = greedy(model, embeds, new_cache(), 50, NO_STOP, is_cancelled=lambda: len(seen) == 3)
    seen += [next(tokens), next(tokens)]
    seen.append(next(tokens))
    with pytest.raises(InferenceCancelled):
        next(tokens)


def test_a_reading_cancelled_beforehand_computes_nothing(model, embeds):
    cache = new_cache()
    with pytest.raises(InferenceCancelled):
        next(greedy(model, embeds, cache, 5, NO_STOP, is_cancelled=lambda: True))
    assert cached_tokens(cache) == 0


def test_a_constraint_narrows_the_choice_to_its_best(model, embeds):
    logits = prefill(model, embeds, new_cache())
    allowed = [10, 11, 12, 13]
    best = max(allowed, key=lambda token: logits[token].item())
    ids = list(greedy(model, embeds, new_cache(), 1, NO_STOP, constraint=lambda chosen: allowed))
    assert ids == [best]


def test_a_constraint_sees_what_was_chosen(model, embeds):
    seen = []

    def constraint(chosen):
        seen.append(list(chosen))

    ids = list(greedy(model, embeds, new_cache(), 3, NO_STOP, constraint=constraint))
    assert seen == [[], ids[:1], ids[:2]]


def test_a_constraint_that_allows_nothing_is_an_error(model, embeds):
    with pytest.raises(ValueError, match="allows no token"):
        next(greedy(model, embeds, new_cache(), 1, NO_STOP, constraint=lambda chosen: []))
