"""What two models say of one study, as plain data for the window. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OneDraft:
    """What one model drafted."""

    title: str
    report: str
    impression: str
    present: tuple[str, ...]  # findings, each with its certainty


@dataclass(frozen=True, slots=True)
class OtherWord:
    """A finding that the two see differently."""

    finding: str
    before: str
    after: str
    is_decided_otherwise: bool


@dataclass(frozen=True, slots=True)
class SideBySide:
    before: OneDraft
    after: OneDraft
    others: tuple[OtherWord, ...]
    is_calibrated: bool = True  # all certainties that are shown


def side_by_side(result: Mapping[str, Any]) -> SideBySide:
    """From the result of the job. What is not there is left empty."""
    changed = result.get("changed")
    rows = [one for one in changed if isinstance(one, Mapping)] if isinstance(changed, list | tuple) else []
    return SideBySide(
        _draft(result.get("before")),
        _draft(result.get("after")),
        tuple(
            OtherWord(
                str(one.get("label")),
                _word(one.get("before"), one.get("confidence_before")),
                _word(one.get("after"), one.get("confidence_after")),
                one.get("before") != one.get("after"),
            )
            for one in rows
        ),
        _are_calibrated(result),
    )


def _are_calibrated(result: Mapping[str, Any]) -> bool:
    drafts = [told for told in (result.get("before"), result.get("after")) if isinstance(told, Mapping)]
    findings = [one for told in drafts for one in told.get("findings") or () if isinstance(one, Mapping)]
    return all(one.get("calibrated") is True for one in findings)


def _draft(told: object) -> OneDraft:
    told = told if isinstance(told, Mapping) else {}
    model = told.get("model")
    model = model if isinstance(model, Mapping) else {}
    findings = [one for one in told.get("findings") or () if isinstance(one, Mapping)]
    present = tuple(
        f"{one.get('label')} ({_word('', one.get('confidence')).strip()})"
        for one in findings
        if one.get("presence") == "present"
    )
    return OneDraft(
        f"{model.get('title', '')} {model.get('version', '')}".strip(),
        str(told.get("report") or ""),
        str(told.get("impression") or ""),
        present,
    )


def _word(presence: object, confidence: object) -> str:
    is_number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    percent = f"{float(confidence) * 100:.0f} %" if is_number else "no certainty"  # type: ignore[arg-type]  # a number
    return f"{presence} {percent}".strip() if presence else percent
