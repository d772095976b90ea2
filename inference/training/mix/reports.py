"""Tasks about reports: from one film, from a study, from a study and its prior; and the impression of a text."""

from __future__ import annotations

from random import Random

from inference.text import prompts
from inference.training.mix.conversation import (
    MOST_FILMS,
    Case,
    Conversation,
    Task,
    current_films,
    prior_films,
)
from inference.training.mix.labels import asked_list
from inference.training.mix.report_text import told_impression, told_report
from inference.training.rows import KnownStudy


def _has_report(study: KnownStudy) -> bool:
    return bool(study.findings.strip()) and bool(current_films(study))


def _single_pools(study: KnownStudy) -> tuple[str, ...]:
    return ("report",) if _has_report(study) else ()


def _multi_image_pools(study: KnownStudy) -> tuple[str, ...]:
    return ("report",) if _has_report(study) and len(current_films(study)) > 1 else ()


def _multi_study_pools(study: KnownStudy) -> tuple[str, ...]:
    has_prior = bool(study.prior_report.strip()) and bool(prior_films(study))
    return ("report",) if _has_report(study) and has_prior else ()


def _indication_pools(study: KnownStudy) -> tuple[str, ...]:
    return ("report",) if _has_report(study) and study.indication.strip() else ()


def _impression_pools(study: KnownStudy) -> tuple[str, ...]:
    return ("texts",) if study.findings.strip() and study.impression.strip() else ()


def _report_only(case: Case, _pool: str, rng: Random) -> Conversation | None:
    """The first phase: a picture and its report."""
    report = told_report(case.study.findings, with_prior=False)
    film = rng.choice(case.current)
    return Conversation((film,), ((prompts.REPORT_ONLY, report),)) if report else None


def _single(case: Case, _pool: str, rng: Random) -> Conversation | None:
    """The findings first and the report from them; without any label known, the report in one turn."""
    report = told_report(case.study.findings, with_prior=False)
    if report is None:
        return None
    film = rng.choice(case.current)
    listed = asked_list(case.study, [film])
    if listed is None:
        return Conversation((film,), ((prompts.on_image(prompts.SINGLE_DESCRIPTION), report),))
    findings, answer = listed
    first = prompts.single_image_findings(findings)
    return Conversation((film,), ((first, answer), (prompts.SINGLE_REPORT, report)))


def _multi_image(case: Case, _pool: str, _rng: Random) -> Conversation | None:
    report = told_report(case.study.findings, with_prior=False)
    films = case.current[: min(MOST_FILMS, case.most_films)]
    if report is None or len(films) < 2:
        return None
    listed = asked_list(case.study, films)
    if listed is None:
        question = prompts.on_images(len(films), prompts.MULTI_IMAGE_DESCRIPTION)
        return Conversation(films, ((question, report),))
    findings, answer = listed
    first = prompts.multi_image_findings(len(films), findings)
    return Conversation(films, ((first, answer), (prompts.MULTI_IMAGE_REPORT, report)))


def _multi_study(case: Case, _pool: str, _rng: Random) -> Conversation | None:
    """The nearest prior with its report, then the study itself; here a report may compare."""
    report = told_report(case.study.findings, with_prior=True)
    each = min(MOST_FILMS, case.most_films // 2)
    if report is None or not each:
        return None
    priors, films = prior_films(case.study)[:each], case.current[:each]
    count = len(priors), len(films)
    listed = asked_list(case.study, films)
    if listed is None:
        question = prompts.on_studies(*count, case.study.prior_report, prompts.MULTI_STUDY_DESCRIPTION)
        return Conversation((*priors, *films), ((question, report),))
    findings, answer = listed
    first = prompts.multi_study_findings(*count, case.study.prior_report, findings)
    return Conversation((*priors, *films), ((first, answer), (prompts.MULTI_STUDY_REPORT, report)))


def _with_indication(case: Case, _pool: str, rng: Random) -> Conversation | None:
    report = told_report(case.study.findings, with_prior=False)
    film = rng.choice(case.current)
    question = prompts.on_image(prompts.indication_description(case.study.indication))
    return Conversation((film,), ((question, report),)) if report else None


def _impression(case: Case, _pool: str, _rng: Random) -> Conversation | None:
    """From the findings' text alone, as the model will have drafted it: cleaned."""
    findings = told_report(case.study.findings, with_prior=True)
    impression = told_impression(case.study.impression, case.study.findings)
    if findings is None or impression is None:
        return None
    return Conversation((), ((prompts.impression(findings), impression),))


REPORT_ONLY = Task("report_only", "studies with a findings text", _single_pools, _report_only)
SINGLE = Task("report_single", "studies with a findings text", _single_pools, _single)
MULTI_IMAGE = Task(
    "report_multi_image",
    "studies with a findings text and two films or more",
    _multi_image_pools,
    _multi_image,
    least_films=2,
)
MULTI_STUDY = Task(
    "report_multi_study",
    "studies with a findings text, a prior's films and the prior's findings text",
    _multi_study_pools,
    _multi_study,
    least_films=2,
)
WITH_INDICATION = Task(
    "report_with_indication",
    "studies with a findings text and an indication",
    _indication_pools,
    _with_indication,
)
IMPRESSION = Task(
    "impression", "studies with a findings text and an impression", _impression_pools, _impression
)
