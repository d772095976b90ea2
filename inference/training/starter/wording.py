"""Report text for a film of which only labels are known, put together from real sentences.

The films here have no reports and the reports no films. So a film's report is composed: for what is present a real
sentence that states it and nothing else, for what is absent a real sentence that denies it, in the order in which
reports are written; or a whole real report, where one states exactly what the film shows.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from inference.backend import FINDINGS
from inference.text.labels import label_sentence, sentences
from inference.training.starter.corpus import Report, side_of

REGIONS: tuple[tuple[str, ...], ...] = (
    ("enlarged cardiomediastinum", "cardiomegaly"),
    ("edema", "consolidation", "pneumonia", "atelectasis", "lung lesion", "lung opacity"),
    ("pneumothorax", "pleural effusion", "pleural other"),
    ("fracture",),
    ("support devices",),
)
"""Heart, lungs, pleura, bones, devices: the order of a report."""
Facts = Mapping[str, int]
"""finding -> 1 present, 0 absent; not known is left out."""


class Wording:
    """Real sentences by what they say. Built once from the reports of the training data."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self._sentences: dict[frozenset[tuple[str, int]], dict[str, None]] = {}
        self._reports: dict[frozenset[str], list[Report]] = {}
        for report in reports:
            for sentence in sentences(report.findings):
                stated = frozenset(label_sentence(sentence).items())
                self._sentences.setdefault(stated, {})[sentence] = None
            if report.findings and -1 not in report.labels.values() and len(sentences(report.findings)) > 1:
                self._reports.setdefault(report.positives, []).append(report)

    def report(self, facts: Facts, sides: Mapping[str, str], rng: random.Random) -> str:
        """A findings text that says what `facts` say. Ends with a full stop.

        Args:
            facts: What is known about the film.
            sides: "left", "right" or "both" of present findings, where known; a sentence with a side is only used
                where its side is true.
            rng: Chooses among the sentences that fit.
        """
        present = frozenset(name for name, value in facts.items() if value == 1)
        whole = [
            report
            for report in self._reports.get(present, ())
            if self._fits(report.findings, report.labels, facts, sides)
        ]
        if whole and rng.random() < (0.6 if not present else 0.25):
            return rng.choice(whole).findings
        return self.composed(facts, sides, rng)

    def composed(self, facts: Facts, sides: Mapping[str, str], rng: random.Random) -> str:
        """A findings text sentence by sentence."""
        parts: list[str] = []
        for region in REGIONS:
            parts += self._region(region, facts, sides, rng)
        if not parts:
            parts = ["No acute abnormality"]
        return ". ".join(parts) + "."

    def _region(
        self, region: tuple[str, ...], facts: Facts, sides: Mapping[str, str], rng: random.Random
    ) -> list[str]:
        said = [self._present(name, sides.get(name, ""), rng) for name in region if facts.get(name) == 1]
        absent = [name for name in region if facts.get(name) == 0]
        # An opacity that has its own name is not said twice; a lung with a finding is not called clear.
        if len(said) > 1 and "lung opacity" in region and facts.get("lung opacity") == 1:
            said = said[:-1]
        if said and "lung opacity" in region:
            absent = [name for name in absent if name in ("edema", "consolidation")]
        return said + self._absent(absent, rng)

    def _present(self, name: str, side: str, rng: random.Random) -> str:
        exact = self._texts({(name, 1)}) + (
            self._texts({(name, 1), ("lung opacity", 1)}) if name in ("consolidation", "pneumonia") else []
        )
        fitting = [text for text in exact if len(text) < 110 and _side_is_true(text, side)]
        same_side = [text for text in fitting if side in ("left", "right") and side_of(text) == side]
        if same_side and rng.random() < 0.8:
            return rng.choice(same_side)
        if fitting:
            return rng.choice(fitting)
        where = f"{side} " if side in ("left", "right") else "bilateral " if side == "both" else ""
        return f"There is {where}{name}"

    def _absent(self, names: list[str], rng: random.Random) -> list[str]:
        """One or two real denials that deny nothing but `names`."""
        if not names:
            return []
        fitting = [
            (stated, texts)
            for stated, texts in self._sentences.items()
            if stated and all(value == 0 and name in names for name, value in stated)
        ]
        if not fitting:
            return []
        widths = [len(stated) ** 2 * min(len(texts), 12) for stated, texts in fitting]
        stated, texts = rng.choices(fitting, widths)[0]
        first = rng.choice([text for text in texts if len(text) < 110] or list(texts))
        left = [name for name in names if name not in {name for name, _ in stated}]
        return [first, *self._absent(left, rng)[:1]] if left and rng.random() < 0.5 else [first]

    def _texts(self, stated: set[tuple[str, int]]) -> list[str]:
        return list(self._sentences.get(frozenset(stated), ()))

    @staticmethod
    def _fits(text: str, labels: Facts, facts: Facts, sides: Mapping[str, str]) -> bool:
        if any(value == 0 and facts.get(name) == 1 for name, value in labels.items() if name in FINDINGS):
            return False
        side = next(iter(sides.values()), "") if len(set(sides.values())) == 1 else ""
        return _side_is_true(text, side)


def _side_is_true(text: str, side: str) -> bool:
    """True if the text names no side, or the one that is known."""
    lower = f" {text.lower()} "
    named = {word for word in ("left", "right", "bilateral", "bibasilar", "both", "lingula") if word in lower}
    if not named:
        return True
    if side == "both":
        return bool(named & {"bilateral", "bibasilar", "both"})
    return side in ("left", "right") and named == {side}
