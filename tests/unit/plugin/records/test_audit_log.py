"""The audit log: a chain of lines that shows every changed byte, and goes on after a kill (SE-3)."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.records import audit_check, audit_files, audit_log
from plugin.records.audit_check import read_log, verify
from plugin.records.audit_files import log_files
from plugin.records.audit_head import read_head, write_head
from plugin.records.audit_line import AuditEntry, Head, NotALine, chained, line_bytes, read_line
from plugin.records.audit_log import LOG_BROKEN, LOG_TORN, AuditLog

AT = "2026-11-22T09:00:00.123Z"
ROOT = Path(__file__).parents[4]


def entries(count: int, at: str = AT) -> list[AuditEntry]:
    return [
        AuditEntry(
            "finding_rejected",
            at,
            "Dr. Ünal",
            f"1.2.{number}",
            {"label": "edema", "confidence": 0.1 * number},
            "starter 0.3.1",
            "f" * 64,
        )
        for number in range(count)
    ]


def a_log(folder: Path, count: int = 5) -> AuditLog:
    log = AuditLog(folder)
    log.append(entries(count))
    return log


def the_file(folder: Path) -> Path:
    return log_files(folder)[-1]


def whats(folder: Path) -> list[str]:
    return [line.entry.what for line in read_log(folder)]


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lines_are_numbered_and_each_holds_the_hash_of_the_one_before(tmp_path):
    first, second = AuditLog(tmp_path).append(entries(2))

    assert (first.n, second.n, second.prev) == (1, 2, first.hash)
    assert json.loads(the_file(tmp_path).read_bytes().splitlines()[1]) == {
        "n": 2,
        "at": AT,
        "who": "Dr. Ünal",
        "what": "finding_rejected",
        "study": "1.2.1",
        "details": {"label": "edema", "confidence": 0.1},
        "pack": "starter 0.3.1",
        "pack_sha256": "f" * 64,
        "prev": first.hash,
        "hash": second.hash,
    }


def test_the_chain_goes_on_in_another_program_and_over_the_end_of_a_month(tmp_path):
    a_log(tmp_path, 2)
    AuditLog(tmp_path).append(entries(2, "2026-12-01T00:00:00.000Z"))

    assert [file.name for file in log_files(tmp_path)] == ["2026-11.jsonl", "2026-12.jsonl"]
    assert verify(tmp_path).text == "4 lines, chain intact"


def test_a_clock_that_was_set_back_does_not_put_lines_before_older_ones(tmp_path):
    a_log(tmp_path, 1)
    AuditLog(tmp_path).append(entries(1, "2026-01-01T00:00:00.000Z"))
    AuditLog(tmp_path).append(entries(1, "no time"))

    assert [file.name for file in log_files(tmp_path)] == ["2026-11.jsonl"]
    assert verify(tmp_path).is_intact


def test_a_time_that_is_none_still_finds_a_file(tmp_path):
    AuditLog(tmp_path).append(entries(1, ""))

    assert verify(tmp_path).text == "1 line, chain intact"


def test_nothing_to_append_makes_no_file(tmp_path):
    assert AuditLog(tmp_path / "audit").append([]) == ()
    assert not (tmp_path / "audit").exists()


def test_the_log_can_be_read_by_its_owner_only(tmp_path):
    a_log(tmp_path / "audit")

    assert (tmp_path / "audit").stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert the_file(tmp_path / "audit").stat().st_mode & 0o077 == 0 or os.name == "nt"


APPENDS = """
import sys
from pathlib import Path
from plugin.records.audit_line import AuditEntry
from plugin.records.audit_log import AuditLog
for number in range(15):
    AuditLog(Path(sys.argv[1])).append([AuditEntry("signed", "2026-11-22T09:00:00.123Z", study=str(number))])
