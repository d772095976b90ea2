"""A template filled with what is already written: each sentence goes to its place, the rest is the template's. Pure.

Nothing that stands in the text is lost, and a template's normal text is never put where the AI or the reader says
something else: a place that a sentence speaks of gets no text of the template, and a place whose finding is present
gets an empty field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference.text.labels import label_report
from plugin.report.provenance import ReportSentence, part_sentences
from plugin.report.split import sentence_texts
from plugin.report.state import TemplateApplied
from plugin.review.reviewed import reviewed_findings
from plugin.state import StudyReading


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a template: what belongs there, and what stands there where nobody has written anything."""

    title: str
    normal: str
    findings: tuple[str, ...] = ()  # of inference.backend.FINDINGS
    words: tuple[str, ...] = ()  # whole words, lower case, that belong here too
    with_prior: str = ""  # added where the study was read with a prior; the only text that may compare


@dataclass(frozen=True, slots=True)
class Template:
    """A report's arrangement."""

    id: str
    title: str
    places: tuple[Place, ...]
    impression: str = ""


def fill(template: Template, reading: StudyReading) -> TemplateApplied:
    """Arrange what is written about the study as the template has it."""
    written = [one for one in part_sentences(reading, "report") if one.provenance != "template"]
    stated = [_stated(one, reading) for one in written]
    goes_to = [
        _place_of(template.places, labels, one.text) for labels, one in zip(stated, written, strict=True)
    ]
    present = {one.label for one in reviewed_findings(reading) if one.stands}
    spoken_of = set[str]().union(*stated)
    lines: list[str] = []
    own: list[str] = []  # with its heading, as it is parted into sentences again later
    for number, place in enumerate(template.places):
        here = [
            one.text for one, place_number in zip(written, goes_to, strict=True) if place_number == number
        ]
        told = _own_text(place, bool(here), spoken_of, present)
        compared = place.with_prior if _has_prior(reading) and (here or told) else ""
        line = " ".join(part for part in (*here, told, compared) if part)
        own.append(_titled(place, " ".join(part for part in (told, compared) if part)))
        if line:
            lines.append(_titled(place, line))
    lines += [one.text for one, place_number in zip(written, goes_to, strict=True) if place_number is None]
    impression = _impression(template, reading)
    sentences = tuple(one for text in (*own, impression[1]) for one in sentence_texts(text))
    return TemplateApplied("\n".join(lines), impression[0], sentences)


def _titled(place: Place, line: str) -> str:
    return f"{place.title}: {line}" if place.title else line


def _own_text(place: Place, has_sentence: bool, spoken_of: set[str], present: set[str]) -> str:
    if has_sentence or spoken_of & set(place.findings):
        return ""
    if present & set(place.findings):
        names = ", ".join(label for label in place.findings if label in present)
        return f"[{names}]"  # the list says so and no sentence does: the reader must
    return place.normal


def _place_of(places: Sequence[Place], labels: set[str], text: str) -> int | None:
    words = {word.strip(".,;:()[]").lower() for word in text.split()}
    by_finding = (n for n, place in enumerate(places) if labels & set(place.findings))
    by_word = (n for n, place in enumerate(places) if words & set(place.words))
    return next(by_finding, next(by_word, None))


def _stated(one: ReportSentence, reading: StudyReading) -> set[str]:
    """The findings that a sentence speaks of, denied ones too."""
    labels = set(label_report(one.text))
    told = next((line for line in reading.sentences if one.origin and line.text.strip() == one.origin), None)
    ids = set(told.finding_ids) if told is not None else set()
    return labels | {finding.label for finding in reading.findings if finding.id in ids}


def _has_prior(reading: StudyReading) -> bool:
    """A prior was read with the study: only then may anything compare (PR-7)."""
    priors = [film for film in reading.films if film.role == "prior"]
    return reading.prior is not None and any(film.image and not film.not_read for film in priors)


def _impression(template: Template, reading: StudyReading) -> tuple[str, str]:
    """The impression, and the part of it that is the template's."""
    written = part_sentences(reading, "impression")
    if any(one.provenance != "template" for one in written):
        return reading.impression.shown, ""
    return template.impression, template.impression
