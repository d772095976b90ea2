"""The cases. Both ways take turns, so that a busy moment of the machine meets both."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from inference.backend import CancelToken
from inference.bench.our_way import OurWay
from inference.bench.plain_way import PlainWay
from inference.bench.subjects import Subject
from inference.engine.runtime import LanguageModel
from inference.errors import InferenceCancelled

QUESTIONS = (
    "Is there a pneumothorax?",
    "Is the heart enlarged?",
    "Which tubes are there?",
    "Are the bones intact?",
)
WAIT_S = 0.05
READING_BAR, QUESTION_BAR = 4.0, 10.0
"""How many times faster than the plain way."""


@dataclass(frozen=True, slots=True)
class Case:
    """The same thing done both ways; `ratio` is the plain way's median over ours."""

    id: str
    title: str
    unit: str
    ours: float
    plain: float
    ratio: float
    bar: float | None  # what was promised of the ratio
    met: bool | None
    n: int
    facts: dict[str, Any] = field(default_factory=dict)


def case(
    id_: str,
    title: str,
    unit: str,
    times: tuple[list[float], list[float]],
    bar: float | None = None,
    facts: dict[str, Any] | None = None,
) -> Case:
    """Medians of `times`: ours and the plain way's."""
    mine, theirs = (statistics.median(one) for one in times)
    ratio = theirs / mine
    met = None if bar is None else ratio >= bar
    n = len(times[0])
    return Case(id_, title, unit, _four(mine), _four(theirs), _four(ratio), bar, met, n, facts or {})


class Plain:
    """What the plain way took and said: measured in turn with the first runtime, kept for those after it."""

    def __init__(self, subject: Subject) -> None:
        self.way = PlainWay(subject)
        self._taken: dict[tuple[str, int], tuple[float, Any]] = {}

    def take(self, name: str, number: int, call: Callable[[], Any]) -> tuple[float, Any]:
        """Seconds, and what the call gave."""
        if (name, number) not in self._taken:
            start = time.perf_counter()
            said = call()
            self._taken[name, number] = (time.perf_counter() - start, said)
        return self._taken[name, number]


@dataclass(frozen=True, slots=True)
class Read:
    """A study after its reading, to be asked further."""

    ours: OurWay
    listed: list[int]
    report: list[int]


def reading(subject: Subject, language: LanguageModel, plain: Plain, repeat: int) -> tuple[list[Case], Read]:
    """Whole readings, the film unknown at the start: finding list, a yes or no for each, report, boxes for each.

    The last of them is handed back.
    """
    whole: tuple[list[float], list[float]] = ([], [])
    sure: tuple[list[float], list[float]] = ([], [])
    same = []
    for number in range(repeat):
        ours = OurWay(subject, language)
        start = time.perf_counter()
        mine = ours.list_and_report()
        asked = time.perf_counter()
        ours.yes_no()
        answered = time.perf_counter()
        lengths = ours.boxes()
        whole[0].append(time.perf_counter() - start)
        sure[0].append(answered - asked)
        seconds, (theirs, calls) = plain.take("reading", number, partial(plain.way.read, lengths))
        sure[1].append(plain.take("yes or no", number, plain.way.yes_no)[0])
        whole[1].append(seconds + sure[1][-1])
        same.append(mine == theirs)
    said = {"list": len(mine[0]), "report": len(mine[1]), "boxes": sum(lengths.values())}
    title = f"Whole reading: findings, report, boxes for {len(lengths)}"
    facts = {
        "tokens": said,
        "encoder_calls": {"ours": ours.usage.encoder_calls, "plain": calls + len(subject.asked)},
        "same_tokens": all(same),
    }
    bar = None if subject.size == "tiny" else READING_BAR
    part = f"Of that, a yes or no for {len(subject.asked)} findings"
    cases = [case("reading", title, "s", whole, bar, facts), case("confidence", part, "s", sure)]
    return cases, Read(ours, *mine)


def question(subject: Subject, read: Read, plain: Plain, repeat: int) -> Case:
    """A question on the open study: the time to its first token."""
    ours, before = read.ours, read.ours.usage.encoder_calls
    times: tuple[list[float], list[float]] = ([], [])
    same = []
    for number in range(repeat):
        text = QUESTIONS[number % len(QUESTIONS)]
        start = time.perf_counter()
        mine = ours.first_token(ours.question(text))
        times[0].append((time.perf_counter() - start) * 1e3)
        ids = plain.way.conversation(read.listed, read.report, text)
        seconds, theirs = plain.take("question", number, partial(plain.way.generate, ids, 1))
        times[1].append(seconds * 1e3)
        same.append([mine] == theirs)
    calls = ours.usage.encoder_calls - before
    bar = None if subject.size == "tiny" else QUESTION_BAR
    title = "Second question: time to its first token"
    return case("question", title, "ms", times, bar, {"encoder_calls": calls, "same_tokens": all(same)})


def decoding(subject: Subject, read: Read, plain: Plain, repeat: int) -> Case:
    """One token after another, behind a whole reading: milliseconds for each."""
    ours, count = read.ours, subject.lengths.decode
    ids = plain.way.conversation(read.listed, read.report, QUESTIONS[0])
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(repeat):
        branch = ours.question(QUESTIONS[0])
        ours.first_token(branch)
        start = time.perf_counter()
        for _ in ours.tokens(branch, CancelToken(), count):
            pass
        times[0].append((time.perf_counter() - start) / count * 1e3)
        one, many = (
            plain.take(f"{so_many} tokens", number, partial(plain.way.generate, ids, so_many, stops=False))[0]
            for so_many in (1, count + 1)
        )
        times[1].append(max(many - one, 1e-9) / count * 1e3)
    return case("token", "One further token, its cache warm both ways", "ms", times)


def stopping(read: Read, repeat: int) -> dict[str, Any]:
    """Stop, pressed at any time while an answer is decoded: tokens that still came, and how long it took to end."""
    ours = read.ours
    further, waited = [], []
    for _ in range(repeat):
        branch = ours.question(QUESTIONS[1])
        ours.first_token(branch)
        tokens, ms = _stopped(ours, branch)
        further.append(tokens)
        waited.append(ms)
    return {
        "further_tokens": max(further),
        "ms_median": _four(statistics.median(waited)),
        "ms_largest": _four(max(waited)),
        "n": repeat,
        "met": max(further) <= 1,
    }


def _stopped(ours: OurWay, branch: Any) -> tuple[int, float]:
    cancel, pressed = CancelToken(), [0.0]

    def press() -> None:
        pressed[0] = time.perf_counter()
        cancel.cancel()

    timer = threading.Timer(WAIT_S, press)
    timer.start()
    after = 0
    try:
        for _ in ours.tokens(branch, cancel, 100_000):
            after += cancel.is_cancelled
    except InferenceCancelled:
        pass
    ended = time.perf_counter()
    timer.join()
    return after, (ended - pressed[0]) * 1e3


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _four(value: float) -> float:
    """Four digits that count."""
    return float(f"{value:.4g}")
