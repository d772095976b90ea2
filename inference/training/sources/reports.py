"""A JSON lines file of reports without films: `id`, `findings`, `impression`, and `patient` where it is known.

For what is learnt from words alone (the `<Xray>` skill). Lines of one patient belong together in a split: without
`patient` every report counts as a patient of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inference.backend import FilmInput
from inference.training.rows import DataSet, KnownFilm, KnownStudy, Trouble, UnreadableFilm
from inference.training.sources.tables import SourceRefused


def read(path: str) -> DataSet:
    """Read the file. Raises SourceRefused if there is none, or if no line of it is a report."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise SourceRefused(f"There is no file “{path}”.", "Name a JSON lines file, one report a line.")
    studies: dict[str, KnownStudy] = {}
    troubles: list[Trouble] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        row = f"{file.name}:{number}"
        study = _study(line, row)
        if study is None:
            troubles.append(
                Trouble(row, "the line is no report", "Give it `id` and `findings` or `impression`.")
            )
        elif study.id in studies:
            troubles.append(Trouble(row, "the id is there twice", "Give each report an id of its own."))
        else:
            studies[study.id] = study
    if not studies:
        raise SourceRefused(
            f"No line of “{path}” is a report.", "Each line is an object with `id` and `findings`."
        )
    return DataSet(f"reports:{path}", tuple(studies.values()), _no_film, tuple(troubles))


def _study(line: str, row: str) -> KnownStudy | None:
    try:
        told: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or not told.get("id"):
        return None
    findings, impression = (str(told.get(name) or "") for name in ("findings", "impression"))
    if not (findings.strip() or impression.strip()):
        return None
    id = str(told["id"])
    return KnownStudy(id, row, f"reports/{told.get('patient') or id}", (), findings, impression)


def _no_film(_: KnownFilm) -> FilmInput:
    raise UnreadableFilm("These reports came without films.")
