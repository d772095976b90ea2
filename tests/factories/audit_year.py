"""A plausible year of audit lines, computed. No patient, no reader: for tests, and for looking at the dashboard."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from inference.backend import FINDINGS

START = datetime(2025, 11, 24, 7, 0, tzinfo=UTC)
RATES = (0.05, 0.22, 0.3, 0.06, 0.14, 0.1, 0.12, 0.2, 0.03, 0.24, 0.04, 0.03, 0.18)
ACCEPTED = (0.55, 0.88, 0.79, 0.52, 0.8, 0.72, 0.66, 0.76, 0.45, 0.87, 0.5, 0.42, 0.92)
REASONS = ("not there", "not there", "not there", "wrong place", "known", "device", "other")
MODES = ("second reader", "second reader", "second reader", "concurrent")


def audit_year(studies: int = 4000, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Lines in order of time: about 12 for each study. A new version in week 30 is better, then slowly worse."""
    chance = random.Random(seed)
    for number in range(studies):
        at = START + timedelta(days=364 * number / studies, seconds=chance.randrange(36_000))
        week = int(52 * number / studies)
        pack = "starter 0.3.1" if week < 30 else "starter 0.4.0"
        skill = 0.0 if week < 30 else 0.06 - 0.004 * (week - 30)
        yield from _study(chance, f"2.25.{number + 1}", at, pack, skill)


def _study(
    chance: random.Random, study: str, at: datetime, pack: str, skill: float
) -> Iterator[dict[str, Any]]:
    mode = chance.choice(MODES)
    present = [label for label, rate in zip(FINDINGS, RATES, strict=True) if chance.random() < rate]
    counts = dict.fromkeys(("accepted", "edited", "rejected", "untouched", "added"), 0)
    has_draft = chance.random() < 0.85
    lines: list[tuple[str, dict[str, Any]]] = [("study_opened", {}), ("reading_started", {"films": 1})]
    if has_draft:
        told = {"seconds": 1.2, "present": len(present), "boxes": 1, "labels": present, "draft_length": 300}
        lines.append(("reading_finished", told))
        lines.append(("first_look_committed", {"mode": mode, "seconds": 20.0}))
        for label in present:
            lines += _verdict(chance, label, skill, counts)
        if chance.random() < 0.09:
            counts["added"] += 1
            lines.append(("finding_added", {"label": chance.choice(FINDINGS)}))
    edited = sum(chance.random() < 0.13 - skill / 2 for _ in range(6))
    dropped, human = int(chance.random() < 0.2), int(chance.random() < 0.25)
    alerts = int(chance.random() < 0.06) + int(chance.random() < 0.02)
    seconds = chance.lognormvariate(3.75 if has_draft else 4.1, 0.45) + (6 if mode == "second reader" else 0)
    lines += [
        ("text_first_edited", {"length": 300, "draft_length": 300}),
        ("sign_asked", {}),
        ("checks_run", {"doubts": alerts, "kinds": {"laterality": alerts} if alerts else {}}),
        (
            "signed",
            {
                "mode": mode,
                "seconds": round(seconds, 1),
                "draft_length": 300 if has_draft else 0,
                "sentences": {
                    "ai": 6 - edited,
                    "edited": edited,
                    "human": human,
                    "measured": 0,
                    "dropped": dropped,
                },
                "findings": counts,
                "checks": alerts,
            },
        ),
    ]
    for second, (what, details) in enumerate(lines):
        yield line(what, study, at + timedelta(seconds=second), pack, details)


def _verdict(
    chance: random.Random, label: str, skill: float, counts: dict[str, int]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if chance.random() < 0.15:
        counts["untouched"] += 1
        return
    accepted = ACCEPTED[FINDINGS.index(label)] + skill
    roll = chance.random()
    kind = "accepted" if roll < accepted else "edited" if roll < accepted + 0.07 else "rejected"
    counts[kind] += 1
    reason = chance.choice(REASONS) if kind == "rejected" else None
    yield (f"finding_{kind}", {"label": label, "confidence": round(chance.random(), 3), "reason": reason})


def line(
    what: str, study: str = "2.25.1", at: datetime = START, pack: str = "starter 0.3.1", details: Any = None
) -> dict[str, Any]:
    """One line as the log holds it, without its place in the chain."""
    told = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"what": what, "study": study, "at": told, "who": "", "pack": pack, "details": details or {}}


def write_audit(folder: Path, lines: Iterator[dict[str, Any]]) -> int:
    """Write lines into the log's files by month, unchained; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    months: dict[str, list[str]] = {}
    for one in lines:
        months.setdefault(one["at"][:7], []).append(json.dumps(one, sort_keys=True, separators=(",", ":")))
    for month, texts in months.items():
        (folder / f"{month}.jsonl").write_text("\n".join(texts) + "\n", encoding="ascii")
    return sum(map(len, months.values()))
