"""Many short questions answered side by side say what each says alone, and what they share is read once."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.inference.engine.test_kv_memory import VOCABULARY, plainly, random_mistral

from inference.backend import CancelToken
from inference.engine.branch import Branch, Pictures, Reader
from inference.engine.decoding import Answer, greedy
from inference.engine.dialogue import Dialogue
from inference.engine.room import TooManyRows
from inference.engine.torch_runtime import TorchLanguageModel
from inference.engine.usage import Usage
from inference.errors import InferenceCancelled, InvalidRequest

EOS = 2
ONE, TWO = "1" * 64, "2" * 64


class Letters:
    """A tokenizer whose ids are letters; a picture takes three places."""

    eos_id = EOS
    image_tokens = 3

    def encode_prompt(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in text.split("|"):
            ids += [-1] * 3 if part == "<image>" else [3 + ord(letter) % 40 for letter in part]
        return ids

    def decode(self, ids: list[int]) -> str:
        return "".join(chr(48 + one) for one in ids if one != EOS)


class Counting(TorchLanguageModel):
    """Keeps the shape (rows, positions) of every call; calls `before_read` first."""

    def __init__(self, model) -> None:
        super().__init__(model)
        self.calls: list[tuple[int, int]] = []
        self.before_read = lambda: None
        self.rows_at_once = 32

    def read(self, rows, memory, lengths=None):
        self.before_read()
        self.calls.append(tuple(rows.shape[:2]))
        return super().read(rows, memory, lengths)

    def most_rows(self, shared, own):
        return self.rows_at_once


MODEL = random_mistral()


class Spelt:
    """Allows one given text only, or any single id where it has a None."""

    def __init__(self, ids: list[int | None]) -> None:
        self.ids = [*ids, EOS]
        self.at = 0

    def allowed(self):
        one = self.ids[self.at]
        return range(3, VOCABULARY) if one is None else (one,)

    def take(self, token):
        assert token in self.allowed()
        self.at += 1


@pytest.fixture
def dialogue() -> Dialogue:
    return made()


def made() -> Dialogue:
    pictures = Pictures()
    generator = torch.Generator().manual_seed(3)
    for image in (ONE, TWO):
        pictures.add(image, torch.randn(3, 32, generator=generator))
    return Dialogue(Reader(Counting(MODEL), pictures, Usage()), Letters())


def alone(ids: list[int], tokens: int) -> list[int]:
    """Greedy decoding that reads everything again for each token; without pictures."""
    said: list[int] = []
    while len(said) < tokens and said[-1:] != [EOS]:
        said.append(int(plainly(ids + said).argmax()))
    return said


def together(dialogue: Dialogue, prompts, tokens: int, constraints=None, cancel=None) -> dict[int, str]:
    return dict(
        dialogue.answers(
            prompts,
            cancel or CancelToken(),
            max_new_tokens=tokens,
            constraints=constraints or [None] * len(prompts),
        )
    )


texts = st.lists(st.integers(3, VOCABULARY - 1), min_size=1, max_size=9)


@settings(max_examples=40, deadline=None)
@given(
    shared=texts,
    endings=st.lists(texts, min_size=1, max_size=6),
    tokens=st.integers(1, 8),
    rows=st.integers(1, 4),
)
def test_answers_side_by_side_are_those_of_plain_decoding_one_by_one(shared, endings, tokens, rows):
    dialogue = made()
    dialogue.reader.model.rows_at_once = rows
    prompts = [[1, *shared, *ending] for ending in endings]

    said = together(dialogue, prompts, tokens)

    letters = Letters()
    assert said == {number: letters.decode(alone(ids, tokens)) for number, ids in enumerate(prompts)}


def prompt(dialogue: Dialogue, question: str, image: str = ONE) -> list[int]:
    return dialogue._with_pictures(dialogue._tokenizer.encode_prompt(f"See |<image>|{question}"), [image])


def test_questions_about_two_films_are_told_apart_and_each_film_is_read_once(dialogue):
    asked = [(question, image) for question in ("heart?", "lung", "bones") for image in (ONE, TWO)]
    said = together(dialogue, [prompt(dialogue, *one) for one in asked], 6)
    pictures = [shape for shape in dialogue.reader.model.calls if shape[0] == 1 and shape[1] >= 3]

    for number, one in enumerate(asked):
        fresh = made()
        branch = fresh.start(prompt(fresh, *one))
        assert said[number] == "".join(fresh.answer(branch, CancelToken(), max_new_tokens=6))
    assert len(pictures) == 2


def test_what_was_read_before_is_not_read_again(dialogue):
    first = dialogue.start(prompt(dialogue, "list"))
    list(dialogue.answer(first, CancelToken(), max_new_tokens=4))
    dialogue.keep(first)
    dialogue.reader.model.calls.clear()
    usage = dialogue.reader.usage = Usage()
    questions = [prompt(dialogue, question) for question in ("aorta", "basal")]
    together(dialogue, questions, 4)

    assert dialogue.reader.model.calls[0] == (2, 5)  # the film is in the memory: only the words are read
    assert usage.prefill_tokens == 10


def test_an_answer_that_ends_leaves_the_others_to_go_on(dialogue):
    prompts = [prompt(dialogue, question) for question in ("aorta", "basal", "chest")]
    constraints = [Spelt([None] * length) for length in (1, 3, 3)]
    together(dialogue, prompts, 9, constraints)

    assert [rows for rows, _ in dialogue.reader.model.calls] == [1, 3, 2, 2]


def test_the_model_is_not_asked_for_tokens_that_leave_no_choice(dialogue):
    prompts = [prompt(dialogue, question) for question in ("aorta", "basal")]
    forced = [[5, 6, 7, None, 8, 9, None], [None, 5, 6, None]]
    said = together(dialogue, prompts, 20, [Spelt(one) for one in forced])

    assert dialogue.reader.model.calls == [(1, 7), (2, 8), (2, 3)]
    assert dialogue.reader.usage.new_tokens == sum(len(one) + 1 for one in forced)
    for number, one in enumerate(forced):
        fresh = made()
        answer = fresh.answer(
            fresh.start(prompts[number]), CancelToken(), max_new_tokens=20, constraint=Spelt(one)
        )
        assert said[number] == "".join(answer)


def test_a_forced_answer_that_streams_needs_few_calls_and_counts_all_tokens(dialogue):
    branch = dialogue.start(prompt(dialogue, "aorta"))
    constraint = Spelt([5, 6, None, 7, 8])
    list(dialogue.answer(branch, CancelToken(), max_new_tokens=20, constraint=constraint))

    assert dialogue.reader.model.calls == [(1, 14)]
    assert branch.ids[-6:-4] == [5, 6]
    assert branch.ids[-3:] == [7, 8, EOS]
    assert dialogue.reader.usage.new_tokens == 6
    assert dialogue.reader.usage.prefill_tokens == 12


def test_a_prompt_without_room_for_an_answer_is_refused_with_its_length(dialogue):
    with pytest.raises(InvalidRequest, match="4096 tokens"):
        together(dialogue, [[3] * 4096], 5)


def say(dialogue: Dialogue, cancel: CancelToken, way: str) -> None:
    ids = prompt(dialogue, "aorta")
    if way == "side by side":
        together(
            dialogue, [ids, prompt(dialogue, "basal")], 50, [Spelt([None] * 40), Spelt([None] * 40)], cancel
        )
        return
    is_forbidden = (lambda _: False) if way == "careful" else None
    if way == "greedy":
        list(greedy(dialogue.reader, Branch(ids), cancel, Answer(-5, 50)))
    else:
        list(dialogue.answer(Branch(ids), cancel, max_new_tokens=50, is_forbidden=is_forbidden))


@pytest.mark.parametrize("way", ["greedy", "careful", "side by side"])
def test_after_a_stop_the_model_is_not_called_again(dialogue, way):
    cancel, model = CancelToken(), dialogue.reader.model
    model.before_read = lambda: cancel.cancel() if len(model.calls) == 7 else None
    with pytest.raises(InferenceCancelled):
        say(dialogue, cancel, way)

    assert len(model.calls) == 8  # the one during which the wish came


def test_a_stop_while_a_long_prompt_is_read_is_heard_before_its_next_part(dialogue):
    cancel, model = CancelToken(), dialogue.reader.model
    model.prefill_tokens = 16
    model.before_read = lambda: cancel.cancel() if len(model.calls) == 1 else None
    with pytest.raises(InferenceCancelled):
        list(dialogue.answer(Branch([3] * 100), cancel, max_new_tokens=5))

    assert model.calls == [(1, 16), (1, 16)]


def test_an_answer_that_was_stopped_can_be_asked_for_again(dialogue):
    cancel, model = CancelToken(), dialogue.reader.model
    model.before_read = lambda: cancel.cancel() if len(model.calls) == 2 else None
    prompts = [prompt(dialogue, question) for question in ("aorta", "basal")]
    with pytest.raises(InferenceCancelled):
        together(dialogue, prompts, 8, cancel=cancel)
    model.before_read = lambda: None

    assert together(dialogue, prompts, 8) == together(made(), prompts, 8)


def test_where_memory_runs_out_half_of_the_questions_wait_and_all_say_the_same(dialogue, monkeypatch):
    questions = [prompt(dialogue, question) for question in ("aorta", "basal", "chest", "drain", "edema")]
    model, read = dialogue.reader.model, dialogue.reader.model.read

    def scarce(rows, memory, lengths=None):
        if len(rows) > 2 and len(model.calls) > 2:
            raise TooManyRows("too little memory")
        return read(rows, memory, lengths)

    monkeypatch.setattr(model, "read", scarce)

    assert together(dialogue, questions, 8) == together(made(), questions, 8)
    assert max(rows for rows, _ in model.calls[3:]) == 2
