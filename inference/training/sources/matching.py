"""Which study a report belongs to. Pure.

The rule, in this order: its Study Instance UID; its Accession Number; its film's path or name (with or without the
ending); for a text file the folder it lies in, where that folder holds the films of one study. The first of these that
names a study counts; where two of them name different studies, or one names several, the report is nobody's. For a
text file the file's own name is tried as all three.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inference.training.sources.found_reports import FoundReport
from inference.training.sources.tables import Troubles

RULE = (
    "A report is matched by StudyInstanceUID, else AccessionNumber, else the film's file name, else the folder it lies"
    " in."
)


@dataclass(slots=True)
class StudyNames:
    """Everything by which the studies of a folder can be named: a name to the study's UIDs."""

    studies: set[str] = field(default_factory=set)
    accessions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    files: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    folders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, study: str, accession: str, place: str) -> None:
        """A film of `study` that lies at `place`, relative to the folder."""
        self.studies.add(study)
        if accession:
            self.accessions[accession].add(study)
        folder, _, name = place.rpartition("/")
        for form in {place, name, place.rpartition(".")[0], name.rpartition(".")[0]} - {""}:
            self.files[form].add(study)
        self.folders[folder or "."].add(study)


def matched(
    reports: Iterable[FoundReport], names: StudyNames, troubles: Troubles
) -> dict[str, list[FoundReport]]:
    """Study Instance UID to its reports, in the order in which they were found. What can't be matched is told."""
    found: dict[str, list[FoundReport]] = defaultdict(list)
    for report in reports:
        study = _study_of(report, names, troubles)
        if study:
            found[study].append(report)
    return found


def _study_of(report: FoundReport, names: StudyNames, troubles: Troubles) -> str:
    candidates = _candidates(report, names)
    named = [(how, studies) for how, studies in candidates if studies]
    if not named:
        troubles.add(report.place, "the report names no study of this folder; it was left out", RULE)
        return ""
    how, studies = named[0]
    if len(studies) > 1:
        troubles.add(report.place, f"{len(studies)} studies have this {how}; the report was left out", RULE)
        return ""
    (study,) = studies
    if not report.folder and any(study not in others for _, others in named[1:]):
        others = ", ".join(how for how, _ in named)
        troubles.add(
            report.place, f"its {others} name different studies; the report was left out", "Mend the row."
        )
        return ""
    return study


def _candidates(report: FoundReport, names: StudyNames) -> Sequence[tuple[str, set[str]]]:
    folder = names.folders.get(report.folder, set()) if report.folder else set()
    return (
        ("StudyInstanceUID", {report.study} & names.studies),
        ("AccessionNumber", _named(names.accessions, report.accession)),
        (
            "file name",
            _named(names.files, report.file) or _named(names.files, report.file.rpartition("/")[2]),
        ),
        ("folder", folder if len(folder) == 1 else set()),
    )


def _named(by_name: Mapping[str, set[str]], name: str) -> set[str]:
    return by_name.get(name, set()) if name else set()
