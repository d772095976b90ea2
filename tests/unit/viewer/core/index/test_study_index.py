"""The study list that stays: whole after a kill at any moment, set aside when broken, empty when forgotten."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories_ui import film
from viewer.core import film_json
from viewer.core.file_stamp import FileStamp
from viewer.core.index import store
from viewer.core.index.records import StudyRecord
from viewer.core.index.store import UnfinishedImport
from viewer.core.index.study_index import NotThere, Opened, StudyIndex
from viewer.core.study import Source

STAMP = FileStamp(100, 200)


def problems_fail(text: str) -> None:
    pytest.fail(text)


def opened(folder: Path) -> StudyIndex:
    return StudyIndex(problems_fail, folder)


def load(folder: Path):
    """What a new start of the program finds."""
    index = StudyIndex(problems_fail, folder)
    first, *rest = index.load()
    assert isinstance(first, Opened)
    films = [known for batch in rest if isinstance(batch, list) for known in batch]
    missing = next((item.film_keys for item in rest if isinstance(item, NotThere)), frozenset())
    index.close()
    return first, films, missing


def write(folder: Path, *calls) -> None:
    index = opened(folder)
    list(index.load())
    for call in calls:
        call(index)
    assert index.flush()
    index.close()


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_was_remembered_is_there_at_the_next_start(tmp_path):
    a, b = film("a"), film("b", patient_name="Kim^Minsu=金^民洙=김^민수")
    in_zip = replace(film("c"), source=Source(tmp_path / "films.zip", "DICOM/IM1"))
    import_ = UnfinishedImport("7", (tmp_path, Path("/cd\udce9/x")))
    write(
        tmp_path,
        lambda index: index.remember([(a, STAMP), (b, STAMP)]),
        lambda index: index.remember([(in_zip, STAMP)]),
        lambda index: index.set_record(
            "1.a", StudyRecord("reviewed", "Ask again", "2026-01-01T10:00:00+00:00")
        ),
        lambda index: index.begin_import(import_),
    )
    first, films, missing = load(tmp_path)
    assert [known.film for known in films] == [a, b, in_zip]
    assert all(known.stamp == STAMP and known.is_current for known in films)
    assert first.records == {"1.a": StudyRecord("reviewed", "Ask again", "2026-01-01T10:00:00+00:00")}
    assert first.unfinished == (import_,)
    assert missing == {a.key, b.key, in_zip.key}
    assert opened(tmp_path).locations() == (tmp_path, Path("/cd\udce9/x"))


def test_a_file_that_is_there_unchanged_is_not_missing_and_a_changed_one_is(tmp_path):
    from viewer.core.file_walk import stamp_of

    path = tmp_path / "film.dcm"
    path.write_bytes(b"film")
    known = replace(film("a"), source=Source(path))
    write(tmp_path, lambda index: index.remember([(known, stamp_of(path))]))
    assert load(tmp_path)[2] == frozenset()
    path.write_bytes(b"other film")
    assert load(tmp_path)[2] == {known.key}


def test_a_place_read_again_replaces_what_was_known_of_it(tmp_path):
    older, newer = film("a"), replace(film("a", patient_name="New^Name"), file_sha256="f" * 64)
    write(tmp_path, lambda i: i.remember([(older, STAMP)]), lambda i: i.remember([(newer, STAMP)]))
    assert [known.film for known in load(tmp_path)[1]] == [newer]


def test_only_the_owner_may_read_the_index(tmp_path):
    folder = tmp_path / "home"
    write(folder, lambda index: index.remember([(film("a"), STAMP)]))
    index = opened(folder)
    list(index.load())
    index.remember([(film("b"), STAMP)])
    index.flush()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("study-list*")}
    index.close()
    assert len(modes) == 3  # the database, its log of changes and its shared memory
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("whole", [False, True])
def test_what_was_forgotten_is_in_none_of_the_files(tmp_path, whole):
    secret = film("s", patient_name="Secretname^Sophie")
    others = [(film(f"o{n}"), STAMP) for n in range(50)]

    def forget(index: StudyIndex) -> None:
        if whole:
            index.forget_everything()
        else:
            index.forget_study("1.s")

    write(
        tmp_path,
        lambda index: index.remember([*others, (secret, STAMP)]),
        lambda index: index.set_record("1.s", StudyRecord("open", "Secretname has a note")),
        lambda index: index.begin_import(UnfinishedImport("1", (Path("/cd/Secretname"),))) if whole else None,
        StudyIndex.flush,
        forget,
    )
    assert b"Secretname" not in everything_in(tmp_path)
    assert len(load(tmp_path)[1]) == (0 if whole else 50)


def test_forgetting_the_films_keeps_states_notes_and_places(tmp_path):
    write(
        tmp_path,
        lambda index: index.remember([(film("a"), STAMP)]),
        lambda index: index.set_record("1.a", StudyRecord("signed")),
        lambda index: index.begin_import(UnfinishedImport("1", (Path("/cd"),))),
        StudyIndex.forget_films,
    )
    first, films, _ = load(tmp_path)
    assert films == []
    assert first.records["1.a"].state == "signed"
    assert opened(tmp_path).locations() == (Path("/cd"),)


@pytest.mark.parametrize("damage", ["garbage", "header", "cut", "page"])
def test_a_broken_index_is_set_aside_with_words_and_a_new_one_begun(tmp_path, damage):
    films = [(film(f"o{n}"), STAMP) for n in range(200)]
    write(
        tmp_path,
        lambda i: i.remember(films),
        lambda i: i.set_record("1.o1", StudyRecord("signed", "Keep me")),
    )
    file = tmp_path / store.FILE_NAME
    data = bytearray(file.read_bytes())
    if damage == "garbage":
        data = bytearray(b"this is no database, it is a text\n" * 500)
    elif damage == "header":
        data[0:16] = bytes(16)
    elif damage == "cut":
        data = data[: len(data) // 3]
    else:
        data[4096 * 9 : 4096 * 11] = os.urandom(8192)
    file.write_bytes(data)

    first, found, _ = load(tmp_path)
    assert "could not be read" in first.problem
    assert "Rebuild" in first.problem
    assert found == []
    (aside,) = tmp_path.glob("study-list.unreadable-*.sqlite3")
    assert aside.read_bytes() == data
    if damage == "page":
        assert first.records["1.o1"] == StudyRecord("signed", "Keep me")
    write(tmp_path, lambda index: index.remember(films[:2]))
    first, found, _ = load(tmp_path)
    assert first.problem == ""
    assert len(found) == 2


def test_an_index_of_another_version_is_kept_and_never_written(tmp_path):
    write(tmp_path, lambda index: index.remember([(film("a"), STAMP)]))
    with sqlite3.connect(tmp_path / store.FILE_NAME) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    first, films, _ = load(tmp_path)
    assert "another version" in first.problem
    assert films == []
    assert len(list(tmp_path.glob("study-list.unreadable-*.sqlite3"))) == 1


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    told: list[str] = []
    index = StudyIndex(told.append, tmp_path / "file" / "home")
    first, *rest = index.load()
    assert "can't be kept" in first.problem
    assert rest == []
    index.remember([(film("a"), STAMP)])
    index.flush(5)
    index.close()
    assert len(told) == 1


def test_headers_of_another_version_are_shown_but_not_relied_on(tmp_path, monkeypatch):
    known = film("a", patient_name="Phantom^Paula")
    write(tmp_path, lambda index: index.remember([(known, STAMP)]))
    with sqlite3.connect(tmp_path / store.FILE_NAME) as older:
        (header,) = older.execute("SELECT header FROM films").fetchone()
        plain = json.loads(header)
        del plain["body_part"]
        plain["of_tomorrow"] = 1
        plain["pixels"]["of_tomorrow"] = 2
        older.execute("UPDATE films SET header = ?, header_format = 'older'", (json.dumps(plain),))
    older.close()
    ((found,), _) = load(tmp_path)[1:]
    assert found.film.header == replace(known.header, body_part="")
    assert not found.is_current


def test_the_header_format_is_the_same_in_every_process():
    code = "from viewer.core.film_json import header_format; print(header_format())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == film_json.header_format()


def test_two_windows_may_begin_at_the_same_moment(tmp_path):
    indexes = [opened(tmp_path) for _ in range(4)]
    threads = [threading.Thread(target=list, args=(index.load(),)) for index in indexes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, index in enumerate(indexes):
        index.remember([(film(f"w{number}"), STAMP)])
        assert index.flush()
    for index in indexes:
        index.close()
    assert len(load(tmp_path)[1]) == 4


@given(note=st.text(max_size=40), path=st.binary(min_size=1, max_size=40))
def test_any_note_and_any_file_name_can_be_kept(tmp_path_factory, note, path):
    folder = tmp_path_factory.mktemp("index")
    name = os.fsdecode(path.replace(b"\0", b"x"))
    known = replace(film("a"), source=Source(Path("/cd") / name))
    write(
        folder,
        lambda index: index.remember([(known, STAMP)]),
        lambda index: index.set_record("1.a", StudyRecord("open", note)),
    )
    first, (found,), _ = load(folder)
    assert found.film.source == known.source
    assert first.records["1.a"].note == note


WRITER = """
import sys
from pathlib import Path
from tests.factories_ui import film
from viewer.core.file_stamp import FileStamp
from viewer.core.index.records import StudyRecord
from viewer.core.index.store import UnfinishedImport
from viewer.core.index.study_index import StudyIndex
index = StudyIndex(print, Path(sys.argv[1]))
list(index.load())
for number in range(int(sys.argv[2]), 10**9):
    index.begin_import(UnfinishedImport(str(number), (Path(f"/cd/{number}"),)))
    index.remember([(film(f"{number}-{n}"), FileStamp(number, n)) for n in range(20)])
    index.set_record(f"1.{number}-0", StudyRecord("open", "note " * 50))
    index.end_import(str(number))
    if number % 3 == 0:
        index.forget_study(f"1.{number}-1")
    if number % 5 == 0:
        index.flush()
        print(number, flush=True)
"""


def test_killed_at_any_moment_the_index_opens_whole_and_has_all_that_was_acknowledged(tmp_path):
    chance = random.Random(20261122)
    acknowledged: list[int] = []
    begin = 0
    for _ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(begin)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        acknowledged.append(int(writer.stdout.readline()))  # it is at work now
        killer = threading.Timer(chance.uniform(0, 0.08), writer.send_signal, [signal.SIGKILL])
        killer.start()
        acknowledged += [int(line) for line in writer.stdout.read().split()]
        killer.join()
        writer.wait()
        writer.stdout.close()
        first, films, _ = load(tmp_path)
        assert first.problem == ""
        found = {known.film.header.sop_instance_uid for known in films}
        for number in acknowledged:
            expected = {f"1.2.3.{number}-{n}" for n in range(20) if n != 1 or number % 3}
            assert expected <= found, number
            assert f"1.{number}-0" in first.records
        begin = max(acknowledged) + 100
