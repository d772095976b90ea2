"""Scores of a model on a site's held-out patients, and what changed between two models. Pure.

`inference.evaluation.ask_site` gets the answers; `inference.evaluation.site_markdown` writes them for a person.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scipy.stats import rankdata

from inference.evaluation.measures import Measure, measures
from inference.evaluation.patient_draws import interval, paired_interval, point, randomisation_p
from inference.evaluation.site_answers import Named, SiteAnswers

PLACES = 4
TESTED = ("macro_auroc", "micro_f1", "false_positives", "box/iou", "report/micro_f1", "report/copied_prior")
"""Differences that get a p besides their interval, and AUROCs: a randomisation asks each swap by itself."""
SWAPS = 500


@dataclass(frozen=True, slots=True)
class Score:
    """One number with its 95 % interval over patients. Without a value it was not judged, and `why_not` says why."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int  # films, boxes or reports
    patients: int
    positives: int | None = None
    why_not: str = ""
    smaller_is_better: bool = False


@dataclass(frozen=True, slots=True)
class SiteScores:
    """All scores of one model. `left_out` says what was not asked about."""

    model: Named
    films: int
    patients: int
    scores: tuple[Score, ...]
    left_out: tuple[str, ...] = ()

    def get(self, name: str) -> Score | None:
        """The score of this name, if there is one."""
        return next((one for one in self.scores if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """After minus before, over the same films, with a paired 95 % interval; `p` is of a paired randomisation."""

    name: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int
    patients: int
    positives: int | None = None
    why_not: str = ""
    smaller_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same held-out films."""

    before: Named
    after: Named
    films: int
    patients: int
    differences: tuple[Difference, ...]

    def get(self, name: str) -> Difference | None:
        """The difference of this name, if there is one."""
        return next((one for one in self.differences if one.name == name), None)


def score_answers(answers: SiteAnswers) -> SiteScores:
    """Every measure with its interval."""
    patients = len({one.where.patient for one in answers.films})
    scores = tuple(_score(one) for one in measures(answers))
    return SiteScores(answers.model, len(answers.films), patients, scores, answers.left_out)


def compare_answers(before: SiteAnswers, after: SiteAnswers) -> Comparison:
    """What changed, pair by pair.

    Raises:
        ValueError: The two were not asked about the same films in the same order.
    """
    asked = [[(one.where.study, one.film) for one in answers.films] for answers in (before, after)]
    if asked[0] != asked[1]:
        raise ValueError("The two models were not asked about the same films.")
    same = replace(  # a finding that one of them does not judge would be missing in its F1
        after, settings=replace(after.settings, not_assessed=before.settings.not_assessed)
    )
    pairs = zip(measures(before), measures(same), strict=True)
    patients = len({one.where.patient for one in before.films})
    differences = tuple(_difference(one, other) for one, other in pairs)
    return Comparison(before.model, after.model, len(before.films), patients, differences)


def _score(measure: Measure) -> Score:
    value = low = high = None
    if not measure.why_not:
        value = _rounded(point(measure.statistic, measure.said))
        low, high = map(_rounded, interval(measure.statistic, measure.said, measure.owned))
    return Score(
        measure.name,
        value,
        low,
        high,
        len(measure.said),
        measure.owned.number_of_patients,
        measure.positives,
        measure.why_not,
        measure.smaller_is_better,
    )


def _difference(before: Measure, after: Measure) -> Difference:
    assert before.name == after.name, "both were asked the same"
    first = second = change = low = high = p = None
    if not before.why_not:
        first, second, change, low, high, p = map(_rounded, _paired(before, after))
    return Difference(
        before.name,
        first,
        second,
        change,
        low,
        high,
        p,
        len(before.said),
        before.owned.number_of_patients,
        before.positives,
        before.why_not,
        before.smaller_is_better,
    )


def _paired(before: Measure, after: Measure) -> Iterator[float]:
    """Before, after, change, low, high, p."""
    statistic, owned = before.statistic, before.owned
    first, second = point(statistic, before.said), point(statistic, after.said)
    yield from (first, second, second - first)
    yield from paired_interval(statistic, before.said, after.said, owned)
    is_tested = before.name in TESTED or before.name.startswith("auroc/")
    said = (before.said, after.said)
    if before.only_order_counts:  # two models' scales differ; swapped as they are, scores would mix them
        said = (rankdata(before.said, axis=0), rankdata(after.said, axis=0))
    yield randomisation_p(statistic, *said, owned, SWAPS) if is_tested else math.nan


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, PLACES)
