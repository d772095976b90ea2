"""Makes the files of a report and writes them: all of them, or none. Runs in a worker thread."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QLocale

from inference.dicom.requests import MAKER, Predecessor
from plugin.output.dicom_objects import reading_objects, shown_images
from plugin.output.document import ReportDocument
from plugin.output.fhir import fhir_bytes
from plugin.output.pages import paper_of, pdf_bytes
from plugin.output.pictures import FilmPicture, ReadPixels, pictures_of
from plugin.output.rtf import rtf_of
from plugin.output.state import WrittenObject
from plugin.output.text import text_of
from viewer.core.study import Film
from viewer.writer.requests import Equipment, MadeObject, ObjectsRequest
from viewer.writer.write import made_objects, write_files_whole

FileKind = Literal["text", "rtf", "pdf", "fhir", "dicom"]
ALL_KINDS: tuple[FileKind, ...] = ("text", "rtf", "pdf", "fhir", "dicom")
OBJECT_TITLES = {
    "findings": "Findings, DICOM SR",
    "presentation": "Marks, presentation state",
    "report": "Report, DICOM SR",
    "pdf": "Report, PDF in DICOM",
}


@dataclass(frozen=True, slots=True, eq=False)
class ExportWish:
    """What is to be written, where, and about what."""

    document: ReportDocument
    films: tuple[Film, ...]  # of the study on screen
    priors: tuple[Film, ...]
    kinds: tuple[FileKind, ...]
    folder: Path
    at: str  # UTC, ISO 8601
    installation_id: str
    predecessors: tuple[WrittenObject, ...] = ()
    seed: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Step:
    """What is being done, and how much of it is behind."""

    text: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that was written, and what it is."""

    path: Path
    title: str


@dataclass(frozen=True, slots=True)
class Written:
    """The end of an export that went well."""

    files: tuple[WrittenFile, ...]
    objects: tuple[WrittenObject, ...]
    kinds: tuple[FileKind, ...]


def export(
    wish: ExportWish, read_pixels: ReadPixels, is_stopped: Callable[[], bool]
) -> Iterator[Step | Written]:
    """Make everything, then write everything. Stopped before the writing, nothing is written.

    Raises:
        viewer.writer.errors.NotWritten: Nothing was written; the reason names the attribute where one is at fault.
    """
    steps = [kind for kind in ALL_KINDS if kind in wish.kinds]
    files: dict[Path, tuple[bytes, str]] = {}
    objects: list[WrittenObject] = []
    pictures: tuple[FilmPicture, ...] = ()
    pdf = b""
    total = len(steps) + 2
    yield Step("Painting the films", 0, total)
    if steps != ["text"]:
        pictures = pictures_of(wish.document, wish.films, read_pixels)
    for number, kind in enumerate(steps, start=1):
        if is_stopped():
            return
        yield Step(_MAKING[kind], number, total)
        if kind in ("pdf", "fhir", "dicom") and not pdf:
            pdf = pdf_bytes(wish.document, pictures, paper_of(QLocale.system()))
        if kind == "dicom":
            for made in _objects(wish, read_pixels, pdf):
                name = _object_kind(made)
                files[wish.folder / made.file_name] = (made.content, OBJECT_TITLES[name])
                objects.append(
                    WrittenObject(name, made.sop_class_uid, made.sop_instance_uid, made.series_instance_uid)
                )
            continue
        content = _content(wish, kind, pdf)
        files[wish.folder / f"{stem_of(wish)}{_SUFFIXES[kind]}"] = (content, _TITLES[kind])
    if is_stopped():
        return
    yield Step("Writing the files", total - 1, total)
    write_files_whole({path: content for path, (content, _) in files.items()})
    written = tuple(WrittenFile(path, title) for path, (_, title) in files.items())
    yield Written(written, tuple(one for one in objects if one.kind in FOLLOWED), tuple(steps))


_MAKING: dict[FileKind, str] = {
    "text": "Writing the text",
    "rtf": "Writing the formatted text",
    "pdf": "Making the PDF",
    "fhir": "Making the FHIR resources",
    "dicom": "Making and checking the DICOM objects",
}
_SUFFIXES: dict[FileKind, str] = {"text": ".txt", "rtf": ".rtf", "pdf": ".pdf", "fhir": ".fhir.json"}
_TITLES: dict[FileKind, str] = {
    "text": "Report, text",
    "rtf": "Report, formatted text",
    "pdf": "Report, PDF",
    "fhir": "Report, FHIR R4",
}


def stem_of(wish: ExportWish) -> str:
    """A file name without a person in it, and one that is free: nothing is written over."""
    day = wish.document.study.study_date
    parts = ("report", day.isoformat() if day else "", "AI-DRAFT" if wish.document.mark else "")
    stem = "-".join(part for part in parts if part)
    names = {f"{stem}-{number}" if number > 1 else stem: None for number in range(1, 1000)}
    for name in names:
        if not any((wish.folder / f"{name}{suffix}").exists() for suffix in _SUFFIXES.values()):
            return name
    return f"{stem}-{wish.seed[:8]}"


def _content(wish: ExportWish, kind: FileKind, pdf: bytes) -> bytes:
    match kind:
        case "pdf":
            return pdf
        case "fhir":
            return fhir_bytes(wish.document, wish.at, pdf)
        case "rtf":
            return rtf_of(wish.document)
    return text_of(wish.document, with_identity=True).encode()


def _objects(wish: ExportWish, read_pixels: ReadPixels, pdf: bytes) -> list[MadeObject]:
    named = {film.key for film in wish.document.films}
    films = tuple(film for film in wish.films if film.key in named)
    referred = {
        box.film_key for finding in wish.document.findings for box in finding.boxes if box.by == "prior"
    }
    priors = tuple(film for film in wish.priors if film.key in referred)
    content = reading_objects(
        wish.document,
        shown_images(wish.document, films, read_pixels),
        wish.seed,
        wish.at,
        tuple(
            Predecessor(one.kind, one.sop_class_uid, one.sop_instance_uid, one.series_instance_uid)  # type: ignore[arg-type]  # written by `_object_kind`
            for one in wish.predecessors
        ),
    )
    request = ObjectsRequest(MAKER, _one_a_file(films), content.as_message(), _one_a_file(priors), (pdf,))
    return made_objects(request, Equipment(program_version(), wish.installation_id))


def _one_a_file(films: tuple[Film, ...]) -> tuple[Film, ...]:
    """Frames of one file are one instance."""
    return tuple({film.header.sop_instance_uid: film for film in films}.values())


def _object_kind(made: MadeObject) -> str:
    return _KINDS.get(made.sop_class_uid, "presentation")


_KINDS = {
    "1.2.840.10008.5.1.4.1.1.88.33": "findings",
    "1.2.840.10008.5.1.4.1.1.88.22": "report",
    "1.2.840.10008.5.1.4.1.1.104.1": "pdf",
}
"""Comprehensive SR, Enhanced SR and Encapsulated PDF Storage."""
FOLLOWED = ("findings", "report")
"""Kinds whose next version names its predecessor."""


def program_version() -> str:
    try:
        return version("sidelight")
    except PackageNotFoundError:  # run from a source tree
        return "0"
