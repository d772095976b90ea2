"""What of all that happens to a study goes into the audit log (SE-3). Pure; looks at what has changed, so that undoing
and redoing are seen as well. Labels, counts, codes and seconds only: never a name, a prompt or a report's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from inference.backend import FINDINGS
from plugin.ask.state import QuestionAnswered, QuestionAsked
from plugin.events import PanelEvent, ReadingStarted
from plugin.output.state import Copied, Exported, OutputEvent, Printed
from plugin.report.provenance import PROVENANCES, counts, dropped, sentences
from plugin.report.state import MeasurementInserted, OfferDeclined, OfferTaken
from plugin.review.state import HumanBox, Verdict
from plugin.signing.state import CriticalRecord, FindingStatus, SignedVersion
from plugin.site.state import ConsentChanged, SettingsChanged
from plugin.state import StudyReading
from plugin.synthesis.events import SyntheticSaved
from plugin.wording import run_seconds


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that is told in the audit log; the log adds who, when, which study and which model."""

    what: str
    details: Mapping[str, Any] = field(default_factory=dict)


def audit_lines(before: StudyReading, event: PanelEvent, after: StudyReading) -> tuple[Happening, ...]:
    """What to tell of one event; nothing where it changed nothing that matters."""
    if isinstance(event, SettingsChanged):
        return (Happening("settings_changed", {"names": list(event.names)}),)
    if isinstance(event, ConsentChanged):
        return (Happening("consent_changed", {"is_given": event.is_given}),)
    if isinstance(event, OutputEvent):
        return (_of_output(event),)
    if isinstance(event, SyntheticSaved):
        return (_of_synthesis(event),)
    if before == after:
        return ()
    return (
        *_of_runs(before, event, after),
        *_of_first_look(before, after),
        *_of_verdicts(before, after),
        *_of_added(before, after),
        *_of_boxes(before, after),
        *_of_text(before, event, after),
        *_of_signing(before, after),
    )


def _of_output(event: OutputEvent) -> Happening:
    """What left the panel, and how far it was reviewed; never where it went."""
    match event:
        case Copied(_, status):
            return Happening("copied", {"status": status})
        case Printed(_, status, pages):
            return Happening("printed", {"status": status, "pages": pages})
        case Exported(_, status, kinds, files):
            return Happening("exported", {"status": status, "kinds": list(kinds), "files": files})


def _of_synthesis(event: SyntheticSaved) -> Happening:
    """A synthetic film has left: which picture of which generator, never its words."""
    details = {"view": event.view, "from_patient": event.is_from_patient, "image": event.image}
    return Happening("synthetic_saved", details | {"generator": event.pack})


def _of_runs(before: StudyReading, event: PanelEvent, after: StudyReading) -> Iterator[Happening]:
    if isinstance(event, ReadingStarted):
        films = [film for film in after.films if film.role != "prior"]
        yield Happening("reading_started", {"films": len(films), "has_prior": after.prior is not None})
    if isinstance(event, QuestionAsked):
        yield Happening("question_asked", {"number": len(after.exchanges), "kind": event.how.kind})
    if isinstance(event, QuestionAnswered):
        details = {"number": len(after.exchanges), "kind": event.asked.kind, "answered_by": "program"}
        yield Happening("question_asked", details)
    if before.is_reading and not after.is_reading:
        yield _end_of_reading(after)
    is_lost = after.problem is not None and after.problem.is_backend_lost
    if is_lost and not (before.problem is not None and before.problem.is_backend_lost):
        yield Happening("backend_lost", {"during": after.kind})


def _end_of_reading(after: StudyReading) -> Happening:
    seconds = round(run_seconds(after.stages), 1)
    if after.phase != "done":
        return Happening("reading_failed", {"phase": after.phase, "seconds": seconds})
    present = [finding.label for finding in after.findings if finding.presence == "present"]
    details = {
        "seconds": seconds,
        "present": len(present),
        "labels": sorted(set(present)),
        "boxes": len(after.boxes),
        "draft_length": len(after.report.drafted),
    }
    return Happening("reading_finished", details)


def _of_first_look(before: StudyReading, after: StudyReading) -> Iterator[Happening]:
    then, now = before.first_look, after.first_look
    mode = {"mode": now.mode}
    if now.is_committed and not then.is_committed:
        seconds = seconds_between(now.first_seen_at, now.committed_at)
        yield Happening("first_look_committed", mode | {"seconds": seconds})
    if now.shows_ai and not then.shows_ai:
        yield Happening("ai_revealed", mode | {"by": now.revealed_by or "mode"})
    elif then.shows_ai and not now.shows_ai:
        yield Happening("ai_hidden", mode)


def seconds_between(earlier: str, later: str) -> float | None:
    """Seconds from one time to the other, both ISO 8601; None where one is none."""
    try:
        passed = datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    except (ValueError, TypeError):
        return None
    return round(passed.total_seconds(), 1)


