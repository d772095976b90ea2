"""A run from outside: reads the plan, holds the folder, and turns every ending into a state, a sentence, an exit code.

A run has more than one leg where a reading needs its graphics card: it saves, leaves, and comes back by itself.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from inference.devices import choose_device, release_memory
from inference.errors import InferenceError
from inference.plain import from_plain
from inference.server.safe_log import where_it_failed
from inference.training.loop import DONE, FAILED, PAUSED, REFUSED, STOPPED
from inference.training.loop.alarms import Alarm
from inference.training.loop.carry_out import CarryOut
from inference.training.loop.course import Course
from inference.training.loop.interruptions import Interruptions
from inference.training.loop.journal import Journal
from inference.training.loop.keeper import NoRoom
from inference.training.loop.processes import Processes
from inference.training.loop.yielding import at_work, be_humble, wait_for_quiet
from inference.training.plan import TrainingPlan
from inference.training.run_folder import PAUSE, PLAN

log = logging.getLogger(__name__)

LOCK = ".lock"
LEAVES = "A study is read on this graphics card: saved and left it. Goes on by itself afterwards."
NewCourse = Callable[[TrainingPlan, Path], Course]


class Refused(Exception):
    """The run can't begin; the message says why, and what to do."""


def run_legs(folder: Path, new_course: NewCourse | None = None) -> int:
    """See `inference.training.loop.run`. `new_course` makes the pieces, by default the real ones."""
    try:
        plan = read_plan(folder)
    except Refused as error:
        print(f"sidelight train: {error}", file=sys.stderr)  # noqa: T201  # there may be no folder to write to
        return REFUSED
    if new_course is None:
        new_course = _course_of(plan)
    if plan.device == "cpu" and _processes() == 1:
        be_humble()  # several processes have the computer for themselves
    while True:
        ending = _leg(folder, plan, new_course)
        if ending is not None:
            return ending
        come_back(folder, plan)
        plan = read_plan(folder)


def _course_of(plan: TrainingPlan) -> NewCourse:
    """What makes the pieces of such a plan's runs."""
    if plan.synthesis is not None:
        from inference.synthesis.training.course import SynthesisCourse

        return SynthesisCourse
    from inference.training.loop.bundled_course import BundledCourse

    return BundledCourse


def read_plan(folder: Path) -> TrainingPlan:
    """Raises Refused: there is no plan in the folder, or it is not one."""
    try:
        plan = from_plain(TrainingPlan, json.loads((folder / PLAN).read_bytes()), "plan.json")
    except FileNotFoundError:
        raise Refused(f"{folder} has no plan.json. Make one with `sidelight train plan`.") from None
    except (OSError, ValueError, InferenceError) as error:
        raise Refused(f"{folder / PLAN} can't be used: {error} Mend it, or make a new plan.") from error
    if not plan.phases:
        raise Refused(f"{folder / PLAN} has no phase. Make a new plan with `sidelight train plan`.")
    return plan


def _leg(folder: Path, plan: TrainingPlan, new_course: NewCourse) -> int | None:
    """An exit code; None where it left the device to a reading."""
    processes = Processes(plan.device)
    journal = Journal(folder, is_silent=not processes.is_main)
    interruptions = Interruptions(folder, plan.device)
    try:
        with _held(folder, processes), at_work("training", plan.device), interruptions.listening():
            journal.open()
            return _told(folder, plan, new_course, processes, journal, interruptions)
    except Refused as error:
        log.error("%s", error)
        return REFUSED
    finally:
        processes.close()
        release_memory(choose_device(plan.device))


def _told(
    folder: Path,
    plan: TrainingPlan,
    new_course: NewCourse,
    processes: Processes,
    journal: Journal,
    interruptions: Interruptions,
) -> int | None:
    """Carry it out; whatever ends it is written to the run's folder."""
    try:
        journal.show("preparing", steps=sum(phase.steps for phase in plan.phases))
        if interruptions.is_pause_wanted:
            journal.show("paused", message=_PAUSED)
            return PAUSED
        ending = CarryOut(folder, new_course(plan, folder), processes, journal, interruptions).go()
    except (Alarm, NoRoom) as error:
        log.error("%s", error)
        journal.tell(journal.state.step, "alarm", str(error))
        journal.show("stopped", message=str(error), seconds_left=None)
        return STOPPED
    except InferenceError as error:
        journal.show("failed", message=f"{error} {error.remedy}", seconds_left=None)
        return FAILED
    except Exception as error:  # the run's end: told, with nothing of a film or a report in it
        log.error("The run failed: %s", where_it_failed(error))
        journal.show("failed", message=_failed(error), seconds_left=None)
        return FAILED
    if ending == "yielded":
        journal.show("preparing", message=LEAVES)
        return None
    if ending == "paused":
        journal.show("paused", message=_PAUSED)
        return PAUSED
    journal.show("done", message="The plan was carried out.", steps=journal.state.step, seconds_left=0.0)
    return DONE


_PAUSED = "Paused; saved after the last step. `sidelight train resume` goes on."


def _failed(error: Exception) -> str:
    return (
        f"An error that was not expected ended the run ({type(error).__name__}); the program's log says where. To "
        "resume goes on from the last checkpoint. If it happens again, report it with that log."
    )


@contextlib.contextmanager
def _held(folder: Path, processes: Processes) -> Iterator[None]:
    """Hold the run's folder: two runs in it would write over each other. The system lets go of it at a kill.

    Raises:
        Refused: In all processes, where somebody holds it already.
    """
    lock, is_refused = FileLock(folder / LOCK), False
    if processes.is_main:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            is_refused = True
    if any(processes.sum([float(is_refused)])):
        raise Refused(
            f"{folder} is at work already, in another process. `sidelight train status` says how far it is."
        )
    try:
        yield
    finally:
        lock.release()


def come_back(folder: Path, plan: TrainingPlan) -> None:
    """Wait until nobody reads; where possible as a fresh process of the same number, with nothing on the card."""
    if can_replace_itself():
        safe_path = ["-P"] * sys.flags.safe_path
        command = [
            sys.executable,
            *safe_path,
            "-m",
            "inference.training.loop",
            str(folder),
            "--after-reading",
        ]
        os.execv(sys.executable, command)  # noqa: S606  # no shell, our own program
    wait_for_quiet(plan.device, (folder / PAUSE).exists)


def can_replace_itself() -> bool:
    """Not on Windows, where the new process has another number; not among several, who would lose each other."""
    is_frozen = bool(getattr(sys, "frozen", False))
    return os.name == "posix" and not is_frozen and _processes() == 1


def _processes() -> int:
    """That were launched together, as accelerate tells each of them."""
    return int(os.environ.get("WORLD_SIZE", "1"))
