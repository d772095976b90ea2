"""Memories that are read on, forked, cut, repeated and thinned out in any order hold what each row really read."""

import copy

import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from transformers import MistralConfig, MistralForCausalLM

from inference.engine import kv_memory, projections
from inference.engine.torch_runtime import TorchLanguageModel

VOCABULARY = 50
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "sliding_window": None,
}


def random_mistral(**sizes) -> MistralForCausalLM:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = MistralForCausalLM(MistralConfig(**SIZES | sizes)).eval().requires_grad_(False)
        for parameter in model.parameters():  # so strong that every position tells in the logits
            parameter.add_(torch.randn(parameter.shape) * 0.2)
    return model


PLAIN = random_mistral()
RUNTIME = TorchLanguageModel(PLAIN)


def plainly(ids: list[int]) -> torch.Tensor:
    """Logits after `ids`, all of them read at once by transformers' own code, without a cache."""
    with torch.inference_mode():
        return PLAIN(torch.tensor([ids]), use_cache=False).logits[0, -1]


class Held:
    """A memory, and what each of its rows has read."""

    def __init__(self, memory, rows: list[list[int]]) -> None:
        self.memory = memory
        self.rows = rows

    def read(self, more: list[list[int]]) -> None:
        longest = max(len(ids) for ids in more)
        padded = torch.tensor([ids + [VOCABULARY - 1] * (longest - len(ids)) for ids in more])
        lengths = [len(ids) for ids in more]
        logits = RUNTIME.read(RUNTIME.embed(padded), self.memory, lengths if len(set(lengths)) > 1 else None)
        self.rows = [row + ids for row, ids in zip(self.rows, more, strict=True)]
        for got, row in zip(logits, self.rows, strict=True):
            torch.testing.assert_close(got, plainly(row), atol=1e-4, rtol=0)


pieces = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=5)


class Memories(RuleBasedStateMachine):
    single = Bundle("single")
    several = Bundle("several")

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Held] = []

    def _hold(self, memory, rows) -> Held:
        self.held.append(Held(memory, copy.deepcopy(rows)))
        return self.held[-1]

    @rule(target=single)
    def empty(self):
        return self._hold(RUNTIME.new_memory(), [[]])

    @rule(held=single, ids=pieces)
    def read(self, held, ids):
        held.read([ids])

    @rule(held=several, data=st.data())
    def read_side_by_side(self, held, data):
        held.read(data.draw(st.lists(pieces, min_size=len(held.rows), max_size=len(held.rows))))

    @rule(target=single, held=single)
    def fork(self, held):
        return self._hold(held.memory.fork(), held.rows)

    @rule(target=several, held=several)
    def fork_several(self, held):
        return self._hold(held.memory.fork(), held.rows)

    @rule(held=single, share=st.floats(0, 1))
    def cut(self, held, share):
        length = int(share * len(held.rows[0]))
        held.memory.cut(length)
        held.rows = [held.rows[0][:length]]

    @rule(target=several, held=single, rows=st.integers(1, 4))
    def repeated(self, held, rows):
        return self._hold(held.memory.repeated(rows), held.rows * rows)

    @rule(target=several, held=several, data=st.data())
    def kept(self, held, data):
        rows = data.draw(st.lists(st.integers(0, len(held.rows) - 1), min_size=1, max_size=4, unique=True))
        return self._hold(held.memory.kept(rows), [held.rows[row] for row in rows])

    @rule(target=single, held=several, data=st.data())
    def one_of_several(self, held, data):
        row = data.draw(st.integers(0, len(held.rows) - 1))
        return self._hold(held.memory.kept([row]), [held.rows[row]])

    @invariant()
    def lengths_are_what_was_read(self):
        for held in self.held:
            assert held.memory.lengths == tuple(map(len, held.rows))

    def teardown(self) -> None:
        for held in self.held:  # whatever the others did since
            held.read([[1]] * len(held.rows))


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch):
    """So that buffers are outgrown often."""
    monkeypatch.setattr(kv_memory, "GROWTH", 3)


def test_whatever_was_done_to_memories_each_row_goes_on_as_if_read_afresh():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Memories, settings=settings(max_examples=30, stateful_step_count=20, deadline=None)
    )


