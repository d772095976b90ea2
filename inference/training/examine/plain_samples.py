"""The one conversation that every study with a report is trained on, to be weighed before the mix is drawn. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.text import prompts
from inference.text.report import clean_report
from inference.training.examine.subject import Row
from inference.training.samples import Sample


def plain_samples(rows: Sequence[Row]) -> Iterator[Sample]:
    """One sample for each study with films and findings: all its pictures, its prior report, its findings."""
    for row in rows:
        findings = prompts.plain(row.study.findings or row.study.impression)
        current = row.own_films
        priors = tuple(film for film in row.study.films if film.role == "prior")
        if not findings.strip() or not current:
            continue
        if priors:
            asked = prompts.on_studies(
                len(priors), len(current), row.study.prior_report, prompts.MULTI_STUDY_DESCRIPTION
            )
        elif len(current) > 1:
            asked = prompts.on_images(len(current), prompts.MULTI_IMAGE_DESCRIPTION)
        else:
            asked = prompts.on_image(prompts.SINGLE_DESCRIPTION)
        text = prompts.chat_text([("user", asked), ("assistant", clean_report(findings))])
        yield Sample(
            f"{row.study.id}/report",
            row.source.name,
            row.study.id,
            row.study.patient,
            "report",
            text,
            priors + current,
        )
