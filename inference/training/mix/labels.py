"""Tasks about labels: which findings are there, one by one or as a list. What is not known is not asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from inference.backend import FINDINGS, NO_FINDING
from inference.text import prompts
from inference.text.answers import NO, UNCERTAIN, YES, format_finding_list
from inference.training.mix.conversation import Case, Conversation, Task, Turn, about_a_film, current_films
from inference.training.rows import LABELS, Known, KnownFilm, KnownStudy, label_of

MOST_PRESENT, MOST_ABSENT, MOST_UNCERTAIN = 3, 4, 1
"""Questions about one film in a conversation of yes and no."""
ANSWERS: Mapping[Known, str] = {"present": YES, "absent": NO, "uncertain": UNCERTAIN}
_WITH_FINDING_WORDS: Mapping[Known, str] = {"present": NO, "absent": YES, "uncertain": UNCERTAIN}
"""The same for "no finding", which is asked about the other way round."""


def known_of(study: KnownStudy, films: Sequence[KnownFilm]) -> dict[str, Known]:
    """What is known of films that are read together: present on one is present, absent on all is absent."""
    found: dict[str, Known] = {}
    for label in LABELS:
        words = {label_of(study, film, label) for film in films} - {None}
        for word in ("present", "uncertain", "absent"):
            if word in words:
                found[label] = word
                break
    return found


def asked_list(study: KnownStudy, films: Sequence[KnownFilm]) -> tuple[tuple[str, ...], str] | None:
    """The findings that are asked about and the answer that names those present, as published: positives only.

    Where the labels were read out of the report, the list is the whole one: it says what the report states, and a
    finding that the report is silent about is none that it states. Otherwise only what is known is asked about. None
    where nothing is known.
    """
    known = known_of(study, films)
    is_of_report = "report" in study.label_source.lower() and bool(study.findings.strip())
    findings = FINDINGS if is_of_report else tuple(name for name in FINDINGS if name in known)
    if not findings:
        return None
    present = [name for name in findings if known.get(name) == "present"]
    return findings, format_finding_list(present, findings)


def _labelled_films(study: KnownStudy) -> list[KnownFilm]:
    return [film for film in current_films(study) if known_of(study, [film])]


def _pools(study: KnownStudy) -> tuple[str, ...]:
    return ("labelled",) if _labelled_films(study) else ()


def _list_pools(study: KnownStudy) -> tuple[str, ...]:
    return ("labelled",) if any(asked_list(study, [film]) for film in current_films(study)) else ()


def _classification(case: Case, _pool: str, rng: Random) -> Conversation | None:
    film = rng.choice([film for film in case.current if asked_list(case.study, [film])])
    listed = asked_list(case.study, [film])
    if listed is None:
        return None
    findings, answer = listed
    return about_a_film(film, [(prompts.which_findings(findings), answer)])


def _yes_no(case: Case, _pool: str, rng: Random) -> Conversation | None:
    """Several findings of one film, in any order; "are there any findings" only by itself: it answers the others."""
    film = rng.choice(_labelled_films(case.study))
    known = known_of(case.study, [film])
    any_finding = known.pop(NO_FINDING, None)
    if any_finding is not None and (not known or rng.random() < 1 / (1 + len(known))):
        return about_a_film(film, [(prompts.ANY_FINDINGS, _WITH_FINDING_WORDS[any_finding])])
    turns: list[Turn] = []
    for word, most in (("present", MOST_PRESENT), ("absent", MOST_ABSENT), ("uncertain", MOST_UNCERTAIN)):
        names = [name for name, value in known.items() if value == word]
        chosen = rng.sample(names, min(most, len(names)))
        turns += [(prompts.is_present(name), ANSWERS[known[name]]) for name in chosen]
    rng.shuffle(turns)
    return about_a_film(film, turns)


def single_questions(study: KnownStudy) -> list[tuple[str, Conversation]]:
    """Each finding that is known on the study's first labelled film, asked alone as the engine asks it; by name."""
    films = _labelled_films(study)
    if not films:
        return []
    known = known_of(study, films[:1])
    asked = [
        (name, about_a_film(films[0], [(prompts.is_present(name), ANSWERS[word])]))
        for name, word in known.items()
        if name != NO_FINDING and word != "uncertain"
    ]
    return [(name, talk) for name, talk in asked if talk is not None]


CLASSIFICATION = Task("classification", "studies with labels", _list_pools, _classification)
YES_NO = Task("yes_no", "studies with labels", _pools, _yes_no)
