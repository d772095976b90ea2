"""Devices are named for the reader, and small models do not share their small matrices among threads."""

import pytest
import torch

from inference.devices import SMALL_MODEL, choose_device, is_out_of_memory, use_cores
from inference.errors import InvalidRequest


@pytest.fixture(autouse=True)
def threads_as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_a_small_model_runs_on_one_thread_and_a_large_one_on_every_core(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 8 if logical else 4)

    use_cores(SMALL_MODEL - 1)
    assert torch.get_num_threads() == 1
    use_cores(SMALL_MODEL)
    assert torch.get_num_threads() == 4


def test_the_users_own_number_of_threads_is_kept(monkeypatch):
    torch.set_num_threads(2)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    use_cores(1)

    assert torch.get_num_threads() == 2


def test_a_cpu_computes_in_float32():
    device = choose_device("cpu")

    assert (device.name, device.dtype, device.precision) == ("cpu", torch.float32, "float32")
    assert device.memory_bytes > device.free_bytes > 0


@pytest.mark.parametrize("wish", ["gpu", "", "cuda:1"])
def test_an_unknown_device_is_refused_with_the_choices(wish):
    with pytest.raises(InvalidRequest, match="auto, cpu or cuda"):
        choose_device(wish)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a CUDA device")
def test_a_gpu_that_is_not_there_is_said_to_be_missing():
    with pytest.raises(InvalidRequest, match="No CUDA device"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
    ids=repr,
)
def test_memory_that_ran_out_is_told_from_defects(error, is_memory):
    assert is_out_of_memory(error) is is_memory
