"""Every stored id: with the set's small vocabulary and with Mistral's real one."""

from __future__ import annotations

import pytest
from parity.fixture_files import listed, read, spans, unpacked
from parity.published_samples import REBUILT, rebuild

from inference.text.prompts import chat_text

IMAGE_TOKENS_TINY = 9
SAMPLES = "tokenization/training_samples.json"


def _samples():
    """(group, sample) indices of the training samples."""
    return [
        pytest.param(g, s, id=f"{group['dataset_class']}-{group['task_type']}-{g}-{s}")
        for g, group in enumerate(listed(SAMPLES, "groups"))
        for s in range(len(group["samples"]))
    ]


def _numbered(name, *path):
    return pytest.mark.parametrize("index", range(len(listed(name, *path))))


@pytest.mark.parametrize(("group", "index"), _samples())
def test_training_samples_have_the_published_ids_and_labels(group, index, tiny_tokenizer, mistral_tokenizer):
    told = read(SAMPLES)
    sample = told["groups"][group]["samples"][index]
    tiny = tiny_tokenizer(told["num_visual_tokens_tiny"])
    for tokenizer, prefix in ((tiny, ""), (mistral_tokenizer, "mistral_v1_")):
        ids, labels = tokenizer.encode_sample(sample["text"], max_length=told["max_length"])
        assert ids == unpacked(sample["input_ids_rle" if not prefix else f"{prefix}ids_rle"])
        assert spans(labels) == sample[f"{prefix}label_spans"]
        assert len(ids) == sample[f"{prefix}length"]
        assert all(label in (-100, id_) for id_, label in zip(ids, labels, strict=True))


@pytest.mark.parametrize("group", range(len(listed(SAMPLES, "groups"))))
def test_our_prompts_rebuild_the_published_texts_from_the_raw_items(group):
    """System sentence, questions, answers, cleaned reports, boxes: all from our own functions."""
    told = read(SAMPLES)
    content = told["groups"][group]
    if (content["dataset_class"], content["task_type"]) not in REBUILT:
        pytest.skip(f"no rule here for {content['dataset_class']} {content['task_type']}")
    texts = rebuild(content, told["image_sizes_hw"])
    for sample in content["samples"]:
        assert sample["text"] in texts


@_numbered("tokenization/encode_prompt.json")
def test_odd_prompts_and_truncation(index, tiny_tokenizer, mistral_tokenizer):
    case = read("tokenization/encode_prompt.json")[index]
    for tokenizer, ids_key, spans_key in (
        (tiny_tokenizer(IMAGE_TOKENS_TINY), "input_ids_rle", "label_spans"),
        (mistral_tokenizer, "mistral_v1_ids_rle", "mistral_v1_label_spans"),
    ):
        if ids_key in case:
            ids, labels = tokenizer.encode_sample(
                case["text"], no_eos=case["no_eos"], max_length=case["max_length"]
            )
            assert ids == unpacked(case[ids_key])
            assert spans(labels) == case[spans_key]


@_numbered("tokenization/collate.json")
def test_padding(index, tiny_tokenizer):
    case = read("tokenization/collate.json")[index]
    tokenizer = tiny_tokenizer(IMAGE_TOKENS_TINY)
    samples = [tokenizer.encode_sample(text, max_length=case["max_length"]) for text in case["texts"]]
    length = case["max_length"] + 1 if case["padding"] == "max_length" else None
    batch = tokenizer.collate(samples, side=case["padding_side"], length=length)
    assert batch.ids.tolist() == case["input_ids"]
    assert batch.labels.tolist() == case["labels"]
    assert batch.attention_mask.tolist() == case["attention_mask"]
    assert batch.seq_length.tolist() == case["seq_length"]


@pytest.mark.parametrize("name", listed("tokenization/chat_template.json"))
def test_chat_template(name):
    case = read("tokenization/chat_template.json")[name]
    turns = [(turn["role"], turn["content"]) for turn in case["messages"]]
    if "error" in case:
        with pytest.raises(ValueError, match=r"must alternate"):
            chat_text(turns)
    else:
        assert chat_text(turns) == case["text"] == case["text_add_generation_prompt"]


@_numbered("tokenization/mistral_v1.json", "prompts")
def test_prompts_with_the_real_vocabulary(index, mistral_tokenizer):
    case = read("tokenization/mistral_v1.json")["prompts"][index]
    ids = mistral_tokenizer.encode_prompt(case["text"])
    assert ids == unpacked(case["ids_rle"])
    assert len(ids) == case["length"]


@_numbered("tokenization/mistral_v1.json", "pieces")
def test_single_pieces_with_both_vocabularies(index, tiny_tokenizer, mistral_tokenizer):
    case = read("tokenization/mistral_v1.json")["pieces"][index]
    for tokenizer, prefix in ((tiny_tokenizer(IMAGE_TOKENS_TINY), "tiny"), (mistral_tokenizer, "mistral_v1")):
        if f"{prefix}_ids" in case:
            assert tokenizer.encode_text(case["text"]) == case[f"{prefix}_ids"]
            assert tokenizer.decode(case[f"{prefix}_ids"]) == case[f"{prefix}_decoded"]
