"""Which patients and studies stand first in the list, where somebody said what is urgent. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from viewer.api import StudyUrgency
from viewer.core.index.records import UNREAD
from viewer.ui.studies.listing import ListChoice, PatientEntry, StudyEntry, is_wanted


def merged(orders: Mapping[str, Mapping[str, StudyUrgency]]) -> dict[str, StudyUrgency]:
    """What holds of several owners' orders: of a study that two of them rank, the lower rank."""
    found: dict[str, StudyUrgency] = {}
    for order in orders.values():
        for uid, urgency in order.items():
            if uid not in found or urgency.rank < found[uid].rank:
                found[uid] = urgency
    return found


def in_order(entries: Sequence[PatientEntry], choice: ListChoice) -> Sequence[PatientEntry]:
    """Patients with an urgent study first, that study first among theirs; everybody else as they were.

    A study is urgent while it is unread and in the list; one that was opened from its place keeps it while it is on
    screen.
    """
    if not choice.order:
        return entries
    ranked = [(_rank(entry, choice), n) for n, entry in enumerate(entries)]
    first = [(rank, n) for rank, n in ranked if rank is not None]
    ordered = [_with_urgent_first(entries[n], choice) for _, n in sorted(first)]
    return (*ordered, *(entries[n] for rank, n in ranked if rank is None))


def _rank(entry: PatientEntry, choice: ListChoice) -> int | None:
    """That of the patient's most urgent study; None where none is urgent."""
    ranks = (_study_rank(study, choice) for study in entry.studies)
    return min((rank for rank in ranks if rank is not None), default=None)


def _study_rank(study: StudyEntry, choice: ListChoice) -> int | None:
    urgency = choice.order.get(study.uid)
    if urgency is None:  # most studies of a long list: nothing else is asked of them
        return None
    is_unread = choice.records.get(study.uid, UNREAD).state == "unread"
    is_urgent = study.uid in choice.kept or (is_unread and is_wanted(study, choice))
    return urgency.rank if is_urgent else None


def _with_urgent_first(entry: PatientEntry, choice: ListChoice) -> PatientEntry:
    def place(study: StudyEntry) -> tuple[bool, int]:
        rank = _study_rank(study, choice)
        return rank is None, rank or 0

    return replace(entry, studies=tuple(sorted(entry.studies, key=place)))
