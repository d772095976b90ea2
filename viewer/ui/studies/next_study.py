"""Which study of the list is likely to be opened after the one on screen. Pure, no Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from viewer.core.index.records import UNREAD
from viewer.core.study import Study
from viewer.ui.studies.listing import ListChoice, PatientEntry, StudyEntry, is_wanted


def next_study(entries: Sequence[PatientEntry], choice: ListChoice, current: Study) -> StudyEntry | None:
    """Return the first unread study of the patients below the current one; where none is unread, the first of them.

    The list as it is searched and filtered now; the current study need not be in it, for opening it makes it no longer
    unread. The same patient's other studies are priors and passed over. None: the list ends here.
    """
    place = next((n for n, entry in enumerate(entries) if _has(entry, current)), None)
    if place is None:
        return None
    first = None
    for study in (one for entry in entries[place + 1 :] for one in entry.studies):
        if not _may_be_next(study, choice):
            continue
        if choice.records.get(study.uid, UNREAD).state == "unread":
            return study
        first = first or study
    return first


def first_unread(
    entries: Sequence[PatientEntry], choice: ListChoice, is_wanted: Callable[[str], bool]
) -> StudyEntry | None:
    """Return the first unread study whose Study Instance UID is wanted; None where there is none.

    Of each patient only the newest study waits: the earlier ones are its priors.
    """
    newest = (entry.studies[0] for entry in entries if entry.studies)
    return next(
        (
            study
            for study in newest
            if _may_be_next(study, choice)
            and choice.records.get(study.uid, UNREAD).state == "unread"
            and is_wanted(study.uid)
        ),
        None,
    )


def _has(entry: PatientEntry, current: Study) -> bool:
    """Two people's films may claim one Study Instance UID: a film tells whose is meant."""
    key = current.films[0].key if current.films else ""
    ours = (study for study in entry.studies if study.uid == current.instance_uid)
    return any(film.key == key for study in ours for film in study.films)


def _may_be_next(study: StudyEntry, choice: ListChoice) -> bool:
    is_there = any(film.key not in choice.missing for film in study.films)
    return study.row is not None and is_there and is_wanted(study, choice)
