"""`sidelight train doctor` prints what was found, and its exit code says whether that was anything."""

from __future__ import annotations

import io

import pytest

from inference.training import sources
from inference.training.examine import examination_from_json
from inference.training.examine.show import CANNOT_LOOK, FAULTS, NO_FAULT, show
from tests.factories.training_set import clean_set, study_of


@pytest.fixture
def site(monkeypatch):
    """The clean set under the name “site:”; what opens its films."""
    data, films = clean_set(9)
    monkeypatch.setattr(sources, "open_data", lambda spec: {"site:": data}[spec])
    return films


def shown(*specs, **how):
    out, told = io.StringIO(), io.StringIO()
    code = show(specs, out=out, told=told, **how)
    return code, out.getvalue(), told.getvalue()


def test_a_clean_set_ends_with_0(site):
    code, words, _ = shown("site:")

    assert words.splitlines()[-1] == "No fault found."
    assert code == NO_FAULT


def test_faults_end_with_1_and_stand_in_the_file_too(site, tmp_path):
    site.broken.add("f4")

    code, words, _ = shown("site:", json_file=tmp_path / "faults.json")

    kept = examination_from_json((tmp_path / "faults.json").read_text(encoding="utf-8"))
    assert code == FAULTS
    assert f"  {study_of(4).row}: A film can't be read: the file ends too early" in words
    assert [(fault.kind, fault.row) for fault in kept.faults] == [("unreadable_film", study_of(4).row)]


def test_progress_goes_to_the_other_stream(site):
    _, words, progress = shown("site:")

    assert progress.splitlines()[-1] == "looked at 9 of 9 films"
    assert "looked at 9" not in words


def test_a_source_that_is_none_ends_with_2_and_says_what_to_write():
    code, words, told = shown("nonsense")

    assert (code, words) == (CANNOT_LOOK, "")
    assert "Write KIND:PATH" in told


def test_a_pack_that_is_not_there_ends_with_2(site):
    code, words, told = shown("site:", pack="no-such-pack")

    assert (code, words) == (CANNOT_LOOK, "")
    assert "no-such-pack" in told
