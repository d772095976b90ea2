"""Labels: one-sided ones, and those that contradict each other or the report's own words. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from inference.backend import FINDINGS, NO_FINDING
from inference.text.labels import ABSENT, PRESENT, narrower, sentences
from inference.training.examine.faults import Fault
from inference.training.examine.said import findings_said
from inference.training.examine.subject import Row
from inference.training.examine.views import film_side
from inference.training.rows import LABELS, Known, Split

MANY = 20
"""A label known for fewer studies than this is too rare to be called one-sided."""
EXPECTED = 4.0
"""So many cases must be expected in a split before it is odd that there is none."""
ONE_SIDED = 0.05
"""Share below which a source has practically no case, and above one minus it practically nothing else."""
SHIFT, SURE = 0.2, 5.0
"""Difference of shares between training and another split, and how many standard errors it is wide."""
_DEVICES = "support devices"


def known_of(row: Row, label: str) -> Known | None:
    """What is known of the study as a whole: its own word, else that of its films; one present film is enough."""
    if label in row.study.labels:
        return row.study.labels[label]
    told = {film.labels[label] for film in row.own_films if label in film.labels}
    return next((one for one in ("present", "uncertain", "absent") if one in told), None)


def label_counts(rows: Sequence[Row]) -> Mapping[Split, Mapping[str, Counter[str]]]:
    """split -> label -> how many studies are present, absent, uncertain."""
    counts: defaultdict[Split, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        for label in LABELS:
            if known := known_of(row, label):
                counts[row.split][label][known] += 1
    return counts


def label_mix(rows: Sequence[Row]) -> Iterator[Fault]:
    """Findings of which training knows one side only, and splits that can't judge what training teaches."""
    counts = label_counts(rows)
    train = counts.get("train", {})
    for label in LABELS:
        yes, no = _sides(train, label)
        if yes + no >= MANY and not (yes and no):
            yield _mix_fault(
                "train",
                label,
                f"All {yes + no} known studies are {'present' if yes else 'absent'}.",
                "Add studies of the other kind; until then the model can only learn to say always the same.",
            )
            continue
        for split in ("val", "test"):
            if yes and no and (what := _unlike((yes, no), _sides(counts.get(split, {}), label))):
                yield _mix_fault(
                    split,
                    label,
                    what,
                    "Draw the split anew by patient: scores of this finding say little here.",
                )


def labels_by_source(rows: Sequence[Row]) -> Iterator[Fault]:
    """Findings that one source always has and another never: a model learns the hospital instead of the finding."""
    counts: defaultdict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for row in rows:
        for label in LABELS:
            if row.split == "train" and (known := known_of(row, label)):
                counts[label].setdefault(row.source.name, Counter())[known] += 1
    for label, of_source in counts.items():
        shares = {
            source: known["present"] / (known["present"] + known["absent"])
            for source, known in of_source.items()
            if known["present"] + known["absent"] >= MANY
        }
        ordered = sorted(shares, key=lambda source: shares[source])
        if (
            ordered
            and shares[low := ordered[0]] <= ONE_SIDED
            and shares[high := ordered[-1]] >= 1 - ONE_SIDED
        ):
            yield Fault(
                "label_mix",
                f"split train: {label}",
                f"{round(100 * shares[high])} % present in {high}, {round(100 * shares[low])} % in {low}.",
                "Add films of the other kind from the same source: the model could tell the two sources apart instead.",
            )


def _sides(of_split: Mapping[str, Counter[str]], label: str) -> tuple[int, int]:
    known = of_split.get(label, Counter())
    return known["present"], known["absent"]


def _unlike(train: tuple[int, int], here: tuple[int, int]) -> str:
    share, known = train[0] / sum(train), sum(here)
    for count, expected, word in (
        (here[0], share * known, "present"),
        (here[1], (1 - share) * known, "absent"),
    ):
        if not count and expected >= EXPECTED:
            return f"None of {known} known studies is {word}, in training {_percent(train, word)} % are."
    if known:
        pooled = (train[0] + here[0]) / (sum(train) + known)
        error = max(pooled * (1 - pooled) * (1 / sum(train) + 1 / known), 1e-12) ** 0.5
        apart = abs(here[0] / known - share)
        if apart > SHIFT and apart / error > SURE:
            return f"{_percent(here, 'present')} % present here, {_percent(train, 'present')} % in training."
    return ""


