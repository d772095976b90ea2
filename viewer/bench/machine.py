"""What the numbers were taken on. A measurement without its machine says nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, cores, memory, Python, libraries, and how busy the machine was when the run began."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "pyside6": _version("PySide6-Essentials"),
        "numpy": _version("numpy"),
        "sidelight": _version("sidelight"),
        "load_at_start": [round(load, 2) for load in os.getloadavg()],
    }


def memory_mib(pid: int | str = "self") -> dict[str, float]:
    """Resident memory of one process in MiB: `rss`, and `pss`, which counts shared pages once among their users.

    Raises:
        OSError: There is no such process, or no /proc.
    """
    found: dict[str, float] = {}
    for name, file, key in (("rss", "status", "VmRSS:"), ("pss", "smaps_rollup", "Pss:")):
        for line in Path(f"/proc/{pid}/{file}").read_text("ascii", errors="replace").splitlines():
            if line.startswith(key):
                found[name] = int(line.split()[1]) / 1024
    return found


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # macOS, Windows
        pass
    return platform.processor() or "not known"


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
