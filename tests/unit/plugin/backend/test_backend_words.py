"""The backend's states in a reader's words."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from inference import errors
from inference.errors import (
    BackendLost,
    ModelNotInstalled,
    OutOfMemory,
    PackQuarantined,
    PrecisionRefused,
    VerySlow,
)
from inference.status import Loading, RunsOn
from plugin.backend.words import (
    ACTION_TITLES,
    BackendFacts,
    backend_words,
    bytes_text,
    problem_words,
    runs_on_text,
)
from plugin.events import Problem
from plugin.problems import problem_of
from plugin.state import StudyReading

GPU = RunsOn("NVIDIA RTX A4000", "bfloat16")
RUNNING = StudyReading(kind="reading", phase="running")


def words(state: str, **facts):
    return backend_words(BackendFacts(state, **facts))


def test_starting_and_loading_tell_how_far_it_is():
    assert words("starting").title == "AI starting…"
    assert words("loading").detail == "The model's files are being checked."
    half = words("loading", loading=Loading(6_200_000_000, 14_500_000_000))
    assert (half.title, half.detail) == ("AI loading… 43%", "6.2 GB of 14.5 GB read")
    assert "being checked" in words("loading", loading=Loading(1000, 1000)).detail
    assert words("loading", loading=Loading(0, 0)).title == "AI loading…"


def test_ready_names_what_it_runs_on():
    told = words("ready", runs_on=GPU)

    assert (told.title, told.detail, told.tone) == ("AI ready", "NVIDIA RTX A4000 · bfloat16", "good")
    assert words("ready").detail == ""


@pytest.mark.parametrize(("ahead", "said"), [(1, "1 job before yours"), (3, "3 jobs before yours")])
def test_busy_tells_the_place_in_the_queue(ahead, said):
    told = words("ready", runs_on=GPU, reading=replace(RUNNING, queue_position=ahead))

    assert told.title == "AI busy"
    assert told.detail == f"{said} · NVIDIA RTX A4000 · bfloat16"
    assert words("ready", reading=replace(RUNNING, queue_position=ahead)).detail == said


def test_at_work_when_nothing_is_before_it():
    assert words("ready", reading=RUNNING).title == "AI at work"
    assert words("ready", reading=replace(RUNNING, queue_position=0)).title == "AI at work"
    assert words("ready", reading=StudyReading()).title == "AI ready"


def test_a_lost_backend_is_restarted_and_the_text_is_safe():
    told = words("lost: its process was ended by SIGKILL")

    assert (told.title, told.action, told.tone) == ("AI stopped", "restart", "bad")
    assert "SIGKILL" in told.detail
    assert "Your text is safe" in told.remedy
    assert words("stopped").action == "restart"


def test_one_that_does_not_answer_is_restarted():
    told = words("ready", is_stop_overdue=True)

    assert (told.title, told.action) == ("AI not answering", "restart")


def test_what_is_coming_is_no_problem_any_more():
    assert words("starting", problem=Problem("gone", is_backend_lost=True)).tone == "waiting"
    assert words("lost: x", problem=Problem("gone", is_backend_lost=True)).detail == "gone"


@pytest.mark.parametrize(
    ("error", "title", "action"),
    [
        (ModelNotInstalled("m4cxr", Path("/packs")), "No model installed", "models"),
        (PackQuarantined("m4cxr", "1", "it said yes"), "Model refused", "models"),
        (PrecisionRefused("too far off"), "Precision refused", "models"),
        (OutOfMemory("8 GB are needed."), "Out of memory", "models"),
        (VerySlow("M4CXR", "CPU", 900), "Very slow here", "wait"),
        (BackendLost("The AI stopped answering."), "AI stopped", "restart"),
    ],
)
def test_every_known_problem_has_a_name_and_one_thing_to_do(error, title, action):
    told = problem_words(problem_of(error))

    assert (told.title, told.action, told.tone) == (title, action, "bad")
    assert told.detail
    assert told.remedy or action == "restart"
    assert ACTION_TITLES[told.action]


def test_out_of_memory_names_all_that_helps():
    remedy = problem_words(problem_of(OutOfMemory("8 GB are needed."))).remedy

    for helps in ("Close other programs", "fewer films", "smaller model", "int8"):
        assert helps in remedy
    assert "int8" in problem_words(Problem("x", kind="OutOfMemory")).remedy


def test_no_error_of_the_backend_is_without_words():
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.InferenceError)
    ]
    for kind in kinds:
        told = problem_words(Problem("What happened.", kind.remedy, kind=kind.__name__))
        assert told.title
        assert told.detail == "What happened."


def test_amounts_and_devices_are_written_for_people():
    assert (bytes_text(57_000_000), bytes_text(14_500_000_000)) == ("57 MB", "14.5 GB")
    assert runs_on_text(None) == ""
