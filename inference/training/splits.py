"""Which patients are learnt from, watched and held out. By the patient alone, so never on two sides. Pure, no torch."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from inference.training.plan import SplitPlan
from inference.training.rows import DataSet, KnownStudy, Split

HELD_OUT_LEAST: Mapping[Split, int] = {"train": 1, "val": 10, "test": 30}
"""Patients below which numbers say little: an interval of an AUROC is then wider than what a site can gain."""

DEFAULT_SHARES = SplitPlan()
_STRICTEST: tuple[Split, ...] = ("test", "val", "train")
_NAMES: Mapping[Split, str] = {
    "train": "to learn from",
    "val": "to watch the training (val)",
    "test": "held out (test)",
}


def split_patients(
    datasets: Sequence[DataSet], plan: SplitPlan = DEFAULT_SHARES, seed: int = 0
) -> dict[str, Split]:
    """The side of every patient.

    What a source says of a patient stands; where sources disagree, or one source does with itself, the strictest
    word wins: held out before watched before learnt from. All patients of a reference set are held out. The others are
    drawn by a hash: a patient stays on its side whatever other data are there, and larger shares only add to it.

    Of few patients a hash may leave hardly any to watch the training. Then those nearest to that share watch as
    well, ten or every seventh; nobody who is held out ever changes sides for it.

    A source with a split of its own that names no patients to watch (train and test only) gives up the `val` share of
    its training patients for it; its test patients stay as they are.

    Args:
        datasets: All sources of a run: a patient of two of them has one side.
        plan: The shares.
        seed: Another draw. A run's own seed is no reason for one: with the same patients held out in every run, an
            adapter that was trained earlier has seen none of those that it is compared on.
    """
    said: dict[str, Split] = {}
    may_be_watched: set[str] = set()
    for dataset in datasets:
        own = {study.split for study in dataset.studies}
        lacks_val = "test" in own and "val" not in own and not dataset.is_reference
        for study in dataset.studies:
            word: Split | None = "test" if dataset.is_reference else study.split
            if word is not None:
                said[study.patient] = _stricter(word, said.get(study.patient, word))
            if word == "train" and lacks_val:
                may_be_watched.add(study.patient)
    splits = {
        patient: _side(patient, said.get(patient), patient in may_be_watched, plan, seed)
        for patient in _patients(datasets)
    }
    drawn = [patient for patient in splits if patient not in said]
    splits.update(dict.fromkeys(_more_to_watch(splits, drawn, plan, seed), "val"))
    return splits


def studies_of(
    datasets: Sequence[DataSet], splits: Mapping[str, Split], split: Split
) -> Iterator[tuple[DataSet, KnownStudy]]:
    """All studies of one side, in the sources' order."""
    for dataset in datasets:
        for study in dataset.studies:
            if splits[study.patient] == split:
                yield dataset, study


def counts(datasets: Sequence[DataSet], splits: Mapping[str, Split]) -> dict[Split, int]:
    """Studies on each side."""
    found = Counter(splits[study.patient] for dataset in datasets for study in dataset.studies)
    return {split: found[split] for split in ("train", "val", "test")}


def too_few(splits: Mapping[str, Split], least: Mapping[Split, int] = HELD_OUT_LEAST) -> tuple[str, ...]:
    """A sentence for each side that has fewer patients than numbers need; empty where all is well."""
    found = Counter(splits.values())
    return tuple(
        _told(split, found[split], least[split]) for split in _STRICTEST if found[split] < least[split]
    )


def _told(split: Split, there: int, least: int) -> str:
    patients = "1 patient is" if there == 1 else f"{there} patients are" if there else "No patient is"
    remedy = {
        "train": "Add studies, or make the shares of `split` in the plan smaller.",
        "val": "Add studies, or raise `split.val` in the plan: too few to tell when the training should stop.",
        "test": "Add studies, or raise `split.test` in the plan: an adapter measured on so few can't be told "
        "from the model it started from, and will not be activated.",
    }[split]
    return f"{patients} {_NAMES[split]}, at least {least} are wanted. {remedy}"


def _patients(datasets: Sequence[DataSet]) -> dict[str, None]:
    return dict.fromkeys(study.patient for dataset in datasets for study in dataset.studies)


def _stricter(one: Split, other: Split) -> Split:
    return min(one, other, key=_STRICTEST.index)


def _side(patient: str, said: Split | None, may_be_watched: bool, plan: SplitPlan, seed: int) -> Split:
    if said is not None and not (said == "train" and may_be_watched):
        return said
    place = _place(patient, seed)
    if place < plan.test:
        return "train" if said else "test"
    return "val" if place < plan.test + plan.val else "train"


def _more_to_watch(
    splits: Mapping[str, Split], drawn: Sequence[str], plan: SplitPlan, seed: int
) -> list[str]:
    """Patients that are drawn to be learnt from and had better watch."""
    wanted = min(HELD_OUT_LEAST["val"], len(drawn) // 7) if plan.val else 0
    missing = wanted - sum(split == "val" for split in splits.values())
    if missing <= 0:
        return []
    learnt = [patient for patient in drawn if splits[patient] == "train"]
    return sorted(learnt, key=lambda patient: _place(patient, seed))[:missing]


def _place(patient: str, seed: int) -> float:
    """0..1, the same for a patient on every machine and in every version of Python."""
    digest = hashlib.sha256(f"{seed}/{patient}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