"""


def test_several_programs_append_to_one_chain(tmp_path):
    writers = [subprocess.Popen([sys.executable, "-c", APPENDS, str(tmp_path)], cwd=ROOT) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]

    assert verify(tmp_path).text == "45 lines, chain intact"


def test_what_is_no_plain_data_is_refused_and_leaves_the_log_as_it_was(tmp_path):
    log = a_log(tmp_path, 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        log.append([AuditEntry("signed", AT, details={"seconds": float("nan")})])

    assert verify(tmp_path).text == "1 line, chain intact"


# ── a kill while writing ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kept", [1, 17, -2, -1])
def test_a_torn_last_line_is_kept_aside_and_told_and_the_chain_goes_on(tmp_path, kept):
    log = a_log(tmp_path, 3)
    head = Head(3, list(read_log(tmp_path))[-1].hash)
    torn = line_bytes(chained(entries(1)[0], head))[:kept]
    with the_file(tmp_path).open("ab") as stream:
        stream.write(torn)

    before = verify(tmp_path)
    log.append(entries(1))

    assert before.is_intact
    assert "ended while it wrote its last line" in before.notes[0]
    assert whats(tmp_path)[3:] == [LOG_TORN, "finding_rejected"]
    assert verify(tmp_path).text == "5 lines, chain intact"
    (aside,) = tmp_path.glob("torn-*.txt")
    assert aside.read_bytes() == torn


def test_a_torn_first_line_of_a_month_is_mended_too(tmp_path):
    log = a_log(tmp_path, 2)
    (tmp_path / "2026-12.jsonl").write_bytes(b'{"at"')
    log.append(entries(1, "2026-12-01T00:00:00.000Z"))

    assert whats(tmp_path)[2:] == [LOG_TORN, "finding_rejected"]
    assert verify(tmp_path).is_intact


def test_a_torn_line_before_a_newer_month_is_a_fault(tmp_path):
    a_log(tmp_path, 2)
    AuditLog(tmp_path).append(entries(1, "2026-12-01T00:00:00.000Z"))
    with (tmp_path / "2026-11.jsonl").open("ab") as stream:
        stream.write(b"{")

    assert "cut off" in verify(tmp_path).text


def test_lines_that_were_written_and_not_yet_noted_are_no_fault(tmp_path):
    log = a_log(tmp_path, 3)
    lines = list(read_log(tmp_path))
    write_head(tmp_path, Head(1, lines[0].hash))  # as a kill between the two leaves it

    assert verify(tmp_path).is_intact
    assert verify(tmp_path).notes == ("2 lines were written and not yet noted as the log's end.",)
    log.append(entries(1))
    assert verify(tmp_path).text == "4 lines, chain intact"
    assert verify(tmp_path).notes == ()


def test_a_kill_before_the_very_first_line_is_no_fault(tmp_path):
    write_head(tmp_path, Head())

    assert verify(tmp_path).text == "0 lines, chain intact"
    a_log(tmp_path, 1)
    assert verify(tmp_path).text == "1 line, chain intact"


def test_a_disk_that_is_full_leaves_no_half_line(tmp_path, monkeypatch):
    log = a_log(tmp_path, 2)
    write = os.write

    def half(descriptor, data):
        if len(data) > 40:
            return write(descriptor, data[:40])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(audit_log.os, "write", lambda d, data: half(d, bytes(data)[:60]))
    with pytest.raises(OSError, match="No space"):
        log.append(entries(1))
    monkeypatch.undo()

    assert verify(tmp_path).text == "2 lines, chain intact"
    assert verify(tmp_path).notes == ()


def test_an_end_that_cannot_be_noted_does_not_undo_the_line(tmp_path, monkeypatch):
    log = a_log(tmp_path, 1)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(audit_log, "write_head", refuse)
    log.append(entries(1))
    monkeypatch.undo()
    log.append(entries(1))

    assert verify(tmp_path).text == "3 lines, chain intact"


# ── other hands ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_any_flipped_byte_is_found_and_its_place_named(tmp_path):
    a_log(tmp_path, 3)
    file = the_file(tmp_path)
    whole = file.read_bytes()
    for at in range(len(whole)):
        flip = (1, 0x20, 0x80)[at % 3]
        file.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
        verdict = verify(tmp_path)
        row = whole[:at].count(b"\n") + 1
        assert not verdict.is_intact, (at, flip)
        assert any(abs(fault.row - row) <= 1 or fault.n == row for fault in verdict.faults), (at, flip)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_line_removed_doubled_or_moved_is_found(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("log")
    a_log(folder, 6)
    file = the_file(folder)
    lines = file.read_bytes().splitlines(keepends=True)
    changed = list(lines)
    match data.draw(st.sampled_from(["remove", "double", "swap", "cut", "foreign"])):
        case "remove":
            del changed[data.draw(st.integers(0, 5))]
        case "double":
            at = data.draw(st.integers(0, 5))
            changed.insert(data.draw(st.integers(0, 6)), lines[at])
        case "swap":
            a, b = data.draw(st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True))
            changed[a], changed[b] = changed[b], changed[a]
        case "cut":
            changed = changed[: data.draw(st.integers(0, 5))]
        case "foreign":
            at = data.draw(st.integers(0, 5))
            before = read_line(lines[at][:-1])
            forged = chained(AuditEntry("signed", AT), Head(before.n - 1, before.prev))
            changed[at] = line_bytes(forged)
    file.write_bytes(b"".join(changed))

    verdict = verify(folder)
    assert not verdict.is_intact
    assert "NOT AS WRITTEN" in verdict.text


def test_a_missing_line_is_named_by_its_number(tmp_path):
    a_log(tmp_path, 6)
    file = the_file(tmp_path)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert str(verify(tmp_path).faults[0]) == "2026-11.jsonl, row 3: Line 3 is missing."

    file.write_bytes(b"".join(lines[:2] + lines[4:]))
    assert "Lines 3 to 4 are missing." in verify(tmp_path).text

    file.write_bytes(b"".join(lines[:4]))
    assert "ends with line 4, but line 6 was noted as its end" in verify(tmp_path).text


def test_a_month_that_was_taken_away_is_missed(tmp_path):
    a_log(tmp_path, 2)
    AuditLog(tmp_path).append(entries(2, "2026-12-01T00:00:00.000Z"))
    (tmp_path / "2026-11.jsonl").unlink()

    assert "Lines 1 to 2 are missing." in verify(tmp_path).text


def test_lines_cut_off_at_the_end_are_told_for_ever_though_the_log_goes_on(tmp_path):
    log = a_log(tmp_path, 5)
    file = the_file(tmp_path)
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:3]))
    log.append(entries(2))

    assert whats(tmp_path)[3:] == [LOG_BROKEN, "finding_rejected", "finding_rejected"]
    verdict = verify(tmp_path)
    assert [str(fault) for fault in verdict.faults] == [
        "2026-11.jsonl, row 4: Lines 4 to 5 are missing.",
        "2026-11.jsonl, row 4: When line 6 was written, this had been noticed: lines at the end are missing.",
    ]


def test_a_changed_last_line_is_told_for_ever(tmp_path):
    log = a_log(tmp_path, 3)
    file = the_file(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"1.2.2", b"1.2.9"))
    log.append(entries(1))

    assert "the last line was changed" in str(verify(tmp_path).faults[-1])


@pytest.mark.parametrize("note", [None, b"", b"[]", b'{"n":"3","hash":""}', b'{ "hash":"0","n":3}'])
def test_a_note_of_the_end_that_is_gone_or_changed_is_told(tmp_path, note):
    log = a_log(tmp_path, 3)
    head = tmp_path / "head.json"
    head.unlink() if note is None else head.write_bytes(note)

    assert "note of the log's end" in verify(tmp_path).text
    log.append(entries(1))
    assert "note of the log's end" in verify(tmp_path).text
    assert read_head(tmp_path).n == 5


def test_a_log_with_neither_its_note_nor_a_readable_end_is_told_and_goes_on(tmp_path):
    log = a_log(tmp_path, 2)
    (tmp_path / "head.json").unlink()
    with the_file(tmp_path).open("ab") as stream:
        stream.write(b'{"what": "from elsewhere"}\n')

    log.append(entries(1))

    assert [line.entry.what for line in read_log_after_fault(tmp_path)] == [LOG_BROKEN, entries(1)[0].what]
    assert not verify(tmp_path).is_intact


def read_log_after_fault(folder: Path):
    """The two lines that were written last."""
    raw = the_file(folder).read_bytes().split(b"\n")[-3:-1]
    return [read_line(one) for one in raw]


def test_a_note_that_names_another_line_is_told(tmp_path):
    a_log(tmp_path, 3)
    write_head(tmp_path, Head(2, "1" * 64))

    assert "Line 2 is not the one that was noted as the log's end." in verify(tmp_path).text


def test_lines_after_the_noted_end_that_do_not_follow_it_are_told(tmp_path):
    log = a_log(tmp_path, 3)
    lines = list(read_log(tmp_path))
    write_head(tmp_path, Head(1, "1" * 64))
    log.append(entries(1))
    assert LOG_BROKEN in whats(tmp_path)

    file = the_file(tmp_path)
    write_head(tmp_path, Head(1, lines[0].hash))
    file.write_bytes(file.read_bytes().replace(b"1.2.1", b"1.2.7"))
    log.append(entries(1))
    assert whats(tmp_path).count(LOG_BROKEN) == 2


def test_a_whole_log_written_anew_is_found_by_the_end_that_was_noted_elsewhere(tmp_path):
    a_log(tmp_path / "old", 4)
    noted = verify(tmp_path / "old").head
    AuditLog(tmp_path / "new").append([AuditEntry("signed", AT)] * 5)

    assert verify(tmp_path / "old", noted).is_intact
    assert verify(tmp_path / "new").is_intact
    assert "does not hold line 4 as it was noted down" in verify(tmp_path / "new", noted).text
    assert not verify(tmp_path / "nothing here", noted).is_intact


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_copy_that_nobody_can_write_is_checked_without_a_lock(tmp_path, monkeypatch, number):
    a_log(tmp_path, 3)

    def refuse(_):
        raise OSError(number, "Read-only file system")

    monkeypatch.setattr(audit_check, "lock_of", refuse)
    assert verify(tmp_path).is_intact


def test_a_log_that_another_program_does_not_let_go_of_is_told(tmp_path, monkeypatch):
    a_log(tmp_path, 1)
    monkeypatch.setattr(audit_files, "LOCK_S", 0.01)
    with audit_files.lock_of(tmp_path), pytest.raises(TimeoutError):
        verify(tmp_path)


def test_many_faults_are_counted_up_to_a_bound(tmp_path):
    a_log(tmp_path, 1)
    with the_file(tmp_path).open("ab") as stream:
        stream.write(b"x\n" * 300)

    assert "at 200 or more places" in verify(tmp_path).text


@pytest.mark.parametrize(
    "raw",
    [b"", b"[1]", b"{}", b"[" * 100_000, b'{"n":1}'],
)
def test_what_is_no_line_is_refused(raw):
    with pytest.raises(NotALine):
        read_line(raw)


def test_a_line_with_numbers_that_json_does_not_know_is_refused(tmp_path):
    (line,) = AuditLog(tmp_path).append([AuditEntry("signed", AT, details={"seconds": 17})])
    raw = line_bytes(line)[:-1]
    for wrong in (b"NaN", b"1e999", b"17.0", b" 17"):
        with pytest.raises(NotALine):
            read_line(raw.replace(b":17", b":" + wrong))
