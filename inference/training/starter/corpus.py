"""Real report text for the language model: which sentences can be learnt from, and what each report states.

Sentences with XXXX (text removed by de-identification) are left out, and so are sentences that compare with an
earlier film, except where a prior is given: a model that has learnt "unchanged" without a prior will say it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.backend import FINDINGS
from inference.text.labels import label_report, label_sentence, sentences
from inference.text.report import clean_report

REMOVED = "XXXX"
_COMPARES = re.compile(
    r"\b(?:prior (?!granulom|chole|surg|fusion)|previous\w*|compar\w+|interval\w*|stable|stability"
    r"|unchanged|again|new(?:ly)?"
    r"|increas\w+ (?:in|since)|decreas\w+|improv\w+|worsen\w+|since|persist\w+|resol\w+"
    r"|no (?:significant )?change|progress\w+"
    r"|redemonstrat\w+|remains?|has (?:developed|cleared)|re-?identified|now|no longer|still)\b",
    re.IGNORECASE,
)
_UNFIT = re.compile(
    r"\d|\b(?:cannot|can not|exclude[sd]?|limited|residual\w*|sequela\w*|may|could|might|laryngeal"
    r"|esophag\w+|aspiration"
    r"|abdom\w+|cholecyst\w+|upper quadrant|contrast|tracheomalacia|diagnos\w+|report|evaluation|difficult"
    r"|suspect\w*"
    r"|impression|see|correlat\w+|further|specifically|additional|other|otherwise|this|these|also|though"
    r"|visible free"
    r"|stomach|bowel|gastric|breast|mastectomy|thyroid|shoulder|neck|spine|spinal|scolio\w+|chest the)\b",
    re.IGNORECASE,
)
_SIDED = re.compile(r"\b(?:left|right|lingula\w*|bilateral\w*)\b", re.IGNORECASE)
_NOT_SEEN_ON_A_FILM = re.compile(
    r"\b(?:CT|MRI|ultrasound|lateral|two views|frontal and|PA and|views?|dictat\w+|discuss\w+|phone|Dr"
    r"|recommend\w*|follow-?up"
    r"|clinical\w*|history|patient|year[- ]old|examination|exam|study|technique|indication)\b"
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report reduced to what can be learnt from it."""

    id: str
    findings: str  # cleaned, "" if nothing is left
    impression: str  # cleaned
    labels: dict[str, int]  # of `findings`, by the rule labeller
    sided: int  # words for a side in `findings`

    @property
    def positives(self) -> frozenset[str]:
        """The findings that the text states."""
        return frozenset(name for name in FINDINGS if self.labels.get(name) == 1)


def read_reports(folder: Path) -> tuple[Report, ...]:
    """All Indiana reports with a usable findings or impression text (CC BY-NC-ND 4.0)."""
    with (folder / "reports" / "indiana_reports.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return tuple(_report(row) for row in rows)


def _report(row: dict[str, str]) -> Report:
    findings = usable_text(row["findings"] or "")
    labels = label_report(findings)
    return Report(
        id=row["id"],
        findings=findings,
        impression=usable_text(row["impression"] or ""),
        labels=labels,
        sided=len(_SIDED.findall(findings)),
    )


def usable_text(text: str, *, with_comparison: bool = False) -> str:
    """The cleaned text without the sentences that can't be learnt from; "" if none is left."""
    kept = [
        sentence
        for sentence in sentences(text)
        if REMOVED not in sentence
        and (with_comparison or not _COMPARES.search(sentence))
        and not _NOT_SEEN_ON_A_FILM.search(sentence)
        and not _UNFIT.search(sentence)
        and len(sentence) > 8
    ]
    return clean_report(". ".join(kept) + ".") if kept else ""


def comparison_sentences(folder: Path) -> tuple[str, ...]:
    """Sentences of real reports that compare with an earlier film, cleaned, without removed words."""
    found: dict[str, None] = {}
    with (folder / "reports" / "indiana_reports.jsonl").open(encoding="utf-8") as file:
        for line in file:
            for sentence in sentences(json.loads(line)["findings"] or ""):
                if (
                    REMOVED not in sentence
                    and _COMPARES.search(sentence)
                    and not _NOT_SEEN_ON_A_FILM.search(sentence)
                ):
                    found[clean_report(sentence + ".")] = None
    return tuple(found)


def phrases(reports: Sequence[Report]) -> dict[str, tuple[str, ...]]:
    """Short real sentences that state exactly one finding, by finding: what a reader would ask to be shown."""
    found: dict[str, dict[str, None]] = {name: {} for name in FINDINGS}
    for report in reports:
        for sentence in sentences(report.findings):
            stated = [
                name for name, value in label_sentence(sentence).items() if value == 1 and name in found
            ]
            specific = [name for name in stated if name != "lung opacity"] or stated
            if len(specific) == 1 and len(sentence) < 90:
                found[specific[0]][sentence] = None
    return {name: tuple(texts) for name, texts in found.items()}


def side_of(phrase: str) -> str:
    """ "left", "right" or "" if a phrase names no side, or both."""
    lower = phrase.lower()
    left, right = "left" in lower or "lingula" in lower, "right" in lower
    return "" if left == right or "bilateral" in lower or "both" in lower else "left" if left else "right"
