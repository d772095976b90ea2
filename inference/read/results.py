"""The files of a run: findings.json, report.txt and a picture per film, each written whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from inference.backend import PackInfo
from inference.client import film_input
from inference.film_picture import model_picture
from inference.read.draft import StudyDraft
from inference.read.findings_file import Skip, findings_json
from inference.read.order import name_of
from inference.read.overlay import overlay
from inference.read.report_text import report_text
from viewer.core.reader import FilmReader
from viewer.core.study import Film

FINDINGS, REPORT = "findings.json", "report.txt"
STUDIES = "studies"


def write_results(out: Path, drafts: Sequence[StudyDraft], skips: Sequence[Skip], pack: PackInfo) -> None:
    """findings.json and report.txt about `drafts`."""
    told = json.dumps(findings_json(drafts, skips, pack), indent=2, ensure_ascii=False)
    _replace(out / FINDINGS, told + "\n")
    _replace(out / REPORT, report_text(drafts, skips, pack))


def clear_results(out: Path) -> None:
    """Take the two files of an earlier run away: they would pass for this one's if it does not get to its end."""
    for name in (FINDINGS, REPORT):
        (out / name).unlink(missing_ok=True)


def study_folder(out: Path, study: str) -> Path:
    """Where a study's own two files lie."""
    return out / STUDIES / study


def write_study(out: Path, study: str, draft: StudyDraft, skips: Sequence[Skip], pack: PackInfo) -> None:
    """The study's own findings.json and report.txt, of the same form as those of the whole run."""
    folder = study_folder(out, study)
    folder.mkdir(parents=True, exist_ok=True)
    write_results(folder, [draft], skips, pack)


class Pictures:
    """One picture per film that was read, named after the film; each name is used once.

    Args:
        taken: Names of pictures of an earlier run that are kept.
    """

    def __init__(self, out: Path, films: FilmReader, pack: PackInfo, taken: Iterable[str] = ()) -> None:
        self._out, self._films, self._pack = out, films, pack
        self._taken = {name.lower() for name in taken}

    def write(self, draft: StudyDraft) -> tuple[str, ...]:
        """Draw the films of a study that were read; returns the pictures' names."""
        return tuple(self._write(draft, film) for film in draft.films_read())

    def _write(self, draft: StudyDraft, film: Film) -> str:
        findings = [(one, [box.xyxy for box in draft.boxes_of(one)]) for one in draft.findings_of(film)]
        picture = model_picture(film_input(film, self._films.pixels(film)))
        pack = self._pack
        drawn = overlay(picture, findings, f"{pack.title} {pack.version} ({pack.sha256[:12]})")
        name = self._name(film)
        part = self._out / f"{name}.part"
        drawn.save(part, format="PNG", compress_level=3)
        part.replace(self._out / name)
        return name

    def _name(self, film: Film) -> str:
        bare = re.sub(r"\.(dcm|png|jpe?g|tiff?)$", "", name_of(film), flags=re.IGNORECASE)
        stem = re.sub(r"[^\w.-]+", "_", bare)[:80]
        name, number = f"{stem}.overlay.png", 1
        while name.lower() in self._taken:
            number += 1
            name = f"{stem}-{number}.overlay.png"
        self._taken.add(name.lower())
        return name


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    # a file name that is no UTF-8 has half letters in it; written so, they are JSON too
    part.write_bytes(text.encode("utf-8", "backslashreplace"))
    part.replace(path)
