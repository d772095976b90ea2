"""The words of a document, block by block: the one source of clipboard, text, print and PDF. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inference.backend import RESEARCH_USE
from plugin import wording
from plugin.output.document import Communication, ReportDocument, Section, VersionShown
from plugin.report.numbering import numbered

TITLES = {
    "indication": "INDICATION",
    "technique": "TECHNIQUE",
    "comparison": "COMPARISON",
    "findings": "FINDINGS",
    "impression": "IMPRESSION",
    "addendum": "ADDENDUM",
}
BlockKind = Literal["mark", "identity", "section", "sign", "small"]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together, under a title where they have one."""

    kind: BlockKind
    lines: tuple[str, ...]
    title: str = ""


def blocks(document: ReportDocument, *, with_identity: bool) -> tuple[Block, ...]:
    """All that is said, in order: the marks first and last.

    `with_identity` is for files and paper, that lie about alone; the clipboard goes where the patient is known.
    """
    made = (
        Block("mark", tuple(line for line in (document.mark, _synthetic(document)) if line)),
        Block("identity", identity_lines(document) if with_identity else ()),
        *(_section(section) for section in document.sections),
        Block("section", tuple(map(_communication, document.communications)), "CRITICAL FINDINGS"),
        Block("sign", signature_lines(document)),
        Block("small", (*document.notes, *_model(document), RESEARCH_USE)),
        Block("mark", (document.mark,) if document.mark else ()),
    )
    return tuple(block for block in made if block.lines)


def identity_lines(document: ReportDocument) -> tuple[str, ...]:
    """Patient and study, as the window shows them."""
    who, study = document.identity, document.study
    born = f"born {who.birth_date.isoformat()}" if who.birth_date else ""
    person = " · ".join(part for part in (shown_name(who.name), who.patient_id, born, who.sex) if part)
    when = study.study_date.isoformat() if study.study_date else "date not known"
    accession = f"accession {study.accession_number}" if study.accession_number else ""
    what = " · ".join(part for part in (study.description or "Chest radiograph", when, accession) if part)
    return (person or "Patient not known", what)


def shown_name(name: str) -> str:
    """A person name for reading: the alphabetic group, its components apart ("Doe^Jane" is "Doe, Jane")."""
    groups = [group for group in name.split("=") if group.strip()]
    return " (".join(", ".join(part for part in group.split("^") if part) for group in groups[:2]) + (
        ")" if len(groups) > 1 else ""
    )


def signature_lines(document: ReportDocument) -> tuple[str, ...]:
    """Who signed, and the chain of versions; empty for a draft."""
    if not document.is_signed:
        return ()
    by, at = document.reader, document.signed_at
    if document.versions:
        by, at = document.versions[0].by, document.versions[0].at
    who = ", ".join(part for part in (by, document.organization) if part)
    first = f"Electronically signed by {who or 'a reader without a name'}, {shown_time(at)}"
    chain = document.versions if len(document.versions) > 1 else ()
    return (first, *(_version(version) for version in chain))


def numbered_lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    """An impression of several lines with its numbers; a single line carries none."""
    return tuple(numbered("\n".join(lines)).splitlines())


def shown_time(at: str) -> str:
    """For instance "2026-11-22 09:00 UTC"."""
    return f"{at[:10]} {at[11:16]} UTC" if len(at) >= 16 else at or "time not known"


def _section(section: Section) -> Block:
    title = TITLES[section.kind]
    if section.kind == "addendum" and (section.by or section.at):
        told = ", ".join(part for part in (shown_time(section.at), section.by) if part)
        title = f"{title} ({told})"
    lines = numbered_lines(section.lines) if section.kind == "impression" else section.lines
    return Block("section", lines, title)


def _synthetic(document: ReportDocument) -> str:
    if not document.is_synthetic:
        return ""
    names = [film.title for film in document.films if film.is_synthetic]
    return f"{wording.SYNTHETIC}: {', '.join(names)}"


def _communication(told: Communication) -> str:
    category = f" (ACR category {told.category})" if told.category else ""
    return (
        f"{told.finding}{category}: found {shown_time(told.found_at)} by {told.radiologist}, "
        f"told to {told.recipient} {shown_time(told.received_at)}, {told.method}."
    )


def _version(version: VersionShown) -> str:
    return f"Version {version.number}: {version.what}, {shown_time(version.at)}, {version.by}".rstrip(", ")


def _model(document: ReportDocument) -> tuple[str, ...]:
    model = document.model
    if model is None:
        return ()
    line = f"Model: {model.title} {model.version} ({model.id}, manifest {model.sha256[:12]})"
    return (line, wording.STARTER) if model.is_starter else (line,)
