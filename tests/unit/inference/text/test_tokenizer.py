"""A tokenizer that another program rebuilt is refused; padding and truncation lose nothing silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import PackRefused
from inference.text.prompts import chat_text
from inference.text.tokenizer import IGNORED_LABEL, M4cxrTokenizer

FILE = Path(__file__).parents[3] / "parity" / "fixtures" / "tokenizer" / "tokenizer.json"
TOKENIZER = M4cxrTokenizer(FILE, image_tokens=9)


def _rebuilt(change):
    content = json.loads(FILE.read_text(encoding="utf-8"))
    change(content)
    return json.dumps(content).encode()


def test_the_metaspace_form_of_transformers_5_is_refused():
    def metaspace(content):
        content["normalizer"] = None
        content["pre_tokenizer"] = {
            "type": "Metaspace",
            "replacement": "▁",
            "prepend_scheme": "first",
            "split": False,
        }

    with pytest.raises(PackRefused, match="rebuilt by another program"):
        M4cxrTokenizer(_rebuilt(metaspace), image_tokens=9)


def test_a_tokenizer_without_an_end_token_is_refused():
    def rename(content):
        content["added_tokens"][2]["content"] = "</x>"
        content["model"]["vocab"]["</x>"] = content["model"]["vocab"].pop("</s>")

    with pytest.raises(PackRefused, match="</s>"):
        M4cxrTokenizer(_rebuilt(rename), image_tokens=9)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x80\x04pickle"])
def test_something_else_is_refused(content):
    with pytest.raises(PackRefused, match=r"tokenizer\.json"):
        M4cxrTokenizer(content, image_tokens=9)


def test_an_answer_is_labelled_with_its_end_and_nothing_else_is():
    ids, labels = TOKENIZER.encode_sample(chat_text([("user", "Is edema present?"), ("assistant", "Yes.")]))
    labelled = [label for label in labels if label != IGNORED_LABEL]
    assert TOKENIZER.decode(labelled) == "Yes."
    assert labelled[-1] == ids[-1] == TOKENIZER.eos_id


def test_a_picture_is_never_cut():
    text = "<s>[INST] a <image> b [/INST]"
    for limit in range(30):
        ids = TOKENIZER.encode_prompt(text, max_length=limit)
        assert len(ids) <= limit + 1
        assert ids.count(-1) in (0, 9)


@given(st.text(max_size=80).filter(lambda text: "<" not in text and "[" not in text))
def test_any_text_comes_back(text):
    ids = TOKENIZER.encode_text(text)
    assert all(0 <= id_ < TOKENIZER.vocabulary_size for id_ in ids)
    assert TOKENIZER.decode(ids) == text.replace("▁", " ")


@given(st.lists(st.integers(0, 12), min_size=1, max_size=5), st.sampled_from(["left", "right"]))
def test_padding_can_be_undone(lengths, side):
    samples = [(list(range(1, n + 1)), [7] * n) for n in lengths]
    batch = TOKENIZER.collate(samples, side=side)
    for row, (ids, labels) in enumerate(samples):
        kept = batch.attention_mask[row] == 1
        assert batch.ids[row][kept].tolist() == ids
        assert batch.labels[row][kept].tolist() == labels
        assert not batch.ids[row][~kept].any()
        assert (batch.labels[row][~kept] == IGNORED_LABEL).all()
