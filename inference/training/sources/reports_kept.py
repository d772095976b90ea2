"""Of the reports of one study the one that counts, without whose it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from inference.corrections.scrub import REMOVED, Identity, scrub_header
from inference.training.sources.found_reports import FoundReport
from inference.training.sources.sections import Sections
from inference.training.sources.tables import Troubles
from viewer.core.study import Study

_SENTENCE_END = re.compile(r"(?<=[.;!?])\s+")


def best_report(study: Study, found: Sequence[FoundReport], troubles: Troubles) -> FoundReport | None:
    """The first with words from a table or a text file, else the verified or latest structured report; or None.

    Drafts, what a program wrote, and reports of another patient are told and left out.
    """
    fit = [report for report in found if _is_fit(report, study, troubles)]
    documents = [report for report in fit if report.document is not None]
    others = [report for report in fit if report.document is None]
    for report in others[1:]:
        if report.sections != others[0].sections:
            troubles.add(
                report.place,
                f"a second report of the study of {others[0].place}; the first was taken",
                "Leave one of the two.",
            )
    if documents and not (others and _has_words(others[0].sections)):
        return max(documents, key=_rank)
    return others[0] if others else None


def _rank(report: FoundReport) -> tuple[bool, str]:
    document = report.document
    assert document is not None
    return document.verification == "VERIFIED", document.content_time


def _has_words(sections: Sections) -> bool:
    return bool(sections.findings or sections.impression or sections.free)


def _is_fit(report: FoundReport, study: Study, troubles: Troubles) -> bool:
    document = report.document
    number = study.films[0].header.patient_id.strip()
    if report.patient and number and report.patient.strip() != number:
        troubles.add(
            report.place,
            "the report's patient is another one than the film's; it was left out",
            "Check which of the two is wrong before anything is trained on either.",
        )
        return False
    if document is None:
        return True
    if document.preliminary == "PRELIMINARY" or document.completion == "PARTIAL":
        troubles.add(
            report.place, "the report is a draft; it was left out", "Export it again when it is signed."
        )
        return False
    if document.observer_types and set(document.observer_types) == {"Device"}:
        troubles.add(
            report.place,
            "a program wrote this report, no person; it was left out",
            "Nothing: a model must not learn from another model's words.",
            is_intended=True,
        )
        return False
    return True


def without_names(report: FoundReport, study: Study, troubles: Troubles) -> Sections:
    """The report's sections without the sentences that hold the patient's name, number or birth date."""
    headers = [film.header for film in study.films]
    identity = Identity(
        names=tuple({header.patient_name for header in headers} - {""}),
        numbers=tuple(
            {number for one in headers for number in (one.patient_id, one.accession_number)} - {""}
        ),
        dates=tuple({header.patient_birth_date for header in headers if header.patient_birth_date}),
    )
    left_out = 0
    cleaned: dict[str, str] = {}
    for name in ("findings", "impression", "indication", "free"):
        cleaned[name], count = _without(getattr(report.sections, name), identity)
        left_out += count
    if left_out:
        hold = "a sentence holds" if left_out == 1 else f"{left_out} sentences hold"
        troubles.add(
            report.place,
            f"{hold} the patient's name, number or birth date; left out of the text",
            "Nothing must be done. Export reports without identifiers to keep the words.",
            is_intended=True,
        )
    return replace(report.sections, **cleaned)


def _without(text: str, identity: Identity) -> tuple[str, int]:
    scrubbed, count = scrub_header(text, identity)
    if not count:
        return text, 0
    sentences = _SENTENCE_END.split(scrubbed)
    kept = [sentence for sentence in sentences if REMOVED not in sentence]
    return " ".join(kept), len(sentences) - len(kept)
