"""What goes into a step: which samples, in which company, with which pictures, and what is not computed twice."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
import torch
from parity.training.learner_kit import films, phase, plan, sample
from tiny_pack import make_tiny_pack

from inference.engine.eyes import Eyes
from inference.engine.room import Room
from inference.film_picture import model_picture
from inference.training.learner import Collator, Conversations, Order, PicturesDiffer, load_learner
from inference.training.learner.order import by_length, deal
from inference.training.rows import KnownFilm, UnreadableFilm

LENGTHS = (1, 3, 7, 12)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture(scope="module")
def learner(pack):
    """The encoder is frozen, the abstractor learns: patch features are kept."""
    return load_learner(plan(pack), phase("abstractor", "lora"))


@pytest.fixture(scope="module")
def seeing(pack):
    """The encoder learns: pictures come as pixels."""
    return load_learner(plan(pack), phase("vision", "abstractor"))


class Mix:
    def draw(self, index):
        words = LENGTHS[index % len(LENGTHS)]
        return sample(index % 3, f"{'Edema ' * words}{index}.", weight=1 + index % 2)


# ── Which samples ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("batch", "micro"), [(8, 4), (8, 3), (5, 5), (3, 4), (7, 1)])
def test_every_sample_of_a_window_is_in_one_step_and_every_step_is_full(batch, micro):
    lengths = [random.Random(at).randint(5, 90) for at in range(6 * batch)]
    steps = deal(range(6 * batch), lengths, 6, batch, micro, random.Random(1))

    assert sorted(one for step in steps for group in step for one in group) == list(range(6 * batch))
    for step in steps:
        sizes = [len(group) for group in step]
        assert sum(sizes) == batch
        assert set(sizes[:-1]) <= {micro}
        assert sizes[-1] <= micro


def test_like_lengths_go_together_and_a_step_mixes_short_and_long():
    lengths = [random.Random(at).randint(5, 90) for at in range(128)]
    steps = deal(range(128), lengths, 8, 16, 4, random.Random(1))
    padded = sum(4 * max(lengths[at] for at in group) for step in steps for group in step)

    assert padded < 1.05 * sum(lengths)
    spans = [
        max(lengths[at] for g in step for at in g) - min(lengths[at] for g in step for at in g)
        for step in steps
    ]
    assert min(spans) > 20


def test_a_step_is_the_same_whenever_it_is_asked_for(learner):
    talks = Collator(learner, [films()]).conversations
    there = Order(Mix(), learner.phase, talks, seed=3)
    back = Order(Mix(), learner.phase, talks, seed=3)
    other = Order(Mix(), learner.phase, talks, seed=4)

    forwards = [there.step(number) for number in range(20)]
    assert [back.step(number) for number in reversed(range(20))] == forwards[::-1]
    assert [other.step(number) for number in range(20)] != forwards


def test_a_phase_draws_each_index_once(learner):
    order = Order(Mix(), learner.phase, Collator(learner, [films()]).conversations, seed=3)
    drawn = Counter(one.id for step in range(16) for group in order.step(step).micro_batches for one in group)
    assert drawn == Counter(Mix().draw(index).id for index in range(16 * learner.phase.batch))


def test_the_cut_into_micro_batches_changes_no_gradient(pack):
    """The loss is the mean over the step's tokens, not the mean of its micro-batches' means."""

    def gradients(micro_batch):
        learner = load_learner(plan(pack), phase("abstractor", "lora", micro_batch=micro_batch))
        collator = Collator(learner, [films()])
        samples = Order(Mix(), learner.phase, collator.conversations, seed=3, window=1).step(0)
        batches = [collator(group) for group in samples.micro_batches]
        assert samples.weight == pytest.approx(sum(batch.weight for batch in batches))
        for batch in batches:
            (learner(batch) / samples.weight).backward()
        return {name: one.grad for name, one in learner.learns.items()}

    whole, cut = gradients(4), gradients(1)
    for name, gradient in whole.items():
        torch.testing.assert_close(cut[name], gradient, atol=2e-5, rtol=1e-4)


def test_validation_goes_through_the_model_by_length(learner):
    samples = [Mix().draw(index) for index in range(10)]
    talks = Collator(learner, [films()]).conversations
    groups = by_length(samples, 4, talks)
    lengths = [len(talks(one).ids) for group in groups for one in group]
    assert lengths == sorted(lengths)
    assert [len(group) for group in groups] == [4, 4, 2]


# ── With which pictures ──────────────────────────────────────────────────────────────────────────────────────────


def test_pictures_stand_in_the_order_of_the_samples_and_their_films(seeing):
    dataset = films()
    batch = Collator(seeing, [dataset])([sample(2), sample(0, films=2), sample(3, films=0), sample(1)])
    alone = [Collator(seeing, [dataset])([sample(at)]).pictures[0] for at in range(4)]

    assert batch.stage == "pixels"
    assert torch.equal(batch.pictures, torch.stack([alone[2], alone[0], alone[1], alone[1]]))


def test_the_model_learns_from_the_pixels_that_the_engine_shows_it(seeing):
    dataset = films()
    film = dataset.open_film(KnownFilm("film 1"))
    expected = seeing.processor().pixel_values(model_picture(film).grey)
    batch = Collator(seeing, [dataset])([sample(1)])
    assert torch.equal(batch.pictures[0], torch.from_numpy(expected))

    eyes = Eyes(seeing.core, seeing.processor(), Room(torch.device("cpu"), lambda: None))
    with seeing.judged():
        rows = seeing.picture_rows(batch.pictures, batch.stage)[0]
        assert torch.equal(rows, eyes.encode(model_picture(film).grey))


def test_ids_are_padded_on_the_right_and_only_answers_are_labelled(learner):
    batch = Collator(learner, [films()])([sample(0, "No edema is seen."), sample(1, films=0, weight=0.5)])
    tokenizer = learner.tokenizer()
    lengths = [
        len(tokenizer.encode_sample(one.text)[0])
        for one in (sample(0, "No edema is seen."), sample(1, films=0))
    ]

    assert batch.ids.shape == (2, max(lengths))
    assert (batch.ids[1, lengths[1] :] == 0).all()
    assert (batch.labels[1, lengths[1] :] == -100).all()
    assert tokenizer.decode(batch.labels[0][batch.labels[0] >= 0].tolist()) == "No edema is seen."
    answers = [(labels >= 0).sum().item() for labels in batch.labels]
    assert batch.weight == answers[0] + 0.5 * answers[1]


def test_a_picture_that_was_cut_off_is_not_shown(pack):
    learner = load_learner(plan(pack), phase("vision", max_length=36))
    two = sample(0, films=3)
    batch = Collator(learner, [films()])([two])
    assert (batch.ids == -1).sum().item() == 9 * len(batch.pictures)
    assert 1 <= len(batch.pictures) < 3


def test_a_conversation_that_names_other_films_than_it_has_is_refused(learner):
    with pytest.raises(PicturesDiffer, match="2 films"):
        Collator(learner, [films()])([replace(sample(0), films=(KnownFilm("a"), KnownFilm("b")))])


def test_a_film_that_says_it_is_synthetic_is_not_learnt_from_unless_asked(learner):
    synthetic = films(is_synthetic=True)
    with pytest.raises(UnreadableFilm, match="synthetic"):
        Collator(learner, [synthetic])([sample(0)])
    assert Collator(learner, [synthetic], takes_synthetic=True)([sample(0)]).pictures is not None


def test_a_varied_picture_follows_from_its_sample_and_validation_is_not_varied(pack):
    varied = load_learner(plan(pack), phase("abstractor", augment=True))
    plain = Collator(load_learner(plan(pack), phase("vision")), [films()])([sample(0)])
    collator = Collator(varied, [films()])

    first = collator([sample(0)])
    assert torch.equal(collator([sample(0)]).pictures, first.pictures)
    assert not torch.equal(collator([sample(0, "No.")]).pictures, first.pictures)
    assert not torch.equal(first.pictures, plain.pictures)
    (validation,) = collator.validation([sample(0)], 4)
    assert torch.equal(validation.pictures, plain.pictures)


# ── What is not computed twice ───────────────────────────────────────────────────────────────────────────────────


def test_a_frozen_encoder_sees_each_film_once(learner):
    dataset = films()
    collator = Collator(learner, [dataset])
    for _ in range(3):
        collator([sample(0), sample(1), sample(0, "No.")])
    assert collator.pictures.encoder_calls == 2
    assert sorted(dataset.open_film.opened) == ["film 0", "film 1"]


@pytest.mark.parametrize("parts", [("lora",), ("abstractor", "lora")])
def test_kept_features_give_the_loss_of_the_pixels(pack, parts):
    learner, seeing = (load_learner(plan(pack), phase(*some)) for some in (parts, ("vision", *parts)))
    samples = [sample(0), sample(1, "No.", films=2)]
    kept, pixels = Collator(learner, [films()])(samples), Collator(seeing, [films()])(samples)
    with learner.judged():
        torch.testing.assert_close(learner(kept), learner(pixels), atol=1e-5, rtol=1e-6)


def test_a_films_features_do_not_depend_on_its_company(learner):
    together = Collator(learner, [films()])([sample(0), sample(1), sample(2)]).pictures
    alone = Collator(learner, [films()])([sample(2)]).pictures
    assert torch.equal(together[2], alone[0])


def test_a_run_that_goes_on_finds_its_features_on_the_disk(pack, learner, tmp_path):
    folder = tmp_path / "features"
    first = Collator(learner, [films()], folder)
    before = first([sample(0), sample(1)]).pictures
    again = Collator(load_learner(plan(pack), learner.phase), [films()], folder)
    assert torch.equal(again([sample(0), sample(1)]).pictures, before)
    assert again.pictures.encoder_calls == 0
    assert folder.stat().st_mode & 0o077 == 0

    again.wipe()
    assert not folder.exists()


def test_features_of_another_encoder_or_stage_are_not_taken(pack, learner, tmp_path):
    Collator(learner, [films()], tmp_path / "f")([sample(0)])
    other = make_tiny_pack(tmp_path / "other", seed=1)
    for changed in (load_learner(plan(other), learner.phase), load_learner(plan(pack), phase("lora"))):
        collator = Collator(changed, [films()], tmp_path / "f")
        collator([sample(0)])
        assert collator.pictures.encoder_calls == 1


def test_a_site_that_wants_no_features_on_its_disk_has_none(learner, tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_FEATURE_CACHE", "off")
    Collator(learner, [films()], tmp_path / "features")([sample(0)])
    assert not (tmp_path / "features").exists()


def test_conversations_are_encoded_once(learner, monkeypatch):
    calls = Counter()
    tokenizer = learner.tokenizer()
    real = tokenizer.encode_sample
    monkeypatch.setattr(
        tokenizer, "encode_sample", lambda text, **wish: calls.update([text]) or real(text, **wish)
    )
    talks = Conversations(tokenizer, 100)
    assert talks(sample(0)) == talks(sample(1))  # the same words
    assert sum(calls.values()) == 1
