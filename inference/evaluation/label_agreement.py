"""Does a film that was drawn from a text show what the text says? Asked of a classifier of real films. Pure.

Each asked film has a twin: drawn from the same seed for the same view, but without the text. Only what the twin lacks
did the text bring about. The classifier's numbers mean different things for different labels, so its "yes" begins, for
each label, where a set share of real films without the label would be called positive.

This is MedXChat's "downstream classification" (the accuracy of a classifier trained on real films, on made ones) with a
control beside it and an interval over prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.auroc import auroc

Numbers = NDArray[np.float64]
FALSE_ALARMS = 0.2
"""Share of real films without a label that the classifier may call positive."""
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class WithInterval:
    """A number with the 95 % interval of a bootstrap over prompts."""

    value: float
    low: float
    high: float

    @property
    def is_above_zero(self) -> bool:
        return self.low > 0


@dataclass(frozen=True, slots=True)
class OneLabel:
    """One asked label: shares of its films that the classifier calls positive, and how well it tells them apart."""

    label: str
    films: int
    asked: float  # of films whose text names the label
    twins: float  # of the same seeds without a text
    auroc: float  # asked films against their twins


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the classifier says of films drawn with a text, and of their twins without."""

    prompts: int
    asked: WithInterval
    twins: WithInterval
    difference: WithInterval
    labels: tuple[OneLabel, ...]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def thresholds(scores: Numbers, truth: NDArray[np.int8], false_alarms: float = FALSE_ALARMS) -> Numbers:
    """(labels,) scores from which on a label counts as seen.

    Args:
        scores: (films, labels) of real films.
        truth: (films, labels) 1 present, 0 absent, -1 not known. Where no film is known to lack a label, all count.
    """
    found = []
    for column, known in zip(scores.T, truth.T, strict=True):
        without = column[known == 0] if (known == 0).any() else column
        found.append(np.quantile(without, 1 - false_alarms))
    return np.array(found, np.float64)


def agreement(
    labels: Sequence[str],
    asked: NDArray[np.intp],
    with_text: Numbers,
    without_text: Numbers,
    limits: Numbers,
    seed: int = 0,
) -> Agreement:
    """Compare films with their twins.

    Args:
        labels: Names of the columns.
        asked: (prompts,) the column that each prompt names.
        with_text: (prompts, labels) scores of the films.
        without_text: (prompts, labels) scores of their twins.
        limits: (labels,) from `thresholds`.

    Raises:
        ValueError: No prompts, or arrays that do not belong together.
    """
    if not len(asked) or not (len(asked) == len(with_text) == len(without_text)):
        raise ValueError("as many films with a text as without are needed, and at least one")
    rows = np.arange(len(asked))
    yes, twin = ((scores[rows, asked] > limits[asked]).astype(float) for scores in (with_text, without_text))
    ones = tuple(
        _one(labels[column], with_text, without_text, column, asked == column, yes, twin)
        for column in np.unique(asked)
    )
    return Agreement(
        len(asked),
        mean_with_interval(yes, seed),
        mean_with_interval(twin, seed),
        mean_with_interval(yes - twin, seed),
        ones,
    )


def _one(
    label: str,
    with_text: Numbers,
    without_text: Numbers,
    column: int,
    here: NDArray[np.bool_],
    yes: Numbers,
    twin: Numbers,
) -> OneLabel:
    scores = np.concatenate([with_text[here, column], without_text[here, column]])
    is_asked = np.arange(len(scores)) < int(here.sum())
    return OneLabel(
        label, int(here.sum()), float(yes[here].mean()), float(twin[here].mean()), auroc(scores, is_asked)
    )


def mean_with_interval(values: Numbers, seed: int = 0, draws: int = DRAWS) -> WithInterval:
    """The mean, and where 95 % of the means of resampled rows lie."""
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (draws, len(values)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return WithInterval(float(values.mean()), float(low), float(high))


def alignment(scores: Numbers, texts: NDArray[np.int8], seed: int = 0) -> WithInterval:
    """How often a film fits its own text better than another prompt's text: 0.5 is chance, 1 always.

    A text is the row of labels that it states; a film is the row of the classifier's scores, each label taken in
    standard deviations over all films. The fit is their scalar product over the text's length. Film by film the share
    of other texts (those that state something else) that fit worse, ties counting half.

    Args:
        scores: (films, labels).
        texts: (films, labels) 1 stated, 0 not.
    """
    standard = (scores - scores.mean(0)) / np.maximum(scores.std(0), 1e-9)
    length = np.sqrt(np.maximum(texts.sum(1), 1))
    fits = standard @ texts.T / length  # film by text
    shares = []
    for film, own in enumerate(texts):
        other = (texts != own).any(1)
        if own.any() and other.any():
            against = fits[film, other]
            shares.append(float(((against < fits[film, film]) + 0.5 * (against == fits[film, film])).mean()))
    if not shares:
        raise ValueError("texts that state different things are needed")
    return mean_with_interval(np.array(shares), seed)
