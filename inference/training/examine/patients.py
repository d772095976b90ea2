"""Patients and reference sets on the wrong side, studies twice: what makes every later score a lie. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from inference.training.examine.faults import Fault
from inference.training.examine.subject import Row


def patients_in_two_splits(rows: Sequence[Row]) -> Iterator[Fault]:
    """A patient whom the sources put into more than one split, once, at the first study that differs."""
    of_patient: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.study.split is not None and not row.source.is_reference:
            of_patient[row.study.patient].append(row)
    for studies in of_patient.values():
        first = studies[0]
        other = next((row for row in studies if row.stated != first.stated), None)
        if other is not None:
            yield other.fault(
                "patient_in_two_splits",
                f"Its patient is in split {other.stated} here and in {first.stated} in {first.place}.",
                "Give all studies of the patient one split, or leave the split out of the source: it is then drawn by "
                "patient.",
            )


def reference_in_training(rows: Sequence[Row]) -> Iterator[Fault]:
    """Studies to be trained on whose patient belongs to a reference set or to a published test split."""
    reference = {row.study.patient: row for row in rows if row.source.is_reference}
    for row in rows:
        if row.source.is_reference:
            continue
        kept_back = reference.get(row.study.patient)
        if kept_back is not None and "test" not in (row.stated, row.split):
            yield row.fault(
                "reference_in_training",
                f"Its patient is one of the reference set {kept_back.source.name} ({kept_back.study.row}), and it "
                f"stands in split {row.stated}.",
                "Take all studies of this patient out, or put them into split test.",
            )
        elif kept_back is not None and row.study.split not in (None, "test"):
            yield row.fault(
                "reference_in_training",
                f"Its source puts it into {row.stated}, but its patient is one of the reference set "
                f"{kept_back.source.name} ({kept_back.study.row}). It is held out.",
                "Correct the split in the source, so that no other program trains on it.",
            )
        elif row.study.split == "test" and row.split != "test":
            yield row.fault(
                "reference_in_training",
                f"Its source keeps it for testing, the run puts its patient into split {row.split}.",
                "Let the source's own test split stand.",
            )


def studies_twice(rows: Sequence[Row]) -> Iterator[Fault]:
    """Studies of one data set with the same id: the second would be taken for the first."""
    first_of: dict[tuple[str, str], Row] = {}
    for row in rows:
        first = first_of.setdefault((row.source.name, row.study.id), row)
        if first is not row:
            yield row.fault(
                "study_twice",
                f"Its study stands in {first.place} already.",
                "Take one of the two rows out, or give all films of the study in one row.",
            )
