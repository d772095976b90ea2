"""Encoded films on disk: right or not there, within a limit, for this user only."""

import os
import stat
import sys

import pytest
import torch

from inference.engine.feature_store import FeatureStore

SHAPE = (9, 64)
FILM, OTHER = "1" * 64, "2" * 64


def rows(seed: int = 0, dtype=torch.float32) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path, "pack 1")


def files(store) -> list:
    return sorted(store.folder.iterdir())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_what_was_kept_comes_back_to_the_last_bit(store, dtype):
    store.put(FILM, rows(dtype=dtype))
    assert torch.equal(store.get(FILM, SHAPE, dtype), rows(dtype=dtype))


def test_nothing_is_found_of_another_film_or_another_maker(store):
    store.put(FILM, rows())
    assert store.get(OTHER, SHAPE, torch.float32) is None
    assert FeatureStore(store.folder, "pack 2").get(FILM, SHAPE, torch.float32) is None


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other shape", "other dtype", "no safetensors"])
def test_a_damaged_file_is_not_used_and_goes(store, damage, caplog):
    store.put(FILM, rows(1)[:, :8] if damage == "other shape" else rows(1))
    (path,) = files(store)
    data = path.read_bytes()
    if damage == "flip":
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    elif damage == "cut":
        path.write_bytes(data[:-5])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "no safetensors":
        path.write_bytes(b"\x80\x04\x95 a pickle, say")
    wanted = torch.float16 if damage == "other dtype" else torch.float32

    assert store.get(FILM, SHAPE, wanted) is None
    assert files(store) == []
    assert FILM not in caplog.text

    store.put(FILM, rows(1))
    assert torch.equal(store.get(FILM, SHAPE, torch.float32), rows(1))


def test_beyond_its_size_what_was_used_longest_ago_goes(store, tmp_path):
    one = FeatureStore(tmp_path, "pack 1", most_bytes=3 * 2600)
    for number in range(3):
        one.put(str(number) * 64, rows(number))
        os.utime(one._path(str(number) * 64), (number, number))
    assert one.get("0" * 64, SHAPE, torch.float32) is not None  # used just now
    one.put("3" * 64, rows(3))

    kept = [number for number in range(4) if one._path(str(number) * 64).exists()]
    assert kept == [0, 2, 3]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_this_user_may_read_a_file(store):
    store.put(FILM, rows())
    assert stat.S_IMODE(files(store)[0].stat().st_mode) == 0o600


def test_a_disk_that_takes_nothing_costs_no_reading(tmp_path, caplog):
    gone = FeatureStore(tmp_path / "not there", "pack 1")
    gone.put(FILM, rows())
    assert gone.get(FILM, SHAPE, torch.float32) is None
    assert "could not be written" in caplog.text
