"""Urgent findings: which there are, what was decided about them, and whether a communication log is complete. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from plugin.checks.mentions import stance_of
from plugin.checks.sentences import Part, sentences_of
from plugin.first_look.visible import visible
from plugin.report.fields import undecided_blanked
from plugin.review.reviewed import reviewed_findings
from plugin.signing.state import Category, CommunicationLog, CriticalRecord
from plugin.state import StudyReading

CATEGORIES: dict[Category, str] = {1: "within minutes", 2: "within hours", 3: "within days"}


@dataclass(frozen=True, slots=True)
class UrgentKind:
    """A row of urgent.toml."""

    title: str
    labels: frozenset[str]
    pattern: re.Pattern[str]
    category: Category


@dataclass(frozen=True, slots=True)
class UrgentItem:
    """Something urgent about this study."""

    subject: str  # names it in records: the title of its kind
    title: str
    category: Category  # proposed
    is_reader_s: bool  # accepted, added or written by the reader; False: only the AI says so yet
    record: CriticalRecord | None = None

    @property
    def is_decided(self) -> bool:
        return self.record is not None


def urgent_items(reading: StudyReading) -> tuple[UrgentItem, ...]:
    """What is urgent among the findings that the reader may see and did not reject, and in the words of the report."""
    shown = visible(reading)
    records = {record.subject: record for record in reading.signing.critical}
    standing = [one for one in reviewed_findings(shown) if one.stands]
    text = "\n".join((shown.report.shown, shown.impression.shown, reading.signing.addendum or ""))
    stated = _stated(undecided_blanked(text))  # what a template's list offers, nobody has stated
    made = []
    for kind in urgent_kinds():
        own = [one for one in standing if one.label in kind.labels]
        is_reader_s = any(one.is_looked_at for one in own) or kind.title in stated
        if own or is_reader_s:
            made.append(
                UrgentItem(kind.title, kind.title, kind.category, is_reader_s, records.get(kind.title))
            )
    return tuple(made)


def undecided(reading: StudyReading) -> tuple[UrgentItem, ...]:
    """Urgent items that the reader stands for and has neither told to anybody nor called not critical."""
    return tuple(item for item in urgent_items(reading) if item.is_reader_s and not item.is_decided)


def problem_of(log: CommunicationLog) -> str:
    """What is missing or impossible in a communication log, in words; empty: nothing."""
    if not log.finding.strip():
        return "Say which finding was told."
    if not log.radiologist.strip():
        return "Say who found it."
    if not log.recipient.strip():
        return "Say who was told."
    if datetime.fromisoformat(log.received_at) < datetime.fromisoformat(log.found_at):
        return "It cannot have been received before it was found."
    if log.method == "other" and not log.method_note.strip():
        return "Say how it was told."
    return ""


@lru_cache(maxsize=1)
def urgent_kinds() -> tuple[UrgentKind, ...]:
    """The rows of urgent.toml."""
    text = files("plugin.signing").joinpath("urgent.toml").read_text(encoding="utf-8")
    return tuple(
        UrgentKind(
            row["title"],
            frozenset(row.get("labels", ())),
            re.compile(rf"\b(?:{'|'.join(re.escape(words) for words in row['words'])})\b", re.IGNORECASE),
            row["category"],
        )
        for row in tomllib.loads(text)["urgent"]
    )


@lru_cache(maxsize=32)
def _stated(text: str) -> frozenset[str]:
    return frozenset(_found(text))


def _found(text: str) -> Iterator[str]:
    for sentence in sentences_of(Part(text, "report", 0)):
        for kind in urgent_kinds():
            if any(
                stance_of(sentence, *match.span()) == "stated"
                for match in kind.pattern.finditer(sentence.text)
            ):
                yield kind.title
