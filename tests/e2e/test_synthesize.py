"""`sidelight synthesize` to files: what they are, the same bytes twice, and nothing overwritten."""

from __future__ import annotations

import pydicom
import pytest
from PIL import Image

from inference.errors import InvalidRequest
from inference.read.stopping import Stopping
from inference.synthesis import command
from inference.synthesis.sanity import no_film
from inference.synthesis.stepwise import DrawStep
from tests.tiny_synth_pack import write_tiny_synth_pack
from tests.unit.inference.synthesis.test_drawing import chest

WORDS = "Doe has a small left pleural effusion."


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return str(write_tiny_synth_pack(tmp_path_factory.mktemp("packs") / "tiny-synth", side=128))


@pytest.fixture
def recognisable(monkeypatch):
    """Random weights draw noise; what is written then is nothing. So the last step gives a body with two lungs."""
    from inference.synthesis.generator import Generator

    drawn = Generator.steps

    def steps(self, wish, source=None):
        for step in drawn(self, wish, source):
            yield DrawStep(step.step, step.steps, lambda: chest(wish.seed))
        return chest(wish.seed)

    monkeypatch.setattr(Generator, "steps", steps)


def synthesize(out, pack, *more: str) -> int:
    words = ["--out", str(out), "--pack", pack, "--device", "cpu", "--steps", "2", "--text", WORDS, *more]
    return command.synthesize(command.read_options(words), Stopping())


def test_films_are_written_that_say_what_they_are_and_the_same_command_gives_the_same_bytes(
    pack, recognisable, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv(command.EPOCH_VARIABLE, "1800000000")
    one, again = tmp_path / "one", tmp_path / "again"
    for out in (one, again):
        synthesize(out, pack, "--seed", "7", "--count", "2")
    said = capsys.readouterr().out

    names = sorted(path.name for path in one.iterdir())
    assert names == [f"synthetic-PA-seed{seed}.{kind}" for seed in (7, 8) for kind in ("dcm", "png")]
    for name in names:
        assert (one / name).read_bytes() == (again / name).read_bytes()
    dicom = pydicom.dcmread(one / "synthetic-PA-seed7.dcm")
    assert (dicom.SyntheticData, dicom.BurnedInAnnotation) == ("YES", "YES")
    with Image.open(one / "synthetic-PA-seed7.png") as picture:
        assert picture.size == (dicom.Columns, dicom.Rows)
    assert "SYNTHETIC – NOT A PATIENT IMAGE: PA view, seed 7, tiny-synth 0.1; seen as " in said
    assert "Doe" not in said
    assert b"Doe" not in b"".join((one / name).read_bytes() for name in names)


def test_nothing_is_overwritten_and_nothing_is_drawn_for_it(pack, tmp_path):
    there = tmp_path / "synthetic-lateral-seed8.dcm"
    there.write_bytes(b"mine")
    with pytest.raises(InvalidRequest, match="nothing is overwritten"):
        synthesize(tmp_path, pack, "--view", "lateral", "--seed", "7", "--count", "2")
    assert [path.name for path in tmp_path.iterdir()] == [there.name]


def test_noise_is_told_of_and_not_written(pack, tmp_path, capsys, monkeypatch):
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 256, (128, 128), np.uint8)
    assert no_film(noise)
    monkeypatch.setattr("inference.synthesis.networks.to_bytes", lambda _: noise)
    monkeypatch.setattr("inference.synthesis.generator.to_bytes", lambda _: noise)

    assert synthesize(tmp_path, pack) == command.SOME_FAILED
    assert "Seed 0 gave no film that may be shown: the picture is noise." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