def _of_verdicts(before: StudyReading, after: StudyReading) -> Iterator[Happening]:
    then = {(verdict.label, verdict.image): verdict for verdict in before.review.verdicts}
    now = {(verdict.label, verdict.image): verdict for verdict in after.review.verdicts}
    for place, verdict in now.items():
        if then.get(place) != verdict:
            yield Happening(f"finding_{verdict.kind}", _about(verdict, after))
    for place, verdict in then.items():
        if place not in now:
            yield Happening("verdict_taken_back", _about(verdict, after) | {"was": verdict.kind})


def _about(verdict: Verdict, reading: StudyReading) -> dict[str, Any]:
    known = (one for one in reading.findings if (one.label, one.image) == (verdict.label, verdict.image))
    finding = next(known, None)
    confidence = finding.confidence if finding is not None else None
    return {
        "label": verdict.label,
        "confidence": round(confidence, 3) if confidence is not None else None,
        "reason": verdict.reason,
    }


def _of_added(before: StudyReading, after: StudyReading) -> Iterator[Happening]:
    then = {added.id: added for added in before.review.added}
    now = {added.id: added for added in after.review.added}
    for id_, added in now.items():
        if id_ not in then:
            yield Happening("finding_added", {"label": _listed(added.words.label)})
        elif added != then[id_]:
            yield Happening("finding_edited", {"label": _listed(added.words.label), "was": "added"})
    for id_, added in then.items():
        if id_ not in now:
            yield Happening("verdict_taken_back", {"label": _listed(added.words.label), "was": "added"})


def _listed(label: str) -> str:
    """A finding of the list by its name; what the reader put into own words stays out of the log."""
    return label if label in FINDINGS else "other"


def _of_boxes(before: StudyReading, after: StudyReading) -> Iterator[Happening]:
    then = {box.id: box for box in before.review.boxes}
    now = {box.id: box for box in after.review.boxes}
    for id_, box in now.items():
        old = then.get(id_)
        if old is None or old.xyxy != box.xyxy:
            yield Happening(_done_to(box, is_new=old is None), _of_box(box))
    for id_, box in then.items():
        if id_ not in now:
            yield Happening("box_restored" if box.of_xyxy else "box_deleted", _of_box(box))


def _done_to(box: HumanBox, is_new: bool) -> str:
    if box.xyxy is None:
        return "box_deleted"
    return "box_added" if is_new and box.of_xyxy is None else "box_moved"


def _of_box(box: HumanBox) -> dict[str, Any]:
    return {"label": _listed(box.label), "by": "AI" if box.of_xyxy else "reader"}


def _of_text(before: StudyReading, event: PanelEvent, after: StudyReading) -> Iterator[Happening]:
    if after.is_edited and not before.is_edited:
        length = len(after.report.shown) + len(after.impression.shown)
        yield Happening("text_first_edited", {"length": length, "draft_length": _draft_length(after)})
    if isinstance(event, MeasurementInserted):
        yield Happening("measurement_inserted", {"kind": event.mark.kind, "part": event.part})
    offer = before.writing.offer
    if isinstance(event, OfferTaken | OfferDeclined) and offer is not None:
        what = "impression_regenerated" if offer.part == "impression" else "sentence_regenerated"
        yield Happening(what, {"is_taken": isinstance(event, OfferTaken)})


def _draft_length(reading: StudyReading) -> int:
    return len(reading.report.drafted) + len(reading.impression.drafted)


def _of_signing(before: StudyReading, after: StudyReading) -> Iterator[Happening]:
    then, now = before.signing, after.signing
    if now.stage != "draft" and then.stage == "draft":
        yield Happening("sign_asked")
    if now.checked is not None and then.checked is None:  # later ones only follow the reader's typing
        kinds = Counter(doubt.kind for doubt in now.doubts)
        yield Happening("checks_run", {"doubts": len(now.doubts), "kinds": dict(sorted(kinds.items()))})
    for one in now.acknowledged:
        if one not in then.acknowledged:
            yield Happening("check_acknowledged", {"kind": one.kind})
    for record in now.critical:
        if record not in then.critical:
            yield Happening("critical_communicated", _of_critical(record))
    for version in now.versions[len(then.versions) :]:
        yield _of_version(after, version)


def _of_critical(record: CriticalRecord) -> dict[str, Any]:
    told = record.told
    if told is None:
        return {"subject": record.subject, "is_critical": False}
    return {"subject": record.subject, "is_critical": True, "category": told.category, "method": told.method}


def _of_version(reading: StudyReading, version: SignedVersion) -> Happening:
    known = {"version": version.number, "version_sha256": version.sha256}
    if version.kind == "addendum":
        return Happening("addendum_signed", known | {"length": len(version.addendum)})
    findings = Counter(finding.status for finding in version.findings)
    written = counts(sentences(reading))
    details = {
        "mode": version.mode,
        "saw_ai": version.saw_ai,
        "seconds": seconds_between(reading.first_look.first_seen_at, version.at),
        "draft_length": _draft_length(reading),
        "sentences": {kind: written.get(kind, 0) for kind in PROVENANCES}
        | {"dropped": len(dropped(reading))},
        "findings": {status: findings[status] for status in get_args(FindingStatus)},
        "checks": len(version.acknowledged),
    }
    return Happening("signed", details | known)
