"""`sidelight read` over many studies: each is read once, written down at once, and taken up where a run ended."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from dicom_judges import complaints
from pydicom import dcmread

from inference.errors import BackendLost, OutOfMemory
from inference.read import command
from inference.read.progress import Teller
from inference.read.stopping import Stopped, Stopping
from tests.factories.batches import FilmReadingBackend, write_studies
from tests.fake_server import served
from viewer.core.reader import FilmReader
from viewer.writer import child, write
from viewer.writer.errors import NotWritten
from viewer.writer.messages import unpacked

COUNT = 4


@dataclass
class Process:
    """What the command knows as the backend's process: here a server in this process. `lost` calls find it gone."""

    client_: object
    lost: list[int] = field(default_factory=list)
    calls: int = 0

    def client(self):
        self.calls += 1
        if self.calls in self.lost:
            raise BackendLost("The AI stopped.")
        return self.client_

    def stop(self) -> None:
        pass


@dataclass
class Ran:
    code: int | None
    out: Path
    read: int  # readings that were begun
    events: list[dict]
    said: str

    @property
    def findings(self) -> dict:
        return json.loads((self.out / "findings.json").read_bytes())

    @property
    def journal(self) -> list[dict]:
        return [json.loads(line) for line in (self.out / "progress.jsonl").read_text().splitlines()]

    def event(self, name: str) -> list[dict]:
        return [one for one in self.events if one["event"] == name]


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    return write_studies(tmp_path_factory.mktemp("films"), COUNT)


@pytest.fixture(scope="module")
def reader():
    with FilmReader() as reader:
        yield reader


@pytest.fixture
def run(films, reader, tmp_path, monkeypatch, capsys):
    """Run the command in this process; `errors` and `lost` say what goes wrong."""

    def start(*words: object, errors=None, lost=(), out: Path = tmp_path / "out", stop_at: int = 0) -> Ran:
        backend, events = FilmReadingBackend(errors), Events(stop_at)
        with served(lambda: backend) as server:
            process = Process(server.client, list(lost))
            monkeypatch.setattr(command, "BackendProcess", lambda *_, **__: process)
            monkeypatch.setattr(command, "FilmReader", lambda: contextlib.nullcontext(reader))
            options = command.read_options([*map(str, words or (films,)), "--out", str(out)])
            out.mkdir(exist_ok=True)
            code, stopping = None, Stopping()
            events.stopping = stopping
            try:
                code = command.read(options, Teller(events=events), stopping)
            except Stopped as stopped:
                code = stopped.exit_code
        told = [json.loads(line) for line in events.getvalue().splitlines()]
        return Ran(code, out, len(backend.read), told, capsys.readouterr().err)

    return start


class Events(io.StringIO):
    """Takes the events of a run; hears a signal at the end of study number `stop_at`."""

    def __init__(self, stop_at: int) -> None:
        super().__init__()
        self._stop_at, self.stopping = stop_at, None

    def write(self, line: str) -> int:
        told = json.loads(line)
        done = super().write(line)
        if told["event"] == "study_started" and told["number"] == self._stop_at:
            before = [(each, signal.getsignal(each)) for each in (signal.SIGINT, signal.SIGTERM)]
            try:
                self.stopping._hear(signal.SIGTERM, None)
            finally:
                for each, handler in before:
                    signal.signal(each, handler)
        return done


