"""What training must never do silently: leak between branches, lose a gradient, resume elsewhere than it stopped."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from parity.published_lite import published_lite

from inference.models.config import M4cxrConfig
from inference.models.m4cxr import M4cxr, new_m4cxr
from inference.text import prompts
from inference.text.prompts import chat_text
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.checkpoint import DeadGradient, check_gradients
from inference.training.starter.augment import Variation, move_boxes, vary
from inference.training.starter.changes import ChangeWording
from inference.training.starter.corpus import Report
from inference.training.starter.encoder_stage import EncoderSettings, seen_logits, train_encoder
from inference.training.starter.film_set import FilmSet, heat_map
from inference.training.starter.film_weights import masked_bce
from inference.training.starter.language_stage import LanguageSettings, train_text, within
from inference.training.starter.packing import pack
from inference.training.starter.pretrained import folded
from inference.training.starter.tasks import Branch, FilmFacts, Tasks
from inference.training.starter.wording import Wording

TOKENIZER = Path(__file__).parents[1] / "fixtures" / "tokenizer" / "tokenizer.json"
QUERIES = 4
STILL = Variation(0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def tokenizer() -> M4cxrTokenizer:
    return M4cxrTokenizer(TOKENIZER, QUERIES)


def small_model(seed: int = 0) -> M4cxr:
    config = M4cxrConfig.from_json(
        {
            "vision_config": {"encoder_type": "dinov2", "hidden_size": 16, "num_hidden_layers": 1,
                              "num_attention_heads": 2, "image_size": 56, "patch_size": 14},
            "projector_config": {"encoder_hidden_size": 16, "hidden_size": 16, "output_hidden_size": 32,
                                 "num_query_tokens": QUERIES, "depth": 1},
            "text_config": {"vocab_size": 1000, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
                            "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5,
                            "rope_theta": 10000.0},
        }
    )  # fmt: skip
    return new_m4cxr(config, seed)


def question(finding: str, answer: str = "Yes.") -> Branch:
    text = chat_text([("user", prompts.on_image(prompts.is_present(finding))), ("assistant", answer)])
    return Branch(text, 1.0)


def branch_logits(
    model: M4cxr, tokenizer: M4cxrTokenizer, branches: list[Branch], tokens: torch.Tensor
) -> torch.Tensor:
    """Logits at every answer position of the last branch."""
    batch = pack([branches], tokenizer)
    look = torch.zeros(batch.mask.shape).masked_fill(~batch.mask, -1e9)
    hidden = model.language_model.model(
        inputs_embeds=model.embed(batch.ids, tokens), attention_mask=look, position_ids=batch.positions
    ).last_hidden_state
    answers = torch.nonzero(batch.targets[0] != -100)[:, 0]
    alone = len(torch.nonzero(pack([branches[-1:]], tokenizer).targets[0] != -100))
    return model.language_model.lm_head(hidden[0, answers[-alone:]])


@torch.no_grad()
def test_a_branch_answers_as_if_it_were_alone(tokenizer: M4cxrTokenizer) -> None:
    model, tokens = small_model().eval(), torch.randn(1, QUERIES, 32)
    many = [question("edema"), question("pneumonia", "No."), question("fracture")]

    together = branch_logits(model, tokenizer, many, tokens)
    alone = branch_logits(model, tokenizer, many[-1:], tokens)
    ids, _ = tokenizer.encode_sample(many[-1].text)
    plain = model.language_model.lm_head(model.hidden(model.embed(torch.tensor([ids]), tokens)))[0, -4:-1]

    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)
    torch.testing.assert_close(together[: len(plain)], plain[-len(together) :], atol=1e-4, rtol=0)


def test_branches_about_other_pictures_are_refused(tokenizer: M4cxrTokenizer) -> None:
    other = Branch(chat_text([("user", prompts.multi_image_findings(2)), ("assistant", "edema.")]), 1.0)

    with pytest.raises(ValueError, match="same pictures"):
        pack([[question("edema"), other]], tokenizer)


def test_branches_are_drawn_until_the_sequence_is_full(tokenizer: M4cxrTokenizer) -> None:
    branches = [question(name) for name in ("edema", "pneumonia", "fracture", "atelectasis")]

    few = within(branches, tokenizer, 80, random.Random(0))

    assert 1 <= len(few) < len(branches)
    assert pack([few], tokenizer).ids.shape[1] <= 80 or len(few) == 1


def test_a_film_that_is_not_varied_stays_as_it_is() -> None:
    films = torch.randint(0, 255, (2, 32, 32), dtype=torch.uint8)

    varied = vary(films, 32, STILL, torch.Generator().manual_seed(0))

    torch.testing.assert_close(varied.pictures, (films / 255).clamp(1e-4, 1), atol=1e-4, rtol=0)


@pytest.mark.parametrize("seed", range(5))
def test_boxes_move_with_the_picture(seed: int) -> None:
    films = torch.zeros(1, 128, 128, dtype=torch.uint8)
    films[0, 40:72, 56:96] = 255
    box = torch.tensor([[56 / 128, 40 / 128, 96 / 128, 72 / 128]])
    moving = Variation(
        zoom=0.1, shift=0.05, degrees=8, stretch=0.05, gamma=0, contrast=0, brightness=0, noise=0
    )

    varied = vary(films, 128, moving, torch.Generator().manual_seed(seed))
    moved = move_boxes(box, varied.to_sampled[0])[0]

    rows, columns = torch.nonzero(varied.pictures[0] > 0.5, as_tuple=True)
    seen = torch.tensor([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 128
    torch.testing.assert_close(moved, seen, atol=0.02, rtol=0)


def test_unknown_labels_teach_nothing() -> None:
    logits = torch.zeros(1, 3, requires_grad=True)

    masked_bce(logits, torch.tensor([[1, -1, 0]], dtype=torch.int8)).backward()

    assert logits.grad is not None
    assert logits.grad[0, 1] == 0
    assert (logits.grad[0, [0, 2]] != 0).all()


def test_a_heat_map_covers_what_the_box_covers() -> None:
    heat = heat_map(torch.tensor([[0.0, 0.0, 0.5, 0.25]]), [2], grid=4)

    assert heat[2].tolist() == [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert heat.sum() == 2


def test_a_part_without_gradient_stops_the_run() -> None:
    model = torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)])
    model[0](torch.ones(1, 2)).sum().backward()

    with pytest.raises(DeadGradient, match=r"1\.weight"):
        check_gradients(model)


def tasks() -> Tasks:
    texts = ["The heart is normal in size. No pleural effusion.", "There is a small left pleural effusion."]
    reports = [Report(str(i), text * 2, "No acute disease.", {}, 0) for i, text in enumerate(texts)]
    return Tasks(Wording(reports), ChangeWording(()), {}, reports)


def test_a_killed_run_goes_on_exactly_where_it_was(tokenizer: M4cxrTokenizer, tmp_path: Path) -> None:
    def run(steps: int, path: Path, model: M4cxr) -> dict[str, torch.Tensor]:
        settings = LanguageSettings(steps=steps, batch=2, checkpoint_every=2, planned_steps=4)
        train_text(model, tokenizer, tasks(), settings, 0, path)
        return model.language_model.state_dict()

    whole = run(4, tmp_path / "a.pt", small_model())
    run(2, tmp_path / "b.pt", small_model())
    resumed = run(4, tmp_path / "b.pt", small_model(seed=9))

    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_eyes_learn_a_planted_sign(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.full((48, 14), -1, np.int8)
    labels[:, 2] = rng.integers(0, 2, 48)
    squares = rng.integers(0, 60, (48, 64, 64)).astype(np.uint8)
    squares[labels[:, 2] == 1, 8:40, 8:40] += 150
    boxes = tuple(((2, (8 / 64, 8 / 64, 40 / 64, 40 / 64)),) if label == 1 else () for label in labels[:, 2])
    films = FilmSet(squares, labels, boxes, np.zeros(48, bool))
    settings = EncoderSettings(64, steps=30, batch=8, learning_rate=1e-3, warm_up=3, frozen_blocks=8)

    seeing = train_encoder(films, folded(published_lite()), settings, 0, tmp_path / "e.pt")

    says = seen_logits(seeing, squares, 64)[:, 2]
    assert says[labels[:, 2] == 1].min() > says[labels[:, 2] == 0].max()


@pytest.mark.parametrize("seed", range(10))
def test_unknown_findings_are_never_asked_about(seed: int) -> None:
    labels = [-1] * 14
    labels[3], labels[4] = 1, 0
    facts = FilmFacts(tuple(labels), (("lung lesion", (0.1, 0.2, 0.3, 0.4)),), {}, "PA")

    text = " ".join(branch.text for branch in tasks().film(facts, random.Random(seed)))

    asked = {name for name in ("fracture", "cardiomegaly", "pneumothorax") if f"Is {name} present" in text}
    assert not asked
    assert "Is lung lesion present in the radiology image? [/INST]Yes.</s>" in text


def test_a_given_list_is_not_learnt_but_the_report_after_it_is(tokenizer: M4cxrTokenizer) -> None:
    talk = chat_text(
        [
            ("user", prompts.single_image_findings()),
            ("assistant", "edema."),
            ("user", prompts.SINGLE_REPORT),
            ("assistant", "There is edema."),
        ]
    )

    learnt = pack([[Branch(talk, 1.0)]], tokenizer).targets[0]
    given = pack([[Branch(talk, 1.0, is_given=True)]], tokenizer).targets[0]

    listed, report = tokenizer.encode_text("edema."), tokenizer.encode_text("There is edema.")
    assert [i for i in learnt.tolist() if i >= 0] == [*listed, tokenizer.eos_id, *report, tokenizer.eos_id]
    assert [i for i in given.tolist() if i >= 0] == [*report, tokenizer.eos_id]
