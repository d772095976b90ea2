"""Drafts in their database: found again, never written over, never lost to another window or a broken file (RP-9)."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time

import pytest
from unit.plugin.signing.studies import signed, written

from plugin.records import database, draft_store
from plugin.records.database import FILE_NAME, open_database
from plugin.records.draft_format import FORMAT, signed_json
from plugin.records.draft_keeping import DraftKeeping, Kept
from plugin.records.draft_store import ChangedElsewhere, Copy, Draft, SignedVersion
from plugin.records.sessions import Session
from plugin.state import DraftText, StudyReading

KEY = "1.2.1\nP1\nDoe^Jane\n"
AT = "2026-11-22T09:00:00.000Z"


def typed(text: str, at: str = AT) -> Kept:
    return Kept(StudyReading(report=DraftText("", text)), "1.2.1", "starter 0.3.1", at)


@pytest.fixture
def window(tmp_path):
    """Makes windows on one folder, and closes them all."""
    with contextlib.ExitStack() as open_ones:

        def make() -> DraftKeeping:
            made = DraftKeeping(tmp_path)
            open_ones.callback(made.close)
            return made

        yield make


def text_of(opened) -> str | None:
    return opened.reading.report.edited if opened.reading else None


def rows(folder, table="drafts"):
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


# ── one window ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_found_again_by_its_study_after_a_restart(window):
    first = window()
    assert first.open(KEY).reading is None
    assert first.keep(KEY, typed("Heart large."))
    assert first.keep(KEY, typed("Heart large. Lungs clear."))
    first.close()

    opened = window().open(KEY)
    assert (text_of(opened), opened.at, opened.is_elsewhere) == ("Heart large. Lungs clear.", AT, False)


def test_a_draft_is_never_found_under_another_study_or_another_patient(window):
    window().keep(KEY, typed("Heart large."))

    assert window().open("1.2.2\nP1\nDoe^Jane\n").reading is None
    assert window().open("1.2.1\nP2\nRoe^Jane\n").reading is None


def test_no_name_stands_in_the_database_beside_the_readers_words(window, tmp_path):
    keeping = window()
    keeping.open(KEY)
    keeping.keep(KEY, typed("Heart large."))
    keeping.close()

    assert b"Doe" not in (tmp_path / FILE_NAME).read_bytes()
    assert os.name == "nt" or (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_a_study_that_comes_back_on_screen_in_its_own_window_brings_nothing_new(window):
    keeping = window()
    keeping.open(KEY)
    keeping.keep(KEY, typed("Heart large."))
    keeping.leave(KEY)

    assert keeping.open(KEY).reading is None
    assert keeping.keep(KEY, typed("Heart very large."))


def test_a_discarded_draft_is_gone_and_a_new_one_may_begin(window):
    keeping = window()
    keeping.open(KEY)
    keeping.keep(KEY, typed("Heart large."))
    keeping.discard(KEY)
    keeping.keep(KEY, typed("New."))
    keeping.close()

    assert text_of(window().open(KEY)) == "New."


def test_an_unreadable_draft_is_set_aside_and_told_and_never_deleted(window, tmp_path):
    connection, _ = open_database(tmp_path)
    draft_store.save(connection, KEY, Draft("1.2.1", '{"phase": "dreaming"}', FORMAT, "", AT), 0, "")
    connection.close()
    keeping = window()
    opened = keeping.open(KEY)
    assert opened.reading is None
    assert "can't be opened: it is damaged" in opened.problem
    keeping.keep(KEY, typed("New."))
    keeping.close()

    assert any("dreaming" in row[-1] for row in rows(tmp_path, "copies"))
    again = window().open(KEY)
    assert (text_of(again), again.offers) == ("New.", ())


def test_what_the_reader_gave_up_is_offered_until_it_is_discarded(window):
    first = window()
    first.open(KEY)
    first.keep(KEY, typed("Old words."))
    first.close()
    second = window()
    second.open(KEY)
    second.set_stored_aside(KEY)  # the reader had begun before it came
    second.keep(KEY, typed("New words."))
    second.close()

    third = window()
    opened = third.open(KEY)
    assert text_of(opened) == "New words."
    (offer,) = opened.offers
    assert offer.reading.report.edited == "Old words."
    third.discard_copy(offer.copy)
    third.close()
    assert window().open(KEY).offers == ()


def test_to_set_aside_what_is_not_there_does_nothing(window, tmp_path):
    keeping = window()
    keeping.open(KEY)
    keeping.set_stored_aside(KEY)

    assert rows(tmp_path, "copies") == []


def test_what_is_kept_beside_can_be_had_back(window):
    keeping = window()
    keeping.open(KEY)
    keeping.keep_beside(KEY, typed("Given up."))

    assert [offer.reading.report.edited for offer in keeping.open(KEY).offers] == ["Given up."]


def test_a_copy_that_cannot_be_read_is_not_offered_and_stays(window, tmp_path):
    keeping = window()
    keeping.open(KEY)
    connection, _ = open_database(tmp_path)
    draft_store.keep_copy(connection, KEY, Copy(Draft("1.2.1", "{", FORMAT), "gone", "replaced", "1"))
    connection.close()

    assert keeping.open(KEY).offers == ()
    assert len(rows(tmp_path, "copies")) == 1


# ── two windows ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_second_window_is_told_and_does_not_write_over_the_first(window):
    first, second = window(), window()
    first.open(KEY)
    first.keep(KEY, typed("First."))
    opened = second.open(KEY)
    assert (text_of(opened), opened.is_elsewhere) == ("First.", True)
    assert not second.keep(KEY, typed("Second."))
    assert first.keep(KEY, typed("First, more."))
    second.discard(KEY)  # not its own
    first.close()
    second.close()

    third = window().open(KEY)
    assert text_of(third) == "First, more."
    assert [offer.reading.report.edited for offer in third.offers] == ["Second."]


def test_two_windows_that_begin_a_study_at_once_do_not_write_over_each_other(window):
    first, second = window(), window()
    assert first.open(KEY).reading is None
    assert second.open(KEY).reading is None
    assert first.keep(KEY, typed("First."))
    assert not second.keep(KEY, typed("Second."))
    assert first.keep(KEY, typed("First, more."))


def test_a_window_does_not_offer_itself_what_it_wrote_beside(window):
    first, second = window(), window()
    first.open(KEY)
    first.keep(KEY, typed("First."))
    second.open(KEY)
    second.keep(KEY, typed("Second."))

    assert second.open(KEY).offers == ()
    assert first.open(KEY).offers == ()  # and the first not what the second is just writing


def test_a_study_that_was_left_may_be_taken_by_another_window_and_comes_back_newer(window):
    first, second = window(), window()
    first.open(KEY)
    first.keep(KEY, typed("First."))
    first.leave(KEY)
    assert not second.open(KEY).is_elsewhere
    second.keep(KEY, typed("Second."))
    second.leave(KEY)

    assert text_of(first.open(KEY)) == "Second."
    assert first.keep(KEY, typed("First again."))


def test_a_window_that_was_killed_holds_nothing(window, tmp_path):
    killed = Session(tmp_path)
    killed.begin()
    keeping = DraftKeeping(tmp_path, killed)
    keeping.open(KEY)
    keeping.keep(KEY, typed("Before."))
    killed._lock.release()  # as the system does

    opened = window().open(KEY)
    assert (text_of(opened), opened.is_elsewhere) == ("Before.", False)
    keeping.reset()


def test_locks_of_old_windows_are_cleared_away_and_live_ones_stay(tmp_path):
    live = Session(tmp_path)
    live.begin()
    live.begin()  # twice does no harm
    dead = tmp_path / "sessions" / "dead.lock"
    dead.touch()
    for file in (dead, tmp_path / "sessions" / f"{live.id}.lock"):
        os.utime(file, (time.time() - 200_000,) * 2)
    another = Session(tmp_path)
    another.begin()

    assert not dead.exists()
    assert another.is_open_elsewhere(live.id)
    live.end()
    live.end()
    assert not another.is_open_elsewhere(live.id)
    another.end()


# ── signed versions ─────────────────────────────────────────────────────────────────────────────────────────────


def test_signed_versions_stay_as_they_were_and_nobody_can_change_or_delete_them(window, tmp_path):
    keeping = window()
    one, two = SignedVersion("1.2.1", "{}", "1"), SignedVersion("1.2.1", '{"n":2}', "2")
    for version in (one, two, one):
        keeping.keep_signed(KEY, version)
    keeping.discard(KEY)

    connection, _ = open_database(tmp_path)
    assert draft_store.signed_versions(connection, KEY) == (one, two)
    for change in ("DELETE FROM signed", "UPDATE signed SET body = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="a signed version is never"):
            connection.execute(change)
    connection.close()


def signed_text() -> tuple[StudyReading, SignedVersion]:
    reading = signed(written("The lungs are clear.", "Normal heart."))
    version = reading.signing.latest
    return reading, SignedVersion("1.2.1", signed_json(version), version.at)


def test_a_signed_study_never_looks_unsigned_though_its_draft_is_gone_or_damaged(window, tmp_path):
    reading, version = signed_text()
    keeping = window()
    keeping.keep_signed(KEY, version)
    opened = keeping.open(KEY)
    assert opened.reading.signing.versions == reading.signing.versions
    assert opened.reading.report.shown == "The lungs are clear."
    assert opened.at == version.at
    assert keeping.open(KEY).reading is None  # this window knows it already

    connection, _ = open_database(tmp_path)
    draft_store.save(connection, KEY, Draft("1.2.1", "{", FORMAT), 0, "")
    connection.close()
    again = window().open(KEY)
    assert again.reading.signing.is_signed
    assert "can't be opened" in again.problem


def test_a_damaged_signed_version_is_told_and_stays(window):
    keeping = window()
    keeping.keep_signed(KEY, SignedVersion("1.2.1", "{", "1"))
    opened = keeping.open(KEY)

    assert opened.reading is None
    assert opened.problem == (
        "This study was signed, but what was signed is damaged (JSONDecodeError). It is still kept as it is."
    )


# ── a file that is broken ───────────────────────────────────────────────────────────────────────────────────────


def test_a_broken_file_is_kept_and_what_can_be_read_of_it_goes_on(window, tmp_path):
    keeping = window()
    keeping.open(KEY)
    keeping.keep(KEY, typed("Heart large."))
    keeping.close()
    file = tmp_path / FILE_NAME
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {database.VERSION + 1}")

    again = window()
    assert text_of(again.open(KEY)) == "Heart large."
    assert "newer version" in again.problem
    assert "1 of them were saved" in again.problem
    assert len(list(tmp_path.glob("drafts.unreadable-*.sqlite3"))) == 1


def test_a_file_that_is_no_database_is_kept_and_a_new_one_begun(window, tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"no database " * 500)
    keeping = window()

    assert keeping.open(KEY).reading is None
    assert "could not be read" in keeping.problem
    (aside,) = tmp_path.glob("drafts.unreadable-*.sqlite3")
    assert aside.read_bytes().startswith(b"no database")


def test_a_database_with_a_torn_page_is_kept(tmp_path, monkeypatch):
    connection, _ = open_database(tmp_path)
    connection.close()
    seen = []
    checked = database._checked

    def once_broken(file):
        seen.append(file)
        if len(seen) == 1:
            raise sqlite3.DatabaseError("database disk image is malformed")
        return checked(file)

    monkeypatch.setattr(database, "_checked", once_broken)
    connection, problem = open_database(tmp_path)
    connection.close()
    assert "malformed" in problem


def test_a_folder_that_cannot_be_written_is_an_error_and_sets_nothing_aside(tmp_path):
    (tmp_path / FILE_NAME).mkdir()

    with pytest.raises(sqlite3.OperationalError):
        open_database(tmp_path)
    assert (tmp_path / FILE_NAME).is_dir()


def test_a_write_that_fails_changes_nothing(tmp_path):
    connection, _ = open_database(tmp_path)

    def fail_midway():
        with draft_store.changes(connection):
            draft_store.keep_signed(connection, KEY, SignedVersion("1.2.1", "{}", "1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_midway()
    assert draft_store.signed_versions(connection, KEY) == ()
    draft_store.save(connection, KEY, Draft("1.2.1", "{}", 1), 0, "s")
    with pytest.raises(ChangedElsewhere):
        draft_store.save(connection, KEY, Draft("1.2.1", "{}", 1), 0, "s")
    connection.close()
