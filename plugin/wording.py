"""The words of the panel: exact safety strings, and states put into a reader's language. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from inference.backend import Finding, Flag, PackInfo
from plugin.events import PriorUsed
from plugin.state import Stage, StudyReading

RESEARCH_USE_SHORT = "Research use only. Not a medical device."
STARTER = "Small demonstration model. Expect errors."
NOT_ASSESSED = "Not assessed by this model: {findings}."
NO_LOCATION = "No location given by the model."
NO_PRIOR = "No prior loaded: no comparison was made."
PRIOR_NOT_READ = "The prior was not read: no comparison was made."
CROPPED = "The model saw the marked square only; the strips outside it were not read."
BOX_PRECISION = "Boxes are accurate to about 1 % of the short side; nothing below 3 % is reliable."
NOT_ANSWERING = "The AI does not answer. Your text is safe. Restart AI."
STILL_WRITING = "The model is still writing this text. Type when it is done, or press Stop."
MODEL_TEXT = "Model text, not evidence."
NOT_CALIBRATED = "not calibrated here"
SYNTHETIC = "SYNTHETIC – NOT A PATIENT IMAGE"

STAGES = {
    "loading": "Loading the model",
    "prepare": "Preparing the films",
    "start": "Starting the AI",
    "send": "Handing over the films",
    "gate": "Checking the films",
    "encode": "Looking at the films",
    "findings": "Listing findings",
    "confidence": "Weighing findings",
    "boxes": "Locating findings",
    "report": "Writing the report",
    "places": "Locating sentences",
    "impression": "Writing the impression",
    "answer": "Answering",
    "drawing": "Drawing a synthetic film",
    "waiting": "Waiting for something more urgent",
    "training": "Waiting for the training to leave the graphics card",
}

_LIKELY_FROM = 0.7


def lost_backend(reason: str) -> str:
    """The client's own words begin so already; said twice they hide the reason."""
    reason = reason.strip().rstrip(".") or "reason unknown"
    said = reason if reason.startswith("The AI ") else f"The AI stopped ({reason})"
    return f"{said}. Your text is safe. Restart AI."


def not_read(reason: str) -> str:
    return f"This image was not read: {reason.strip().rstrip('.')}."


def sentence_case(label: str) -> str:
    return label[:1].upper() + label[1:]


def presence_word(finding: Finding) -> str:
    """likely, possible, unlikely or not assessed; never at odds with `presence`, which the pack's threshold made."""
    match finding.presence:
        case "absent":
            return "unlikely"
        case "not assessed":
            return "not assessed"
    is_sure = finding.confidence is not None and finding.confidence >= _LIKELY_FROM
    return "likely" if is_sure else "possible"


def percent(confidence: float | None) -> str:
    """Whole per cent, never 0 % or 100 %: no model is that sure."""
    if confidence is None:
        return ""
    if confidence < 0.01:
        return "< 1 %"
    return "> 99 %" if confidence > 0.99 else f"{confidence * 100:.0f} %"


def certainty(finding: Finding) -> str:
    """For instance "likely · 82 %". Shown together with `calibration_note`."""
    if finding.presence == "not assessed":
        return presence_word(finding)
    return " · ".join(part for part in (presence_word(finding), percent(finding.confidence)) if part)


def calibration_note(finding: Finding) -> str:
    return "" if finding.calibrated or finding.presence == "not assessed" else NOT_CALIBRATED


def seconds(duration_s: float) -> str:
    if duration_s < 0.05:
        return "< 0.1 s"
    return f"{duration_s:.1f} s" if duration_s < 10 else f"{duration_s:.0f} s"


def stage_text(stage: Stage, now_s: float) -> str:
    """For instance "Looking at the films 1 of 2 · 0.8 s"."""
    name = STAGES.get(stage.name, sentence_case(stage.name))
    unit = " MB" if stage.name == "loading" else ""
    count = f" {stage.done} of {stage.total}{unit}" if stage.ended_s is None and stage.total > 1 else ""
    end_s = now_s if stage.ended_s is None else stage.ended_s
    return f"{name}{count} · {seconds(max(0.0, end_s - stage.started_s))}"


