"""`sidelight doctor`: what this computer can run, and why not more. Looks, changes nothing, connects to nothing."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inference.errors import InferenceError
from viewer import loopback

WELL, FAULTY = 0, 1

PACKAGES = (
    "sidelight",
    "PySide6-Essentials",
    "pydicom",
    "numpy",
    "pillow",
    "imagecodecs",
    "pyjpegls",
    "pylibjpeg-openjpeg",
    "pylibjpeg-rle",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "bitsandbytes",
    "onnxruntime",
    "onnxruntime-gpu",
    "onnx",
    "fastapi",
    "httpx",
)
EITHER = {"onnxruntime": "onnxruntime-gpu", "onnxruntime-gpu": "onnxruntime"}  # one of the two is enough
OPTIONAL = {"bitsandbytes"}  # only for quantised layers on a GPU

GIB = 2**30
SMALLEST_MEMORY = 3 * GIB  # the starter's reading beside a viewer with four films
SMALLEST_DISK = 1 * GIB
QT_TIMEOUT_S = 30

State = Literal["ok", "note", "fault"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the result. A fault keeps something from working; a note is only worth knowing."""

    name: str
    state: State
    said: str
    remedy: str = ""


def main(argv: list[str] | None = None) -> int:
    """Print all checks; returns 0 if nothing is at fault, else 1."""
    argparse.ArgumentParser(
        prog="sidelight doctor",
        description="Say what this computer can run, and why not more. Exit code 1: something is at fault.",
    ).parse_args(argv)
    loopback.go_offline()
    loopback.install()
    faults = 0
    for check in checks():
        sys.stdout.write(line(check) + "\n")
        sys.stdout.flush()
        faults += check.state == "fault"
    sys.stdout.write(f"\n{summary(faults)}\n")
    return FAULTY if faults else WELL


def line(check: Check) -> str:
    """`[ok]    Model pack: starter 0.1 …`, and what to do on a line of its own."""
    told = f"[{check.state}]".ljust(8) + f"{check.name}: {check.said}"
    return f"{told}\n        What to do: {check.remedy}" if check.remedy else told


def summary(faults: int) -> str:
    if faults:
        return f"{faults} thing{'s are' if faults > 1 else ' is'} at fault; see “What to do”."
    return "Nothing is at fault."


def checks() -> Iterator[Check]:
    """Every check, in the order they are printed. One that fails itself becomes a fault, the next ones still run."""
    for look in (_python, _packages, _memory, _disk, _devices, _pack, _synthesis, _gate, _qt, _guard):
        try:
            yield from look()
        except Exception as error:  # a doctor that dies of what it should find helps nobody
            name = look.__name__.strip("_").replace("_", " ")
            yield Check(name, "fault", f"could not be checked: {type(error).__name__}: {error}")


# ── the computer ────────────────────────────────────────────────────────────────────────────────────────────────


def _python() -> Iterator[Check]:
    is_new_enough = sys.version_info >= (3, 11)
    said = f"{platform.python_version()} in {sys.prefix}, {platform.system()} {platform.release()} {platform.machine()}"
    remedy = "" if is_new_enough else "Install Python 3.11 or newer."
    yield Check("Python", "ok" if is_new_enough else "fault", said, remedy)


def _packages() -> Iterator[Check]:
    versions = {name: version_of(name) for name in PACKAGES}
    yield Check("Packages", "ok", ", ".join(f"{name} {told}" for name, told in versions.items() if told))
    missing = [
        name
        for name, told in versions.items()
        if not told and name not in OPTIONAL and not versions.get(EITHER.get(name, ""))
    ]
    if missing:
        said = f"not installed: {', '.join(missing)}"
        yield Check("Packages", "fault", said, "Run `python3 installers/bootstrap.py demo` again.")


def version_of(package: str) -> str:
    """The installed version, empty if there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _memory() -> Iterator[Check]:
    import psutil

    memory = psutil.virtual_memory()
    is_enough = memory.total >= SMALLEST_MEMORY
    said = f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} GiB free now"
    remedy = "" if is_enough else f"Sidelight needs a computer with {SMALLEST_MEMORY / GIB:.0f} GiB."
    yield Check("Memory", "ok" if is_enough else "fault", said, remedy)


def _disk() -> Iterator[Check]:
    from inference.supervisor import state_folder

    folder = existing_parent(state_folder())
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    said = f"{free / GIB:.1f} GiB free at {folder}, where logs lie" + ("" if writable else ", not writable")
    if not writable:
        yield Check("Disk", "fault", said, "Set SIDELIGHT_HOME to a folder that you may write to.")
    else:
        yield Check("Disk", "ok" if free >= SMALLEST_DISK else "note", said)


def existing_parent(path: Path) -> Path:
    """`path`, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _devices() -> Iterator[Check]:
    import torch

    from inference.devices import cpu, cuda

    processor = cpu()
    yield Check(
        "Device", "ok", f"{processor.title}, {processor.precision}, {torch.get_num_threads()} threads"
    )
    if torch.cuda.is_available():
        card = cuda()
        memory = f"{card.memory_bytes / GIB:.1f} GiB, {card.free_bytes / GIB:.1f} GiB free now"
        yield Check("Device", "ok", f"{card.title}, {card.precision}, {memory}; used by --device auto")
        return
    if torch.version.cuda is None:
        why = f"torch {torch.__version__} is a build without CUDA"
        remedy = "With an NVIDIA GPU in this computer, run `python3 installers/bootstrap.py demo` again."
        yield Check("GPU", "note", f"none is used: {why}.", remedy if has_nvidia() else "")
    else:
        why = f"torch {torch.__version__} finds no CUDA device"
        yield Check("GPU", "note", f"none is used: {why}.", "Check the NVIDIA driver with `nvidia-smi`.")


