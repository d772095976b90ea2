"""The threads that save: nothing of the reader's waits for long, nothing is dropped, and a refusing disk is told."""

from __future__ import annotations

import sqlite3
import threading
import time
from itertools import pairwise

import pytest

from plugin.records.audit_check import read_log, verify
from plugin.records.audit_line import AuditEntry
from plugin.records.audit_log import AuditLog
from plugin.records.audit_writer import AuditWriter, NotLogged
from plugin.records.draft_keeping import DraftKeeping, Kept, Opened
from plugin.records.draft_store import SignedVersion
from plugin.records.draft_writer import DraftWriter, Notice, NotSaved, OpenElsewhere
from plugin.state import DraftText, StudyReading

KEY, OTHER = "1.2.1\nP1", "1.2.2\nP1"


def typed(text: str) -> Kept:
    return Kept(StudyReading(report=DraftText("", text)), "1.2.1", at="2026-11-22T09:00:00.000Z")


class Slow(DraftKeeping):
    """Notes when what was written, and can be told to refuse."""

    def __init__(self, folder):
        super().__init__(folder)
        self.saved: list[tuple[float, str]] = []
        self.refuses: Exception | None = None

    def _refuse(self):
        if self.refuses is not None:
            raise self.refuses

    def open(self, key, is_on_screen=True):
        self._refuse()
        return super().open(key, is_on_screen)

    def keep(self, key, kept):
        self._refuse()
        done = super().keep(key, kept)
        self.saved.append((time.monotonic(), kept.reading.report.edited or ""))
        return done


class Window:
    """A writer with what it told, and waiting for it."""

    def __init__(self, folder, delay_s: float = 0.05, retry_s: float = 0.05):
        self.keeping = Slow(folder)
        self.told: list = []
        self.rang = threading.Condition()
        self.writer = DraftWriter(self.keeping, self.tell, delay_s, retry_s)

    def tell(self, item):
        with self.rang:
            self.told.append(item)
            self.rang.notify_all()

    def wait(self, condition):
        with self.rang:
            assert self.rang.wait_for(condition, 20)

    def wait_for(self, kind):
        self.wait(lambda: any(isinstance(item, kind) for item in self.told))
        return next(item for item in self.told if isinstance(item, kind))

    def open(self, key=KEY) -> Opened:
        before = len(self.told)
        self.writer.open(key)
        self.wait(lambda: any(isinstance(item, Opened) for item in self.told[before:]))
        self.writer.go_on(key, with_stored=True)
        return next(item for item in self.told[before:] if isinstance(item, Opened))

    def texts(self):
        return [text for _, text in self.keeping.saved]


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "records"


@pytest.fixture
def windows(folder):
    made = []

    def make(**options) -> Window:
        made.append(Window(folder, **options))
        return made[-1]

    yield make
    for one in made:
        one.keeping.refuses = None
        one.writer.close()


def stored(folder, key=KEY) -> str | None:
    keeping = DraftKeeping(folder)
    reading = keeping.open(key).reading
    keeping.close()
    return reading.report.edited if reading else None


def test_a_steady_typist_is_saved_all_the_same(windows):
    window = windows(delay_s=0.2)
    window.open()
    until(lambda: not window.writer._held)
    began = time.monotonic()
    text = ""
    while len(window.keeping.saved) < 3:  # a debounce would wait for a pause that never comes
        text += "x"
        window.writer.put(KEY, typed(text))
        time.sleep(0.01)
        assert time.monotonic() - began < 20
    saved_at = [at_s for at_s, _ in window.keeping.saved]
    assert all(later - earlier > 0.15 for earlier, later in pairwise(saved_at))  # and not at every letter


def test_what_is_urgent_does_not_wait(windows):
    window = windows(delay_s=3600)
    window.open()
    window.writer.put(KEY, typed("slow"))
    window.writer.put(KEY, typed("now"), is_urgent=True)

    until(lambda: window.texts() == ["now"])


def test_leaving_a_study_saves_it_at_once_and_lets_another_window_have_it(windows, folder):
    window = windows(delay_s=3600)
    window.open()
    window.writer.put(KEY, typed("left"))
    window.writer.leave(KEY)
    window.writer.open(OTHER)
    window.wait(lambda: [item.key for item in window.told if isinstance(item, Opened)] == [KEY, OTHER])

    opened = windows().open()
    assert (opened.reading.report.edited, opened.is_elsewhere) == ("left", False)


def test_closing_saves_what_waits(windows, folder):
    window = windows(delay_s=3600)
    window.open()
    window.writer.put(KEY, typed("last words"))

    assert window.writer.close()
    assert window.writer.close()
    assert stored(folder) == "last words"


def test_nothing_is_written_over_a_stored_draft_before_it_was_shown(windows, folder):
    first = windows()
    first.open()
    first.writer.put(KEY, typed("stored"))
    first.writer.close()

    second = windows(delay_s=0.0)
    second.writer.put(KEY, typed("typed before it came"), is_urgent=True)  # opens the study by itself
    assert second.wait_for(Opened).reading.report.edited == "stored"
    assert second.texts() == []
    second.writer.go_on(KEY, with_stored=False)
    until(lambda: second.texts() == ["typed before it came"])
    second.writer.close()
    (offer,) = windows().open().offers
    assert offer.reading.report.edited == "stored"


