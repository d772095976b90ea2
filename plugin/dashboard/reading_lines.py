"""From the audit log's lines to what happened to each study. Pure, but for the file that is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from plugin.records.audit_files import audit_folder, log_files

REASONS = ("not there", "wrong place", "known", "device", "other")
VERDICTS = ("accepted", "edited", "rejected")


@dataclass(slots=True)
class StudyStory:
    """What became of one study, as far as the log tells it. Filled line by line."""

    present: tuple[str, ...] = ()  # of the latest reading
    verdicts: dict[str, tuple[str, str]] = field(default_factory=dict)  # by label: what, and why
    added: dict[str, int] = field(default_factory=dict)
    alerts: int | None = None
    signed: Mapping[str, Any] | None = None  # details of its first signature
    day: date | None = None  # of that
    pack: str = ""  # that drafted it


def stories(lines: Iterable[Mapping[str, Any]]) -> dict[str, StudyStory]:
    """One story for each study that the lines name, in their order."""
    told: dict[str, StudyStory] = {}
    for line in lines:
        study, details = line.get("study"), line.get("details")
        if isinstance(study, str) and study and isinstance(details, Mapping):
            _tell(told.setdefault(study, StudyStory()), line, details)
    return told


def read_lines(
    folder: Path | None = None, tell: Callable[[int, int], None] | None = None
) -> Iterator[Mapping[str, Any]]:
    """All lines that can be read, oldest first. Whether they are sound is the audit log's own business.

    Args:
        tell: Called with bytes read and bytes in all, every few thousand lines.
    """
    files = log_files(folder or audit_folder())
    total, done = sum(file.stat().st_size for file in files), 0
    for file in files:
        with file.open("rb") as stream:
            for number, raw in enumerate(stream):
                done += len(raw)
                if tell is not None and number % 4000 == 0:
                    tell(done, total)
                try:
                    line = json.loads(raw)
                except (ValueError, RecursionError):
                    continue
                if isinstance(line, dict):
                    yield line


def _tell(story: StudyStory, line: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    label = _text(details.get("label"))
    match line.get("what"):
        case "reading_finished":
            labels = details.get("labels")
            story.present = tuple(_text(one) for one in labels) if isinstance(labels, list) else ()
            story.pack = _text(line.get("pack")) or story.pack
        case "finding_accepted" | "finding_edited" | "finding_rejected" as what:
            if details.get("was") != "added" and label:
                story.verdicts[label] = (what.removeprefix("finding_"), _text(details.get("reason")))
        case "verdict_taken_back" if details.get("was") == "added":
            story.added[label] = max(0, story.added.get(label, 0) - 1)
        case "verdict_taken_back":
            story.verdicts.pop(label, None)
        case "finding_added" if label:
            story.added[label] = story.added.get(label, 0) + 1
        case "checks_run":
            story.alerts = whole(details.get("doubts"))
        case "signed" if story.signed is None:
            story.signed, story.day = details, _day(_text(line.get("at")))
            story.pack = story.pack or _text(line.get("pack"))


def whole(told: Any) -> int:
    """A count; 0 for whatever is none."""
    return told if isinstance(told, int) and not isinstance(told, bool) and told >= 0 else 0


def _text(told: Any) -> str:
    return told if isinstance(told, str) else ""


def _day(at: str) -> date | None:
    try:
        return datetime.fromisoformat(at).date()
    except ValueError:
        return None
