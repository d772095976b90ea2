"""Prompts through the whole model: logits at every position, and what is generated, with and without the cache."""

from __future__ import annotations

import pytest
import torch
from parity.fixture_files import arrays, assert_close, has, model_cases, read
from parity.own_runtime import read_and_say
from parity.plain_greedy import plain_greedy

from inference.text.prompts import chat_text
from inference.text.tokenizer import USER_START

CASES = pytest.mark.parametrize(("folder", "case"), model_cases())


def _has_more_turns(folder, case):
    return read(f"{folder}/cases.json")[case]["text"].count(USER_START) > 1


def _stores_all_logits(folder, case):
    return has(f"{folder}/full_logits_{case}.npz")


@pytest.fixture
def asked(load, pixel_values):
    """(model, ids (1, L), pictures or None) of a case."""

    def build(folder: str, case: str):
        ids = torch.from_numpy(arrays(f"{folder}/inputs.npz")[f"{case}/input_ids"])[None].long()
        chosen = read(f"{folder}/cases.json")[case]["images"]
        return load(folder), ids, pixel_values(folder)[chosen] if chosen else None

    return build


def _embeds(model, ids, pictures):
    with torch.inference_mode():
        return model.embed(ids, None if pictures is None else model.picture_tokens(pictures))


@CASES
def test_the_text_of_a_case_becomes_its_ids(folder, case, load, tiny_tokenizer):
    told = read(f"{folder}/cases.json")[case]
    tokenizer = tiny_tokenizer(load(folder).config.image_tokens)
    ids = tokenizer.encode_prompt(told["text"])
    assert ids == arrays(f"{folder}/inputs.npz")[f"{case}/input_ids"].tolist()
    assert len(ids) == told["length"]
    assert ids.count(-1) == told["n_image_tokens"]
    assert chat_text([(turn["role"], turn["content"]) for turn in told["chat"]]) == told["text"]


@CASES
def test_every_position_predicts_what_the_published_code_predicts(folder, case, asked):
    model, ids, pictures = asked(folder, case)
    expected = {
        name.removeprefix(f"{case}/"): values
        for name, values in arrays(f"{folder}/outputs.npz").items()
        if name.startswith(f"{case}/")
    }
    with torch.inference_mode():
        logits = model.logits(ids, pictures)[0]
    embeds = _embeds(model, ids, pictures)[0]

    assert_close(logits[-8:], expected["logits_last8"])
    assert logits.argmax(-1).tolist() == expected["pos_argmax"].tolist()
    assert_close(logits.amax(-1), expected["pos_max"])
    assert_close(logits.logsumexp(-1), expected["pos_lse"])
    assert_close(logits.mean(-1), expected["pos_mean"])
    assert_close(logits.std(-1, correction=0), expected["pos_std"])
    assert_close(embeds.square().mean(-1).sqrt(), expected["inputs_embeds_rms"])
    following = logits[:-1].gather(1, ids[0, 1:, None].clamp(min=0))[:, 0]
    assert_close(following, expected["pos_next_token_logit"][:-1])


@CASES
def test_the_engines_runtime_gives_the_published_ids_and_margins(folder, case, asked, tiny_tokenizer):
    model, ids, pictures = asked(folder, case)
    stored = arrays(f"{folder}/outputs.npz")
    expected = stored[f"{case}/generated_ids"].tolist()
    generated, logits, _ = read_and_say(model, ids, pictures, len(expected), {model.config.eos_id})
    assert generated == expected
    top = logits.topk(5)
    assert_close(top.values, stored[f"{case}/generated_top5_logits"])
    assert top.indices.tolist() == stored[f"{case}/generated_top5_ids"].tolist()
    text = tiny_tokenizer(model.config.image_tokens).decode(generated)
    assert text == read(f"{folder}/cases.json")[case]["generated_text"]


@CASES
def test_decoding_without_a_cache_gives_the_same_ids_and_the_published_margins(folder, case, asked):
    model, ids, pictures = asked(folder, case)
    stored = arrays(f"{folder}/outputs.npz")
    expected = stored[f"{case}/generated_ids"].tolist()
    generated, logits = plain_greedy(model, ids, pictures, len(expected), {model.config.eos_id})
    assert generated[0] == expected
    top = logits[0].topk(5)
    assert_close(top.values, stored[f"{case}/generated_top5_logits"])
    assert_close(top.values[:, 0] - top.values[:, 1], stored[f"{case}/generated_margin"], 2e-4)
    assert top.indices.tolist() == stored[f"{case}/generated_top5_ids"].tolist()


@pytest.mark.parametrize(("folder", "case"), model_cases(_has_more_turns))
def test_a_further_turn_on_the_cache_is_the_same_as_the_whole_prompt_again(
    folder, case, asked, tiny_tokenizer
):
    """Later turns are appended behind what is cached: no picture and no earlier token goes in twice."""
    model, ids, pictures = asked(folder, case)
    text = read(f"{folder}/cases.json")[case]["text"]
    tokenizer = tiny_tokenizer(model.config.image_tokens)
    first = len(tokenizer.encode_prompt(text[: text.rindex(USER_START)]))
    expected = arrays(f"{folder}/outputs.npz")[f"{case}/generated_ids"].tolist()

    stops = {model.config.eos_id}
    _, _, memory = read_and_say(model, ids[:, :first], pictures, 1, stops)
    assert memory.lengths == (first,)
    generated, _, memory = read_and_say(model, ids[:, first:], None, len(expected), stops, memory)

    assert generated == expected
    assert memory.lengths == (ids.shape[1] + len(generated) - 1,)


@pytest.mark.parametrize(("folder", "case"), model_cases(_stores_all_logits))
def test_all_logits_of_a_case_where_they_are_stored(folder, case, asked):
    model, ids, pictures = asked(folder, case)
    with torch.inference_mode():
        assert_close(model.logits(ids, pictures)[0], arrays(f"{folder}/full_logits_{case}.npz")["logits"])
