"""From what is known about a study to what the checks look at. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from plugin.checks.doubts import CheckedFinding, CheckedMeasure, CheckInput, PriorAtHand, Side, Verdict
from plugin.first_look.visible import visible
from plugin.prior.pairs import disagreements
from plugin.report.provenance import sentences as report_sentences
from plugin.review.reviewed import ReviewedFinding, StandingBox, reviewed_findings
from plugin.sentences import UNSUPPORTED
from plugin.signing.standing import words_to_sign
from plugin.signing.state import FindingStatus
from plugin.state import StudyReading
from viewer.api import Hanging, ReaderMark
from viewer.core.hanging import is_lateral
from viewer.core.library import days_between
from viewer.core.study import Film, FilmHeader, Study

ADDENDUM_STANDS_ALONE = "See the signed report."
MIDLINE = 0.05
"""Share of the film's width on either side of its middle that counts as neither left nor right."""
_VERDICTS: dict[FindingStatus, Verdict] = {
    "untouched": "open",
    "accepted": "accepted",
    "added": "accepted",
    "edited": "edited",
    "rejected": "rejected",
}
_WORDED: dict[str, frozenset[Side]] = {
    "left": frozenset({"left"}),
    "right": frozenset({"right"}),
    "both sides": frozenset({"left", "right"}),
}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(mm²|cm²|px²|mm|cm|°)?")
_YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def check_input(
    reading: StudyReading, hanging: Hanging, marks: Iterable[ReaderMark] = (), prior_report: str = ""
) -> CheckInput:
    """What the checks may know of the study on screen, its films and its prior.

    Args:
        marks: What the reader measured on the study's films.
        prior_report: The text about the prior, where one is known.
    """
    words = words_to_sign(reading)
    is_addendum = reading.signing.addendum is not None
    films = hanging.current.films if hanging.current is not None else ()
    header = films[0].header if films else None
    return CheckInput(
        report=words.report,
        impression=ADDENDUM_STANDS_ALONE if is_addendum else words.impression,
        sex=header.patient_sex.strip().upper() if header is not None else "",
        age_years=age_of(header) if header is not None else None,
        views=tuple(_view(film.header) for film in films),
        prior=_prior(hanging.current, hanging.prior, prior_report),
        findings=() if is_addendum else _findings(visible(reading), films),
        measures=tuple(measures_of(marks)),
        untouched=() if is_addendum else untouched(reading),
        unsupported=() if is_addendum else unsupported(reading),
    )


def age_of(header: FilmHeader) -> float | None:
    """Years, from Patient's Age (0010,1010), else from birth date and study date; None: neither says it."""
    told = re.fullmatch(r"(\d{1,3})([YMWD])", header.patient_age.strip().upper())
    if told:
        return int(told.group(1)) * _YEARS[told.group(2)]
    if header.patient_birth_date is None or header.study_date is None:
        return None
    return (header.study_date - header.patient_birth_date).days / 365.25


def measures_of(marks: Iterable[ReaderMark]) -> Iterable[CheckedMeasure]:
    """The numbers that stand at the reader's marks; a CTR's widths are lengths too."""
    for mark in marks:
        for line in mark.lines:
            for number, unit in _NUMBER.findall(line):
                if unit in {"mm", "cm"}:
                    yield CheckedMeasure("length", float(number), unit)
                elif unit == "°" or mark.kind in {"angle", "cobb"}:
                    yield CheckedMeasure(mark.kind, float(number), "°")
                elif mark.kind == "ctr" and not unit:
                    yield CheckedMeasure("ctr", float(number), "")


def untouched(reading: StudyReading) -> tuple[str, ...]:
    """Sentences that stand as the model drafted them and that nothing shows the reader to have weighed.

    Second reader only. Where the reader has changed or judged nothing these are all of them; else those that state a
    finding without a verdict.
    """
    if reading.first_look.mode != "second reader":
        return ()
    shown = visible(reading)
    standing = [one.text for one in report_sentences(shown) if one.provenance == "ai"]
    if not reading.is_edited and not reading.review.verdicts and not reading.review.added:
        return tuple(standing)
    left = {one.id for one in reviewed_findings(shown) if not one.is_looked_at}
    about = {line.text.strip() for line in shown.sentences if left & set(line.finding_ids)}
    return tuple(text for text in standing if text.strip() in about)


def unsupported(reading: StudyReading) -> tuple[tuple[str, str], ...]:
    """Sentences that stand as the model drafted them and that its finding list, or its two films, do not bear out."""
    shown = visible(reading)
    standing = {one.text.strip() for one in report_sentences(shown) if one.provenance == "ai"}
    otherwise = disagreements(shown)
    told = {flag.sentence_id: flag.why for flag in shown.flags if flag.kind == UNSUPPORTED}
    lines = [line for line in shown.sentences if line.text.strip() in standing]
    reasons = [(line.text.strip(), told.get(line.id) or otherwise.get(line.id, "")) for line in lines]
    return tuple((text, why) for text, why in reasons if why)


def _view(header: FilmHeader) -> str:
    return "LATERAL" if is_lateral(header) else header.view_position.strip().upper()


def _prior(current: Study | None, prior: Study | None, report: str) -> PriorAtHand | None:
    if current is None or prior is None:
        return None
    return PriorAtHand(prior.study_date, days_between(current, prior), report)


def _findings(reading: StudyReading, films: Sequence[Film]) -> tuple[CheckedFinding, ...]:
    by_key = {film.key: film for film in films}
    on_film = {
        told.image: by_key[told.film_key] for told in reading.films if told.image and told.film_key in by_key
    }
    return tuple(
        CheckedFinding(
            one.model.label if one.model is not None and one.status != "edited" else one.label,
            "present",
            one.model.confidence if one.model is not None else None,
            _VERDICTS[one.status],
            _sides(one, on_film),
        )
        for one in reviewed_findings(reading)
    )


def _sides(one: ReviewedFinding, films: dict[str, Film]) -> frozenset[Side]:
    """The patient's sides that its boxes lie on; the reader's own word where there is one."""
    if one.side:
        return _WORDED[one.side]
    named = [side_of_box(box, films[box.image].header) for box in one.boxes if box.image in films]
    if len(named) != len(one.boxes) or None in named:
        return frozenset()  # one of them lies in the middle, or nobody knows which side is which
    return frozenset(side for side in named if side is not None)


def side_of_box(box: StandingBox, header: FilmHeader) -> Side | None:
    """The patient's side of a box on a frontal film; None in the middle, on a lateral film, or where sides are unknown.

    Patient Orientation (0020,0020) says where rows run to; a film without one is taken as it usually hangs, with the
    patient's right at the left.
    """
    if is_lateral(header) or not header.is_verified:
        return None
    orientation = header.pixels.patient_orientation
    runs_to = orientation[0][:1] if orientation else "L"
    columns = header.pixels.columns
    off = (box.xyxy[0] + box.xyxy[2]) / 2 - columns / 2
    if abs(off) <= MIDLINE * columns or runs_to not in {"L", "R"}:
        return None
    return "left" if (off > 0) == (runs_to == "L") else "right"