def _percent(sides: tuple[int, int], word: str) -> int:
    return round(100 * sides[0 if word == "present" else 1] / max(sum(sides), 1))


def _mix_fault(split: str, label: str, what: str, remedy: str) -> Fault:
    return Fault("label_mix", f"split {split}: {label}", what, remedy)


def label_contradictions(rows: Sequence[Row]) -> Iterator[Fault]:
    """One fault per study: labels among themselves, labels against boxes, labels against the report's words."""
    for row in rows:
        what = _among_themselves(row) or _against_boxes(row) or _against_words(row)
        if what:
            yield row.fault(
                "label_contradiction", what, "Read the report, look at the film, and correct what is wrong."
            )


def _among_themselves(row: Row) -> str:
    for labels in (row.study.labels, *(film.labels for film in row.own_films)):
        stated = [label for label in FINDINGS if labels.get(label) == "present" and label != _DEVICES]
        if labels.get(NO_FINDING) == "present" and stated:
            return f"“{NO_FINDING}” is present, and so is {stated[0]}."
    return ""


def _against_boxes(row: Row) -> str:
    for film in row.own_films:
        for box in film.boxes:
            known = film.labels.get(box.label, row.study.labels.get(box.label))
            if box.kind == "finding" and known == "absent":
                return f"{box.label} is labelled absent, but a box shows where it is."
    return ""


def _against_words(row: Row) -> str:
    said = _said(row.report)
    for label, words in said.items():
        known = known_of(row, label)
        if (
            known == "present"
            and words == {ABSENT}
            and not any(PRESENT in said.get(one, ()) for one in narrower(label))
        ):
            return f"{label} is labelled present, the report denies it."
        if known == "absent" and words == {PRESENT}:
            return f"{label} is labelled absent, the report states it."
    return ""


def _said(report: str) -> Mapping[str, set[int]]:
    """Everything that the sentences say of each finding: a report that says both is not held against a label."""
    said: defaultdict[str, set[int]] = defaultdict(set)
    for sentence in sentences(report):
        for label, value in findings_said(sentence).items():
            said[label].add(value)
    return said


def unknown_labels(rows: Sequence[Row]) -> Iterator[Fault]:
    """Labels that are none of the 14: nothing would be learnt from them, silently."""
    for row in rows:
        named = {*row.study.labels, *(label for film in row.own_films for label in film.labels)}
        named |= {box.label for film in row.own_films for box in film.boxes if box.kind == "finding"}
        if strange := sorted(named - set(LABELS)):
            yield row.fault(
                "unknown_label",
                f"{', '.join(f'“{label[:40]}”' for label in strange[:3])} is none of the 14 labels.",
                f"Map it to one of: {', '.join(LABELS)}; or leave it out.",
            )


def view_mix(rows: Sequence[Row]) -> Iterator[Fault]:
    """A view that one split has in plenty and another not at all."""
    counts: defaultdict[Split, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row.split].update(side for film in row.own_films if (side := film_side(film)))
    train = counts.pop("train", Counter())
    for split, here in sorted(counts.items()):
        for view in ("frontal", "lateral"):
            for one, other, words in (
                (train, here, f"no {view} film here, {{}} of {{}} in training"),
                (here, train, f"no {view} film in training, {{}} of {{}} here"),
            ):
                share = one[view] / max(one.total(), 1)
                if not other[view] and share * other.total() >= EXPECTED and share >= 0.1:
                    yield Fault(
                        "view_mix",
                        f"split {split}: {view}",
                        words.format(one[view], one.total()).capitalize() + ".",
                        "Draw the split anew by patient, or give each split films of each view.",
                    )