def results(out: Path) -> dict[str, bytes]:
    """Every file of a finished run but the journal, which tells times."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith("progress.jsonl")
    }


@pytest.fixture
def whole(run, tmp_path) -> Ran:
    return run(out=tmp_path / "whole")


# ── a run that nothing disturbs ─────────────────────────────────────────────────────────────────────────────────


def test_every_study_is_read_once_and_has_a_folder_of_its_own(whole):
    assert (whole.code, whole.read) == (0, COUNT)
    folders = list((whole.out / "studies").iterdir())
    assert len(folders) == COUNT
    alone = [json.loads((folder / "findings.json").read_text()) for folder in folders]
    together = whole.findings
    assert sorted(film["path"] for one in alone for film in one["films"]) == sorted(
        film["path"] for film in together["films"]
    )
    assert all((folder / "report.txt").read_text().startswith("AI DRAFT") for folder in folders)
    assert len(list(whole.out.glob("*.overlay.png"))) == COUNT
    assert not list(whole.out.rglob("*.part"))


def test_nothing_in_the_journal_names_a_file_or_a_person(whole):
    text = (whole.out / "progress.jsonl").read_text()
    assert "Phantom" not in text
    assert ".dcm" not in text
    assert str(whole.out.parent) not in text


def test_the_events_tell_a_script_all_it_needs(whole):
    names = [one["event"] for one in whole.events]
    assert names[0] == "started"
    assert names[-1] == "finished"
    (started,) = whole.event("started")
    assert (started["studies"], started["films"], started["known"]) == (COUNT, COUNT, 0)
    assert started["pack"]["id"] == "fake"
    done = whole.event("study_done")
    assert [one["number"] for one in done] == list(range(1, COUNT + 1))
    for one in done:
        assert (one["state"], one["reason"], one["films_read"], one["of"]) == ("read", "", 1, COUNT)
        assert (whole.out / one["folder"] / "findings.json").exists()
        assert all((whole.out / name).exists() for name in one["overlays"])
    assert done[-1]["eta_s"] == 0
    assert {one["stage"] for one in whole.event("stage")} == {"gate"}
    (finished,) = whole.event("finished")
    assert {name: finished[name] for name in ("read", "refused", "failed", "kept", "left")} == {
        "read": COUNT,
        "refused": 0,
        "failed": 0,
        "kept": 0,
        "left": 0,
    }


# ── going on ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stopped_run_keeps_what_was_read_and_going_on_gives_what_one_run_gives(run, whole):
    stopped = run(stop_at=3)
    assert stopped.code == 128 + signal.SIGTERM
    assert stopped.read == 2
    assert len(stopped.findings["films"]) == 2
    (finished,) = stopped.event("finished")
    assert (finished["read"], finished["left"]) == (2, COUNT - 2)

    resumed = run(command_films(whole), "--resume")
    assert (resumed.code, resumed.read) == (0, COUNT - 2)
    assert len(resumed.event("study_kept")) == 2
    assert results(resumed.out) == results(whole.out)


def command_films(whole: Ran) -> Path:
    """The folder of films that `whole` was given."""
    path = whole.findings["films"][0]["path"]
    return Path(path).parents[1]


def test_a_study_that_failed_is_told_and_tried_again(run, films, whole):
    first = run(errors={2: OutOfMemory("The computer is full."), 4: ValueError("secret words")})
    assert first.code == command.SOME_FAILED
    failed = [one for one in first.event("study_done") if one["state"] == "failed"]
    assert [one["number"] for one in failed] == [2, 4]
    assert failed[0]["reason"] == "The computer is full."
    assert "secret" not in json.dumps(first.events) + first.said
    assert failed[0]["folder"] is None
    assert len(first.journal) == COUNT
    skipped = first.findings["skipped"]
    assert "The computer is full." in skipped[0]["reason"]

    again = run(films, "--resume")
    assert (again.code, again.read) == (0, 2)
    told = again.findings
    expected = whole.findings
    assert told == expected

    third = run(films, "--resume")
    assert (third.code, third.read) == (0, 0)
    assert third.findings == expected


def test_a_backend_that_dies_once_is_started_again_and_the_run_goes_on(run):
    ran = run(lost=[3])
    assert (ran.code, len(ran.event("study_done"))) == (0, COUNT)
    assert "Starting it again" in ran.said


def test_a_backend_that_does_not_live_is_given_up_after_three_studies(run, films):
    ran = run(lost=range(2, 100))  # the first call asks for the pack
    assert ran.code == command.NOTHING_READ
    assert len(ran.event("study_done")) == 3
    assert "1 are left unread" in ran.said
    assert (ran.event("finished")[0]["failed"], ran.event("finished")[0]["left"]) == (3, 1)

    again = run(films, "--resume")
    assert (again.code, again.read) == (0, COUNT)


def test_without_resume_everything_is_read_again_and_the_old_journal_is_kept(run, films):
    run()
    again = run(films)
    assert (again.code, again.read) == (0, COUNT)
    assert f"{COUNT} studies of an earlier run" in again.said
    assert (again.out / "progress.jsonl.old").exists()
    assert len(list(again.out.glob("*.overlay.png"))) == COUNT


def test_an_old_result_is_gone_while_a_new_run_goes_on(run, films, monkeypatch):
    run(films)
    read, seen = command.Batch.run, []

    def look(batch, orders) -> None:
        seen.extend(path.name for path in batch.out.iterdir())
        read(batch, orders)

    monkeypatch.setattr(command.Batch, "run", look)
    run(films, "--resume")
    assert "progress.jsonl" in seen
    assert not {"findings.json", "report.txt"} & set(seen)


def test_resuming_nothing_is_a_first_run(run, films):
    assert run(films, "--resume").code == 0


def test_films_that_were_moved_are_not_read_again_but_told_where_they_lie_now(run, films, tmp_path):
    run(films)
    moved = tmp_path / "moved"
    shutil.copytree(films, moved)
    again = run(moved, "--resume")
    assert again.read == 0
    assert all(str(moved) in film["path"] for film in again.findings["films"])


def test_new_studies_are_added_to_those_that_are_done(run, films, tmp_path):
    some = tmp_path / "some"
    shutil.copytree(films / "s1", some / "s1")
    run(some)
    shutil.copytree(films / "s0", some / "s0")
    shutil.copytree(films / "s3", some / "s3")
    again = run(some, "--resume")
    assert again.read == 2
    pictures = {path.name for path in again.out.glob("*.png")}
    assert pictures == {"pa.overlay.png", "pa-2.overlay.png", "film0.overlay.png"}


def test_another_pack_reads_everything_itself(run, films, monkeypatch):
    from dataclasses import replace

    from tests import fake_backend

    run(films)
    monkeypatch.setattr(fake_backend, "INFO", replace(fake_backend.INFO, sha256="1" * 64))
    again = run(films, "--resume")
    assert again.read == COUNT
    assert len(list(again.out.glob("*.overlay.png"))) == COUNT


def test_pack_precision_prior_and_its_report_are_part_of_what_was_read(run, films, tmp_path):
    from inference.read.order import Order
    from inference.read.record import fingerprint
    from tests.factories.read_drafts import film

    one, other = film("a.dcm"), film("b.dcm", study="1.2.4")
    told = {
        fingerprint(Order((one,)), "p"),
        fingerprint(Order((one,)), "q"),
        fingerprint(Order((one,)), "p", "int8"),
        fingerprint(Order((one, other)), "p"),
        fingerprint(Order((one,), (other,)), "p"),
        fingerprint(Order((one,), (other,), 7), "p"),
        fingerprint(Order((one,), (other,), 7, "Clear."), "p"),
    }
    assert len(told) == 7
    assert fingerprint(Order((other, one)), "p") == fingerprint(Order((one, other)), "p")


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_paths_can_be_given_in_a_list(run, films, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"# tonight\n{films / 's0'}\n\n  {films / 's2'}\n")
    ran = run("--list", listed)
    assert [Path(film["path"]).parent.name for film in ran.findings["films"]] == [
        "s0",
        "s2",
    ]


def test_no_path_at_all_is_a_wrong_command_line(capsys):
    with pytest.raises(SystemExit) as ended:
        command.read_options(["--out", "x"])
    assert ended.value.code == 2
    assert "at least one PATH" in capsys.readouterr().err


def test_a_file_name_that_is_no_utf8_does_not_cost_the_run(run, films, tmp_path):
    odd = Path(f"{tmp_path}/odd-\udce9.dcm")
    try:
        shutil.copyfile(next((films / "s0").iterdir()), odd)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    ran = run(odd)
    assert ran.code == 0
    assert ran.findings["films"][0]["path"] == str(odd)


# ── with DICOM objects ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def quick(monkeypatch):
    """Make the objects in this process: the child has tests of its own, and takes a second for each study."""
    monkeypatch.setattr(write, "_ask_child", lambda request: unpacked(child.answer(request)))


def test_dicom_objects_are_written_only_where_they_were_asked_for(run, films, tmp_path, quick):
    plain = run(films / "s0", out=tmp_path / "plain")
    ran = run("--dicom", films / "s0")

    assert list(plain.out.rglob("*.dcm")) == []
    assert "dicom" not in plain.event("study_done")[0]
    (done,) = ran.event("study_done")
    found = [dcmread(ran.out / name) for name in done["dicom"]]
    assert sorted(one.Modality for one in found) == ["PR", "SR"]
    assert all(one.SeriesDescription.startswith("AI DRAFT - NOT REVIEWED") for one in found)
    assert [complaints(Path(one.filename)) for one in found] == [[], []]
    others = {name: data for name, data in results(ran.out).items() if not name.endswith(".dcm")}
    assert others == results(plain.out)


def test_the_objects_of_one_run_are_those_of_another_but_for_their_time(run, films, tmp_path, quick):
    first, second = (run("--dicom", films / "s0", out=tmp_path / name) for name in ("one", "other"))

    names = [sorted(path.name for path in ran.out.rglob("*.dcm")) for ran in (first, second)]
    assert names[0] == names[1]
    assert len(names[0]) == 2


def test_a_resumed_run_leaves_the_objects_and_makes_those_that_are_missing(run, films, tmp_path, quick):
    run(films / "s0")
    resumed = run("--resume", "--dicom", films / "s0")
    before = results(tmp_path / "out")
    again = run("--resume", "--dicom", films / "s0")

    assert resumed.read == again.read == 0
    assert len(resumed.event("study_kept")[0]["dicom"]) == 2
    assert results(tmp_path / "out") == before


def test_a_film_that_no_object_can_be_made_of_costs_only_its_own(run, films, monkeypatch, quick):
    def refuse(*_):
        raise NotWritten("AccessionNumber is longer than 16 characters; nothing was written.")

    monkeypatch.setattr("inference.read.dicom_files.made_objects", refuse)
    ran = run("--dicom", films / "s0")

    assert (ran.code, ran.read) == (0, 1)
    assert "no DICOM objects: AccessionNumber is longer" in ran.said
    assert ran.event("study_done")[0]["dicom"] == []


def test_a_picture_file_says_why_it_has_no_dicom_objects(run, films, tmp_path, quick):
    import PIL.Image

    picture = tmp_path / "film.png"
    PIL.Image.effect_noise((60, 60), 40).save(picture)
    ran = run("--dicom", picture)

    assert "a picture file has no patient" in ran.said
    assert list(ran.out.rglob("*.dcm")) == []
