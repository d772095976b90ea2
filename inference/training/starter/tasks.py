"""Conversations about films: what is asked of the model, and the true answers.

All conversations about one film share their beginning (system sentence and picture), so they are trained as branches
of one sequence: see `inference.training.starter.packing`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inference.backend import FINDINGS
from inference.boxes import GridBox
from inference.text import prompts
from inference.text.answers import NO, YES, format_boxes, format_finding_list, format_found_at
from inference.text.prompts import Role, chat_text
from inference.text.report import clean_report
from inference.training.starter.changes import ChangeWording
from inference.training.starter.corpus import Report, side_of
from inference.training.starter.films import LABELS, XYXY
from inference.training.starter.phantoms import PhantomStudy
from inference.training.starter.wording import Wording

VIEW_QUESTION = "What is the view of this chest X-ray?"
CHANGE_QUESTION = prompts.CHANGE_QUESTION
NEGATIVES_ASKED = 4
"""Absent findings asked about per drawing of a film; what is present is always asked about."""
ORGANS = {"right lung": "right lung", "left lung": "left lung", "heart": "cardiac silhouette"}
"""Our box names and the published anatomy names of §4.5."""
MOST_BOXES = 3


@dataclass(frozen=True, slots=True)
class Branch:
    """One conversation, and how much its answers count.

    `soft` is the index in LABELS whose probability the encoder may know better than the label, -1 for none. With
    `is_given` the first answer is given and not learnt: a finding list that the reader has edited.
    """

    text: str
    weight: float
    soft: int = -1
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What is known about one drawing of a film. Boxes are of that drawing, as fractions of the model's square."""

    labels: tuple[int, ...]  # parallel to LABELS
    boxes: tuple[tuple[str, XYXY], ...]
    sides: Mapping[str, str]
    view: str