def has_nvidia() -> bool:
    """True if the driver's own tool is here."""
    return shutil.which("nvidia-smi") is not None


# ── what Sidelight brings ───────────────────────────────────────────────────────────────────────────────────────


def _pack() -> Iterator[Check]:
    from inference.gate import FOLDER
    from inference.packs import DEFAULT_PACK, find_pack, installed_packs, open_pack, trust

    try:
        find_pack(None)
    except InferenceError as error:
        yield Check("Model pack", "fault", f"{DEFAULT_PACK}: {error}", error.remedy)
    for folder in installed_packs():
        if folder == FOLDER:  # not a reading model; it has a check of its own
            continue
        try:
            pack = open_pack(folder, whole=True)
        except InferenceError as error:
            yield Check("Model pack", "fault", f"{folder.name}: {error}", error.remedy)
            continue
        manifest = pack.manifest
        licence = (
            f"licence {manifest.licence.id}{', research only' if manifest.licence.research_only else ''}"
        )
        size = sum(file.size for file in manifest.files) / 2**20
        said = f"{manifest.id} {manifest.version}, {size:.1f} MiB, every file as its manifest says; {licence}"
        found = trust.quarantine_of(pack.sha256)
        if found is not None:
            remedy = (
                f"`sidelight packs verify {manifest.id}` tests it again; or install another version of it."
            )
            yield Check("Model pack", "fault", f"{said}; in quarantine: {found.reason}", remedy)
            continue
        yield Check("Model pack", "ok", said)


def _synthesis() -> Iterator[Check]:
    """Whether synthetic films can be drawn, and what that takes beside the model that reads."""
    from inference.devices import choose_device, machine
    from inference.errors import ModelNotInstalled
    from inference.synthesis.facts import read_facts
    from inference.synthesis.packs import generator_size, synthesis_pack

    try:
        pack = synthesis_pack()
    except ModelNotInstalled as error:
        yield Check("Synthetic films", "note", "none: no pack that draws is installed", error.remedy)
        return
    except InferenceError as error:
        yield Check("Synthetic films", "fault", str(error), error.remedy)
        return
    facts, device = read_facts(pack.folder), machine(choose_device())
    needed, usable = generator_size(pack).bytes_on(device.kind), device.budget_bytes
    said = (
        f"{pack.manifest.id} {pack.manifest.version} draws {', '.join(facts.views)} films of "
        f"{facts.rows} x {facts.columns}; it takes {needed / GIB:.2f} GiB of {device.title} while it is used"
    )
    remedy = (
        ""
        if needed <= usable
        else f"Only {usable / GIB:.2f} GiB are usable: install a smaller pack that draws."
    )
    yield Check("Synthetic films", "note" if remedy else "ok", said, remedy)


def _gate() -> Iterator[Check]:
    from inference.gate import load_gate

    load_gate()
    yield Check("Gate", "ok", "the check for frontal chest films is there and loads")


def _qt() -> Iterator[Check]:
    """Open Qt in a process of its own, because a missing library can end the process that asks for it."""
    reason = qt_failure("offscreen")
    if reason:
        remedy = (
            "Run `python3 installers/bootstrap.py demo`: it names or installs the missing system libraries."
        )
        yield Check("Qt", "fault", f"can't start: {reason}", remedy)
        return
    yield Check("Qt", "ok", "starts")
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        said = "none here (neither DISPLAY nor WAYLAND_DISPLAY is set): no window, but `sidelight read` works"
        yield Check("Screen", "note", said)
        return
    reason = qt_failure(None)
    remedy = "Install the libraries that it names (Debian: libxcb-cursor0)." if reason else ""
    yield Check("Screen", "fault" if reason else "ok", reason or "a window can be opened", remedy)


def qt_failure(platform_name: str | None) -> str:
    """The last line that Qt says when it can't start on a platform; empty if it can."""
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    if platform_name:
        environment["QT_QPA_PLATFORM"] = platform_name
    code = "from PySide6.QtWidgets import QApplication; QApplication([])"
    try:
        told = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            timeout=QT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not start within {QT_TIMEOUT_S} s"
    if told.returncode == 0:
        return ""
    said = [text for text in told.stderr.splitlines() if text.strip()]
    return said[-1].strip() if said else f"it ended with code {told.returncode}"


def _guard() -> Iterator[Check]:
    """Say to the guard that a connection is about to be made, without making one."""
    if is_guarded(sys.audit):
        yield Check("Network", "ok", "connections outside this computer are refused in this process")
    else:
        yield Check("Network", "fault", "the guard against connections outside this computer does not work")


def is_guarded(announce: Callable[..., object], outside: Sequence[object] = ("192.0.2.1", 443)) -> bool:
    """True if announcing a connection to a foreign address (RFC 5737, nobody's) is refused."""
    with socket.socket() as unconnected:
        try:
            announce("socket.connect", unconnected, tuple(outside))
        except loopback.OutsideConnectionRefused:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
