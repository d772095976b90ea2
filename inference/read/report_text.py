"""report.txt: the draft as a person reads it. It can't be mistaken for a signed report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.backend import DRAFT_MARK, RESEARCH_USE, Finding, PackInfo
from inference.read.draft import StudyDraft
from inference.read.findings_file import Skip, heading
from inference.read.order import name_of
from inference.text.nothing_found import nothing_found
from viewer.core.study import Film

NO_PRIOR = "No prior loaded: no comparison was made."
NO_LOCATION = "No location given by the model."
NOT_CALIBRATED = "not calibrated here"


def report_text(drafts: Sequence[StudyDraft], skipped: Sequence[Skip], pack: PackInfo) -> str:
    """The whole file, with the draft mark first and last."""
    read = [draft for draft in drafts if draft.films_read()]
    blocks = [
        DRAFT_MARK,
        "\n".join(_about(pack)),
        *("\n".join(_study(read, draft)) for draft in read),
        "\n".join(_skipped(skipped)),
        f"{RESEARCH_USE}\n{DRAFT_MARK}",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _about(pack: PackInfo) -> Iterator[str]:
    yield f"Model: {pack.title} {pack.version} ({pack.id}, manifest SHA-256 {pack.sha256})"
    yield f"Licence of the model: {pack.licence}{' (research only)' if pack.research_only else ''}"
    if pack.id == "starter":
        yield "Small demonstration model. Expect errors."
    if pack.not_assessed:
        yield f"Not assessed by this model: {', '.join(pack.not_assessed)}."


def _study(read: Sequence[StudyDraft], draft: StudyDraft) -> Iterator[str]:
    title = heading(read, draft)
    yield title
    yield "-" * len(title)
    yield from (f"WARNING: {warning}" for warning in draft.order.warnings)
    yield _prior(draft)
    yield ""
    for film in draft.films_read():
        yield from _film(draft, film)
    yield ""
    yield "FINDINGS:"
    yield draft.report.strip() or "(the model wrote nothing)"
    if draft.impression.strip():
        yield ""
        yield "IMPRESSION:"
        yield draft.impression.strip()
    if draft.flags:
        yield ""
        yield "CHECK:"
        yield from _checks(draft)


def _prior(draft: StudyDraft) -> str:
    if not draft.order.priors:
        return NO_PRIOR
    days = draft.order.days_before
    age = "days apart not known" if days is None else f"{days} day{'' if days == 1 else 's'} earlier"
    return f"Compared with: {', '.join(name_of(film) for film in draft.order.priors)} ({age})."


def _film(draft: StudyDraft, film: Film) -> Iterator[str]:
    findings = draft.findings_of(film)
    present = [one for one in findings if one.presence == "present"]
    yield f"{name_of(film)} ({film.header.view_position or 'view not stated'}):"
    yield from (f"  NOTE: {notice}" for notice in draft.notices_of(film))
    if nothing := nothing_found(findings):
        yield f"  {nothing}"
    yield from (f"  - {_present(draft, one)}" for one in present)


def _present(draft: StudyDraft, finding: Finding) -> str:
    confidence = finding.confidence
    calibrated = "" if finding.calibrated else f", {NOT_CALIBRATED}"
    sure = "" if confidence is None else f", model's probability {confidence:.2f}{calibrated}"
    boxes = [f"[{', '.join(f'{edge:.0f}' for edge in box.xyxy)}]" for box in draft.boxes_of(finding)]
    place = f"boxes in pixels: {' '.join(boxes)}" if boxes else NO_LOCATION
    return f"{finding.label}{sure}. {place}"


def _checks(draft: StudyDraft) -> Iterator[str]:
    sentences = {one.id: one.text for one in draft.sentences}
    for flag in draft.flags:
        sentence = sentences.get(flag.sentence_id or "")
        yield f"  - {flag.why}" + (f" In: “{sentence}”" if sentence else "")


def _skipped(skipped: Sequence[Skip]) -> Iterator[str]:
    if skipped:
        yield "NOT READ:"
        yield from (f"  - {one.source}: {one.reason}" for one in skipped)