def status_text(state: StudyReading, now_s: float) -> str:
    """One line about the latest run: where it is, or how it ended. While nothing may be seen, the gate says it."""
    if state.first_look.withholds and state.phase in {"running", "stopped", "done"}:
        return ""
    match state.phase:
        case "idle":
            return ""
        case "stopping":
            return "Stopping…"
        case "running":
            if state.kind == "comparison":
                return f"{_drafted(state)} Comparing with the prior…"
            if state.queue_position is not None:
                return f"Waiting, {state.queue_position} before this one"
            return stage_text(state.stages[-1], now_s) if state.stages else "Starting…"
        case "stopped":
            is_aside = state.kind == "comparison"
            return _drafted(state) if is_aside else "Stopped. What was found until then is shown."
        case "failed":
            return _drafted(state) if state.kind == "comparison" else "Not finished."
        case "done":
            return _done_text(state)


def _done_text(state: StudyReading) -> str:
    if state.kind == "comparison":
        return _drafted(state)
    total = seconds(run_seconds(state.stages))
    return f"Answered in {total}." if state.kind == "question" else f"Draft ready in {total}. Please review."


def _drafted(state: StudyReading) -> str:
    """What was said of the reading before a comparison began beside it."""
    took = "" if state.drafted_in_s is None else f" in {seconds(state.drafted_in_s)}"
    return f"Draft ready{took}. Please review."


def run_seconds(stages: tuple[Stage, ...]) -> float:
    """From the start of the first stage to the end of the last."""
    if not stages or stages[-1].ended_s is None:
        return 0.0
    return stages[-1].ended_s - stages[0].started_s


def comparison_text(state: StudyReading) -> str:
    """What the draft was compared with; empty as long as there is no draft."""
    if not (state.is_complete or state.report.drafted) or state.first_look.withholds:
        return ""
    if state.prior is None:
        return NO_PRIOR
    priors = [film for film in state.films if film.role == "prior"]
    if all(film.not_read or not film.image for film in priors):
        return PRIOR_NOT_READ
    return f"Compared with {_prior_words(state.prior)}."


def _prior_words(prior: PriorUsed) -> str:
    when = f"the prior of {prior.study_date.isoformat()}" if prior.study_date else "the prior without a date"
    match prior.days_before:
        case None:
            age = "age not known"
        case 1:
            age = "1 day earlier"
        case days:
            age = f"{days} days earlier"
    return f"{when}, {age}" + (", and its report" if prior.has_report else "")


def flag_text(state: StudyReading, flag: Flag) -> str:
    """A reason to doubt, with the sentence or the film that it is about."""
    sentence = next((line for line in state.sentences if line.id == flag.sentence_id), None)
    if sentence is not None:
        return f"“{sentence.text.strip()}” {_reason(flag)}"
    film = next((film for film in state.films if film.image == flag.image and flag.image), None)
    return f"{film.title}: {_reason(flag)}" if film is not None and len(state.films) > 1 else _reason(flag)


def _reason(flag: Flag) -> str:
    return CROPPED if flag.kind == "cropped" else flag.why


def pack_text(pack: PackInfo) -> str:
    """Names the model, its version and its weights, as every export must."""
    return f"{pack.title} {pack.version} ({pack.id}, manifest {pack.sha256[:12]})"


def not_assessed(findings: Sequence[Finding]) -> str:
    """Names what the model judged on none of the films, though it read one: its report may speak of it all the same."""
    assessed = {finding.label for finding in findings if finding.presence != "not assessed"}
    unknown = [finding.label for finding in findings if finding.label not in assessed]
    if not assessed or not unknown:
        return ""
    return NOT_ASSESSED.format(findings=", ".join(dict.fromkeys(unknown)))
