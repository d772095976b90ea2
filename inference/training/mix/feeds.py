"""What a task is fed with: the studies of a side that it can ask about, drawn by weight. Pure but for opening films."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from inference.training.mix.conversation import Case, Conversation, Task
from inference.training.mix.places import Places
from inference.training.rows import DataSet, KnownStudy, Split
from inference.training.samples import Sample

STUDIES_TRIED = 20
"""Of a task, before another one is taken: a study may turn out to give no conversation."""


class Source:
    """A data set's studies by side, without synthetic films."""

    def __init__(self, dataset: DataSet, splits: Mapping[str, Split], takes_synthetic: bool) -> None:
        self.dataset = dataset
        self.places = Places(dataset)
        self.studies: dict[Split, list[KnownStudy]] = {"train": [], "val": [], "test": []}
        for study in dataset.studies:
            kept = study if takes_synthetic else without_synthetic(study)
            if kept is not None:
                self.studies[splits[study.patient]].append(kept)


def without_synthetic(study: KnownStudy) -> KnownStudy | None:
    """The study without its synthetic films; None where all its films are: its words are then about none."""
    films = tuple(film for film in study.films if not film.is_synthetic)
    if len(films) == len(study.films):
        return study
    return replace(study, films=films) if films else None


@dataclass(frozen=True, slots=True)
class _Pool:
    """Studies that can be asked the same, with weights added up: each source counts by its number of studies."""

    studies: Sequence[tuple[Source, KnownStudy]]
    bounds: Sequence[float]

    def draw(self, rng: Random) -> tuple[Source, KnownStudy]:
        place = rng.random() * self.bounds[-1]
        return self.studies[min(bisect_right(self.bounds, place), len(self.studies) - 1)]


class Feed:
    """One task and the studies that it can ask about."""

    def __init__(self, task: Task, sources: Sequence[Source], split: Split) -> None:
        self._task = task
        members: dict[str, list[tuple[Source, KnownStudy, float]]] = {}
        for source in sources:
            by_pool: dict[str, list[KnownStudy]] = {}
            for study in source.studies[split]:
                if study.weight > 0:
                    for pool in task.pools(study):
                        by_pool.setdefault(pool, []).append(study)
            for pool, studies in by_pool.items():
                mean = sum(study.weight for study in studies) / len(studies)
                rows = members.setdefault(pool, [])
                rows += [(source, study, study.weight / mean) for study in studies]
        if task.needed_pool and task.needed_pool not in members:
            members = {}
        self._pools = {name: _pool(members[name]) for name in sorted(members)}

    @property
    def studies(self) -> int:
        return sum(len(pool.studies) for pool in self._pools.values())

    def draw(self, rng: Random, most: int) -> tuple[Source, KnownStudy, Conversation] | None:
        for _ in range(STUDIES_TRIED):
            name = rng.choice(list(self._pools))
            source, study = self._pools[name].draw(rng)
            talk = self._task.ask(Case(source.dataset, study, source.places, most), name, rng)
            if talk is not None:
                return source, study, talk
        return None

    def fixed(self, wanted: int, most: int, number: str) -> list[Sample]:
        """Up to `wanted` samples, from the pools in turn; the same whatever the run's seed is."""
        samples: list[Sample] = []
        rng = Random(self._task.name)  # noqa: S311
        orders = [(name, rng.sample(pool.studies, len(pool.studies))) for name, pool in self._pools.items()]
        for at in range(max((len(studies) for _, studies in orders), default=0)):
            for name, studies in orders:
                if len(samples) >= wanted:
                    return samples
                if at >= len(studies):
                    continue
                source, study = studies[at]
                case = Case(source.dataset, study, source.places, most)
                talk = self._task.ask(case, name, Random(f"{self._task.name}/{study.id}"))  # noqa: S311
                if talk is not None:
                    samples.append(sample_of(self._task.name, source, study, talk, number))
        return samples


def _pool(rows: Sequence[tuple[Source, KnownStudy, float]]) -> _Pool:
    return _Pool([(source, study) for source, study, _ in rows], list(accumulate(w for *_, w in rows)))


def sample_of(task: str, source: Source, study: KnownStudy, talk: Conversation, number: str) -> Sample:
    return Sample(
        id=f"{source.dataset.name}/{study.id}/{task}/{number}",
        source=source.dataset.name,
        study=study.id,
        patient=study.patient,
        task=task,
        text=talk.text,
        films=talk.films,
    )
