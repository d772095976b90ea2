"""What became of a model, finding by finding: read from a run's evaluation.json. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NOT_ASSESSED = "not assessed"
"""The gate's word on findings that were judged but that no reading will name."""
TOTALS = {"macro_auroc": "All findings together", "micro_f1": "F1 over all findings"}


@dataclass(frozen=True, slots=True)
class Change:
    """One number before and after on the same held-out films; `low` to `high` is the change's 95 % interval.

    Without numbers it was not judged, and `why_not` says why.
    """

    name: str
    before: float | None = None
    after: float | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    patients: int = 0
    positives: int | None = None
    why_not: str = ""

    @property
    def is_judged(self) -> bool:
        return None not in (self.before, self.after, self.change, self.low, self.high)

    @property
    def tone(self) -> str:
        """`better` or `worse` where the interval leaves no doubt, else `same`."""
        if self.low is None or self.high is None:
            return "same"
        return "better" if self.low > 0 else "worse" if self.high < 0 else "same"

    @property
    def text(self) -> str:
        """For instance "0.71 → 0.78  (+0.07, +0.02 to +0.12)"."""
        if not self.is_judged:
            return f"not judged: {self.why_not}" if self.why_not else "not judged"
        assert self.before is not None
        assert self.after is not None
        numbers = f"{self.change:+.2f}, {self.low:+.2f} to {self.high:+.2f}".replace("-", "\u2212")
        return f"{self.before:.2f} → {self.after:.2f}  ({numbers})"


@dataclass(frozen=True, slots=True)
class GateRule:
    """One rule of the gate and what it saw. `kept` None: it could not be judged, which does not refuse by itself."""

    name: str
    kept: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """Whether an adapter may be activated, and why (not)."""

    accepted: bool
    rules: tuple[GateRule, ...] = ()


def changes(outcome: Mapping[str, Any]) -> tuple[Change, ...]:
    """The AUROC of all findings together, then of each: those that were judged first, each part by name."""
    told = outcome.get("comparison")
    rows = told.get("differences") if isinstance(told, Mapping) else None
    known = {str(row.get("name")): row for row in rows or () if isinstance(row, Mapping)}
    totals = [_change(title, known[name]) for name, title in TOTALS.items() if name in known]
    findings = [
        _change(name.removeprefix("auroc/"), row) for name, row in known.items() if name.startswith("auroc/")
    ]
    findings.sort(key=lambda one: (not one.is_judged, one.name))
    return (*totals[:1], *findings)


def held_out(outcome: Mapping[str, Any]) -> tuple[int, int]:
    """Films and patients that both models were judged on."""
    told = outcome.get("comparison")
    told = told if isinstance(told, Mapping) else {}
    return _count(told.get("films")), _count(told.get("patients"))


def gate_answer(outcome: Mapping[str, Any]) -> GateAnswer | None:
    """What the gate said; None: it was not asked."""
    told = outcome.get("gate")
    if not isinstance(told, Mapping) or not isinstance(told.get("accepted"), bool):
        return None
    rules = told.get("rules")
    return GateAnswer(told["accepted"], tuple(_rules(rules if isinstance(rules, list | tuple) else ())))


def _rules(told: Iterable[object]) -> Iterator[GateRule]:
    for one in told:
        if isinstance(one, Mapping):
            kept = one.get("kept")
            yield GateRule(
                str(one.get("name")), kept if isinstance(kept, bool) else None, str(one.get("said") or "")
            )


def _change(name: str, row: Mapping[str, Any]) -> Change:
    numbers = {key: _number(row.get(key)) for key in ("before", "after", "change", "low", "high")}
    positives = row.get("positives")
    return Change(
        name,
        **numbers,
        patients=_count(row.get("patients")),
        positives=positives if isinstance(positives, int) else None,
        why_not=str(row.get("why_not") or ""),
    )


def _number(told: object) -> float | None:
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None


def _count(told: object) -> int:
    return told if isinstance(told, int) and not isinstance(told, bool) else 0
