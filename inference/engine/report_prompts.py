"""Which of the published prompts a report is asked for with (m4cxr.md §4.2, §4.3). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import ReportStyle
from inference.engine.films import Films
from inference.errors import InvalidRequest
from inference.text import prompts


@dataclass(frozen=True, slots=True)
class Question:
    """The turns that lead to a report, and the films they are about.

    `first` asks for the finding list. With `follows` the report is asked for in the turn after it, otherwise `second`
    is the first turn of a conversation of its own.
    """

    first: str
    second: str
    images: tuple[str, ...]
    follows: bool = True


def report_question(films: Films, prior_report: str, style: ReportStyle, indication: str = "") -> Question:
    """The prompts of a report about a prior study and the current one, about several films, or about one.

    Raises:
        InvalidRequest: The style has a place for other films than there are, or for an indication that is not there.
    """
    indication = " ".join(indication.split())
    if style == "with_indication" and not (len(films.current) == 1 and not films.priors and indication):
        raise InvalidRequest(
            "“style” with_indication needs an indication, one current film and no prior: "
            "the model's prompt for it has a place for nothing else."
        )
    current, priors = len(films.current), len(films.priors)
    if priors:
        told = " ".join(prior_report.split())
        first = prompts.multi_study_findings(priors, current, told)
        description = prompts.on_studies(priors, current, told, prompts.MULTI_STUDY_DESCRIPTION)
        report = prompts.MULTI_STUDY_REPORT
    elif current > 1:
        first = prompts.multi_image_findings(current)
        description = prompts.on_images(current, prompts.MULTI_IMAGE_DESCRIPTION)
        report = prompts.MULTI_IMAGE_REPORT
    else:
        is_alone = style != "with_indication"
        asked = prompts.SINGLE_DESCRIPTION if is_alone else prompts.indication_description(indication)
        first, description = prompts.single_image_findings(), prompts.on_image(asked)
        report = prompts.SINGLE_REPORT
    follows = style == "chain_of_thought"
    return Question(first, report if follows else description, (*films.priors, *films.current), follows)
