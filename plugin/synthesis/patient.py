"""What can be made *from this patient* at this moment: which films, whose words, which findings. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import FilmView
from inference.synthesis.wish import VIEWS
from plugin.records.corrections import identity_of
from plugin.state import StudyReading
from plugin.study_films import FilmToRead, plan_reading, study_key
from plugin.synthesis.describe import Description, PatientWish, Stated, described, stated_findings
from viewer.api import Hanging

NO_STUDY = "No study is open. Open one, and let the AI read it or write its report."
LOOK_FIRST = (
    "Look at the study yourself first: the AI's draft is still hidden, and these films would show it."
)
NO_WORDS = "There is no draft and no report of this study yet. Read it, or write its report first."
NO_FILM = "This study has no film that the generator could begin from."
ONLY_NOTHING = "Nothing harmless is left of the report's words."


@dataclass(frozen=True, slots=True, eq=False)
class PatientOffer:
    """The study on screen, as far as films can be made from it; `obstacle` says why none can."""

    key: str = ""
    obstacle: str = NO_STUDY
    films: tuple[FilmToRead, ...] = ()
    words_from: str = ""
    report: str = ""
    findings: tuple[str, ...] = ()  # that the report states
    stated: Stated | None = None


def offer_of(hanging: Hanging, shown: StudyReading) -> PatientOffer:
    """Args: what hangs, and what the reader may see of it (`Desk.shown`)."""
    key = study_key(hanging)
    if hanging.current is None or not key:
        return PatientOffer()
    if shown.first_look.withholds:
        return PatientOffer(key, LOOK_FIRST)
    films = tuple(
        item
        for item in plan_reading(hanging).films
        if item.role != "prior" and not item.film.header.is_synthetic
    )
    if not films:
        return PatientOffer(key, NO_FILM)
    report, words_from = _words(shown)
    if not report:
        return PatientOffer(key, NO_WORDS, films)
    stated = _stated(shown)
    return PatientOffer(key, "", films, words_from, report, stated_findings(report, stated), stated)


def description_of(hanging: Hanging, offer: PatientOffer, wish: PatientWish) -> Description:
    """The words for the generator: none of them may tell whose they are."""
    return described(offer.report, identity_of(hanging), wish, offer.stated)


def said(wish: PatientWish) -> str:
    """The wish in a few words."""
    match wish.change:
        case "without":
            return f"Without {wish.finding}"
        case "larger":
            return f"Larger {wish.finding}"
        case "smaller":
            return f"Smaller or earlier {wish.finding}"
    return "Same findings"


def film_view(item: FilmToRead) -> FilmView:
    """The view of a film of the study, as its header says it; frontal films without a view count as PA."""
    if item.role == "lateral":
        return "lateral"
    told = item.film.header.view_position.strip().upper()
    return next((view for view in VIEWS if view == told), "PA")


def other_view(view: FilmView) -> FilmView:
    return "PA" if view == "lateral" else "lateral"


def _words(shown: StudyReading) -> tuple[str, str]:
    """The findings text, else the impression; signed words before all others."""
    if shown.signing.is_signed:
        version = shown.signing.versions[-1]
        text = version.report.strip() or version.impression.strip()
        return text, "the signed report"
    text = shown.report.shown.strip() or shown.impression.shown.strip()
    return text, "the edited draft" if shown.is_edited else "the draft"


def _stated(shown: StudyReading) -> Stated:
    labels = {finding.id: finding.label for finding in shown.findings if finding.presence == "present"}
    return {
        sentence.text: frozenset(labels[id] for id in sentence.finding_ids if id in labels)
        for sentence in shown.sentences
    }
