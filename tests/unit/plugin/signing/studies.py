"""Readings of one film as they stand before a signature."""

from __future__ import annotations

from dataclasses import replace

from inference.backend import Box, Finding, PackInfo, Sentence
from plugin.checks.checks import doubts_of
from plugin.events import FilmInReading
from plugin.first_look.state import FirstLook
from plugin.fold import fold
from plugin.signing.input import check_input
from plugin.signing.standing import words_to_sign
from plugin.signing.state import ChecksRun, SignAsked, Signed
from plugin.signing.versions import make_version
from plugin.state import DraftText, StudyReading
from viewer.api import Hanging
from viewer.core.study import Film, FilmHeader, Patient, PixelDescription, Series, Source, Study

AT = "2026-11-22T09:00:00.000Z"
PACK = PackInfo("starter", "0.3.1", "ab" * 32, "Starter", "Apache-2.0", True, "card")
IMAGE = "i" * 64
CLEAN = ("The heart is normal in size. The lungs are clear.", "No acute abnormality.")


def film(view: str = "PA", **header: object) -> Film:
    from pathlib import Path

    told = FilmHeader(
        header.pop("pixels", PixelDescription(rows=100, columns=100)),  # type: ignore[arg-type]
        f"1.2.{view}",
        view_position=view,
    )
    return Film(Source(Path("/x.dcm")), replace(told, **header), "0" * 64)


FILM = film()


def hanging(*films: Film, prior: Study | None = None, current: Study | None = None) -> Hanging:
    shown = current or Study("1.2", series=(Series("1.2.1", films or (FILM,)),))
    return Hanging(Patient("P", studies=(shown,)), shown, prior, shown.films)


def finding(label: str = "pleural effusion", name: str = "f1", confidence: float = 0.8) -> Finding:
    return Finding(name, label, "present", confidence, True, IMAGE)


def written(report: str = CLEAN[0], impression: str = CLEAN[1], **more: object) -> StudyReading:
    """What a reader has written without the AI."""
    texts = {"report": DraftText(edited=report), "impression": DraftText(edited=impression)}
    return replace(StudyReading(), **{**texts, **more})


def drafted(
    *findings: Finding, report: str = CLEAN[0], impression: str = CLEAN[1], **more: object
) -> StudyReading:
    """What the AI has drafted, after the first look."""
    told = StudyReading(
        phase="done",
        kind="reading",
        films=(FilmInReading(FILM.key, "PA", image=IMAGE),),
        has_been_read=True,
        is_complete=True,
        findings=findings,
        report=DraftText(report),
        impression=DraftText(impression),
        first_look=FirstLook("second reader", AT, AT, AT, "committed"),
        sentences=tuple(
            Sentence(
                f"s{n}",
                text.strip() + ".",
                tuple(one.id for one in findings if one.label.split()[-1] in text),
            )
            for n, text in enumerate(report.rstrip(".").split(". "))
        ),
        boxes=tuple(Box(f"b{n}", IMAGE, (70, 60, 90, 80), one.id) for n, one in enumerate(findings)),
    )
    return replace(told, **more)


def checked(reading: StudyReading, shown: Hanging | None = None) -> StudyReading:
    """After the first step."""
    asked = fold(reading, SignAsked(AT))
    doubts = doubts_of(check_input(asked, shown or hanging()))
    return fold(asked, ChecksRun(words_to_sign(asked), doubts, AT))


def signed(reading: StudyReading, signer: str = "Dr. Reader") -> StudyReading:
    """After both steps."""
    asked = checked(reading)
    return fold(asked, Signed(make_version(asked, signer, AT, PACK)))
