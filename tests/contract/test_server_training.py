"""Routes about training runs: they read and write run folders, whoever carries the runs out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil
import pytest

from inference.backend import Cancelled, Error, Finished, Progress, ReadStudy, WriteImpression
from inference.errors import InvalidRequest, Refused, RunNotReady, UnknownModel, UnknownRun, UnknownStudy
from inference.plain import from_plain, to_plain
from inference.server.api_examples import PLAN
from inference.server.scheduler import Scheduler
from inference.server.shelf import Shelf
from inference.server.teaching import places_of
from inference.server.training_desk import TrainingDesk, is_run
from inference.train_client import TrainClient
from inference.train_status import PlanWish, TeachingCandidate
from inference.training.loop import yielding
from inference.training.plan import TrainingPlan
from inference.training.run_folder import Evaluated, RunState, StepTaken, Told
from tests.fake_backend import FakeBackend
from tests.fake_server import NoProcess, Served, fake_film, served, study_of, wait_until

EXAMPLE = from_plain(TrainingPlan, PLAN)


@dataclass
class Room:
    """A server with a folder for runs, and the processes that it started."""

    runs: Path
    server: Served
    launched: list[NoProcess] = field(default_factory=list)

    @property
    def client(self) -> TrainClient:
        return self.server.client.training

    def folder(self, id: str) -> Path:
        return self.runs / id


@pytest.fixture(scope="module")
def serving() -> Iterator[tuple[Served, list[NoProcess]]]:
    launched: list[NoProcess] = []

    def launch(folder: Path) -> NoProcess:
        launched.append(NoProcess(folder))
        return launched[-1]

    with served(FakeBackend, training=TrainingDesk(None, launch)) as server:
        yield server, launched


@pytest.fixture
def room(serving, tmp_path, monkeypatch) -> Room:
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    server, launched = serving
    launched.clear()
    return Room(tmp_path / "home" / "training" / "runs", server, launched)


def tell(folder: Path, **state: object) -> None:
    """What the process of a run writes about itself."""
    (folder / "state.json").write_text(json.dumps(asdict(RunState(**state))))


def note(folder: Path, *lines: StepTaken | Evaluated | Told) -> None:
    names = {StepTaken: "step_taken", Evaluated: "evaluated", Told: "told"}
    with (folder / "log.jsonl").open("a") as log:
        log.writelines(json.dumps({"what": names[type(one)], **asdict(one)}) + "\n" for one in lines)


def step(number: int, loss: float = 1.0) -> StepTaken:
    return StepTaken(number, loss, 1e-4, 0.5, 60.0, 1000)


# ── before a run ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_one_can_train_from_is_told(room):
    means = room.client.means()

    assert {"corrections", "mimic"} <= {kind.id for kind in means.kinds}
    assert all(kind.help for kind in means.kinds)
    assert means.corrections.studies == 0
    assert not (room.runs.parents[1] / "corrections").exists()  # asking makes no store


def test_the_doctor_is_a_job_with_progress_and_a_result(room, tmp_path):
    events = list(room.client.examine(["corrections:"]))

    assert isinstance(events[0], Progress)
    assert isinstance(events[-1], Finished)
    expected = {"errand": "doctor", "data": [f"corrections:{tmp_path / 'home' / 'corrections'}"]}
    assert events[-1].result == {"asked": {**expected, "blobs": []}}


def test_a_plan_is_wished_for(room):
    wish = PlanWish(("corrections:",), hours=2.0, parts=("lora",), seed=3)

    asked = list(room.client.plan(wish))[-1].result["asked"]

    assert (asked["errand"], asked["wish"]["hours"], asked["wish"]["parts"]) == ("plan", 2.0, ["lora"])


@pytest.mark.parametrize("wish", [PlanWish(()), PlanWish(("x",)), PlanWish(("corrections:",), hours=-1.0)])
def test_a_plan_that_can_not_be_is_refused_at_once(room, wish):
    with pytest.raises(InvalidRequest):
        room.client.plan(wish)


def test_only_a_run_with_an_adapter_is_judged(room):
    run = room.client.start(EXAMPLE)
    with pytest.raises(RunNotReady):
        room.client.evaluate(run.id)
    room.launched[0].code = 0
    adapter = room.folder(run.id) / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text("{}")

    asked = list(room.client.evaluate(run.id))[-1].result["asked"]

    assert (asked["errand"], asked["run"]) == ("evaluate", str(room.folder(run.id)))


def test_a_question_that_is_taken_back_ends_its_process(tmp_path):
    waits = [sys.executable, "-I", "-S", "-c", "import time; print(flush=True); time.sleep(600)"]
    said = tmp_path / "pid"
    waits[-1] = f"import os, time; open({str(said)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    with served(FakeBackend, errand_command=waits) as server:
        events = server.client.training.examine(["corrections:"])
        assert wait_until(lambda: said.exists() and said.read_text() != "")
        events.cancel()
        assert isinstance(list(events)[-1], Cancelled)
        assert wait_until(lambda: not psutil.pid_exists(int(said.read_text())))


def test_a_question_whose_process_dies_ends_with_an_error(tmp_path):
    with served(FakeBackend, errand_command=[sys.executable, "-I", "-S", "-c", "print('no JSON')"]) as server:
        last = list(server.client.training.examine(["corrections:"]))[-1]

    assert isinstance(last, Error)
    assert "without an answer" in last.message


def test_as_many_questions_as_may_be_are_answered_at_once_and_no_more():
    waits = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
    with served(FakeBackend, errand_command=waits) as server:
        asked = [server.client.training.examine(["corrections:"]) for _ in range(4)]
        with pytest.raises(Refused):
            server.client.training.examine(["corrections:"])
        for one in asked:
            one.cancel()


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_run_there_is_an_empty_list(room):
    assert room.client.runs() == ()


def test_a_run_is_started_in_a_folder_of_its_own_with_the_plan_that_was_sent(room):
    run = room.client.start(EXAMPLE)

    folder = room.folder(run.id)
    assert [process.folder for process in room.launched] == [folder]
    written = json.loads((folder / "plan.json").read_text())
    assert written["phases"] == to_plain(EXAMPLE)["phases"]
    assert (run.state.phase, run.is_alive, run.can_resume) == ("preparing", True, False)
    assert folder.stat().st_mode & 0o077 == 0  # nobody else's business


def test_the_corrections_of_this_computer_need_no_path(room, tmp_path):
    run = room.client.start(EXAMPLE)

    assert run.data == (f"corrections:{tmp_path / 'home' / 'corrections'}",)


def test_the_log_is_told_from_a_line_on(room):
    folder = room.folder(room.client.start(EXAMPLE).id)
    note(folder, step(1, 2.0), step(2, 1.5))

    first = room.client.run(folder.name)
    note(folder, Evaluated(2, "loss", 1.4, True), Told(2, "note", "Half of it is done."))
    second = room.client.run(folder.name, first.next)

    assert [line["loss"] for line in first.lines] == [2.0, 1.5]
    assert [line["what"] for line in second.lines] == ["evaluated", "told"]
    assert (second.first, second.next) == (2, 4)
    assert room.client.run(folder.name, second.next).lines == ()


def test_a_line_that_is_still_being_written_waits_for_its_end(room):
    folder = room.folder(room.client.start(EXAMPLE).id)
    note(folder, step(1))
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"what": "step_taken", "st')

    assert room.client.run(folder.name).next == 1


def test_a_log_that_was_cut_back_is_told_from_its_beginning(room):
    folder = room.folder(room.client.start(EXAMPLE).id)
    note(folder, step(1), step(2), step(3))
    room.client.run(folder.name)
    (folder / "log.jsonl").unlink()
    note(folder, step(1))

    told = room.client.run(folder.name, 3)

    assert (told.first, told.next, len(told.lines)) == (0, 1, 1)


def test_a_pause_is_asked_for_and_taken_back(room):
    run = room.client.start(EXAMPLE)
    folder = room.folder(run.id)

    room.client.pause(run.id)
    assert (folder / "pause").exists()
    room.client.resume(run.id)

    assert not (folder / "pause").exists()
    assert len(room.launched) == 1  # it had not stopped yet: nothing is started twice


def test_a_paused_run_goes_on_in_a_new_process(room):
    run = room.client.start(EXAMPLE)
    folder = room.folder(run.id)
    room.client.pause(run.id)
    tell(folder, phase="paused", step=7, steps=200)
    room.launched[0].code = 75
    assert room.client.runs()[0].can_resume

    resumed = room.client.resume(run.id)

    assert len(room.launched) == 2
    assert resumed.is_alive
    assert not (folder / "pause").exists()


def test_a_run_whose_process_died_says_so_with_its_last_words(room):
    run = room.client.start(EXAMPLE)
    folder = room.folder(run.id)
    tell(folder, phase="training", step=42, steps=200, process=1)
    (folder / "checkpoints" / "000040").mkdir(parents=True)
    (folder / "checkpoints" / "000042.new").mkdir()
    (folder / "run.log").write_text("Killed\n")
    room.launched[0].code = -9

    dead = room.client.run(run.id).run

    assert dead.is_dead
    assert (dead.checkpoint, dead.last_words, dead.can_resume) == (40, "Killed", True)


def test_a_run_is_a_process_of_its_own_whose_words_are_kept(tmp_path):
    """The real command, given a plan that it refuses before it loads anything."""
    desk = TrainingDesk(tmp_path)
    wrong = replace(EXAMPLE, phases=(replace(EXAMPLE.phases[0], tasks={"juggling": 1.0}),))

    run = desk.start(wrong)

    assert wait_until(lambda: not desk.runs()[0].is_alive)
    ended = desk.run(run.id).run
    assert ended.is_dead
    assert "juggling" in ended.last_words
    assert (tmp_path / run.id / "run.log").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_said_with_what_to_do(tmp_path):
    def launch(folder: Path) -> NoProcess:
        raise OSError(28, "No space left on device")

    with pytest.raises(RunNotReady, match="No space left on device") as refused:
        TrainingDesk(tmp_path, launch).start(EXAMPLE)

    assert "Make room" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_two_runs_at_once_are_refused_with_what_to_do(room):
    room.client.start(EXAMPLE)

    with pytest.raises(RunNotReady) as refused:
        room.client.start(EXAMPLE)

    assert "Pause it" in refused.value.remedy
    assert len(room.launched) == 1


def test_a_run_that_is_done_is_not_resumed(room):
    run = room.client.start(EXAMPLE)
    tell(room.folder(run.id), phase="done", step=200, steps=200)
    room.launched[0].code = 0

    with pytest.raises(RunNotReady):
        room.client.resume(run.id)


def test_a_run_of_an_earlier_backend_is_found_by_its_process(room, monkeypatch):
    folder = room.folder("20260101-000000-abcdef")
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(to_plain(EXAMPLE)))
    tell(folder, phase="training", step=3, steps=200, process=4242)
    there = {(4242, folder)}
    monkeypatch.setattr("inference.server.training_desk.is_run", lambda *asked: asked in there)

    assert room.client.runs()[0].is_alive
    there.clear()
    assert room.client.runs()[0].is_dead


def test_the_process_of_another_program_is_not_taken_for_a_run(tmp_path):
    import os

    assert not is_run(os.getpid(), tmp_path / "20260101-000000-abcdef")
    assert not is_run(2**22 + 1, tmp_path)  # no such process


def test_a_folder_that_somebody_spoilt_does_not_hide_the_others(room):
    run = room.client.start(EXAMPLE)
    spoilt = room.folder("20260101-000000-abcdef")
    spoilt.mkdir()
    (spoilt / "plan.json").write_text("{")

    assert [one.id for one in room.client.runs()] == [run.id]
    with pytest.raises(InvalidRequest, match=r"plan\.json"):
        room.client.run(spoilt.name)


@pytest.mark.parametrize("id", ["nobody", "..", "%2e%2e", "20260101-000000-abcdef", "../../etc"])
def test_an_id_is_a_name_and_never_a_path(room, id):
    with pytest.raises((UnknownRun, InvalidRequest)):
        room.client.run(id)


def test_a_run_folder_that_is_a_link_is_not_followed(room, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "plan.json").write_text(json.dumps(to_plain(EXAMPLE)))
    room.runs.mkdir(parents=True)
    room.folder("20260101-000000-abcdef").symlink_to(elsewhere)

    with pytest.raises(UnknownRun):
        room.client.pause("20260101-000000-abcdef")
    assert not (elsewhere / "pause").exists()


@pytest.mark.parametrize(
    "source",
    [
        "folder:relative/path",
        "folder:/data/../etc",
        "folder:",
        "/data",
        "FOLDER:/tmp",
        "folder:/proc/self",
        "folder:/",
    ],
)
def test_data_is_named_by_its_kind_and_an_absolute_path(room, source):
    with pytest.raises(InvalidRequest) as refused:
        room.client.start(replace(EXAMPLE, data=(source,)))

    assert source.partition(":")[2] not in str(refused.value) or source.endswith((":", ":/", "data"))
    assert room.launched == []
    assert not room.runs.exists()


def test_a_link_in_a_path_is_resolved_before_it_is_written_down(room, tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)

    run = room.client.start(replace(EXAMPLE, data=(f"folder:{link}",)))

    assert run.data == (f"folder:{real}",)


def test_a_source_of_two_folders_is_checked_folder_by_folder(room, tmp_path):
    for name in ("boxes", "films"):
        (tmp_path / name).mkdir()
    both = f"ms-cxr:{tmp_path / 'boxes'},{tmp_path / 'films'}"

    assert room.client.start(replace(EXAMPLE, data=(both,))).data == (both,)
    with pytest.raises(InvalidRequest):
        room.client.plan(PlanWish((f"ms-cxr:{tmp_path / 'boxes'},relative",)))


def test_a_base_pack_is_named_by_its_id_and_not_by_a_folder(room):
    with pytest.raises(InvalidRequest, match="id of an installed pack"):
        room.client.start(replace(EXAMPLE, pack="/tmp/pack"))


# ── after a run ─────────────────────────────────────────────────────────────────────────────────────────────────


def with_adapter(room: Room) -> str:
    run = room.client.start(EXAMPLE)
    room.launched[-1].code = 0
    (room.folder(run.id) / "adapter").mkdir()
    (room.folder(run.id) / "adapter" / "adapter_config.json").write_text("{}")
    return run.id


def counted(made: list[FakeBackend]):
    """A factory of backends that notes each one it makes."""

    def make() -> FakeBackend:
        made.append(FakeBackend())
        return made[-1]

    return make


def test_a_promoted_adapter_is_read_with_at_once_and_no_reading_is_lost(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    made: list[FakeBackend] = []
    desk = TrainingDesk(None, lambda folder: NoProcess(folder, code=0))
    with served(counted(made), training=desk) as server:
        server.client.info()
        room = Room(tmp_path / "training" / "runs", server, [NoProcess(tmp_path)])
        film = fake_film()
        server.client.put_film(film)
        study = server.client.put_study(study_of(film))

        last = list(server.client.training.promote(with_adapter(room)))[-1]
        read = list(server.client.run(ReadStudy(study)))[-1]

        assert isinstance(last, Finished)
        assert isinstance(read, Finished)
        assert len(made) == 2
        assert (len(made[0].runs), len(made[1].runs)) == (0, 1)


def test_a_refused_adapter_leaves_the_model_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    refuses = (
        "import json; print(json.dumps({'what': 'error', 'type': 'X', 'message': 'Worse.', 'remedy': ''}))"
    )
    made: list[FakeBackend] = []
    desk = TrainingDesk(None, lambda folder: NoProcess(folder, code=0))
    with served(
        counted(made), training=desk, errand_command=[sys.executable, "-I", "-S", "-c", refuses]
    ) as server:
        server.client.info()
        room = Room(tmp_path / "training" / "runs", server, [NoProcess(tmp_path)])

        last = list(server.client.training.promote(with_adapter(room)))[-1]

        assert isinstance(last, Error)
        assert last.message == "Worse."
        assert len(made) == 1


def test_without_an_adapter_the_base_reads_and_nothing_can_be_taken_back(room):
    told = room.client.adapters("starter")

    assert (told.base, told.active, told.steps) == ("starter", "", ())
    with pytest.raises(RunNotReady, match="reads alone already"):
        room.client.roll_back("starter")
    with pytest.raises(UnknownModel):
        room.client.adapters("nobody")


def test_an_unloaded_model_stays_unloaded_when_another_adapter_shall_read():
    made: list[FakeBackend] = []
    scheduler = Scheduler(counted(made), Shelf())
    scheduler.start()
    assert wait_until(lambda: scheduler.readiness == "ready")
    scheduler.unload()
    scheduler.renew()
    assert scheduler.readiness == "unloaded"
    assert scheduler.close(10)
    assert len(made) == 1


def test_training_is_told_of_every_reading_while_it_lasts(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path))
    seen: list[int] = []

    def said() -> int:
        return len(list(yielding.at_work_folder().glob("reading-*.json")))

    class Looking(FakeBackend):
        def run(self, request, cancel):
            seen.append(said())
            yield from super().run(request, cancel)

    with served(Looking) as server:
        list(server.client.run(WriteImpression("The heart is large.")))
        assert wait_until(lambda: said() == 0)
    assert seen == [1]


def test_two_models_are_compared_on_a_study_that_lies_here_once_the_run_was_judged(room):
    film = fake_film()
    room.server.client.put_film(film)
    study = room.server.client.put_study(study_of(film))
    run = with_adapter(room)
    with pytest.raises(RunNotReady, match="not judged"):
        room.client.compare(run, study)
    (room.folder(run) / "pack").mkdir()
    (room.folder(run) / "pack" / "manifest.json").write_text("{}")
    with pytest.raises(UnknownStudy):
        room.client.compare(run, "nobody")

    asked = list(room.client.compare(run, study))[-1].result["asked"]

    assert (asked["errand"], asked["run"]) == ("compare", str(room.folder(run)))
    assert asked["films"][0]["image"] == film.image_sha256
    assert asked["blobs"][0] > film.stored.nbytes  # the pixels went with it


# ── which study would teach most ────────────────────────────────────────────────────────────────────────────────


def test_undecided_studies_come_first_and_patients_take_turns(room):
    sure, open_ones = {"edema": 0.02, "cardiomegaly": 0.97}, {"edema": 0.5, "cardiomegaly": 0.6}
    candidates = [
        TeachingCandidate("sure", "a", sure),
        TeachingCandidate("open", "b", open_ones),
        TeachingCandidate("open too", "b", open_ones),
    ]

    places = room.client.teaching_order(candidates)

    assert [one.study for one in places] == ["open", "sure", "open too"]
    assert [one.undecided for one in places] == [2, 0, 2]
    assert places[0].reason == "two findings undecided (edema, cardiomegaly)"


def test_a_film_unlike_those_that_were_judged_is_new_where_the_model_saw_them_all():
    class Seeing(FakeBackend):
        def features_of(self, images):
            seen = {f"i{at}": (at * 1.0, at * 2.0) for at in range(12)} | {"odd": (90.0, -90.0)}
            return {image: seen[image] for image in images if image in seen}

    judged = [f"i{at}" for at in range(6, 12)]
    asked = [TeachingCandidate(str(at), str(at), {"edema": 0.5}, (f"i{at}",)) for at in range(5, 6)]
    asked.append(TeachingCandidate("odd", "x", {"edema": 0.5}, ("odd",)))
    scheduler = Scheduler(Seeing, Shelf())
    scheduler.start()
    assert wait_until(lambda: scheduler.readiness == "ready")

    features = scheduler.features(["i5", "odd", "?", *judged])
    told = places_of(asked, "uncertainty_then_novelty", features, [features[one] for one in judged])
    unseen = TeachingCandidate("?", "y", {"edema": 0.5}, ("?",))
    without = places_of([*asked, unseen], "uncertainty_then_novelty", features, [features["i6"]])

    assert "?" not in features
    assert [(one.study, one.is_new) for one in told] == [("odd", True), ("5", False)]
    assert "unlike the films seen so far" in told[0].reason
    assert not any(one.is_new for one in without)  # it can't be said of all, so of none
    assert scheduler.close(10)


@pytest.mark.parametrize(
    "wrong",
    [{"edema": 1.5}, {"edema": float("nan")}, {"headache": 0.5}],
    ids=["over 1", "no number", "no finding"],
)
def test_only_probabilities_of_findings_are_taken(room, wrong):
    with pytest.raises((InvalidRequest, ValueError)):
        room.client.teaching_order([TeachingCandidate("1", "", wrong)])