class Tasks:
    """Builds the branches. All wording is real or the published prompts'; `rng` makes the draws."""

    def __init__(
        self,
        wording: Wording,
        changes: ChangeWording,
        phrases: Mapping[str, Sequence[str]],
        reports: Sequence[Report],
    ) -> None:
        self._wording, self._changes, self._phrases = wording, changes, phrases
        self._pairs = [r for r in reports if len(r.findings) > 30 and len(r.impression) > 8]
        self._texts = [r for r in reports if len(r.findings) > 30]

    def film(self, facts: FilmFacts, rng: random.Random) -> list[Branch]:
        """Branches about a single film."""
        branches = self._yes_no(facts, rng)
        if rng.random() < 0.55:
            branches.append(self._reading(facts, rng))
        if rng.random() < 0.35:
            branches.append(self._any_list(prompts.single_image_findings(), rng))
        branches += self._places(facts, rng)
        if facts.view and rng.random() < 0.15:
            branches.append(_asked(VIEW_QUESTION, f"{facts.view}.", 0.5, plain=rng.random() < 0.5))
        return branches

    def study(self, study: PhantomStudy, rng: random.Random) -> list[Branch]:
        """One conversation about several films of a phantom: priors first, as the pictures must be given."""
        facts = known(study.frontal.labels)
        present = [name for name, value in facts.items() if value == 1]
        sides = {fact.label: fact.side for fact in study.frontal.facts}
        listed = format_finding_list(present)
        if study.prior is None:
            first, second = prompts.multi_image_findings(2), prompts.MULTI_IMAGE_REPORT
            return [Branch(_talk(first, listed, second, self._wording.report(facts, sides, rng)), 0.4)]
        if rng.random() < 0.35:
            question = prompts.difference_question(CHANGE_QUESTION)
            return [
                Branch(chat_text([("user", question), ("assistant", self._changes.summary(study, rng))]), 0.5)
            ]
        before = known(study.prior.labels)
        told = self._wording.composed(before, {fact.label: fact.side for fact in study.prior.facts}, rng)
        first = prompts.multi_study_findings(1, 1, told)
        changed = self._changes.summary(study, rng)
        unsaid = {name: value for name, value in facts.items() if value == 0}
        report = f"{changed} {self._wording.composed(unsaid, {}, rng)}"
        return [Branch(_talk(first, listed, prompts.MULTI_STUDY_REPORT, clean_report(report)), 0.4)]

    def text(self, rng: random.Random) -> Branch:
        """A conversation without a picture: impressions, and lists turned into reports."""
        draw = rng.random()
        if draw < 0.2:
            report = rng.choice(self._pairs)
            return _spoken(prompts.impression(report.findings), report.impression, 0.5)
        first = prompts.text_only(f"Findings: {', '.join(FINDINGS)}")
        if draw < 0.3:
            report = rng.choice(self._texts)
            listed = format_finding_list(report.positives)
            return Branch(_talk(first, listed, prompts.SINGLE_REPORT, report.findings), 0.4)
        return self._any_list(first, rng)

    def _any_list(self, first: str, rng: random.Random) -> Branch:
        """A drawn list, given, and a report that follows it.

        Most real reports state nothing, and the reader may edit the list: the report has to follow whatever it says.
        """
        present = rng.sample(FINDINGS, rng.choice((0, 1, 1, 2, 2, 3, 4)))
        facts = {name: int(name in present) for name in FINDINGS if name in present or rng.random() < 0.8}
        told = self._wording.composed(facts, {}, rng)
        return Branch(
            _talk(first, format_finding_list(present), prompts.SINGLE_REPORT, told), 0.4, is_given=True
        )

    def _yes_no(self, facts: FilmFacts, rng: random.Random) -> list[Branch]:
        present = [i for i, name in enumerate(FINDINGS) if facts.labels[i] == 1]
        absent = [i for i, name in enumerate(FINDINGS) if facts.labels[i] == 0]
        asked = present + rng.sample(absent, min(len(absent), NEGATIVES_ASKED))
        branches = [
            _asked(prompts.is_present(FINDINGS[i]), YES if facts.labels[i] == 1 else NO, 1.0, soft=i)
            for i in asked
        ]
        normal = facts.labels[LABELS.index("no finding")]
        if normal >= 0 and rng.random() < 0.5:
            branches.append(_asked(prompts.ANY_FINDINGS, NO if normal else YES, 1.0))
        return branches

    def _reading(self, facts: FilmFacts, rng: random.Random) -> Branch:
        stated = known(facts.labels)
        listed = format_finding_list(name for name, value in stated.items() if value == 1)
        report = self._wording.report(stated, facts.sides, rng)
        return Branch(_talk(prompts.single_image_findings(), listed, prompts.SINGLE_REPORT, report), 0.35)

    def _places(self, facts: FilmFacts, rng: random.Random) -> list[Branch]:
        found: dict[str, list[XYXY]] = {}
        for name, xyxy in facts.boxes:
            found.setdefault(name, []).append(xyxy)
        branches = []
        findings = [name for name in found if name in FINDINGS and facts.labels[LABELS.index(name)] == 1]
        for name in rng.sample(findings, min(2, len(findings))):
            answer = format_found_at(_largest(found[name]))
            branches.append(_asked(prompts.finding_grounding(name), answer, 0.6))
            if len(found[name]) == 1 and rng.random() < 0.5:
                branches += self._phrase(name, found[name][0], rng)
        absent = [name for name in FINDINGS if facts.labels[LABELS.index(name)] == 0]
        if absent and findings and rng.random() < 0.5:
            branches.append(_asked(prompts.finding_grounding(rng.choice(absent)), format_found_at(()), 0.6))
        organs = [name for name in ORGANS if name in found]
        if organs and rng.random() < 0.35:
            name = rng.choice(organs)
            branches.append(
                _asked(prompts.anatomy_grounding(ORGANS[name]), f"{_boxes_text(found[name])}.", 0.6)
            )
        if "right lung" in found and "left lung" in found and rng.random() < 0.15:
            lungs = _boxes_text([found["right lung"][0], found["left lung"][0]])
            branches.append(_asked(prompts.organ_grounding("lung"), lungs, 0.6))
        return branches

    def _phrase(self, name: str, xyxy: XYXY, rng: random.Random) -> list[Branch]:
        side = (
            "right" if (xyxy[0] + xyxy[2]) / 2 < 0.5 else "left"
        )  # the patient's right is on the picture's left
        fitting = [text for text in self._phrases.get(name, ()) if side_of(text) in ("", side)]
        phrase = rng.choice(fitting) if fitting and rng.random() < 0.6 else f"{side} {name}"
        return [_asked(prompts.phrase_grounding(phrase), f"{_boxes_text([xyxy])}.", 0.6)]


def known(labels: Sequence[int]) -> dict[str, int]:
    """finding -> 1 or 0; what is not known is left out."""
    return {name: labels[i] for i, name in enumerate(FINDINGS) if labels[i] >= 0}


def grid_box(xyxy: XYXY) -> GridBox:
    """Fractions of the square to the 0..100 grid, clipped."""
    x1, y1, x2, y2 = (min(100, max(0, round(100 * value))) for value in xyxy)
    return x1, y1, x2, y2


def _largest(boxes: Sequence[XYXY]) -> list[GridBox]:
    """The largest boxes, from the left of the picture to the right."""
    largest = sorted(boxes, key=lambda b: (b[0] - b[2]) * (b[3] - b[1]))[:MOST_BOXES]
    return [grid_box(xyxy) for xyxy in sorted(largest)]


def _boxes_text(boxes: Sequence[XYXY]) -> str:
    return format_boxes(_largest(boxes))


def _asked(question: str, answer: str, weight: float, soft: int = -1, *, plain: bool = False) -> Branch:
    whole = prompts.visual_question(question) if plain else prompts.on_image(question)
    return _spoken(whole, answer, weight, soft)


def _spoken(first: str, answer: str, weight: float, soft: int = -1) -> Branch:
    return Branch(chat_text([("user", first), ("assistant", answer)]), weight, soft)


def _talk(first: str, listed: str, second: str, report: str) -> str:
    turns: list[tuple[Role, str]] = [
        ("user", first),
        ("assistant", listed),
        ("user", second),
        ("assistant", report),
    ]
    return chat_text(turns)
