"""What is measured of a model's answers: each measure by name, with its rows, their patients and its statistic. Pure.

auroc/LABEL, ap/LABEL, calibration_error/LABEL, f1/LABEL   of a label with enough cases
macro_auroc, calibration_error, micro_f1, macro_f1          over the findings with enough cases
false_positives                                             films without finding on which one is called
box/iou, box/iou_over_half, box/hit_rate (and /LABEL)       over true boxes
report/…                                                    over drafted reports
macro_auroc[view=PA], …                                     slices
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.engine.settings import ReadingSettings
from inference.evaluation.patient_draws import Owned, Statistic, of_patients
from inference.evaluation.site_answers import (
    NO_FINDING_COLUMN,
    BoxAnswer,
    FilmAnswer,
    ReportAnswer,
    SiteAnswers,
    Where,
)
from inference.evaluation.text_scores import ORDERS
from inference.evaluation.weighted_scores import (
    calibration_gap,
    corpus_bleu,
    f1,
    macro_f1,
    mean,
    mean_over,
    within_auroc,
    within_precision,
)
from inference.training.rows import LABELS

FEWEST = 8
"""Patients with a finding, and patients without, below which nothing is said about it."""


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One number to be computed. `said` has a row for each of `owned.patients`."""

    name: str
    said: NDArray[Any]
    statistic: Statistic
    owned: Owned
    positives: int | None = None
    why_not: str = ""  # why it is not judged; empty where it is
    smaller_is_better: bool = False
    only_order_counts: bool = False  # of `said`, column by column


def measures(answers: SiteAnswers) -> Iterator[Measure]:
    """All of them. Those with too few cases come too, with the reason that they are not judged."""
    films = Films(answers.films, answers.settings)
    yield from films.measures()
    for name, chosen in slices([one.where for one in answers.films]):
        part = Films([answers.films[row] for row in chosen], answers.settings)
        yield part.macro(f"macro_auroc[{name}]")
    yield from _boxes(answers.boxes)
    yield from _reports(answers.reports)


class Films:
    """Films with what is known of them, as arrays."""

    def __init__(self, answers: Sequence[FilmAnswer], settings: ReadingSettings) -> None:
        rows = len(answers)
        self.owned = of_patients([one.where.patient for one in answers])
        self.p = np.array([one.p for one in answers], dtype=float).reshape(rows, len(LABELS))
        cells = [[one.known.get(label) for label in LABELS] for one in answers]
        self.known = np.array([[cell is not None for cell in row] for row in cells], dtype=bool)
        self.truth = np.array([[cell is True for cell in row] for row in cells], dtype=bool)
        self.known, self.truth = (part.reshape(rows, len(LABELS)) for part in (self.known, self.truth))
        self.strata = np.unique([one.where.source for one in answers], return_inverse=True)[1]
        self.sure, self.called = _decided(self.p, settings)
        self._assessed = [c for c, label in enumerate(FINDINGS) if label not in settings.not_assessed]

    def rows_of(self, column: int) -> NDArray[np.intp]:
        """Films whose label is known, of sources that have films with it and films without."""
        known = np.flatnonzero(self.known[:, column])
        both = [
            one
            for one in np.unique(self.strata[known])
            if len({*self.truth[known[self.strata[known] == one], column].tolist()}) == 2
        ]
        return known[np.isin(self.strata[known], both)]

    def lack(self, column: int) -> str:
        """Why a label can't be judged by these films; empty if it can."""
        rows = self.rows_of(column)
        patients = np.array(self.owned.patients)[rows]
        with_it, without = (
            len({*patients[self.truth[rows, column] == has].tolist()}) for has in (True, False)
        )
        if min(with_it, without) >= FEWEST:
            return ""
        return f"{with_it} patients with it and {without} without; {FEWEST} of each are needed"

    def judged(self) -> list[int]:
        """Columns of findings with enough cases."""
        return [column for column in range(len(FINDINGS)) if not self.lack(column)]

    def measures(self) -> Iterator[Measure]:
        yield self.macro("macro_auroc")
        for column, label in enumerate(LABELS):
            yield from self._of_label(column, label)
        judged = [column for column in self.judged() if column in self._assessed]
        why = "" if judged else "no finding has enough cases"
        decided, truth = (self.called & self.known), (self.truth & self.known)
        yield self._all("micro_f1", decided[:, self._assessed], f1(truth[:, self._assessed]), why)
        yield self._all("macro_f1", decided, macro_f1(truth, judged), why)
        parts = [(c, self.rows_of(c), calibration_gap(self.truth[self.rows_of(c), c])) for c in judged]
        yield self._all("calibration_error", self.sure, mean_over(parts), why, is_error=True)
        yield self._false_positives()

    def macro(self, name: str) -> Measure:
        """Mean AUROC over the findings with enough cases."""
        judged = self.judged()
        parts = [(column, rows := self.rows_of(column), self._auroc(column, rows)) for column in judged]
        why = "" if parts else "no finding has enough cases"
        return replace(self._all(name, self.p, mean_over(parts), why), only_order_counts=True)

    def _auroc(self, column: int, rows: NDArray[np.intp]) -> Statistic:
        return within_auroc(self.truth[rows, column], self.strata[rows])

    def _of_label(self, column: int, label: str) -> Iterator[Measure]:
        rows, why = self.rows_of(column), self.lack(column)
        truth, owned = self.truth[rows, column], of_patients([self.owned.patients[row] for row in rows])
        positives = int(truth.sum())

        def measure(kind: str, said: NDArray[Any], statistic: Statistic, is_error: bool = False) -> Measure:
            return Measure(f"{kind}/{label}", said, statistic, owned, positives, why, is_error)

        yield replace(
            measure("auroc", self.p[rows, column], self._auroc(column, rows)), only_order_counts=True
        )
        yield measure("ap", self.p[rows, column], within_precision(truth, self.strata[rows]))
        if column == NO_FINDING_COLUMN:
            return
        yield measure("calibration_error", self.sure[rows, column], calibration_gap(truth), True)
        if column in self._assessed:
            yield measure("f1", self.called[rows][:, [column]], f1(truth[:, None]))

    def _all(
        self, name: str, said: NDArray[Any], statistic: Statistic, why: str, *, is_error: bool = False
    ) -> Measure:
        return Measure(name, said, statistic, self.owned, None, why, is_error)

    def _false_positives(self) -> Measure:
        clear = np.flatnonzero(self.truth[:, NO_FINDING_COLUMN])
        owned = of_patients([self.owned.patients[row] for row in clear])
        called = np.asarray(self.called[clear].any(1))
        why = _too_few(owned.number_of_patients, "patients without finding")
        return Measure("false_positives", called, mean, owned, None, why, True)


