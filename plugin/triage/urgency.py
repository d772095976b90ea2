"""Which unread study should be looked at soon. Pure, and the whole rule in one place.

| what the model found on a current film                                                      | rank | note          |
|----------------------------------------------------------------------------------------------|------|---------------|
| pneumothorax, likely                                                                         | 0    | AI: look soon |
| pneumothorax, possible                                                                       | 1    | AI: look soon |
| edema, consolidation, pneumonia, pleural effusion or enlarged cardiomediastinum, each likely | 2    | AI: look soon |
| anything else, or nothing                                                                    | none | none          |

Likely and possible are the words that a reader is shown. A study without a note keeps its usual place, read
by the AI or not: no note never means that nothing is there. The note names no finding: it colours no first look.
"""

from __future__ import annotations

from inference.backend import Finding
from plugin import wording
from plugin.state import StudyReading, present_findings
from viewer.api import StudyUrgency

NOTE = "AI: look soon"
FIRST = "pneumothorax"
SOON = frozenset({"edema", "consolidation", "pneumonia", "pleural effusion", "enlarged cardiomediastinum"})


def urgency_of(reading: StudyReading) -> StudyUrgency | None:
    """The study's place before the others; None: its usual one, also where the reading did not come to its end."""
    if not reading.is_complete:
        return None
    current = {film.image for film in reading.films if film.role != "prior"}
    ranks = [_rank(finding) for finding in present_findings(reading) if finding.image in current]
    best = min((rank for rank in ranks if rank is not None), default=None)
    return StudyUrgency(best, NOTE) if best is not None else None


def _rank(finding: Finding) -> int | None:
    is_likely = wording.presence_word(finding) == "likely"
    if finding.label == FIRST:
        return 0 if is_likely else 1
    return 2 if finding.label in SOON and is_likely else None
