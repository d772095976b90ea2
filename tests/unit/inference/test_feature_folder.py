"""How long encoded films may lie on disk: off, for a session, or kept."""

import os
import stat
import sys

import pytest

from inference.errors import InvalidRequest
from inference.feature_folder import POLICY_VARIABLE, SESSION_VARIABLE, feature_folder

GONE = "session-4194999-abc"  # beyond the largest process id of Linux and macOS


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    return tmp_path / "cache" / "features"


def of_program(name: str = f"{os.getpid()}-abc", policy: str = "") -> dict:
    return {SESSION_VARIABLE: name, POLICY_VARIABLE: policy}


def filled(folder):
    (folder.make() / "a.safetensors").write_bytes(b"x")
    return folder.path


def test_without_a_word_films_are_kept_for_the_session_only(root):
    folder = feature_folder(of_program())
    path = filled(folder)
    assert path.parent == root

    folder.wipe()
    assert not path.exists()


def test_a_backend_that_is_started_again_finds_what_the_last_one_made(root):
    path = filled(feature_folder(of_program()))
    again = feature_folder(of_program())

    assert again.path == path
    assert (path / "a.safetensors").exists()


def test_what_a_power_cut_left_behind_goes_at_the_next_start(root):
    (root / GONE).mkdir(parents=True)
    other = filled(feature_folder(of_program(f"{os.getppid()}-def")))
    feature_folder(of_program())

    assert not (root / GONE).exists()
    assert other.exists()  # its program is running


def test_what_a_site_keeps_outlives_the_program_until_it_changes_its_mind(root):
    folder = feature_folder(of_program(policy="keep"))
    path = filled(folder)
    folder.wipe()
    assert feature_folder(of_program(policy="keep")).path == path
    assert (path / "a.safetensors").exists()

    feature_folder(of_program(policy="session"))
    assert not path.exists()


def test_switched_off_there_is_no_folder_and_nothing_stays(root):
    filled(feature_folder(of_program(policy="keep")))

    assert feature_folder(of_program(policy="off")) is None
    assert list(root.iterdir()) == []


def test_an_unknown_policy_is_named(root):
    with pytest.raises(InvalidRequest, match="may be off, session, keep"):
        feature_folder(of_program(policy="forever"))


def test_a_session_cannot_name_a_folder_elsewhere(root):
    with pytest.raises(InvalidRequest):
        feature_folder(of_program("1-../../home"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_folder_is_this_users_own(root):
    folder = feature_folder(of_program())
    assert stat.S_IMODE(folder.make().stat().st_mode) == 0o700