def slices(where: Sequence[Where]) -> Iterator[tuple[str, list[int]]]:
    """Parts of the films by view, sex, age and source, where there is more than one part."""
    for name, of in SLICES:
        parts: dict[str, list[int]] = {}
        for row, one in enumerate(where):
            if value := of(one):
                parts.setdefault(value, []).append(row)
        if len(parts) > 1:
            yield from ((f"{name}={value}", parts[value]) for value in sorted(parts))


def _age_group(where: Where) -> str:
    age = where.age_years
    if age is None:
        return ""
    return next(f"under {end}" for end in (18, 40, 65, 200) if age < end) if age < 65 else "65 and over"


SLICES: tuple[tuple[str, Callable[[Where], str]], ...] = (
    ("view", lambda where: where.view),
    ("sex", lambda where: where.sex),
    ("age", _age_group),
    ("source", lambda where: where.source),
)


def _boxes(boxes: Sequence[BoxAnswer]) -> Iterator[Measure]:
    labels = sorted({one.label for one in boxes})
    for name in ("", *(f"/{label}" for label in labels if len(labels) > 1)):
        chosen = [one for one in boxes if name in ("", f"/{one.label}")]
        owned = of_patients([one.where.patient for one in chosen])
        why = _too_few(owned.number_of_patients, "patients with a true box")
        iou = np.array([one.iou for one in chosen], dtype=float)
        yield Measure(f"box/iou{name}", iou, mean, owned, why_not=why)
        yield Measure(f"box/iou_over_half{name}", iou >= 0.5, mean, owned, why_not=why)
        hits = np.array([one.is_hit for one in chosen], dtype=bool)
        yield Measure(f"box/hit_rate{name}", hits, mean, owned, why_not=why)


def _reports(reports: Sequence[ReportAnswer]) -> Iterator[Measure]:
    owned = of_patients([one.where.patient for one in reports])
    why = _too_few(owned.number_of_patients, "patients with a signed report")
    said = np.array([one.said for one in reports], dtype=bool).reshape(-1, len(LABELS))
    true = np.array([one.true for one in reports], dtype=bool).reshape(-1, len(LABELS))
    yield Measure("report/micro_f1", said, f1(true), owned, why_not=why)
    yield Measure("report/macro_f1", said, macro_f1(true, range(len(LABELS))), owned, why_not=why)
    counts = [[one.words, *(n for pair in one.matches for n in pair)] for one in reports]
    words = np.array(counts, dtype=float).reshape(-1, 1 + 2 * len(ORDERS))
    length = np.array([one.true_words for one in reports], dtype=float)
    for order in ORDERS:
        yield Measure(f"report/bleu_{order}", words, corpus_bleu(order, length), owned, why_not=why)
    rouge = np.array([one.rouge_l for one in reports], dtype=float)
    yield Measure("report/rouge_l", rouge, mean, owned, why_not=why)
    yield _mean_of("report/meteor", reports, [one.meteor for one in reports], "METEOR is not installed")
    yield _mean_of(
        "report/copied_prior", reports, [one.copied for one in reports], "no prior's report", is_error=True
    )


def _mean_of(
    name: str,
    reports: Sequence[ReportAnswer],
    values: Sequence[float | None],
    nothing: str,
    *,
    is_error: bool = False,
) -> Measure:
    rows = [row for row, value in enumerate(values) if value is not None]
    owned = of_patients([reports[row].where.patient for row in rows])
    why = _too_few(owned.number_of_patients, "patients") if rows else nothing
    said = np.array([values[row] for row in rows], dtype=float)
    return Measure(name, said, mean, owned, None, why, is_error)


def _decided(
    p: NDArray[np.float64], settings: ReadingSettings
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Calibrated probabilities, and what is called present; without a threshold from a half on."""
    sure, called = p.copy(), np.zeros(p.shape, dtype=bool)
    for column, label in enumerate(FINDINGS):
        for row, value in enumerate(p[:, column]):
            sure[row, column], _ = settings.confidence(label, float(value))
            is_likely = bool(sure[row, column] >= 0.5)
            called[row, column] = settings.presence(label, sure[row, column], is_likely) == "present"
    return sure, called


def _too_few(patients: int, of_what: str) -> str:
    return "" if patients >= FEWEST else f"{patients} {of_what}; {FEWEST} are needed"
