"""Corrections are kept without identity, films without loss, and are forgotten for good when they are."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from dataclasses import replace

import numpy as np
import pytest

from inference.backend import FilmInput
from inference.corrections import Case, CaseBox, CaseFilm, CaseFinding, Counts, open_store
from inference.corrections import case as case_format
from inference.corrections.case import FORMAT, case_from_plain, case_to_plain
from inference.corrections.command import main
from inference.corrections.films import film_file
from inference.errors import InferenceError, InvalidFilm
from inference.wire import FilmAttributes, attributes_json, film_digest
from viewer.core.study import PixelDescription


def film(seed: int = 1, dtype=np.uint16, is_synthetic: bool = False) -> FilmInput:
    stored = np.random.default_rng(seed).integers(0, 4000, (24, 30)).astype(dtype)
    description = PixelDescription(24, 30, bits_allocated=16, bits_stored=12, high_bit=11)
    attributes = FilmAttributes(description, "DX", "CHEST", "PA", is_synthetic)
    digest = film_digest(stored, attributes_json(attributes))
    return FilmInput(digest, stored, description, "DX", "CHEST", "PA", is_synthetic)


FILM, PRIOR = film(1), film(2)
BOX = CaseBox(FILM.image_sha256, (1.0, 2.0, 3.0, 4.0), "human", (1.0, 2.0, 3.0, 5.0))
FINDING = CaseFinding(
    FILM.image_sha256,
    "cardiomegaly",
    "edited",
    "cardiomegaly",
    certainty="likely",
    confidence=0.8,
    boxes=(BOX,),
)
CASE = Case(
    study="s1",
    patient="p1",
    version=1,
    drafted_report="The heart is large.",
    drafted_impression="Cardiomegaly.",
    signed_report="The heart is slightly large.",
    signed_impression="Mild cardiomegaly.",
    addendum="",
    mode="second reader",
    saw_ai=True,
    pack="starter 0.3.1",
    pack_sha256="f" * 64,
    films=(CaseFilm(FILM.image_sha256, "current"), CaseFilm(PRIOR.image_sha256, "prior", 30)),
    findings=(FINDING,),
    scrubbed={"name": 1},
)


@pytest.fixture
def store(tmp_path):
    with open_store(tmp_path / "corrections") as made:
        yield made


def test_a_case_and_its_films_come_back_as_they_were(store):
    store.add(CASE, [FILM, PRIOR])

    (read,) = store.cases()
    assert read == CASE
    again = store.film(FILM.image_sha256)
    assert (again.stored == FILM.stored).all()
    assert again.stored.dtype == FILM.stored.dtype
    assert (again.description, again.modality, again.view_position) == (FILM.description, "DX", "PA")


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32])
def test_every_kind_of_stored_values_is_kept_without_loss(store, dtype):
    one = film(5, dtype)
    store.add(replace(CASE, films=(CaseFilm(one.image_sha256, "current"),), findings=()), [one])

    assert store.film(one.image_sha256).stored.tobytes() == one.stored.tobytes()


def test_a_film_of_two_cases_is_kept_once(store):
    store.add(CASE, [FILM, PRIOR])
    store.add(replace(CASE, study="s2"), [FILM, PRIOR])

    assert store.counts() == Counts(2, 2, 1, 2, store.counts().film_bytes, {"edited": 2})
    assert store.counts().film_bytes > 0


def test_an_addendum_is_a_further_version_and_the_trainer_reads_the_latest(store):
    store.add(CASE, [FILM, PRIOR])
    store.add(replace(CASE, version=2, addendum="More."), [FILM, PRIOR])
    store.add(replace(CASE, version=2, addendum="More, again."), [FILM, PRIOR])

    assert [case.addendum for case in store.cases()] == ["More, again."]
    assert (store.counts().cases, store.counts().studies) == (2, 1)


def test_synthetic_films_and_cases_without_their_films_are_refused_whole(store):
    made = film(3, is_synthetic=True)
    with pytest.raises(InvalidFilm, match="Synthetic"):
        store.add(replace(CASE, films=(CaseFilm(made.image_sha256, "current"),)), [made])
    with pytest.raises(InvalidFilm, match="1 of the case's films"):
        store.add(CASE, [FILM])
    with pytest.raises(InvalidFilm, match="All of the case's films"):
        store.add(replace(CASE, films=()), [])
    with pytest.raises(InvalidFilm, match="not the one that it is named"):
        store.add(CASE, [FILM, replace(film(9), image_sha256=PRIOR.image_sha256)])

    assert store.counts().cases == 0
    assert list(store.cases()) == []


def test_a_deleted_patient_is_gone_with_the_films_that_nobody_else_has(store):
    store.add(CASE, [FILM, PRIOR])
    shared = replace(CASE, study="s2", patient="p2", films=CASE.films[:1])
    store.add(shared, [FILM])

    assert store.delete_patient("p1") == 1
    assert [case.patient for case in store.cases()] == ["p2"]
    with pytest.raises(InvalidFilm, match="not among the kept ones"):
        store.film(PRIOR.image_sha256)
    assert store.film(FILM.image_sha256)
    assert store.delete_study("s2") == 1
    assert store.counts() == Counts()


def test_what_was_deleted_stands_in_no_file_any_more(store):
    store.add(replace(CASE, signed_report="UNIQUEWORD"), [FILM, PRIOR])
    assert store.delete_all() == 1

    left = b"".join(file.read_bytes() for file in store.folder.rglob("*") if file.is_file())
    assert b"UNIQUEWORD" not in left
    assert not list(store.folder.rglob("*.npz"))


def test_names_of_patients_and_studies_say_nothing_and_stay_the_same(store, tmp_path):
    key = store.patient_key("MRN-0042", "Doe^Jane")
    assert key == store.patient_key(" MRN-0042 ", "Doe^Janet")
    assert "0042" not in key
    assert store.patient_key("", "Doe^Jane", "1950-01-02") != store.patient_key("", "Doe^Jane", "1951-01-02")
    assert store.study_key("1.2") != store.patient_key("1.2")
    with open_store(store.folder) as again, open_store(tmp_path / "elsewhere") as other:
        assert again.patient_key("MRN-0042") == key
        assert other.patient_key("MRN-0042") != key


def test_everything_is_readable_by_its_owner_only(store):
    store.add(CASE, [FILM, PRIOR])

    files = [
        file
        for file in store.folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-shm", "-wal"))
    ]
    assert len(files) == 4
    assert os.name == "nt" or not any(file.stat().st_mode & 0o077 for file in files)


def test_a_damaged_film_is_told_and_never_trained_on(store):
    store.add(CASE, [FILM, PRIOR])
    file = film_file(store.folder / "films", FILM.image_sha256)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InvalidFilm, match="is damaged"):
        store.film(FILM.image_sha256)
    np.savez_compressed(file, stored=PRIOR.stored, attributes=np.frombuffer(b"{}", np.uint8))
    with pytest.raises(InvalidFilm, match="not as it was kept"):
        store.film(FILM.image_sha256)
    with pytest.raises(InvalidFilm, match="named by its SHA-256"):
        store.film("../../etc/passwd")


def test_a_disk_that_refuses_leaves_neither_case_nor_half_a_film(store, monkeypatch):
    def refuse(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        store.add(CASE, [FILM, PRIOR])
    monkeypatch.undo()

    assert store.counts() == Counts()
    assert not list(store.folder.rglob("*.part"))


def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "corrections.sqlite3").write_bytes(b"no database " * 500)

    with pytest.raises(sqlite3.DatabaseError):
        open_store(tmp_path)
    assert (tmp_path / "corrections.sqlite3").read_bytes().startswith(b"no database")


def test_two_threads_may_write_at_once(store):
    def add(number: int) -> None:
        with open_store(store.folder) as own:
            own.add(replace(CASE, study=f"s{number}"), [FILM, PRIOR])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert store.counts().studies == 4


# ── the format ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_case_goes_through_json_and_back_as_it_was():
    assert case_from_plain(json.loads(json.dumps(case_to_plain(CASE)))) == CASE


def test_what_is_no_case_or_of_a_newer_version_is_refused(monkeypatch):
    with pytest.raises(InferenceError):
        case_from_plain({"study": 1})
    with pytest.raises(KeyError):
        case_from_plain(case_to_plain(CASE), FORMAT + 1)


def test_an_older_format_goes_through_each_step_to_this_one(monkeypatch):
    def with_addendum(old):
        return old | {"addendum": ""}

    monkeypatch.setattr(case_format, "UPGRADES", {FORMAT - 1: with_addendum})
    old = {name: value for name, value in case_to_plain(CASE).items() if name != "addendum"}

    assert case_from_plain(old, FORMAT - 1) == CASE


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_counts_exports_and_deletes(store, tmp_path, capsys):
    store.add(
        replace(CASE, patient=store.patient_key("MRN-0042"), study=store.study_key("1.2")), [FILM, PRIOR]
    )
    folder = ["--folder", str(store.folder)]

    assert main([*folder, "counts"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 studies of 1 patients, 1 signed versions\n2 films, 0.0 MB\n")
    assert "findings edited: 1" in told

    assert main([*folder, "export", str(tmp_path / "out")]) == 0
    (line,) = (tmp_path / "out" / "cases.jsonl").read_text().splitlines()
    assert json.loads(line)["signed_report"] == "The heart is slightly large."
    assert len(list((tmp_path / "out" / "films").rglob("*.npz"))) == 2
    assert main([*folder, "export", str(tmp_path / "out")]) == 1

    assert main([*folder, "delete", "--patient-id", "MRN-0043"]) == 0
    assert main([*folder, "delete", "--study-uid", "1.2"]) == 0
    assert main([*folder, "delete", "--all"]) == 0
    assert main([*folder, "delete"]) == 2
    assert store.counts() == Counts()
    assert "1 signed versions deleted" in capsys.readouterr().out