def read(memory, ids: list[int]) -> torch.Tensor:
    return RUNTIME.read(RUNTIME.embed(torch.tensor([ids])), memory)[0]


def test_a_fork_costs_no_copy_until_both_sides_write():
    first = RUNTIME.new_memory()
    read(first, [1, 2, 3])
    other = first.fork()
    read(other, [4])

    assert other.buffer is first.buffer  # only one of the two has written behind the fork
    read(first, [5])
    assert other.buffer is not first.buffer


def test_what_was_cut_is_written_over_in_place():
    memory = RUNTIME.new_memory()
    read(memory, [1, 2, 3, 4])
    buffer = memory.buffer
    memory.cut(2)
    read(memory, [9])

    assert memory.buffer is buffer


def test_rows_side_by_side_hold_what_they_share_once():
    memory = RUNTIME.new_memory()
    read(memory, list(range(40)))
    several = memory.repeated(5)
    RUNTIME.read(RUNTIME.embed(torch.ones(5, 2, dtype=torch.long)), several)

    assert several.trunk.buffer is memory.buffer
    assert several.buffer.keys[0].shape[0] == 5
    assert several.buffer.capacity < 40


def test_a_read_that_fails_leaves_the_memory_as_it_was(monkeypatch):
    memory = RUNTIME.new_memory()
    read(memory, [1, 2, 3])

    def exhausted(_rows):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(RUNTIME.projections[1], "thought", exhausted)
        with pytest.raises(MemoryError):
            read(memory, [4])

    assert memory.lengths == (3,)
    torch.testing.assert_close(read(memory, [5]), plainly([1, 2, 3, 5]), atol=1e-4, rtol=0)


def test_sixteen_bit_weights_keep_softmax_norms_and_angles_in_float32():
    """bfloat16 rounds to 3 digits; a softmax or an angle of that width would be off by more at a long distance."""
    model = random_mistral(max_position_embeddings=8192)
    ids = torch.arange(600) % VOCABULARY
    exact = TorchLanguageModel(model)
    expected = exact.read(exact.embed(ids[None]), exact.new_memory())[0]
    halved = TorchLanguageModel(copy.deepcopy(model).to(torch.bfloat16))
    got = halved.read(halved.embed(ids[None]), halved.new_memory())[0]

    assert halved.precision == "bfloat16"
    assert got.dtype == torch.float32
    assert torch.corrcoef(torch.stack((got, expected)))[0, 1] > 0.99


def test_a_sliding_window_limits_the_context_instead_of_being_forgotten():
    assert TorchLanguageModel(random_mistral(sliding_window=128)).context_tokens == 128


@pytest.mark.parametrize(("most_fused", "form"), [(0, projections.Modules), (10**9, projections.Fused)])
def test_a_model_says_the_same_through_its_modules_and_through_fused_matrices(monkeypatch, most_fused, form):
    monkeypatch.setattr(projections, "MOST_FUSED_WEIGHTS", most_fused)
    runtime = TorchLanguageModel(PLAIN)
    memory = runtime.new_memory()

    assert all(type(one) is form for one in runtime.projections)
    for ids, length in (([1, 2, 3], 3), ([4], 4), ([5, 6], 6)):
        logits = runtime.read(runtime.embed(torch.tensor([ids])), memory)[0]
        torch.testing.assert_close(logits, plainly([1, 2, 3, 4, 5, 6][:length]), atol=1e-4, rtol=0)


def test_a_replaced_projection_is_called_as_the_module_it_is():
    class Doubled(torch.nn.Linear):
        """Stands for a quantised layer: what it holds is not what it computes with."""

        def forward(self, rows):
            return 2 * super().forward(rows)

    model = copy.deepcopy(PLAIN)
    old = model.model.layers[0].mlp.up_proj
    new = model.model.layers[0].mlp.up_proj = Doubled(old.in_features, old.out_features, bias=False)
    new.weight = torch.nn.Parameter(old.weight / 2, requires_grad=False)
    runtime = TorchLanguageModel(model)
    logits = runtime.read(runtime.embed(torch.tensor([[1, 2, 3]])), runtime.new_memory())[0]

    torch.testing.assert_close(logits, plainly([1, 2, 3]), atol=1e-4, rtol=0)
