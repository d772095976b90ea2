"""What the reader may see of a study. Pure; everything on screen is drawn from it, and the keys work on it.

While the gate is closed it is built from what is known to be harmless, not by taking out what is not: whatever is added
to `StudyReading` stays out of sight until somebody names it here.
"""

from __future__ import annotations

from dataclasses import replace

from plugin.ask.fold import withheld
from plugin.events import FilmInReading
from plugin.state import DraftText, StudyReading


def visible(reading: StudyReading) -> StudyReading:
    """The reading as the reader may see it. While the gate is closed: the reader's own words, and whether the AI runs.

    No findings, boxes, doubts, draft or answer, and no stages either: "Locating findings 2 of 5" tells a count.
    """
    if reading.first_look.shows_ai:
        return reading
    return StudyReading(
        kind=reading.kind,
        subject=reading.subject,
        phase=reading.phase,
        stop_asked_s=reading.stop_asked_s,
        problem=reading.problem,
        films=tuple(_unread(film) for film in reading.films),
        prior=reading.prior,
        backend_study=reading.backend_study,
        has_been_read=reading.has_been_read,
        is_complete=reading.is_complete,
        report=_own(reading.report),
        impression=_own(reading.impression),
        first_look=reading.first_look,
        writing=replace(reading.writing, offer=None),
        signing=reading.signing,
        exchanges=withheld(reading.exchanges),
    )


def _own(text: DraftText) -> DraftText:
    return DraftText("", text.edited)


def _unread(film: FilmInReading) -> FilmInReading:
    """Why a film was not read is a result as well."""
    return replace(film, not_read="")
