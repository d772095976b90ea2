"""Documents and readings that the tests of the outputs share."""

from __future__ import annotations

from datetime import date

from gui.plugin.fake_host import film, hanging, study

from inference.backend import Box, Finding, PackInfo, Sentence, TextDelta
from plugin.events import FilmInReading, FilmPrepared, ReadingStarted
from plugin.first_look.state import StudySeen
from plugin.fold import fold
from plugin.output.document import (
    BoxShown,
    FilmShown,
    FindingShown,
    Identity,
    ModelShown,
    ReportDocument,
    Section,
    StudyShown,
)
from plugin.state import StudyReading

PA = film("1")
ANNA = hanging(study("1.2.1", PA, date=date(2024, 3, 31)))
PACK = PackInfo("starter", "1.2", "abcdef0123456789", "Starter", "CC BY-NC 4.0", True, "card")
BEGUN = (
    StudySeen("concurrent", "2026-11-22T08:00:00.000Z"),
    ReadingStarted((FilmInReading(PA.key, "PA"),)),
    FilmPrepared(PA.key, "aa"),
)
FOUND = (
    Finding("f1", "cardiomegaly", "present", 0.82, False, "aa"),
    Finding("f2", "pneumothorax", "absent", 0.04, True, "aa"),
    Box("b1", "aa", (2.0, 3.0, 9.0, 11.0), "f1"),
    TextDelta("The heart is large."),
    Sentence("s1", "The heart is large.", ("f1",)),
)

AI_BOX = BoxShown(PA.key, "1.2.3.1", (2.0, 3.0, 9.0, 11.0), "ai", "2.25.7")
READER_BOX = BoxShown(PA.key, "1.2.3.1", (2.0, 3.0, 10.0, 12.0), "reader", "2.25.7")
HEART = FindingShown("f1", "cardiomegaly", "present", "ai", PA.key, "1.2.3.1", "2.25.6", boxes=(AI_BOX,))
DRAFT = ReportDocument(
    status="draft",
    identity=Identity("Doe^Jane", "P1", date(1960, 1, 2), "F"),
    study=StudyShown("1.2.1", date(2024, 3, 31), "Chest", "A-1"),
    films=(FilmShown(PA.key, "1.2.3.1", "PA"),),
    sections=(
        Section("findings", ("The heart is large.",)),
        Section("impression", ("Cardiomegaly.", "No effusion.")),
    ),
    findings=(HEART,),
    notes=("No prior loaded: no comparison was made.",),
    model=ModelShown("test-pack", "0.9", "Test pack", "f" * 64),
)


def after(*events: object) -> StudyReading:
    state = StudyReading()
    for second, event in enumerate(events):
        state = fold(state, event, float(second))  # type: ignore[arg-type]
    return state
