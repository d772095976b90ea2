"""docs/api.md is for people who copy: its examples are run as they stand, against the real engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.factories.dicom_film import write_film
from tests.fake_server import TOKEN, served
from tests.tiny_pack import make_tiny_pack

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    from inference.engine.engine import M4cxrBackend
    from inference.packs import open_pack

    pack = open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))
    with served(lambda: M4cxrBackend(pack, device="cpu")) as running:
        yield running


@pytest.fixture
def desk(server, tmp_path, monkeypatch):
    """A folder with what the page's first block makes, and a film."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "header").write_text(f"Authorization: Bearer {TOKEN}\n")
    monkeypatch.setenv("FILM", str(write_film(tmp_path / "film.dcm", rows=300, columns=280)))
    return tmp_path


def test_the_python_examples_read_a_film_and_ask_about_it(server, desk, capsys):
    code = "\n".join(blocks("python")).replace("8765", str(server.port))
    exec(compile(code, "docs/api.md", "exec"), {})

    said = capsys.readouterr().out
    assert said.startswith("Tiny random model\n")
    assert "body.temperature must be 0" in said
    assert said.rstrip().endswith("temperature")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_curl_examples_are_answered(server, desk):
    (script,) = (block for block in blocks("sh") if block.startswith("curl"))
    done = subprocess.run(
        ["bash", "-e", "-c", script.replace("8765", str(server.port))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert '"status":"ok"' in done.stdout
    assert '"id":"tiny"' in done.stdout
    assert "event: text_delta" in done.stdout
    assert "event: finished" in done.stdout
    assert '"error"' not in done.stdout


def test_the_command_lines_of_the_page_are_those_of_the_program():
    from inference.server.command import read_options

    start = next(block for block in blocks("sh") if "sidelight serve" in block)
    (words,) = re.findall(r"^sidelight serve (.*?) <", start, re.MULTILINE)
    assert read_options(words.split()).takes_token
