"""What the reader may see of a study. Pure; everything on screen is drawn from it, and the keys work on it."""

from __future__ import annotations

from dataclasses import replace

from plugin.state import DraftText, StudyReading


def visible(reading: StudyReading) -> StudyReading:
    """The reading as the reader may see it: without findings, boxes, doubts and draft while the gate is closed.

    The reader's own text, and how far a run is, stay.
    """
    if reading.first_look.shows_ai:
        return reading
    return replace(
        reading,
        findings=(),
        boxes=(),
        sentences=(),
        flags=(),
        selected=None,
        hovered=None,
        hovered_sentence=None,
        writing=replace(reading.writing, offer=None),
        report=_own(reading.report),
        impression=_own(reading.impression),
    )


def _own(text: DraftText) -> DraftText:
    return DraftText("", text.edited, text.edited_from if text.edited is None else "")
