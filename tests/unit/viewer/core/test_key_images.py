"""Key images outlive the program, a crash of their database, and each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from viewer.core.key_images import FILE_NAME, KeyImage, KeyImageStore

ONE = KeyImage("1.2#a", "1.2#a", "1.9", 0, "2024-01-02T10:00:00+00:00", "nodule?")
TWO = KeyImage("1.3#b@4", "1.3#b", "1.9", 4, "2024-01-02T10:05:00+00:00")


@pytest.fixture
def store(tmp_path) -> KeyImageStore:
    return KeyImageStore(tmp_path / "deep" / FILE_NAME)


def test_without_a_database_there_are_no_key_images_and_none_is_made(store, tmp_path):
    assert store.read() == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_is_read_again_oldest_first(store):
    store.put(TWO)
    store.put(ONE)
    assert store.read() == (ONE, TWO)


def test_a_new_note_replaces_the_old_one(store):
    store.put(ONE)
    store.put(replace(ONE, note="rib"))
    assert [image.note for image in store.read()] == ["rib"]


def test_only_the_removed_one_is_gone(store):
    store.put(ONE)
    store.put(TWO)
    store.remove(ONE.film_key)
    assert store.read() == (TWO,)


def test_a_database_that_can_not_be_read_is_set_aside_and_said(store, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / FILE_NAME).write_bytes(b"no database" * 1000)
    assert store.read() == ()
    assert "could not be read" in store.problem
    assert (tmp_path / "deep" / "key_images.unreadable.sqlite").exists()
    store.put(ONE)
    assert store.read() == (ONE,)


def test_a_note_is_data_and_no_sql(store):
    store.put(replace(ONE, note="'); DROP TABLE key_images; --"))
    assert store.read()[0].note.startswith("'); DROP")
