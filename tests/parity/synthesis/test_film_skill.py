"""The `<Xray>` skill beside a reading model: what it adds, and that it takes nothing."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_pack import make_tiny_pack

from inference.backend import AskQuestion, CancelToken, ChatMessage, Finished
from inference.engine.engine import M4cxrBackend
from inference.engine.factors import read_factors, through_factors
from inference.engine.film_skill import SKILL, FilmSkill, skill_folder
from inference.engine.film_wishes import NOTHING_BEFORE
from inference.engine.torch_runtime import TorchLanguageModel
from inference.errors import PackRefused
from inference.gate import GateResult
from inference.models.checkpoint import ADAPTER_WEIGHTS
from inference.models.checkpoint_files import ADAPTER_CONFIG
from inference.models.m4cxr import load_m4cxr
from inference.packs import open_pack
from inference.training.plan import LoraPlan
from inference.training.skill import EVERY, write_skill

DESCRIPTION = "Lateral view of the chest was obtained. There is a right pleural effusion."
ANSWER = f"Here is a synthetic lateral view. <Xray> {DESCRIPTION} </Xray>"


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))


@pytest.fixture(scope="module")
def synthesis(pack, tmp_path_factory) -> Path:
    """A synthesis pack's folder with a skill for the tiny model: factors by lot."""
    folder = tmp_path_factory.mktemp("synth")
    model = load_m4cxr(pack.folder, lean=True)
    generator = torch.Generator().manual_seed(1)
    factors = {}
    for name, module in model.language_model.model.named_modules():
        if name.rpartition(".")[2] in EVERY:
            sizes = {"A": (4, module.in_features), "B": (module.out_features, 4)}
            for half, size in sizes.items():
                key = f"language_model.model.{name}.lora_{half}.weight"
                factors[key] = 0.1 * torch.randn(size, generator=generator)
    lora = LoraPlan(4, 8.0, 0.0, EVERY)
    told = {"steps": 0}
    write_skill(folder / "dialogue" / "tiny", factors, lora, model.config.encoder_type, pack, told)
    return folder


class _Gate:
    def check(self, film, picture, /):
        return GateResult(True)


@cache
def _backend(folder: Path) -> M4cxrBackend:
    return M4cxrBackend(open_pack(folder), gate=_Gate())


def _asked(backend, *said: str):
    roles = ("user", "assistant")
    first = 0 if len(said) % 2 else 1
    messages = tuple(ChatMessage(roles[(first + at) % 2], one) for at, one in enumerate(said))
    events = list(backend.run(AskQuestion(None, messages, max_new_tokens=12), CancelToken()))
    assert isinstance(events[-1], Finished)
    return events


def _answer(events) -> str:
    return str(events[-1].result["answer"])


@pytest.fixture
def says(monkeypatch):
    """Let the skill's model say this."""

    def put(words: str) -> list[str]:
        asked: list[str] = []

        def said(_self, question, _before, *_rest):
            asked.append(question)
            return words

        monkeypatch.setattr(FilmSkill, "said", said)
        return asked

    return put


def test_a_skill_is_found_by_the_manifest_of_the_model_that_it_was_made_for(pack, synthesis, tmp_path):
    assert skill_folder(synthesis, pack) == synthesis / "dialogue" / "tiny"
    other = open_pack(make_tiny_pack(tmp_path / "other", seed=1, id="other"))
    assert skill_folder(synthesis, other) is None
    assert skill_folder(tmp_path, pack) is None


def test_it_holds_factors_of_the_language_model_in_16_bit_and_nothing_else(synthesis):
    tensors = load_file(synthesis / "dialogue" / "tiny" / ADAPTER_WEIGHTS)

    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    assert all(".lora_" in name and "language_model" in name for name in tensors)


def test_reading_through_factors_is_reading_the_merged_model_and_leaves_the_served_one_alone(pack, synthesis):
    folder = synthesis / "dialogue" / "tiny"
    served = TorchLanguageModel(load_m4cxr(pack.folder, lean=True).language_model)
    merged = TorchLanguageModel(load_m4cxr(folder, base=pack.folder, lean=True).language_model)
    ids = torch.arange(3, 40)[None]
    before = served.read(served.embed(ids), served.new_memory())

    through = through_factors(served, read_factors(folder))
    made = through.read(through.embed(ids), through.new_memory())

    expected = merged.read(merged.embed(ids), merged.new_memory())
    assert not torch.allclose(expected, before, atol=1e-2)
    torch.testing.assert_close(made, expected, atol=2e-4, rtol=2e-4)
    assert torch.equal(served.read(served.embed(ids), served.new_memory()), before)


