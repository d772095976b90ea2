"""The reports of MIMIC-CXR, wherever they lie: unpacked, in the archive as distributed, or in sections already."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from inference.training.sources.sections import Sections, sections_of
from inference.training.sources.tables import SourceRefused, file_like, rows_of

ReportOf = Callable[[str, str], Sections | None]
"""The sections of a subject's study; None where there is no such report."""

ARCHIVE, UNPACKED, SECTIONED = "mimic-cxr-reports.zip", "mimic-cxr-reports", "mimic_cxr_sectioned.csv*"
LARGEST_REPORT = 1 << 20


def find_reports(mimic: Path) -> ReportOf:
    """Look in the folder and beside it.

    Raises:
        SourceRefused: There are none.
    """
    for folder in (mimic, mimic.resolve().parent):
        if sectioned := file_like(folder, SECTIONED):
            return _from_table(sectioned)
        if (folder / ARCHIVE).is_file():
            return _from_archive(folder / ARCHIVE)
        for inner in (folder / UNPACKED / "files", folder / "files"):
            if next(inner.glob("p*/p*/s*.txt"), None):
                return _from_files(inner)
    raise SourceRefused(
        f"There are no reports in or beside {mimic}.",
        f"Put {ARCHIVE}, or the folder {UNPACKED} unpacked from it, beside MIMIC-CXR-JPG.",
    )


def _from_files(files: Path) -> ReportOf:
    def report_of(subject: str, study: str) -> Sections | None:
        file = files / f"p{subject[:2]}" / f"p{subject}" / f"s{study}.txt"
        try:
            return sections_of(file.read_text("utf-8", errors="replace")[:LARGEST_REPORT])
        except OSError:
            return None

    return report_of


def _from_archive(archive: Path) -> ReportOf:
    try:
        packed = zipfile.ZipFile(archive)
        names = {name.rsplit("/", 1)[-1]: name for name in packed.namelist() if name.endswith(".txt")}
    except (OSError, zipfile.BadZipFile) as error:
        raise SourceRefused(f"{archive} can't be read ({error}).", "Fetch it again.") from error

    def report_of(subject: str, study: str) -> Sections | None:  # noqa: ARG001 - study numbers are unique
        name = names.get(f"s{study}.txt")
        if name is None:
            return None
        try:
            with packed.open(name) as file:
                return sections_of(file.read(LARGEST_REPORT).decode("utf-8", errors="replace"))
        except (OSError, zipfile.BadZipFile):
            return None

    return report_of


def _from_table(table: Path) -> ReportOf:
    """`mimic_cxr_sectioned.csv` as MIT-LCP's create_section_files.py writes it: study, impression, findings, …"""
    known = {
        row["study"].removeprefix("s"): Sections(findings=row["findings"], impression=row["impression"])
        for row in rows_of(table, ("study", "findings", "impression"))
    }

    def report_of(subject: str, study: str) -> Sections | None:  # noqa: ARG001 - study numbers are unique
        return known.get(study)

    return report_of
