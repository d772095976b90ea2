"""What a model said about a site's held-out studies, beside what is known of them: plain data, scored elsewhere.

`inference.evaluation.ask_site` asks, `inference.evaluation.site` scores. No report text is kept: of a draft only its
agreement with the signed report remains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inference.engine.settings import ReadingSettings
from inference.training.rows import LABELS


@dataclass(frozen=True, slots=True)
class Where:
    """Whose film or study it is. `patient` is what is drawn anew for an interval: films of one are not independent."""

    patient: str
    source: str
    study: str
    view: str = ""
    sex: str = ""
    age_years: float | None = None


@dataclass(frozen=True, slots=True)
class FilmAnswer:
    """The model's yes/no about one film."""

    where: Where
    film: str
    p: tuple[float, ...]  # probability of each of LABELS, as the model gives it, not calibrated
    known: Mapping[str, bool]  # labels that are known for sure; uncertain ones are left out


@dataclass(frozen=True, slots=True)
class BoxAnswer:
    """One true box: how well the best of the model's boxes for its label meets it (0 where it gave none)."""

    where: Where
    film: str
    label: str
    iou: float
    is_hit: bool  # the centre of a found box lies in it


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """One drafted report against the signed one. The texts themselves are not kept."""

    where: Where
    said: tuple[bool, ...]  # LABELS stated as present in the draft, by our labeller
    true: tuple[bool, ...]  # and in the signed report
    matches: tuple[tuple[int, int], ...]  # of BLEU-1 to 4: n-grams that agree, n-grams of the draft
    words: int  # of the draft
    true_words: int
    rouge_l: float
    meteor: float | None = None
    copied: float | None = None  # likeness of the draft with the prior's report, 1 = the same; None: no prior


@dataclass(frozen=True, slots=True)
class Named:
    """Which model answered."""

    title: str
    id: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SiteAnswers:
    """All that one model said. Two models asked the same have their rows in the same order."""

    model: Named
    settings: ReadingSettings  # how it comes from a probability to a decision
    films: tuple[FilmAnswer, ...]
    boxes: tuple[BoxAnswer, ...] = ()
    reports: tuple[ReportAnswer, ...] = ()
    left_out: tuple[str, ...] = ()  # what was not asked about, in words with the number


NO_FINDING_COLUMN = len(LABELS) - 1
