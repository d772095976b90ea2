"""Left-padded batches, stop tokens, the two-turn evaluation loop, training losses and gradients."""

from __future__ import annotations

import pytest
import torch
from parity.fixture_files import LOSS_ATOL, ROOT, arrays, assert_close, folders_with, read
from parity.own_runtime import read_and_say
from parity.plain_greedy import plain_greedy

from inference.models.m4cxr import load_m4cxr
from inference.models.names import module_name

FOLDERS = folders_with("batches.json", "batches.npz", "model.safetensors")
each_model = pytest.mark.parametrize("folder", FOLDERS)


def _told(folder, name):
    content = read(f"{folder}/batches.json")
    if name not in content:
        pytest.skip(f"{folder}/batches.json has no {name}")
    return content[name]


def _stored(folder, name):
    return torch.from_numpy(arrays(f"{folder}/batches.npz")[name])


def _ids(folder, name):
    return _stored(folder, name).long()


@each_model
def test_left_padded_prompts_generate_what_they_generate_alone(folder, load, pixel_values):
    told = _told(folder, "left_pad")
    ids, mask = _ids(folder, "left_pad/input_ids"), _stored(folder, "left_pad/attention_mask")
    order = [picture for pictures in told["image_order"] for picture in pictures]
    expected = _ids(folder, "left_pad/generated_ids")
    model = load(folder)

    generated, logits = plain_greedy(
        model, ids, pixel_values(folder)[order], expected.shape[1], {model.config.eos_id}, mask
    )

    assert generated == expected.tolist()
    assert_close(logits[:, 0], _stored(folder, "left_pad/first_step_logits"))


@each_model
def test_left_padding_is_what_the_tokenizer_collates(folder, load, tiny_tokenizer):
    told, cases = _told(folder, "left_pad"), read(f"{folder}/cases.json")
    tokenizer = tiny_tokenizer(load(folder).config.image_tokens)
    samples = [tokenizer.encode_sample(cases[case]["text"], no_eos=True) for case in told["cases"]]
    batch = tokenizer.collate(samples, side="left")
    assert batch.ids.tolist() == _ids(folder, "left_pad/input_ids").tolist()
    assert batch.attention_mask.tolist() == _ids(folder, "left_pad/attention_mask").tolist()


@each_model
def test_generation_ends_with_a_stop_id_that_is_part_of_the_output(folder, load, pixel_values):
    told = _told(folder, "eos_stop")
    expected = _ids(folder, "eos_stop/generated_ids").tolist()
    model = load(folder)
    ids = torch.from_numpy(arrays(f"{folder}/inputs.npz")[f"{told['case']}/input_ids"])[None].long()
    pictures = pixel_values(folder)[read(f"{folder}/cases.json")[told["case"]]["images"]]

    generated, _, _ = read_and_say(
        model, ids, pictures if len(pictures) else None, len(expected) + 20, told["eos_token_ids"]
    )

    assert generated == expected
    assert generated[-1] in told["eos_token_ids"]


def _chains():
    return [
        pytest.param(folder, name, id=f"{folder}-{name}")
        for folder in FOLDERS
        for name in read(f"{folder}/batches.json")
        if name.startswith("eval_chain/")
    ]


@pytest.mark.parametrize(("folder", "chain"), _chains())
def test_a_chains_second_turn_sees_the_raw_ids_of_the_first(
    folder, chain, load, pixel_values, tiny_tokenizer
):
    told, model = read(f"{folder}/batches.json")[chain], load(folder)
    tokenizer = tiny_tokenizer(model.config.image_tokens)
    ids, labels = tokenizer.encode_sample(told["text"])
    assert ids == _ids(folder, f"{chain}/input_ids").tolist()
    assert labels == _ids(folder, f"{chain}/labels").tolist()

    prompts = _runs([-100 if label != -100 else id_ for id_, label in zip(ids, labels, strict=True)])
    outputs = _runs(_ids(folder, f"{chain}/outputs").tolist())
    answers = _runs(labels)
    assert [tokenizer.decode_prompt(run) for run in prompts] == told["decoded_prompts"]
    assert [tokenizer.decode(run, keep_special=True) for run in answers] == told["decoded_labels"]
    assert [tokenizer.decode(run, keep_special=True) for run in outputs] == told["decoded_outputs"]

    memory, last = None, []
    pictures = pixel_values(folder)[told["images"]] if told["images"] else None
    for prompt, expected in zip(prompts, outputs, strict=True):
        ids = torch.tensor([last + prompt])
        said, _, memory = read_and_say(model, ids, pictures, len(expected), {model.config.eos_id}, memory)
        assert said == expected
        pictures, last = None, said[-1:]  # they are in the memory; the last id was not read yet


def _runs(ids):
    """Runs of ids between -100."""
    runs, run = [], []
    for id_ in [*ids, -100]:
        if id_ != -100:
            run.append(id_)
        elif run:
            runs.append(run)
            run = []
    return runs


@each_model
def test_training_samples_collate_to_the_published_batch(folder, load, tiny_tokenizer):
    told = _told(folder, "train")
    tokenizer = tiny_tokenizer(load(folder).config.image_tokens)
    batch = tokenizer.collate([tokenizer.encode_sample(sample["text"]) for sample in told["samples"]])
    assert batch.ids.tolist() == _ids(folder, "train/input_ids").tolist()
    assert batch.labels.tolist() == _ids(folder, "train/labels").tolist()
    assert batch.seq_length.tolist() == _ids(folder, "train/seq_length").tolist()
    assert [len(sample["images"]) for sample in told["samples"]] == _ids(folder, "train/num_images").tolist()


@each_model
def test_training_losses_are_the_published_ones(folder, load, pixel_values):
    told, model = _told(folder, "train"), load(folder)
    ids, labels = _ids(folder, "train/input_ids"), _ids(folder, "train/labels")
    pictures = pixel_values(folder)
    with torch.inference_mode():
        for row, sample in enumerate(told["samples"]):
            loss = model(ids[row : row + 1], labels[row : row + 1], pictures[sample["images"]])
            assert_close(loss, told["loss_single"][row], LOSS_ATOL)
        order = [picture for sample in told["samples"] for picture in sample["images"]]
        assert_close(model(ids, labels, pictures[order]), told["loss_batch"], LOSS_ATOL)


@each_model
def test_gradients_are_the_published_ones_and_reach_every_used_parameter(folder, pixel_values):
    told = _told(folder, "train")
    model = load_m4cxr(ROOT / folder).train().requires_grad_(True)
    order = [picture for sample in told["samples"] for picture in sample["images"]]
    model(
        _ids(folder, "train/input_ids"), _ids(folder, "train/labels"), pixel_values(folder)[order]
    ).backward()
    gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}

    for prefix, expected in told["grad_norm_by_module"].items():
        norms = [gradient.norm() for name, gradient in gradients.items() if name.startswith(prefix)]
        assert torch.stack(norms).norm().item() == pytest.approx(expected, rel=1e-4)
    for name, expected in told["grad_norm_by_parameter"].items():
        assert gradients[module_name(name)].norm().item() == pytest.approx(expected, rel=1e-4)
    without = {name for name, _ in model.named_parameters()} - set(gradients)
    assert without == {module_name(name) for name in told["parameters_without_gradient"]}
