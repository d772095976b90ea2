"""What the model's short answers may look like, character by character (m4cxr.md §4.1, §4.4, §4.5). Pure.

A form is a small graph: at each `Step` it spells out what may follow, as texts none of which begins with another, and
the step that each text leads to. Coordinates are whole numbers 0..100 with x1 < x2 and y1 < y2, so that every box has
an area. Names come from lists, each at most once and in the list's order, as in the answers of the training data.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from inference.backend import FINDINGS
from inference.text.answers import NOT_FOUND, NOT_PRESENT
from inference.text.places import ANATOMY, ORGANS

GRID = 100  # the last coordinate of the box grid
LONGEST_BOX = len("[100,100,100,100]")


class Step(NamedTuple):
    """Where an answer stands, between two texts that its form spells out."""

    name: str  # "start", "names", "number", "after box", "end"
    box: tuple[int, ...] = ()  # numbers of the open box
    boxes: int = 0  # finished ones; of the last name, where boxes have names
    next_name: int = 0  # names of the list before this one may not come any more


START, END = Step("start"), Step("end")


class AnswerForm(Hashable, Protocol):
    """What an answer may look like. Hashable: what follows a step is worked out once."""

    @property
    def longest(self) -> int:
        """Characters of the longest answer: a limit of that many tokens never cuts one."""
        ...

    def following(self, step: Step, /) -> Mapping[str, Step]:
        """The texts that may come after `step`, and where each leads; an empty one where the answer may stop."""
        ...


@dataclass(frozen=True, slots=True)
class Boxes:
    """`{before}{box}, {box}{stop}`, or `instead`."""

    before: str = ""  # "Yes. " or nothing
    instead: str = ""  # "Not present." or nothing, where a box must be given
    most: int = 1
    stop: str = "."  # or nothing

    @property
    def longest(self) -> int:
        return max(len(self.instead), len(self.before) + self.most * (LONGEST_BOX + 2))

    def following(self, step: Step) -> Mapping[str, Step]:
        if step.name == "start":
            return {f"{self.before}[": Step("number"), **({self.instead: END} if self.instead else {})}
        if step.name == "number":
            return numbers(step)
        more = {", [": Step("number", boxes=step.boxes)} if step.boxes < self.most else {}
        return {**more, self.stop: END}


@dataclass(frozen=True, slots=True)
class Names:
    """`{name}, {name}.` in the list's order, or `instead`."""

    names: tuple[str, ...]
    instead: str = NOT_FOUND

    @property
    def longest(self) -> int:
        return max(len(self.instead), sum(len(name) + 2 for name in self.names))

    def following(self, step: Step) -> Mapping[str, Step]:
        texts = {self.instead: END} if step.name == "start" else {}
        for number, name in enumerate(self.names[step.next_name :], start=step.next_name + 1):
            texts[f"{name}."] = END
            if number < len(self.names):
                texts[f"{name}, "] = Step("names", next_name=number)
        return texts


@dataclass(frozen=True, slots=True)
class NamedBoxes:
    """`{name} {box}, {box}, {name} {box}.` in the list's order, or `instead`."""

    names: tuple[str, ...]
    instead: str = NOT_FOUND
    most: int = 4  # of one name

    @property
    def longest(self) -> int:
        each = self.most * (LONGEST_BOX + 2)
        return max(len(self.instead), sum(len(name) + 1 + each for name in self.names))

    def following(self, step: Step) -> Mapping[str, Step]:
        if step.name == "number":
            return numbers(step)
        joint = "" if step.name == "start" else ", "
        texts = {
            f"{joint}{name} [": Step("number", next_name=number)
            for number, name in enumerate(self.names[step.next_name :], start=step.next_name + 1)
        }
        if step.name == "start":
            return {**texts, self.instead: END}
        if step.boxes < self.most:
            texts[", ["] = step._replace(name="number")
        return {**texts, ".": END}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these answers."""

    answers: tuple[str, ...]

    @property
    def longest(self) -> int:
        return max(len(answer) for answer in self.answers)

    def following(self, _step: Step) -> Mapping[str, Step]:
        return dict.fromkeys(self.answers, END)


def numbers(step: Step) -> Mapping[str, Step]:
    """The next number of an open box with the mark behind it. The second corner lies right of and below the first."""
    at = len(step.box)
    low, high = (0, GRID - 1) if at < 2 else (step.box[at - 2] + 1, GRID)
    if at < 3:
        return {f"{n},": step._replace(box=(*step.box, n)) for n in range(low, high + 1)}
    closed = Step("after box", boxes=step.boxes + 1, next_name=step.next_name)
    return {f"{n}]": closed for n in range(low, high + 1)}


# ── how far an answer has got ───────────────────────────────────────────────────────────────────────────────────


class Place(NamedTuple):
    """A step, and what is written since."""

    step: Step = START
    written: str = ""


def follow(form: AnswerForm, place: Place, character: str) -> Place | None:
    """The place after `character`, or None where it may not come."""
    if place.step == END:
        return None
    written = place.written + character
    texts, beginnings = _texts(form, place.step)
    if written in texts:
        return Place(texts[written])
    return Place(place.step, written) if written in beginnings else None


def is_complete(form: AnswerForm, place: Place) -> bool:
    """True where the answer may stop."""
    return not place.written and (place.step == END or "" in _texts(form, place.step)[0])


def is_answer(form: AnswerForm, text: str) -> bool:
    """True if `text`, all of it, is an answer of this form."""
    place: Place | None = Place()
    for character in text:
        place = place and follow(form, place, character)
    return place is not None and is_complete(form, place)


@lru_cache(maxsize=8192)
def _texts(form: AnswerForm, step: Step) -> tuple[Mapping[str, Step], frozenset[str]]:
    texts = form.following(step)
    return texts, frozenset(text[:length] for text in texts for length in range(1, len(text)))


# ── the forms ───────────────────────────────────────────────────────────────────────────────────────────────────

FINDING_LIST = Names(FINDINGS)
FINDING = Boxes("Yes. ", NOT_PRESENT, most=8)
PRESENT_FINDING = Boxes("Yes. ", most=8)  # the finding is known to be there: only where is asked
PHRASE = Boxes()  # an anatomical region too
ABNORMAL_REGIONS = Boxes(most=8)
ORGAN = Boxes(most=8, stop="")
FINDINGS_WITH_BOXES = NamedBoxes(FINDINGS)
YES_NO = OneOf(("Yes.", "No.", "Uncertain."))


def one_name(names: Sequence[str]) -> OneOf:
    """A single name with its full stop: the answer to what a region is."""
    return OneOf(tuple(f"{name}." for name in names))


FINDING_NAME = one_name(FINDINGS)
ANATOMY_NAME = one_name(ANATOMY)
ORGAN_NAME = one_name(ORGANS)

FORMS: tuple[AnswerForm, ...] = (
    *(FINDING_LIST, FINDING, PRESENT_FINDING, PHRASE, ABNORMAL_REGIONS, ORGAN, FINDINGS_WITH_BOXES, YES_NO),
    *(FINDING_NAME, ANATOMY_NAME, ORGAN_NAME),
)
"""Every form that an answer is held to."""

_NAMES = (*FINDINGS, *ANATOMY, *ORGANS, *YES_NO.answers, NOT_FOUND, NOT_PRESENT)
CHARACTERS = frozenset("0123456789[], .").union(*_NAMES)
"""All that such an answer may hold."""
