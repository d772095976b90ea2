"""How often the checks are right: `python -m plugin.checks.measure [--reports FILE]`.

Prints precision and recall on the written reports of `suite/`, the half that was looked at while the rules were made
and the half that was held back. With a file of real reports (JSON lines of the Indiana collection) it also prints how
many of its normal ones raise a doubt. Nothing of the reports is printed unless asked for with --show.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from inference.backend import FINDINGS
from plugin.checks.checks import doubts_of
from plugin.checks.doubts import CheckedFinding, CheckedMeasure, CheckInput, Kind, PriorAtHand

HALVES = ("develop", "held_back")
SAYS_NOTHING = "As described."
KINDS: tuple[Kind, ...] = get_args(Kind)
DISAGREES = 0.211
"""In so many studies an AI and the report disagreed (Topff 2024: 21.1 %, reading.md 1.4); 0.9 % of those mattered."""
_NO_PRIOR = re.compile(r"^\W*(?:none\b.*|no\b.*|not available\W*|n/?a)?\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """A written report, and the kinds of doubt that it should raise."""

    name: str
    told: CheckInput
    expects: frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """Of one kind: cases where it was raised rightly, raised wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def cases(half: str) -> tuple[Case, ...]:
    """The written reports of one half."""
    text = files("plugin.checks").joinpath("suite", f"{half}.toml").read_text(encoding="utf-8")
    return tuple(_case(name, one) for name, one in tomllib.loads(text).items())


def _case(name: str, one: Mapping[str, Any]) -> Case:
    prior = one.get("prior")
    told = CheckInput(
        report=one["report"],
        impression=one.get("impression", SAYS_NOTHING),
        sex=one.get("sex", ""),
        age_years=one.get("age"),
        views=tuple(one.get("views", ())),
        prior=PriorAtHand(prior.get("date"), prior.get("days_before"), prior.get("report", ""))
        if prior
        else None,
        findings=tuple(_finding(finding) for finding in one.get("findings", ())),
        measures=tuple(CheckedMeasure(**measure) for measure in one.get("measures", ())),
        untouched=tuple(one.get("untouched", ())),
        unsupported=tuple((sentence, why) for sentence, why in one.get("unsupported", ())),
    )
    return Case(name, told, frozenset(one.get("expects", ())))


def _finding(one: Mapping[str, Any]) -> CheckedFinding:
    return CheckedFinding(**{**one, "sides": frozenset(one.get("sides", ()))})


def raised(told: CheckInput) -> frozenset[str]:
    return frozenset(doubt.kind for doubt in doubts_of(told))


def scores(told: Iterable[Case]) -> dict[str, Score]:
    """Kind -> its score, and "all" for all kinds together."""
    counts = {kind: [0, 0, 0] for kind in KINDS}
    for case in told:
        found = raised(case.told)
        for kind in KINDS:
            counts[kind][0] += kind in found and kind in case.expects
            counts[kind][1] += kind in found and kind not in case.expects
            counts[kind][2] += kind not in found and kind in case.expects
    total = Score(*(sum(column) for column in zip(*counts.values(), strict=True)))
    return {**{kind: Score(*three) for kind, three in counts.items()}, "all": total}


@dataclass(frozen=True, slots=True)
class NormalReport:
    """A real report of a normal film, as the checks get it."""

    name: str
    told: CheckInput


def normal_reports(path: Path) -> Iterator[NormalReport]:
    """The normal reports of the Indiana collection that have both texts.

    What its de-identification took out ("XXXX") is taken out of the text, for it is no gap that a reader left. Where
    nothing is said of a comparison (empty, or "XXXX"), nobody knows whether there was a prior.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if one["labels"] != ["No Finding"] or not one["findings"].strip() or not one["impression"].strip():
            continue
        comparison = one["comparison"].strip()
        has_none = bool(comparison) and bool(_NO_PRIOR.match(comparison))
        told = CheckInput(
            report=_without_gaps(one["findings"]),
            impression=_without_gaps(one["impression"]),
            sex=_sex(one["indication"]),
            prior=None if has_none or not comparison else PriorAtHand(),
            is_prior_known=bool(comparison),
        )
        yield NormalReport(one["id"], told)


def with_wrong_findings(told: Sequence[CheckInput], share: float = DISAGREES) -> list[CheckInput]:
    """The normal reports with a wrong finding of an AI in `share` of them, present, likely, and judged by nobody.

    Which one and how sure (0.5 to 1) goes round evenly, always the same way.
    """
    made: list[CheckInput] = []
    for number, one in enumerate(told):
        due = int((number + 1) * share) > int(number * share)
        turn = int(number * share)
        wrong = CheckedFinding(FINDINGS[turn % len(FINDINGS)], confidence=0.5 + (turn * 7 % 50) / 100)
        made.append(replace(one, findings=(wrong,)) if due else one)
    return made


def with_side_swapped(path: Path) -> Iterator[NormalReport]:
    """Real reports with left for right, or right for left, in the impression: a fault that nobody of us has worded.

    Taken are those that name a single side in the impression, and the same one for the same word of a finding in the
    findings, and that raise no doubt about sides as they are.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        report, impression = _without_gaps(one["findings"]), _without_gaps(one["impression"])
        sides = {word.lower() for word in re.findall(r"\b(?:left|right)\b", impression, re.IGNORECASE)}
        as_is = CheckInput(report, impression, is_prior_known=False)
        if len(sides) == 1 and _names_alike(as_is) and "laterality" not in raised(as_is):
            swapped = re.sub(r"\b(?:left|right)\b", _other_side, impression, flags=re.IGNORECASE)
            yield NormalReport(one["id"], replace(as_is, impression=swapped))


