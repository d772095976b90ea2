"""What the model is asked for another wording of a sentence. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inference.backend import FINDINGS, Request, WriteSentence
from inference.text.labels import PRESENT, UNCERTAIN, label_report
from plugin.report.provenance import part_sentences
from plugin.review.reviewed import reviewed_findings
from plugin.state import StudyReading


@dataclass(frozen=True, slots=True)
class Behind:
    """The findings behind a sentence, on the film that shows them."""

    image: str
    labels: tuple[str, ...]


def findings_behind(reading: StudyReading, sentence: str) -> Behind | None:
    """What a sentence of the report states and the finding list holds, rejected findings left out; None: nothing.

    A sentence of the model, changed or not, is about what the model says; another one about what its words name.
    """
    told = next((one for one in part_sentences(reading, "report") if one.text == sentence), None)
    origin = told.origin if told is not None else ""
    line = next((one for one in reading.sentences if origin and one.text.strip() == origin), None)
    named = {label for label, value in label_report(sentence).items() if value in (PRESENT, UNCERTAIN)}
    ids = set(line.finding_ids) if line is not None else set()
    behind = [
        one
        for one in reviewed_findings(reading)
        if one.stands and one.label in FINDINGS and (one.id in ids or one.label in named)
    ]
    if not behind:
        return None
    image = behind[0].image
    return Behind(image, tuple(dict.fromkeys(one.label for one in behind if one.image == image)))


def rewrite_request(behind: Behind) -> Callable[[str], Request]:
    return lambda study_id: WriteSentence(study_id, behind.image, behind.labels)
