"""Which devices this computer has, and in which precision a model runs on them."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from dataclasses import dataclass

import psutil
import torch

from inference.errors import InvalidRequest
from inference.plan import CUDA_CONTEXT, Machine
from inference.precision import SMALL_MODEL


@dataclass(frozen=True, slots=True)
class Device:
    """Where a model runs."""

    name: str  # as torch names it: "cpu", "cuda"
    dtype: torch.dtype
    title: str  # for the reader: "NVIDIA RTX A4000", "CPU, 8 cores"
    memory_bytes: int  # all of it
    free_bytes: int  # now

    @property
    def precision(self) -> str:
        return str(self.dtype).removeprefix("torch.")


def choose_device(wish: str = "auto") -> Device:
    """The device for `auto`, `cpu` or `cuda`.

    A CPU computes in float32: 16-bit arithmetic is slower there and leaves the published decoding path.

    Raises:
        InvalidRequest: The wish is unknown, or there is no such device.
    """
    if wish not in ("auto", "cpu", "cuda"):
        raise InvalidRequest(f"“{wish}” is no device; choose auto, cpu or cuda.")
    if wish == "cuda" and not torch.cuda.is_available():
        raise InvalidRequest("No CUDA device answers on this computer; choose cpu or auto.")
    return cpu() if wish == "cpu" or not torch.cuda.is_available() else cuda()


def cpu() -> Device:
    memory = psutil.virtual_memory()
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    return Device("cpu", torch.float32, f"CPU, {cores} cores", int(memory.total), int(memory.available))


def cuda() -> Device:
    """The first CUDA device. bfloat16 where the hardware has it (compute capability 8), else float16."""
    free, total = torch.cuda.mem_get_info(0)
    dtype = torch.bfloat16 if torch.cuda.get_device_capability(0)[0] >= 8 else torch.float16
    return Device("cuda", dtype, torch.cuda.get_device_name(0), int(total), int(free))


def machine(device: Device) -> Machine:
    """The device as a plan sees it; what this process holds there already counts as free."""
    if device.name != "cuda":
        ours = int(psutil.Process().memory_info().rss)
        return Machine("cpu", device.title, device.memory_bytes, device.free_bytes + ours)
    ours = torch.cuda.memory_reserved(0)
    has_bfloat16 = device.dtype == torch.bfloat16
    return Machine("cuda", device.title, device.memory_bytes, device.free_bytes + ours, has_bfloat16)


def memory_in_use(device: Device) -> tuple[int, int]:
    """Bytes that this process holds now, and held at most: on a graphics card, or in main memory."""
    if device.name == "cuda":
        return torch.cuda.memory_reserved(0) + CUDA_CONTEXT, torch.cuda.max_memory_reserved(0) + CUDA_CONTEXT
    now = int(psutil.Process().memory_info().rss)
    return now, max(now, _most_resident())


def _most_resident() -> int:
    """The most main memory that this process ever held; 0 where the system does not say (Windows)."""
    if sys.platform == "win32":
        return 0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def release_memory(device: Device) -> None:
    """Give freed memory back: to the graphics card's other users, to the system."""
    gc.collect()
    if device.name == "cuda":
        torch.cuda.empty_cache()
    elif sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # not glibc
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def use_cores(parameters: int) -> None:
    """Set torch's threads for a model of this size, unless OMP_NUM_THREADS says otherwise.

    A small model's matrices are too small to share: its threads mostly wait for each other, spinning. On two busy
    cores a reading with the starter took 21.5 s of processor time with two threads and 1.4 s with one. A large model
    gets one thread per physical core: hyper-threads slow matrix products.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
        torch.set_num_threads(1 if parameters < SMALL_MODEL else cores)


def is_out_of_memory(error: BaseException) -> bool:
    """True for every way that torch, ONNX Runtime and Python say that memory is used up."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = (
        "out of memory",
        "can't allocate memory",
        "not enough memory",
        "CUBLAS_STATUS_ALLOC_FAILED",
        "Failed to allocate memory",  # ONNX Runtime, whose exceptions are no RuntimeError
        "bad allocation",
    )
    is_from_library = isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime.")
    return is_from_library and any(word in str(error) for word in words)