def _names_alike(told: CheckInput) -> bool:
    """True if a word of a finding stands beside the same, single side in both texts; by words, not by our rules."""
    near = re.compile(r"\b(left|right)\b(?=(?:\W+\w+){0,4}?\W+(effusion|pneumothorax|opacity|opacities|consolidation"
                      r"|atelectasis|nodule|mass|infiltrate|airspace|pneumonia|fracture))", re.IGNORECASE)  # fmt: skip
    above, below = (
        {(s.lower(), w.lower()) for s, w in near.findall(text)} for text in (told.report, told.impression)
    )
    words = {word for _, word in below}
    return bool(above & below) and not any(
        (_turned(side), word) in above for side, word in below if word in words
    )


def _turned(side: str) -> str:
    return "left" if side == "right" else "right"


def _other_side(match: re.Match[str]) -> str:
    return _turned(match.group(0).lower())


def _without_gaps(text: str) -> str:
    return re.sub(r" {2,}", " ", re.sub(r"\bX{4,}\b", "", text)).replace(" .", ".")


def _sex(indication: str) -> str:
    found = {word.lower() for word in re.findall(r"\b(female|woman|male|man)\b", indication, re.IGNORECASE)}
    return (
        "F" if found and found <= {"female", "woman"} else "M" if found and found <= {"male", "man"} else ""
    )


def _table(name: str, told: Mapping[str, Score]) -> str:
    lines = [f"{name}", f"  {'kind':<13}{'planted':>8}{'precision':>11}{'recall':>8}"]
    for kind, score in told.items():
        if score.right + score.wrong + score.missed:
            planted = score.right + score.missed
            lines.append(f"  {kind:<13}{planted:>8}{score.precision:>11.2f}{score.recall:>8.2f}")
    return "\n".join(lines)


def _misses(told: Iterable[Case]) -> Iterator[str]:
    for case in told:
        found = raised(case.told)
        for kind in sorted(found ^ case.expects):
            yield f"    {case.name}: {kind} {'raised wrongly' if kind in found else 'missed'}"


def alert_rate(told: Sequence[CheckInput]) -> tuple[int, dict[str, int]]:
    """How many of the reports raise any doubt, and how many raise each kind."""
    kinds = [raised(one) for one in told]
    return sum(bool(one) for one in kinds), {kind: sum(kind in one for one in kinds) for kind in KINDS}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m plugin.checks.measure", description=__doc__)
    parser.add_argument("--reports", type=Path, help="JSON lines of the Indiana collection")
    parser.add_argument("--half", choices=HALVES, help="only this half of the written reports")
    parser.add_argument(
        "--show", action="store_true", help="name what was missed, and print alarming normal reports"
    )
    told = parser.parse_args(arguments)
    for half in [told.half] if told.half else HALVES:
        written = cases(half)
        print_line(_table(f"{half}: {len(written)} written reports", scores(written)))
        if told.show:
            print_line("\n".join(_misses(written)))
    if told.reports:
        _print_normals(tuple(normal_reports(told.reports)), told.show)
        _print_swapped(tuple(with_side_swapped(told.reports)), told.show)
    return 0


def _print_normals(reports: Sequence[NormalReport], shows: bool) -> None:
    count, kinds = alert_rate([one.told for one in reports])
    share = 100 * count / max(1, len(reports))
    wrong, _ = alert_rate(with_wrong_findings([one.told for one in reports]))
    print_line(f"normal reports: {count} of {len(reports)} raise a doubt, {share:.1f} %")
    print_line(
        f"  with a wrong AI finding in {DISAGREES:.1%} of them: {wrong}, {100 * wrong / max(1, len(reports)):.1f} %"
    )
    print_line("  " + ", ".join(f"{kind} {number}" for kind, number in kinds.items() if number))
    if shows:
        for one in reports:
            for doubt in doubts_of(one.told):
                print_line(f"  {one.name} [{doubt.kind}] {doubt.sentence!r}: {doubt.why}")


def _print_swapped(reports: Sequence[NormalReport], shows: bool) -> None:
    missed = [one for one in reports if "laterality" not in raised(one.told)]
    found = len(reports) - len(missed)
    print_line(
        f"sides swapped in the impression: {found} of {len(reports)} found, {100 * found / max(1, len(reports)):.0f} %"
    )
    if shows:
        for one in missed:
            print_line(f"  {one.name} missed: {one.told.report!r} / {one.told.impression!r}")


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
