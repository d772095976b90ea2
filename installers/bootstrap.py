#!/usr/bin/env python3
"""From a clone to a running Sidelight, with nothing but Python 3.11 or newer. Standard library only.

    python3 installers/bootstrap.py demo    # the viewer on a demo patient, or a headless reading without a display
    python3 installers/bootstrap.py test    # every check and test of the project

Both make `.venv` beside the project when it is missing or out of date, and use it as it is otherwise. Further
arguments go to `sidelight demo` or to pytest.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "sidelight-installed.json"
LOG = VENV / "bootstrap.log"

OLDEST_PYTHON = (3, 11)
TORCH_CPU = "2.13.0"  # the CPU build that everything was tested with
TORCH_CUDA = "2.14.1"  # the CUDA build; plain PyPI on Linux
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"

QT_LIBRARIES: Mapping[
    str, str
] = {  # shared library -> Debian package; no Qt widget can be drawn without these
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
WINDOW_LIBRARIES: Mapping[str, str] = {  # the same for a real X11 window
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
FONT_PACKAGE = "fonts-dejavu-core"  # a bare Debian has no font at all, and Qt brings none
MOST_WORKERS = 4
"""Test processes side by side: each takes a gigabyte of memory."""
TEST_PROGRAMS: Mapping[str, str] = {  # program -> Debian package; only the tests need them
    "Xvfb": "xvfb",  # a real window on a virtual screen
    "java": "default-jre-headless",  # METEOR 1.5, the authors' own program, as the judge of one score
}


class BootstrapError(Exception):
    """Something that the user has to put right; the message says what and how."""


# ── decisions: pure ─────────────────────────────────────────────────────────────────────────────────────────────


def torch_constraint(*, has_nvidia: bool, system: str) -> str:
    """The one torch release that is installed, as a pip constraint. macOS has a single build."""
    return f"torch=={TORCH_CUDA if has_nvidia and system != 'Darwin' else TORCH_CPU}"


def pip_arguments(
    project: Path, extras: Sequence[str], constraints: Path, *, extra_index: str | None
) -> list[str]:
    """Arguments of `pip` that install the project, editable, with the chosen torch."""
    target = f"{project}[{','.join(extras)}]" if extras else str(project)
    arguments = ["install", "--progress-bar", "off", "-c", str(constraints), "-e", target]
    return [*arguments, "--extra-index-url", extra_index] if extra_index else arguments


def fingerprint(pyproject: bytes, constraint: str, extras: Sequence[str], python: str) -> dict[str, object]:
    """What an installation was made from. A change of any of it means installing again."""
    return {
        "pyproject": hashlib.sha256(pyproject).hexdigest(),
        "torch": constraint,
        "extras": sorted(extras),
        "python": python,
        "project": str(ROOT),
    }


def is_up_to_date(wanted: Mapping[str, object], stamp: str) -> bool:
    """True if the stamp tells of an installation that already has everything wanted (more extras do no harm)."""
    try:
        found = json.loads(stamp)
        extras = set(found.pop("extras"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return False
    rest = {key: value for key, value in wanted.items() if key != "extras"}
    return bool(found == rest) and extras >= set(wanted["extras"])  # type: ignore[call-overload]


def missing_packages(
    libraries: Mapping[str, str], can_load: Callable[[str], bool], *, has_fonts: bool
) -> list[str]:
    """Debian packages of the shared libraries that can't be loaded, and of a font where there is none."""
    missing = [package for library, package in libraries.items() if not can_load(library)]
    return missing if has_fonts else [*missing, FONT_PACKAGE]


def has_display(environment: Mapping[str, str], system: str) -> bool:
    """True where a window can be opened."""
    return system != "Linux" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


# ── looking at this machine ─────────────────────────────────────────────────────────────────────────────────────


def answers_nvidia() -> bool:
    """True if an NVIDIA GPU answers, not only if its driver's files lie about."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        run = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0 and "GPU" in run.stdout


def reachable(url: str, timeout_s: float = 5.0) -> bool:
    """True if the server of `url` answers at all."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def can_load(library: str) -> bool:
    """True if the dynamic linker finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_fonts() -> bool:
    """True if fontconfig would find any scalable font."""
    return any(True for folder in FONT_FOLDERS if folder.is_dir() for _ in folder.rglob("*.[to]t[fc]"))


def venv_python(venv: Path = VENV) -> Path:
    """The interpreter of the project's environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# ── doing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def say(text: str) -> None:
    """One line for the user, at once."""
    print(f"[sidelight] {text}", flush=True)


