"""`mimic-vqa:QUESTIONS,MIMIC-CXR-JPG`: questions about films of MIMIC-CXR with their answers, from two sets.

- MIMIC-CXR-VQA (Bae et al. 2023), physionet.org/content/mimic-ext-mimic-cxr-vqa: `train.json`, `valid.json`,
  `test.json` (also in `dataset/`): a list of `image_id, image_path, subject_id, study_id, question, semantic_type`
  (verify, choose, query) and `answer`, a list of words. As published an answer is its words joined by a comma, with a
  full stop; without words it is none, and left out.
- Medical-Diff-VQA (Hu et al. 2023), physionet.org/content/medical-diff-vqa: `mimic_pair_questions.csv` (`study_id,
  subject_id, ref_id, question_type, question, answer, split`) and `mimic_all.csv` (`dicom_id` of each study, `view`,
  `study_order`). A question of the type “difference” is about two films, the reference first.

Where the published preparation is wrong, and this is not (m4cxr.md §8): difference questions are not among the others
too; a pair is of the official test split where either film is, not only the reference; a reference that is later than
the film is no prior, and the pair is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inference.training.rows import DataSet, KnownAnswer, KnownFilm, KnownStudy, QuestionKind, Split
from inference.training.sources.mimic_tables import (
    SPLITS,
    FilmName,
    PatientsHere,
    film_name,
    film_named_by,
    known_film,
    official_splits,
    open_films,
    stricter,
    two_folders,
)
from inference.training.sources.tables import SourceRefused, Troubles, file_like, rows_of

_PAIRS = ("study_id", "subject_id", "ref_id", "question_type", "question", "answer", "split")
_KINDS: Mapping[str, QuestionKind] = {"verify": "closed", "choose": "closed", "query": "open"}
NOT_HERE = (
    "the patient's folder is not under files/; the question was left out",
    "Fetch the rest of MIMIC-CXR-JPG.",
)


@dataclass(slots=True)
class _Asked:
    """A film, or a film and its reference, with the questions about it."""

    row: str
    name: FilmName
    films: tuple[KnownFilm, ...]
    split: Split
    answers: list[KnownAnswer] = field(default_factory=list)


def read(path: str) -> DataSet:
    """Read the questions of either set, or of both; no film is opened."""
    folder, mimic = two_folders(path)
    inner = next(
        (one for one in (folder / "dataset", folder / "mimiccxrvqa" / "dataset") if one.is_dir()), folder
    )
    lists = [file for name in ("train", "valid", "test") if (file := inner / f"{name}.json").is_file()]
    pairs = file_like(folder, "mimic_pair_questions.csv")
    if not lists and pairs is None:
        raise SourceRefused(
            f"There is neither train.json nor mimic_pair_questions.csv in {folder}.",
            "Name the folder of MIMIC-CXR-VQA or of Medical-Diff-VQA, then MIMIC-CXR-JPG.",
        )
    troubles = Troubles()
    here, official = PatientsHere(mimic), official_splits(mimic, troubles)
    asked: dict[str, _Asked] = {}
    for file in lists:
        _take_list(file, here, official, asked, troubles)
    if pairs is not None:
        _take_pairs(folder, pairs, here, official, asked, troubles)
    studies = tuple(
        KnownStudy(key, one.row, one.name.patient, one.films, answers=tuple(one.answers), split=one.split)
        for key, one in asked.items()
    )
    return DataSet("mimic-vqa", studies, open_films(mimic), troubles.all())


def _take_list(
    file: Path,
    here: PatientsHere,
    official: Mapping[str, Split],
    asked: dict[str, _Asked],
    troubles: Troubles,
) -> None:
    try:
        whole = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceRefused(f"{file} can't be read ({type(error).__name__}).", "Fetch it again.") from error
    for number, one in enumerate(whole if isinstance(whole, list) else []):
        place = f"{file.name}[{number}]"
        name = film_named_by(str(one.get("image_path", ""))) if isinstance(one, dict) else None
        if name is None:
            troubles.add(place, "the question names no film of MIMIC-CXR; it was left out", "Mend it.")
        elif name not in here:
            troubles.count(place, *NOT_HERE, is_intended=True)
        elif not (answer := _words(one.get("answer"))) or not one.get("question"):
            troubles.count(
                place,
                "the question has no answer; it was left out",
                "Nothing: some have none.",
                is_intended=True,
            )
        else:
            split = stricter(SPLITS[file.stem], official.get(name.study))
            known = asked.setdefault(f"vqa/{name.dicom}", _Asked(place, name, (known_film(name, ""),), split))
            kind = _KINDS.get(str(one.get("semantic_type")), "open")
            known.answers.append(KnownAnswer(str(one["question"]), answer, kind))


def _words(answer: Any) -> str:
    """The answer as published: its words joined by a comma, and a full stop. Empty: there is none."""
    words = ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer or "")
    return f"{words}." if words else ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """The film that stands for a study, and the study's place in the patient's history."""

    name: FilmName
    view: str
    order: float | None


def _take_pairs(
    folder: Path,
    pairs: Path,
    here: PatientsHere,
    official: Mapping[str, Split],
    asked: dict[str, _Asked],
    troubles: Troubles,
) -> None:
    shown = dict(_shown(folder, troubles))
    for row in rows_of(pairs, _PAIRS, troubles):
        is_pair = row["question_type"] == "difference"
        main, reference = (
            shown.get(_number(row["study_id"])),
            shown.get(_number(row["ref_id"])) if is_pair else None,
        )
        if main is None or (is_pair and reference is None) or row["split"] not in SPLITS:
            troubles.count(
                row.place, "the study, its reference or the split is none of the set's", "Mend the row."
            )
        elif main.name not in here:
            troubles.count(row.place, *NOT_HERE, is_intended=True)
        elif not row["question"] or not row["answer"]:
            troubles.count(
                row.place,
                "the question has no answer; it was left out",
                "Nothing: some have none.",
                is_intended=True,
            )
        elif reference is not None and main.order and reference.order and reference.order > main.order:
            troubles.count(
                row.place,
                "the reference is later than the film; the pair was left out",
                "Nothing: it is known of the set.",
                is_intended=True,
            )
        else:
            _add(row.place, row.cells, main, reference, official, asked)


def _add(
    place: str,
    cells: Mapping[str, str],
    main: _Shown,
    reference: _Shown | None,
    official: Mapping[str, Split],
    asked: dict[str, _Asked],
) -> None:
    split = stricter(SPLITS[cells["split"]], official.get(main.name.study))
    film = known_film(main.name, main.view)
    films: tuple[KnownFilm, ...] = (film,)
    answer = cells["answer"]
    kind: QuestionKind = "closed" if answer.lower() in ("yes", "no") else "open"
    keys: tuple[str, ...] = (film.key,)
    if reference is not None:
        split = stricter(split, official.get(reference.name.study))
        prior = replace(known_film(reference.name, reference.view), role="prior")
        films, keys, kind = (film, prior), (prior.key, film.key), "difference"
    key = "/".join(("diff", *(one.key.rsplit("/", 1)[-1].removesuffix(".jpg") for one in films)))
    known = asked.setdefault(key, _Asked(place, main.name, films, split))
    known.answers.append(KnownAnswer(cells["question"], answer, kind, keys))


def _shown(folder: Path, troubles: Troubles) -> Iterator[tuple[str, _Shown]]:
    table = file_like(folder, "mimic_all.csv")
    if table is None:
        raise SourceRefused(
            f"There is no mimic_all.csv in {folder}.",
            "It belongs to Medical-Diff-VQA: it says which film is meant.",
        )
    for row in rows_of(table, ("subject_id", "study_id", "dicom_id"), troubles):
        name = film_name(_number(row["subject_id"]), _number(row["study_id"]), row["dicom_id"])
        if name is None:
            troubles.count(row.place, "the study has no film", "Nothing: some have none.", is_intended=True)
        else:
            order = row["study_order"]
            yield (
                name.study,
                _Shown(
                    name, row["view"].upper(), float(order) if order.replace(".", "", 1).isdigit() else None
                ),
            )


def _number(text: str) -> str:
    """A table that has passed through a spreadsheet says 50414267.0."""
    return text.removesuffix(".0")