def test_a_window_that_closes_before_it_heard_of_the_stored_draft_keeps_both(windows, folder):
    first = windows()
    first.open()
    first.writer.put(KEY, typed("stored"))
    first.writer.close()
    second = windows()
    second.writer.put(KEY, typed("typed"))
    second.writer.close()

    opened = windows().open()
    assert opened.reading.report.edited == "typed"
    assert [offer.reading.report.edited for offer in opened.offers] == ["stored"]


def test_the_reader_may_discard_give_up_and_sign(windows, folder):
    window = windows(delay_s=3600)
    window.open()
    window.writer.put(KEY, typed("gone"))
    window.writer.discard(KEY)
    window.writer.keep_beside(KEY, typed("beside"))
    window.writer.keep_signed(KEY, SignedVersion("1.2.1", "{}", "1"))
    window.writer.close()

    again = windows()
    opened = again.open()
    assert opened.reading is None
    (offer,) = opened.offers
    again.writer.discard_copy(offer.copy)
    again.writer.close()
    assert windows().open().offers == ()


def test_a_disk_that_refuses_is_told_at_once_and_tried_again_until_it_is_saved(windows, folder):
    window = windows()
    window.open()
    window.keeping.refuses = OSError(28, "No space left on device")
    window.writer.put(KEY, typed("kept in memory"))
    window.wait(lambda: NotSaved("No space left on device") in window.told)
    window.writer.put(KEY, typed("kept in memory, and more"))
    window.keeping.refuses = None

    window.wait(lambda: NotSaved("") in window.told)
    window.writer.close()
    assert stored(folder) == "kept in memory, and more"
    assert [item for item in window.told if isinstance(item, NotSaved)] == [
        NotSaved("No space left on device"),
        NotSaved(""),
    ]


def test_a_window_that_closes_while_the_disk_refuses_says_that_it_is_not_saved(windows):
    window = windows(retry_s=3600)
    window.open()
    window.keeping.refuses = sqlite3.OperationalError("database or disk is full")
    window.writer.put(KEY, typed("x"))
    window.wait_for(NotSaved)

    assert not window.writer.close()


def test_a_database_that_cannot_be_opened_lets_the_reader_go_on_and_loses_no_stored_draft(windows, folder):
    first = windows()
    first.open()
    first.writer.put(KEY, typed("stored"))
    first.writer.close()
    second = windows()
    second.keeping.refuses = sqlite3.OperationalError("database is locked")
    assert second.open().reading is None
    second.wait(lambda: NotSaved("database is locked") in second.told)
    second.writer.put(KEY, typed("typed meanwhile"))
    second.keeping.refuses = None
    second.wait_for(OpenElsewhere)  # it knows no version of what is stored, so it writes beside it
    second.writer.close()

    assert stored(folder) == "stored"


def test_another_window_is_told_that_the_study_is_open_elsewhere(windows):
    first, second = windows(), windows()
    first.open()
    first.writer.put(KEY, typed("first"), is_urgent=True)
    until(lambda: first.texts() == ["first"])
    assert second.open().is_elsewhere
    second.writer.put(KEY, typed("second"), is_urgent=True)

    assert second.wait_for(OpenElsewhere) == OpenElsewhere(KEY)


def test_a_broken_file_is_told(windows, folder):
    folder.mkdir()
    (folder / "drafts.sqlite3").write_bytes(b"x" * 5000)
    window = windows()
    window.open()

    assert "could not be read" in window.wait_for(Notice).text


def test_two_studies_are_saved_each_in_its_own_row(windows, folder):
    window = windows()
    for key in (KEY, OTHER):
        window.open(key)
        window.writer.put(key, typed(key))
    window.writer.close()

    assert [stored(folder, key) for key in (KEY, OTHER)] == [KEY, OTHER]


def test_a_fault_of_the_writer_is_told(windows, monkeypatch, caplog):
    window = windows()
    window.keeping.refuses = ZeroDivisionError()
    window.writer.open(KEY)

    assert "a fault of this program" in window.wait_for(NotSaved).reason


# ── the audit log's thread ──────────────────────────────────────────────────────────────────────────────────────


def test_entries_are_in_the_log_in_their_order_when_the_writer_is_closed(tmp_path):
    writer = AuditWriter(AuditLog(tmp_path), lambda _: None)
    for number in range(20):
        writer.put([AuditEntry("finding_accepted", "2026-11-22T09:00:00.000Z", study=str(number))])

    assert writer.close()
    assert writer.close()
    assert [line.entry.study for line in read_log(tmp_path)] == [str(number) for number in range(20)]
    assert verify(tmp_path).is_intact


def test_a_log_that_cannot_be_written_is_told_and_tried_again(tmp_path):
    told: list[NotLogged] = []
    place = tmp_path / "audit"
    place.write_text("a file where the folder should be")
    writer = AuditWriter(AuditLog(place), told.append, retry_s=0.02)
    writer.put([AuditEntry("signed")])
    until(lambda: told)
    place.unlink()
    until(lambda: told[-1] == NotLogged(""))

    assert writer.close()
    assert [line.entry.what for line in read_log(place)] == ["signed"]


def test_a_window_that_closes_while_the_log_cannot_be_written_says_so(tmp_path):
    (tmp_path / "audit").write_text("")
    writer = AuditWriter(AuditLog(tmp_path / "audit"), lambda _: None, retry_s=3600)
    writer.put([AuditEntry("signed")])

    assert not writer.close()
