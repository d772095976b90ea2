"""`sidelight read`, whole: files in, findings.json, report.txt and pictures out, through the real backend process."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from inference.backend import DRAFT_MARK, FINDINGS
from inference.phantom import project, sample_case
from inference.phantom.dicom import Person, write_film
from inference.read.carry_out import Bench
from inference.read.findings_file import findings_json
from inference.read.intake import films_in
from inference.read.order import orders
from inference.supervisor import BackendProcess
from tests.tiny_pack import make_tiny_pack
from viewer.core.reader import FilmReader

PERSON = Person("PHANTOM-7", "PHANTOM^SEVEN", "F", date(1950, 1, 2))
SOMEBODY_ELSE = Person("PHANTOM-8", "PHANTOM^EIGHT", "M", date(1960, 1, 2))
EASY = {"decision": {"pleural effusion": 0.0, "pneumothorax": 1.0}, "box_findings": ["pleural effusion"]}


@dataclass(frozen=True)
class Outcome:
    code: int
    said: str  # stderr
    out: Path

    @property
    def told(self) -> dict:
        return json.loads((self.out / "findings.json").read_text(encoding="utf-8"))

    @property
    def report(self) -> str:
        return (self.out / "report.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A user's folders, with a pack of random weights that finds an effusion on every film."""
    folder = tmp_path_factory.mktemp("home")
    make_tiny_pack(folder / "packs" / "tiny", reading=EASY)
    return folder


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """A folder as a user may have it: two studies of one person, a lateral, and files that are no films."""
    folder = tmp_path_factory.mktemp("films")
    case = sample_case(3, findings=frozenset({"pleural effusion"}))
    pa, lateral = project(case, "PA", (256, 240)), project(case, "LL", (256, 256))
    old = write_film(tmp_path_factory.mktemp("old") / "pa.dcm", pa, PERSON, date(2024, 1, 1))
    with zipfile.ZipFile(folder / "old.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(old, "disc/pa.dcm")
    write_film(folder / "new" / "pa.dcm", pa, PERSON, date(2024, 2, 1))
    write_film(folder / "new" / "lateral.dcm", lateral, PERSON, date(2024, 2, 1), number=2)
    (folder / "letter.txt").write_text("Dear colleague,")
    (folder / "broken.dcm").write_bytes((folder / "new" / "pa.dcm").read_bytes()[:700])
    return folder


@pytest.fixture(scope="module")
def read(home, tmp_path_factory):
    """Run the command as a script would."""

    def run(*words: object, pack: str = "tiny") -> Outcome:
        out = tmp_path_factory.mktemp("out")
        environment = {
            **os.environ,
            "SIDELIGHT_HOME": str(home),
            "SIDELIGHT_PACKS_DIR": str(home / "packs"),
            "SIDELIGHT_ALLOW_SYNTHETIC": "1",
        }
        command = [sys.executable, "-P", "-m", "inference.read.command", *map(str, words)]
        done = subprocess.run(
            [*command, "--out", str(out), "--pack", pack, "--device", "cpu"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        return Outcome(done.returncode, done.stderr, out)

    return run


@pytest.fixture(scope="module")
def whole(read, films) -> Outcome:
    return read(films)


def test_it_ends_well_because_films_were_read(whole):
    assert whole.code == 0, whole.said
    assert "Traceback" not in whole.said


def test_every_frontal_film_is_read_and_has_all_findings(whole, films):
    told = {Path(film["path"]).relative_to(films).as_posix(): film for film in whole.told["films"]}

    assert set(told) == {"old.zip!disc/pa.dcm", "new/pa.dcm"}
    for film in told.values():
        assert tuple(finding["name"] for finding in film["findings"]) == FINDINGS
        assert (film["rows"], film["columns"], film["view"]) == (256, 240, "PA")
        for finding in film["findings"]:
            assert 0 <= finding["confidence"] <= 1
            for x1, y1, x2, y2 in finding["boxes"]:
                assert 0 <= x1 < x2 <= 240
                assert 0 <= y1 < y2 <= 256


def test_a_present_finding_has_its_box_and_an_absent_one_none(whole):
    for film in whole.told["films"]:
        found = {finding["name"]: finding for finding in film["findings"]}
        assert found["pleural effusion"]["state"] == "present"
        assert found["pleural effusion"]["boxes"]
        assert (found["pneumothorax"]["state"], found["pneumothorax"]["boxes"]) == ("absent", [])


def test_what_was_not_read_is_listed_with_its_reason(whole, films):
    skipped = {
        Path(one["path"]).relative_to(films).as_posix(): one["reason"] for one in whole.told["skipped"]
    }

    assert set(skipped) == {"new/lateral.dcm", "letter.txt", "broken.dcm"}
    assert skipped["new/lateral.dcm"].startswith("not read: lateral")
    assert all(reason for reason in skipped.values())
    for name in ("lateral.dcm", "letter.txt", "broken.dcm"):
        assert name in whole.said


def test_the_earlier_study_of_the_patient_is_the_prior(whole, films):
    priors = {len(study["priors"]): study for study in whole.told["studies"]}

    assert set(priors) == {0, 1}
    assert priors[1]["prior_days_before"] == 31
    assert "Compared with: pa.dcm (31 days earlier)." in whole.report
    assert "No prior loaded: no comparison was made." in whole.report


def test_one_marked_picture_is_drawn_per_film(whole):
    pictures = sorted(whole.out.glob("*.overlay.png"))

    assert len(pictures) == 2
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.width == 240
            assert picture.height > 256


def test_the_results_are_drafts_and_name_no_patient(whole):
    assert whole.told["draft"] is True
    assert whole.told["pack"]["id"] == "tiny"
    assert whole.report.startswith(DRAFT_MARK)
    for text in (whole.report, json.dumps(whole.told), whole.said):
        assert "PHANTOM" not in text


def test_a_prior_of_another_patient_is_warned_of(read, films, tmp_path):
    case = sample_case(4, findings=frozenset())
    prior = write_film(
        tmp_path / "prior.dcm", project(case, "PA", (200, 200)), SOMEBODY_ELSE, date(2023, 1, 1)
    )
    outcome = read(films / "old.zip", "--prior", prior)

    assert outcome.code == 0, outcome.said
    assert "belong to different patients" in outcome.said
    assert "WARNING: The current study and the prior belong to different patients" in outcome.report
    assert [Path(film["path"]).name for film in outcome.told["films"]] == ["pa.dcm"]


def test_a_png_film_is_read_and_claims_no_view(read, films, tmp_path):
    from viewer.core.presentation import render
    from viewer.core.study import Source

    with FilmReader() as reader:
        film = reader.open(Source(films / "new" / "pa.dcm"))
        Image.fromarray(render(reader.pixels(film))).save(tmp_path / "film.png")
    outcome = read(tmp_path / "film.png")

    assert outcome.code == 0, outcome.said
    (told,) = outcome.told["films"]
    assert (told["view"], told["rows"], told["columns"]) == ("", 256, 240)


def test_nothing_readable_ends_with_two_and_says_why(read, films):
    outcome = read(films / "letter.txt", films / "nowhere.dcm")

    assert outcome.code == 2
    assert "letter.txt" in outcome.said
    assert "nowhere.dcm: there is no such file" in outcome.said
    assert "Traceback" not in outcome.said
    assert outcome.told["films"] == []
    assert len(outcome.told["skipped"]) == 2


def test_a_lateral_alone_is_refused_with_two(read, films):
    outcome = read(films / "new" / "lateral.dcm")

    assert outcome.code == 2
    assert outcome.told["skipped"][0]["reason"].startswith("not read: lateral")
    assert outcome.told["films"] == []
    assert not list(outcome.out.glob("*.png"))


def test_a_pack_that_is_not_there_is_named(read, films):
    outcome = read(films / "old.zip", pack="nobodys-pack")

    assert outcome.code == 2
    assert "nobodys-pack" in outcome.said
    assert "Traceback" not in outcome.said


def test_a_backend_that_is_killed_during_a_reading_is_started_again(home, films, monkeypatch):
    for name, value in (
        ("SIDELIGHT_HOME", home),
        ("SIDELIGHT_PACKS_DIR", home / "packs"),
        ("SIDELIGHT_ALLOW_SYNTHETIC", 1),
    ):
        monkeypatch.setenv(name, str(value))
    backend, killed, lines = BackendProcess("tiny", "cpu"), [], []

    def tell(line: str) -> None:
        lines.append(line)
        if line.strip() == "report" and not killed:
            killed.append(backend._child._process.pid)
            os.kill(killed[0], signal.SIGKILL)

    try:
        with FilmReader() as reader:
            found, _ = films_in([films / "old.zip"], reader, tell)
            draft, skips = Bench(reader, backend, tell).read(orders(found)[0])
            pack = backend.client().info()
    finally:
        backend.stop()

    assert killed
    assert any("Starting it again" in line for line in lines)
    assert skips == ()
    assert len(findings_json([draft], skips, pack)["films"]) == 1
