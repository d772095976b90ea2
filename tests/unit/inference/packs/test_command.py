"""`sidelight packs`: what comes with the program is whole."""

from __future__ import annotations

import pytest

from inference.packs.command import main


def test_every_pack_that_comes_with_the_program_is_listed_as_intact(capsys, monkeypatch, tmp_path) -> None:
    """The gate once lay among the packs, and the list called it refused."""
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path))

    assert main(["list"]) == 0

    told = capsys.readouterr()
    assert "starter" in told.out
    assert "REFUSED" not in told.out + told.err


def test_the_bundled_starter_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "starter"]) == 0
    assert "intact" in capsys.readouterr().out