def run_logged(command: Sequence[str], *, shown: tuple[str, ...] = (), what: str) -> None:
    """Run a command into the log file, showing only lines that begin with one of `shown`.

    Raises:
        BootstrapError: It ended with an error; the message holds its last lines and where the rest is.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    tail: list[str] = []
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n")
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                tail = [*tail[-14:], line.rstrip()]
                if shown and line.startswith(shown):
                    say("  " + line.strip()[:100])
    if process.returncode != 0:
        raise BootstrapError(f"{what} failed:\n  " + "\n  ".join(tail) + f"\nThe whole log is in {LOG}.")


def install_system_packages(packages: Sequence[str], *, needed_for: str) -> None:
    """Install Debian packages as root, or say which command would."""
    command = f"apt-get install -y {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise BootstrapError(
            f"{needed_for} needs system libraries that are missing. Install what your system calls: "
            + ", ".join(packages)
        )
    if os.geteuid() != 0:
        raise BootstrapError(f"{needed_for} needs system libraries that are missing. Run:\n  sudo {command}")
    say(f"installing system packages: {' '.join(packages)}")
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    run_logged([*environment, "apt-get", "update", "-q"], what="apt-get update")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    run_logged([*environment, *install], what=command)


def ensure_system_packages(*, with_window: bool, for_tests: bool) -> None:
    """See to the shared libraries and fonts that Qt needs on Linux, and to the programs that the tests need."""
    if platform.system() != "Linux":
        return
    libraries = {**QT_LIBRARIES, **(WINDOW_LIBRARIES if with_window else {})}
    packages = missing_packages(libraries, can_load, has_fonts=has_fonts())
    if for_tests:
        packages += [package for name, package in TEST_PROGRAMS.items() if shutil.which(name) is None]
    if packages:
        install_system_packages(packages, needed_for="The test suite" if for_tests else "The window")


def make_venv() -> None:
    """Create `.venv` with this interpreter; on Debian that may need the venv package first."""
    say(f"making {VENV.relative_to(ROOT)} with Python {platform.python_version()}")
    try:
        import ensurepip  # noqa: F401  # Debian splits it off into a package of its own
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        install_system_packages([f"python{version}-venv"], needed_for="Making an environment")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(VENV)
    run = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise BootstrapError(f"Making {VENV} failed:\n{run.stdout}{run.stderr}")


def works(python: Path) -> bool:
    """True if the environment's interpreter runs and is of this version (a copied or half-made one is not)."""
    if not python.exists():
        return False
    ask = "import sys, pip; print('%d.%d' % sys.version_info[:2], sys.prefix)"
    run = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False)
    return run.stdout.split() == [f"{sys.version_info[0]}.{sys.version_info[1]}", str(VENV)]


def ensure_installed(extras: Sequence[str]) -> Path:
    """Make the environment hold the project with `extras`; do nothing when it does. Returns its interpreter."""
    python = venv_python()
    constraint = torch_constraint(has_nvidia=answers_nvidia(), system=platform.system())
    wanted = fingerprint(
        (ROOT / "pyproject.toml").read_bytes(), constraint, extras, platform.python_version()
    )
    if STAMP.exists() and works(python) and is_up_to_date(wanted, STAMP.read_text("utf-8")):
        return python
    if not works(python):
        make_venv()
    STAMP.unlink(missing_ok=True)  # a stop half-way is then seen at the next start
    started = time.monotonic()
    needs_cpu_index = constraint.endswith(TORCH_CPU) and platform.system() == "Linux"
    index = TORCH_CPU_INDEX if needs_cpu_index and reachable(TORCH_CPU_INDEX) else None
    constraints = VENV / "constraints.txt"
    constraints.write_text(constraint + "\n", "utf-8")
    say(f"installing Sidelight and what it needs ({constraint}); the first time this takes a few minutes")
    arguments = pip_arguments(ROOT, extras, constraints, extra_index=index)
    shown = ("Collecting torch", "Collecting transformers", "Collecting PySide6", "Installing collected")
    run_logged([str(python), "-m", "pip", *arguments], shown=shown, what="pip install")
    STAMP.write_text(json.dumps(wanted, indent=1) + "\n", "utf-8")
    say(f"installed in {time.monotonic() - started:.0f} s")
    return python


# ── the two commands ────────────────────────────────────────────────────────────────────────────────────────────


def demo(arguments: Sequence[str]) -> int:
    """Open the viewer on the demo patient with the panel reading it; without a display, read headless."""
    on_screen = has_display(os.environ, platform.system())
    ensure_system_packages(with_window=on_screen, for_tests=False)
    python = ensure_installed([])
    say("opening the viewer" if on_screen else "no display here: reading without a window")
    return subprocess.run([str(python), "-m", "viewer", "demo", *arguments], check=False).returncode


def checks(python: Path) -> list[tuple[str, list[str]]]:
    """Name and command of every check that comes before the tests, the quick ones first."""
    module = [str(python), "-m"]
    beside = str(python.parent)
    return [
        ("ruff check", [*module, "ruff", "check", "."]),
        ("ruff format", [*module, "ruff", "format", "--check", "."]),
        ("import contracts", [str(Path(beside) / "lint-imports")]),
        ("mypy --strict", [*module, "mypy"]),
    ]


def test(arguments: Sequence[str]) -> int:
    """Run every check, then every test. With arguments, run only pytest with them."""
    ensure_system_packages(with_window=True, for_tests=True)
    python = ensure_installed(["dev"])
    for name, command in [] if arguments else checks(python):
        started = time.monotonic()
        run = subprocess.run(command, cwd=ROOT, check=False)
        say(f"{name}: {'passed' if run.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s")
        if run.returncode != 0:
            return run.returncode
    side_by_side = ["-n", "logical", "--maxprocesses", str(MOST_WORKERS), "--dist", "loadfile"]
    run_tests = [str(python), "-m", "pytest", *(arguments or side_by_side)]
    return subprocess.run(run_tests, cwd=ROOT, check=False).returncode


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        say(f"Python {wanted} or newer is needed; this is {platform.python_version()}. Install it, then run:")
        say(f"  python{wanted} installers/bootstrap.py demo")
        return 1
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("command", choices=("demo", "test"))
    options, rest = parser.parse_known_args(argv)
    try:
        return demo(rest) if options.command == "demo" else test(rest)
    except BootstrapError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped; start the same command again to go on")
        return 130


if __name__ == "__main__":
    sys.exit(main())
