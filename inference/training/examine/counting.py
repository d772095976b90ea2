"""What there is in a set, whether at fault or not: the numbers that stand above the list of faults. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from inference.training.examine.conversations import Encoder
from inference.training.examine.faults import Counts, Lengths
from inference.training.examine.labels import label_counts
from inference.training.examine.subject import Row, films_of
from inference.training.samples import Sample


def count(rows: Sequence[Row], samples: Sequence[Sample], encoder: Encoder | None, opened: int) -> Counts:
    """Counts of the rows; lengths of the samples in tokens, or of the reports in words where nothing encodes."""
    patients: defaultdict[str, set[str]] = defaultdict(set)
    views: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        patients[row.split].add(row.study.patient)
        views[row.split].update(film.view.strip().upper() or "not stated" for film in row.own_films)
    return Counts(
        studies=Counter(row.split for row in rows),
        patients={split: len(those) for split, those in patients.items()},
        labels={
            split: {label: dict(known) for label, known in of.items()}
            for split, of in label_counts(rows).items()
        },
        views={split: dict(of) for split, of in views.items()},
        with_report=sum(bool(row.report) for row in rows),
        with_boxes=sum(any(film.boxes for film in row.own_films) for row in rows),
        lengths=_lengths(rows, samples, encoder),
        films=sum(1 for _ in films_of(rows)),
        films_opened=opened,
    )


def _lengths(rows: Sequence[Row], samples: Sequence[Sample], encoder: Encoder | None) -> Lengths | None:
    if encoder is not None and samples:
        lengths = sorted(len(encoder.encode_prompt(sample.text)) for sample in samples)
        return Lengths(
            "tokens", lengths[len(lengths) // 2], lengths[int(0.99 * (len(lengths) - 1))], lengths[-1]
        )
    lengths = sorted(len(row.report.split()) for row in rows if row.report)
    if not lengths:
        return None
    return Lengths("words", lengths[len(lengths) // 2], lengths[int(0.99 * (len(lengths) - 1))], lengths[-1])
