"""The slow questions about training (see `errand`): what is wrong with data, which plan, how good an adapter is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.backend import StudyFilm
from inference.plain import from_plain, to_plain
from inference.train_status import DataFault, DataSeen, Examination, PlanWish
from inference.training.errand import Errand, Tell
from inference.training.rows import DataSet, KnownStudy, Split
from inference.wire import film_from_parts

PARTS: tuple[Split, ...] = ("train", "val", "test")


def doctor(asked: Mapping[str, Any], tell: Tell) -> Any:
    """{"data": [KIND:PATH, …]} → an `Examination`."""
    from inference.training.examine import FORBIDDING, TITLES, examine
    from inference.training.splits import split_patients

    datasets = read(asked["data"], tell)
    splits = split_patients(datasets)
    found = examine(datasets, splits, progress=lambda done, total: tell("films", done, total))
    faults = tuple(
        DataFault(
            one.kind,
            one.row,
            one.what,
            one.remedy,
            one.study,
            TITLES[one.kind],
            one.kind in FORBIDDING,
        )
        for one in found.faults
    )
    return to_plain(Examination(faults, *seen(datasets, splits), found.not_looked_at))


def plan(asked: Mapping[str, Any], tell: Tell) -> Any:
    """{"wish": PlanWish} → a `TrainingPlan`."""
    from inference.training.planning import propose

    wish = from_plain(PlanWish, asked["wish"], "wish")
    datasets = read(wish.data, tell)
    tell("plan", 0, 1)
    return to_plain(propose(wish, datasets))


def evaluate(asked: Mapping[str, Any], tell: Tell) -> Any:
    """{"run": folder} → nothing: RUN/evaluation.json has it."""
    from inference.training.promotion.evaluation import evaluate as evaluate_run

    evaluate_run(run_folder(asked), tell=tell)
    return {}


def promote(asked: Mapping[str, Any], tell: Tell) -> Any:
    """{"run": folder} → the step of the history: its adapter is active. Raises RefusedByGate."""
    from inference.training.promotion.promote import promote as promote_run

    return to_plain(promote_run(run_folder(asked), tell=tell))


def compare(asked: Mapping[str, Any], tell: Tell) -> Any:
    """{"run", "films": [{"image", "attributes", "part"}], "prior_report"} and their npy → a `SideBySide`."""
    from inference.packs import open_pack
    from inference.training.promotion.evaluation import PACK
    from inference.training.promotion.on_one_study import FilmOfStudy, compare_on_study

    films = [
        FilmOfStudy(
            film_from_parts(one["image"], one["attributes"], pixels),
            from_plain(StudyFilm, one["part"], "part"),
        )
        for one, pixels in zip(asked["films"], asked["blobs"], strict=True)
    ]
    tell("compare", 0, 1)
    pack = open_pack(run_folder(asked) / PACK)
    return to_plain(compare_on_study(pack, films, prior_report=str(asked["prior_report"]), device="auto"))


ERRANDS: Mapping[str, Errand] = {
    "doctor": doctor,
    "plan": plan,
    "evaluate": evaluate,
    "promote": promote,
    "compare": compare,
}


def read(specs: Sequence[str], tell: Tell) -> tuple[DataSet, ...]:
    """Open all sources. Raises SourceRefused: one of them can't be read as a whole."""
    from inference.training.sources import open_data

    datasets = []
    for at, spec in enumerate(specs):
        tell("read", at, len(specs))
        datasets.append(open_data(spec))
    return tuple(datasets)


def seen(
    datasets: Sequence[DataSet], splits: Mapping[str, Split]
) -> tuple[tuple[DataSeen, ...], tuple[DataSeen, ...]]:
    """How much there is by source, and by part."""
    studies = [study for one in datasets for study in one.studies]
    sources = tuple(_seen(one.name, one.studies) for one in datasets)
    parts = tuple(
        _seen(part, [study for study in studies if splits.get(study.patient) == part]) for part in PARTS
    )
    return sources, parts


def _seen(name: str, studies: Iterable[KnownStudy]) -> DataSeen:
    every = tuple(studies)
    patients = {study.patient for study in every}
    return DataSeen(name, len(every), len(patients), sum(len(study.films) for study in every))


def run_folder(asked: Mapping[str, Any]) -> Path:
    return Path(str(asked["run"]))
