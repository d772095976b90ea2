"""Weights that are moved under a model that is in use: nobody may be left holding the old ones."""

from __future__ import annotations

import pytest
import torch

from inference.backend import AskQuestion, CancelToken, ChatMessage, Finished
from inference.engine.engine import M4cxrBackend
from inference.engine.moving import move, tensors_of
from inference.packs import open_pack
from tests.tiny_pack import make_tiny_pack

ASKED = AskQuestion(None, (ChatMessage("user", "What does cardiomegaly mean?"),), max_new_tokens=12)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))


def answer(backend) -> str:
    last = list(backend.run(ASKED, CancelToken()))[-1]
    assert isinstance(last, Finished)
    return last.result["answer"]


def elsewhere(old: list[torch.Tensor]):
    """A place in the same memory; the old bytes are kept in `old`."""

    def place(flat: torch.Tensor) -> torch.Tensor:
        old.append(flat)
        return flat.clone()

    return place


@pytest.mark.parametrize("precision", ["float32", "nf4"])
def test_a_moved_model_answers_as_before_and_nothing_reads_its_old_weights(pack, precision):
    if precision == "nf4":
        pytest.importorskip("bitsandbytes")
    backend = M4cxrBackend(pack, device="cpu", precision=precision)
    before = answer(backend)
    owners = (backend._model, backend._language)
    old: list[torch.Tensor] = []
    moved = move(tensors_of(*owners), elsewhere(old))
    backend._free_caches()
    for flat in old:
        flat.fill_(0x7F)  # NaN, or nonsense: whoever still holds them says so

    assert moved > 400_000
    assert answer(backend) == before


def test_tensors_that_share_their_storage_go_on_sharing_it():
    whole = torch.arange(12.0)
    part = whole[4:8].view(2, 2).t()
    move((whole, part), lambda flat: flat.clone())
    whole[4] = 99.0

    assert part[0, 0] == 99.0
    assert part.stride() == (1, 2)


def test_what_a_closure_or_a_bound_method_holds_is_found():
    hidden = torch.ones(3)

    class Holder:
        def __init__(self):
            self.call = lambda: hidden

        def method(self):
            return self.call()

    Holder.__module__ = "inference.somewhere"
    assert [one is hidden for one in tensors_of([Holder().method])] == [True]
