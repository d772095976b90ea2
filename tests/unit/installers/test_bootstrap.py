"""The bootstrap's decisions, and its one promise: a second start installs nothing."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "installers" / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_machine_with_an_nvidia_gpu_gets_the_cuda_build(bootstrap):
    assert bootstrap.torch_constraint(has_nvidia=True, system="Linux") == "torch==2.14.1"


def test_any_other_machine_gets_the_cpu_build(bootstrap):
    assert bootstrap.torch_constraint(has_nvidia=False, system="Linux") == "torch==2.13.0"
    assert bootstrap.torch_constraint(has_nvidia=True, system="Darwin") == "torch==2.13.0"


def test_both_builds_satisfy_what_the_project_declares(bootstrap):
    from packaging.requirements import Requirement

    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    torch = next(
        Requirement(line.strip().strip('",')) for line in lines if line.strip().startswith('"torch>')
    )
    assert bootstrap.TORCH_CPU in torch.specifier
    assert bootstrap.TORCH_CUDA in torch.specifier


def test_the_cpu_index_is_only_an_extra_one(bootstrap):
    without = bootstrap.pip_arguments(ROOT, ["dev"], Path("c.txt"), extra_index=None)
    with_index = bootstrap.pip_arguments(ROOT, [], Path("c.txt"), extra_index="https://example.org/cpu")
    assert f"{ROOT}[dev]" in without and "--extra-index-url" not in without
    assert with_index[-2:] == ["--extra-index-url", "https://example.org/cpu"]
    assert "--index-url" not in with_index


def test_a_second_start_finds_everything_there(bootstrap):
    wanted = bootstrap.fingerprint(b"[project]", "torch==2.13.0", ["dev"], "3.11.7")
    assert bootstrap.is_up_to_date(wanted, json.dumps(wanted))


def test_an_environment_with_more_extras_serves_the_demo_too(bootstrap):
    has_dev = bootstrap.fingerprint(b"[project]", "torch==2.13.0", ["dev"], "3.11.7")
    demo = bootstrap.fingerprint(b"[project]", "torch==2.13.0", [], "3.11.7")
    assert bootstrap.is_up_to_date(demo, json.dumps(has_dev))
    assert not bootstrap.is_up_to_date(has_dev, json.dumps(demo))


@pytest.mark.parametrize("stamp", ["", "{}", "[]", "null", '{"extras": 3}', "half a fi"])
def test_a_damaged_stamp_means_installing_again(bootstrap, stamp):
    wanted = bootstrap.fingerprint(b"[project]", "torch==2.13.0", [], "3.11.7")
    assert not bootstrap.is_up_to_date(wanted, stamp)


def test_a_changed_dependency_means_installing_again(bootstrap):
    old = bootstrap.fingerprint(b"old", "torch==2.13.0", [], "3.11.7")
    new = bootstrap.fingerprint(b"new", "torch==2.13.0", [], "3.11.7")
    assert not bootstrap.is_up_to_date(new, json.dumps(old))


def test_only_the_missing_libraries_are_named(bootstrap):
    there = {"libEGL.so.1"}
    libraries = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1"}
    assert bootstrap.missing_packages(libraries, there.__contains__, has_fonts=True) == ["libgl1"]
    assert bootstrap.missing_packages(libraries, lambda _: True, has_fonts=False) == ["fonts-dejavu-core"]


def test_without_root_the_exact_command_is_printed(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.BootstrapError, match="sudo apt-get install -y libgl1 libegl1"):
        bootstrap.install_system_packages(["libgl1", "libegl1"], needed_for="The window")


def test_no_display_means_a_headless_reading(bootstrap):
    assert not bootstrap.has_display({}, "Linux")
    assert bootstrap.has_display({"DISPLAY": ":0"}, "Linux")
    assert bootstrap.has_display({"WAYLAND_DISPLAY": "wayland-0"}, "Linux")
    assert bootstrap.has_display({}, "Darwin")


def test_a_failing_step_says_what_failed_and_where_the_log_is(bootstrap, monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log.txt")
    command = [sys.executable, "-c", "print('no such package'); raise SystemExit(3)"]
    with pytest.raises(bootstrap.BootstrapError, match=r"(?s)pip install failed.*no such package.*log\.txt"):
        bootstrap.run_logged(command, what="pip install")
    assert "no such package" in (tmp_path / "log.txt").read_text("utf-8")


def test_it_imports_nothing_outside_the_standard_library():
    code = (
        "import sys, runpy; runpy.run_path('installers/bootstrap.py', run_name='loaded');"
        "names = {m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names) - {'__main__', 'loaded'};"
        "bad = {n for n in names if not n.startswith('_')}; print(sorted(bad)); sys.exit(bool(bad))"
    )
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_demo_s_command_runs_the_program(bootstrap, monkeypatch):
    """`python -m viewer.cli` would import it, do nothing, and end well."""
    started: list[list[str]] = []

    def note(command, **_):
        started.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap, "ensure_system_packages", lambda **_: None)
    monkeypatch.setattr(bootstrap, "ensure_installed", lambda _: Path(sys.executable))
    with monkeypatch.context() as patched:
        patched.setattr(bootstrap.subprocess, "run", note)
        bootstrap.demo([])
    program = started[0][: started[0].index("demo")]
    run = subprocess.run([*program, "--version"], capture_output=True, text=True)
    assert run.stdout.startswith("sidelight"), run