def test_factors_of_another_model_are_refused(pack, synthesis, tmp_path):
    served = TorchLanguageModel(load_m4cxr(pack.folder, lean=True).language_model)
    tensors = load_file(synthesis / "dialogue" / "tiny" / ADAPTER_WEIGHTS)
    name = next(name for name in tensors if name.endswith("lora_A.weight"))
    config = (synthesis / "dialogue" / "tiny" / ADAPTER_CONFIG).read_bytes()
    (tmp_path / ADAPTER_CONFIG).write_bytes(config)
    for changed in ({name: tensors[name][:, :-1].contiguous()}, {"abstractor.weight": torch.zeros(1)}):
        save_file({**tensors, **changed}, tmp_path / ADAPTER_WEIGHTS)
        with pytest.raises(PackRefused):
            through_factors(served, read_factors(tmp_path))


def test_a_wish_is_answered_with_the_description_between_tags(pack, synthesis, says):
    backend = _backend(pack.folder)
    backend.understand_film_wishes(synthesis)
    says(ANSWER)

    events = _asked(backend, "Could you generate a lateral view with a right pleural effusion?")

    assert _answer(events) == ANSWER
    assert "".join(one.text for one in events if hasattr(one, "text")) == ANSWER
    assert events[-1].result["template"] == "film"


def test_an_ordinary_question_is_answered_as_without_the_skill_and_does_not_reach_it(pack, synthesis, says):
    backend = _backend(pack.folder)
    backend.understand_film_wishes(None)
    plain = [_answer(_asked(backend, words)) for words in ("Is there an effusion?", "Describe the image.")]
    backend.understand_film_wishes(synthesis)
    asked = says("No picture is asked for.")

    again = [_answer(_asked(backend, words)) for words in ("Is there an effusion?", "Describe the image.")]

    assert again == plain
    assert asked == ["Describe the image."]


def test_a_skill_that_speaks_nonsense_leaves_the_answer_to_the_usual_route(pack, synthesis):
    backend = _backend(pack.folder)
    backend.understand_film_wishes(None)
    plain = _answer(_asked(backend, "Draw a lateral film."))
    backend.understand_film_wishes(synthesis)

    assert _answer(_asked(backend, "Draw a lateral film.")) == plain


def test_a_film_of_this_patient_has_the_findings_that_were_reported(pack, synthesis, says):
    backend = _backend(pack.folder)
    backend.understand_film_wishes(synthesis)
    says("Here. <Xray> Lateral view of the chest was obtained. Findings as before. </Xray>")
    report = "The heart is enlarged. No effusion."

    assert f"obtained. {report} </Xray>" in _answer(
        _asked(backend, report, "How would this look from the side?")
    )
    assert _answer(_asked(backend, "How would this look from the side?")) == NOTHING_BEFORE


def test_a_wish_goes_on_from_the_film_before(pack, synthesis, says):
    backend = _backend(pack.folder)
    backend.understand_film_wishes(synthesis)
    says("Here. <Xray> Same view. Findings as before, with a larger pleural effusion. </Xray>")

    answer = _answer(
        _asked(backend, "Draw a lateral film with a right effusion.", ANSWER, "Now make it larger.")
    )

    assert (
        "<Xray> Lateral view of the chest was obtained. There is a large right pleural effusion. </Xray>"
        in answer
    )


def test_a_damaged_skill_is_told_once_asked_for_and_questions_are_answered(pack, synthesis, tmp_path):
    folder = tmp_path / "dialogue" / "tiny"
    folder.mkdir(parents=True)
    told = json.loads((synthesis / "dialogue" / "tiny" / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    (folder / ADAPTER_CONFIG).write_text(json.dumps(told), encoding="utf-8")
    (folder / SKILL).write_bytes((synthesis / "dialogue" / "tiny" / SKILL).read_bytes())
    (folder / ADAPTER_WEIGHTS).write_bytes(b"no tensors")
    backend = _backend(pack.folder)
    backend.understand_film_wishes(tmp_path)

    events = _asked(backend, "Draw a lateral film.")

    assert "can't be used" in next(one.why for one in events if hasattr(one, "why"))
    assert _answer(events)
