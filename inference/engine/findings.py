"""What one film shows: the model's list, a probability for each finding, and the state that follows from both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference.backend import FINDINGS, Finding
from inference.engine.answer_forms import FINDING_LIST
from inference.engine.confidence import confidences
from inference.engine.grounding import ShortQuestion, short_answers
from inference.engine.session import Job, Session
from inference.text import prompts
from inference.text.answers import parse_finding_list


def finding_list(session: Session, job: Job, image: str) -> str:
    """Which of the 13 does the model find on this film alone? Also multi-label classification (m4cxr.md §4.4)."""
    (answer,) = short_answers(session, job, [ShortQuestion(image, prompts.which_findings(), FINDING_LIST)])
    return answer


def film_findings(
    session: Session, job: Job, image: str, listed: str, ids: Iterator[int]
) -> Iterator[Finding]:
    """The 13 findings of a film, from the model's list and its own yes and no to each.

    Args:
        listed: The answer that names what is present.
        ids: Numbers for the findings' ids, "f1" and so on.
    """
    names = parse_finding_list(listed)
    raw = confidences(session.dialogue, job, image, job.settings.not_assessed)
    for label in FINDINGS:
        yield judged(f"f{next(ids)}", label, image, raw.get(label), label in names, job)


def judged(id_: str, label: str, image: str, raw: float | None, is_listed: bool, job: Job) -> Finding:
    """A finding's state, by the pack's settings (`inference.engine.settings`); no probability = not assessed."""
    if raw is None:
        return Finding(id_, label, "not assessed", None, False, image)
    confidence, is_calibrated = job.settings.confidence(label, raw)
    presence = job.settings.presence(label, confidence, is_listed)
    return Finding(id_, label, presence, confidence, is_calibrated, image)


def finding_told(finding: Finding) -> dict[str, Any]:
    """A finding as results hold it."""
    return {
        "image": finding.image,
        "label": finding.label,
        "presence": finding.presence,
        "confidence": finding.confidence,
        "calibrated": finding.calibrated,
    }
