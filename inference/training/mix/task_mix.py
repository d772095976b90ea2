"""The stream of samples of one phase: which task, which study, which conversation. Every draw by its number alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from random import Random

from inference.errors import InvalidRequest
from inference.text.answers import YES
from inference.training.mix.conversation import MOST_FILMS
from inference.training.mix.feeds import STUDIES_TRIED, Feed, Source, sample_of
from inference.training.mix.labels import single_questions
from inference.training.mix.tasks import TASKS
from inference.training.plan import PhasePlan
from inference.training.rows import DataSet, Split
from inference.training.samples import Sample

PUBLISHED_IMAGE_TOKENS = 361
TEXT_TOKENS = 300  # kept free for the words of a sample
VALIDATION_SAMPLES = 160
LEAST_VALIDATION = 4  # of a task
MOST_QUESTIONS = 480  # where yes and no judge a phase
TASKS_TRIED = 50


class NothingToLearn(InvalidRequest):
    """None of the phase's tasks can be fed by the data."""

    remedy = (
        "`sidelight train doctor` says what the data hold. A task needs studies that are not held out, with what it "
        "asks about: a findings text, labels, boxes or answers."
    )


class TaskMix:
    """Samples of one phase.

    `draw` is a pure function of the data, the phase, the seed and its number: a run goes on from any step without
    a state of its own. Held-out patients, films of reference sets and synthetic films are never drawn.

    Args:
        datasets: As read.
        splits: Of every patient, from `inference.training.splits`.
        phase: Its `tasks` are the weights; those that the data can't feed are left out and `missing` says so.
        seed: The run's.
        takes_synthetic: Films that say that they are synthetic are learnt from as well.
        image_tokens: That one film takes of a sample's length.

    Raises:
        InvalidRequest: A task is unknown, a weight is no number from 0 on, or two sources have one name.
        NothingToLearn: No task is left.
    """

    def __init__(
        self,
        datasets: Sequence[DataSet],
        splits: Mapping[str, Split],
        phase: PhasePlan,
        seed: int = 0,
        *,
        takes_synthetic: bool = False,
        image_tokens: int = PUBLISHED_IMAGE_TOKENS,
    ) -> None:
        check_tasks(phase.tasks)
        _check_names(datasets)
        self._seed, self._metric = f"{seed}/{phase.name}", phase.metric
        self._sources = [Source(dataset, splits, takes_synthetic) for dataset in datasets]
        self._most_films = most_films(phase.max_length, image_tokens)
        wanted = {name: weight for name, weight in phase.tasks.items() if weight > 0}
        feeds = {name: Feed(TASKS[name], self._sources, "train") for name in wanted}
        too_long = {name for name in wanted if TASKS[name].least_films > self._most_films}
        self._feeds = {name: feed for name, feed in feeds.items() if feed.studies and name not in too_long}
        self.missing: Mapping[str, str] = {
            **{name: TASKS[name].needs for name, feed in feeds.items() if not feed.studies},
            **dict.fromkeys(sorted(too_long), "samples that are long enough for two films (max_length)"),
        }
        """Tasks that are left out, and what each would need."""
        if not self._feeds:
            raise NothingToLearn("The data feed none of the tasks: " + ", ".join(wanted) + ".")
        total = sum(wanted[name] for name in self._feeds)
        self.tasks: Mapping[str, float] = {name: wanted[name] / total for name in self._feeds}
        """Share of the draws by task; they sum up to 1."""

    @cached_property
    def studies(self) -> Mapping[str, int]:
        """Studies that each task can be drawn from."""
        return {name: feed.studies for name, feed in self._feeds.items()}

    def draw(self, index: int) -> Sample:
        """The sample of this number.

        Raises:
            NothingToLearn: Study after study turned out to give no conversation: unreadable films, boxes outside the
                square, reports of which nothing is left.
        """
        rng = Random(f"{self._seed}/{index}")  # noqa: S311  # repeatable, not secret
        for _ in range(TASKS_TRIED):
            (name,) = rng.choices(list(self.tasks), list(self.tasks.values()))
            drawn = self._feeds[name].draw(rng, self._most_films)
            if drawn is not None:
                return sample_of(name, *drawn, number=str(index))
        raise NothingToLearn(f"No conversation could be made in {TASKS_TRIED * STUDIES_TRIED} tries.")

    def examples(self, task: str, count: int) -> tuple[Sample, ...]:
        """Up to `count` samples of one task, always the same: to look at, or to measure."""
        return tuple(self._feeds[task].fixed(count, self._most_films, "example"))

    def validation(self) -> tuple[Sample, ...]:
        """Samples of the patients that watch the training: always the same, each task about as often as it is drawn.

        Where the phase is judged by yes and no, each known finding is asked alone, as the engine asks it. Empty where
        no patient watches.
        """
        if self._metric == "macro_auroc":
            return self._yes_and_no()
        samples: list[Sample] = []
        for name, share in self.tasks.items():
            wanted = max(LEAST_VALIDATION, round(share * VALIDATION_SAMPLES))
            feed = Feed(TASKS[name], self._sources, "val")
            samples += feed.fixed(wanted, self._most_films, "val")
        return tuple(samples)

    def _yes_and_no(self) -> tuple[Sample, ...]:
        """Of each finding about as many films with it as without, chosen by a hash."""
        by_answer: dict[tuple[str, bool], list[Sample]] = {}
        for source in self._sources:
            for study in source.studies["val"]:
                for name, talk in single_questions(study):
                    sample = sample_of("yes_no", source, study, talk, number=f"val/{name}")
                    by_answer.setdefault((name, talk.turns[0][1] == YES), []).append(sample)
        most = max(LEAST_VALIDATION, MOST_QUESTIONS // max(1, len(by_answer)))
        chosen = [sorted(samples, key=_lot)[:most] for samples in by_answer.values()]
        return tuple(sample for samples in chosen for sample in samples)


def mix_of_all(
    datasets: Sequence[DataSet],
    splits: Mapping[str, Split],
    *,
    takes_synthetic: bool = False,
    image_tokens: int = PUBLISHED_IMAGE_TOKENS,
) -> TaskMix:
    """A mix of every task that the data can feed, at the published length: to look at what there is."""
    phase = PhasePlan(
        name="instruction",
        parts=(),
        tasks=dict.fromkeys(TASKS, 1.0),
        steps=1,
        batch=1,
        micro_batch=1,
        learning_rate=0.0,
        weight_decay=0.0,
        warm_up=0,
    )
    return TaskMix(datasets, splits, phase, takes_synthetic=takes_synthetic, image_tokens=image_tokens)


def _lot(sample: Sample) -> bytes:
    return hashlib.sha256(sample.id.encode(errors="surrogatepass")).digest()


def check_tasks(tasks: Mapping[str, object]) -> None:
    """Raise InvalidRequest unless every name is a task's and every weight a number from 0 on."""
    for name, weight in tasks.items():
        if name not in TASKS:
            raise InvalidRequest(f"tasks names “{name}”; there are {', '.join(TASKS)}.")
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not 0 <= float(weight) < math.inf:  # type: ignore[arg-type]  # just checked
            raise InvalidRequest(f"tasks.{name} must be a number from 0 on.")


def _check_names(datasets: Sequence[DataSet]) -> None:
    """A sample names its source: two of one name could not be told apart."""
    names = [dataset.name for dataset in datasets]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InvalidRequest(f"Two sources are called “{twice[0]}”; name each of them once.")


def most_films(max_length: int, image_tokens: int) -> int:
    """Films that fit into a sample beside its words, ten at most (two studies of five)."""
    return max(1, min(2 * MOST_FILMS, (max_length - TEXT_TOKENS) // max(1, image_tokens)))
