"""What a phase is judged by on the validation patients: the mean loss, or the macro AUROC of yes/no questions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from inference.text import answers
from inference.training.loop.ahead import readable
from inference.training.loop.course import Collate, Learning
from inference.training.loop.processes import Processes
from inference.training.plan import PhasePlan
from inference.training.samples import Sample

END = "</s>"
YES, NO = answers.YES + END, answers.NO + END


class NothingToJudge(Exception):
    """The validation samples can't give the metric; the message says what they lack."""


def judge(
    learner: Learning, collate: Collate, samples: Sequence[Sample], phase: PhasePlan, processes: Processes
) -> float:
    """The phase's metric over the validation samples, each process judging its share of them.

    Raises:
        NothingToJudge: There is nothing that the metric can be computed from.
    """
    with learner.judged():
        if phase.metric == "macro_auroc":
            return _macro_auroc(learner, collate, samples, processes)
        return _mean_loss(learner, collate, samples, phase.micro_batch, processes)


def check_judgeable(samples: Sequence[Sample], phase: PhasePlan) -> None:
    """Raises NothingToJudge: these samples can't give the phase's metric."""
    if phase.metric != "macro_auroc":
        return
    asked = {(_question(one), one.text.endswith(YES)) for one in samples if one.text.endswith((YES, NO))}
    if not any((question, True) in asked and (question, False) in asked for question, _ in asked):
        raise NothingToJudge(
            "No yes/no question has both a yes and a no among the validation patients, as macro_auroc needs."
        )


def _mean_loss(
    learner: Learning, collate: Collate, samples: Sequence[Sample], size: int, processes: Processes
) -> float:
    alike = sorted(samples, key=lambda sample: (len(sample.text), sample.id))
    groups = [alike[at : at + size] for at in range(0, len(alike), size)]
    total = weight = 0.0
    for group in groups[processes.index :: processes.count]:
        group_total, group_weight = _summed(learner, collate, group, processes)
        total, weight = total + group_total, weight + group_weight
    total, weight = processes.sum((total, weight))
    if not weight:
        raise NothingToJudge("The films that would judge it can't be read.")
    return total / weight


def _macro_auroc(
    learner: Learning, collate: Collate, samples: Sequence[Sample], processes: Processes
) -> float:
    """Mean over the yes/no questions of the AUROC of "Yes." against "No.", by the loss of either answer."""
    asked = [sample for sample in samples if sample.text.endswith((YES, NO))]
    scored: list[tuple[str, bool, float]] = []
    for sample in asked[processes.index :: processes.count]:
        yes, no = (_summed(learner, collate, [_answered(sample, answer)], processes) for answer in (YES, NO))
        if yes[1] and no[1]:
            scored.append((_question(sample), sample.text.endswith(YES), no[0] - yes[0]))
    by_question: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for question, is_present, score in processes.gather(scored):
        by_question[question][is_present].append(score)
    areas = [auroc(absent, present) for absent, present in by_question.values() if absent and present]
    if not areas:
        raise NothingToJudge("The films that would judge it can't be read.")
    return math.fsum(areas) / len(areas)


def auroc(absent: Sequence[float], present: Sequence[float]) -> float:
    """The share of pairs in which the present one has the higher score; equal ones count half (Mann-Whitney)."""
    pairs = [(one > other) + 0.5 * (one == other) for one in present for other in absent]
    return math.fsum(pairs) / len(pairs)


def _summed(
    learner: Learning, collate: Collate, samples: Sequence[Sample], processes: Processes
) -> tuple[float, float]:
    batch, _ = readable(samples, collate, varied=False)
    if batch is None:
        return 0.0, 0.0
    batch = batch.to(processes.device)
    return float(learner(batch)), float(batch.weight)


def _question(sample: Sample) -> str:
    """The user's last turn: the same for all studies that are asked it."""
    return sample.text.rpartition("[INST]")[2].rpartition("[/INST]")[0]


def _answered(sample: Sample, answer: str) -> Sample:
    """The same conversation with another last answer, YES or NO, where it had one of them."""
    return replace(sample, text=sample.text.removesuffix(YES).removesuffix(NO) + answer)
