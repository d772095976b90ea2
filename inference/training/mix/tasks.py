"""All tasks by name. Data."""

from __future__ import annotations

from collections.abc import Mapping

from inference.training.mix import film_dialogues, grounding, labels, questions, reports
from inference.training.mix.conversation import Task

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        reports.REPORT_ONLY,
        reports.SINGLE,
        reports.MULTI_IMAGE,
        reports.MULTI_STUDY,
        reports.WITH_INDICATION,
        reports.IMPRESSION,
        labels.CLASSIFICATION,
        labels.YES_NO,
        grounding.FINDING_GROUNDING,
        grounding.GROUNDED_FINDING,
        grounding.ABNORMALITY_DETECTION,
        grounding.MULTI_FINDING_GROUNDING,
        grounding.ORGAN_GROUNDING,
        grounding.GROUNDED_ORGAN,
        grounding.PHRASE_GROUNDING,
        grounding.GROUNDED_PHRASE,
        grounding.ANATOMY_GROUNDING,
        grounding.GROUNDED_ANATOMY,
        questions.OPEN,
        questions.CLOSED,
        questions.DIFFERENCE,
        film_dialogues.FILM_DIALOGUE,
    )
}
"""Published (`inference.training.mix.published`) are all but `report_only`, which is the first phase's,
`report_with_indication` and `impression`, whose prompts are published without data, `yes_no`, which the engine asks
of every film, and `film_dialogue`, MedXChat's, which an adapter of its own learns."""
