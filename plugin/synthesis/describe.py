"""From a report to the description of a synthetic film *from this patient*: pure, sentence by sentence.

A generator reads a few dozen words. So what the wish changes comes first, then what the report states, then what it
denies. Identifiers never leave: a sentence with one is left out whole, by the rules of the corrections store.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from inference.backend import FINDINGS, FilmView
from inference.corrections.scrub import REMOVED, Identity, scrub
from inference.synthesis.wish import VIEW_SENTENCES, without_view_sentence
from inference.text.labels import ABSENT, label_sentence, narrower, sentences
from plugin.synthesis.grades import COUNTED, graded, in_words

Change = Literal["same", "without", "larger", "smaller"]
"""same: nothing but the view; smaller also stands for an earlier stage."""
Stated = Mapping[str, frozenset[str]]
"""What a reading says that its sentences state: a sentence's words -> findings. The rules find most by themselves."""

LEFT_OUT_ONE = "A sentence that names a person, a date or a number was left out."
LEFT_OUT = "{count} sentences that name a person, a date or a number were left out."
SAID_ANEW = "{finding} stood in the same sentence and is said anew, without its side."
ADDED = "The report does not state {finding}; a sentence that does was added."

_GONE = "xREMOVEDx"
"""In the place of `REMOVED` while sentences are told apart: one may begin with it, and none begins with a bracket."""
_TECHNIQUE = re.compile(
    r"\b(?:views?|radiographs?|films?|images?|projections?)\b[^.]*\b(?:obtained|provided|submitted|performed|acquired"
    r"|reviewed|compared)\b|\bcompar(?:ed|ison)\b|^\s*(?:technique|indication|history|comparison)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PatientWish:
    """What shall be seen of this patient."""

    change: Change = "same"
    finding: str = ""  # of FINDINGS; empty where nothing is changed
    view: FilmView = "lateral"


@dataclass(frozen=True, slots=True)
class Description:
    """The words for the generator, without the view sentence, and what was done to the report's."""

    text: str
    notes: tuple[str, ...] = ()


def described(
    report: str, identity: Identity, wish: PatientWish, stated: Stated | None = None
) -> Description:
    """The description of a wish.

    Args:
        report: Findings as drafted or signed.
        identity: What the headers on screen say about whose films they are.
        wish: What is asked for.
        stated: What a reading knows of its sentences; see `Stated`.
    """
    known = _Known(stated or {})
    clean, notes = _harmless(report, identity)
    match wish.change:
        case "without":
            lines, more = _without(clean, wish.finding, known)
        case "larger" | "smaller":
            lines, more = _changed(clean, wish.finding, wish.change == "larger", known)
        case _:
            lines, more = _in_order(clean, known), ()
    return Description(" ".join(f"{line.rstrip('.')}." for line in lines), (*notes, *more))


def stated_findings(report: str, stated: Stated | None = None) -> tuple[str, ...]:
    """The findings that a report states, in the order of the list: those that can be taken away or changed."""
    known = _Known(stated or {})
    found = {label for line in sentences(report) for label in known.stated(line)}
    return tuple(label for label in FINDINGS if label in found)


def prompt_shown(description: Description, view: FilmView) -> str:
    """All that the generator reads, for the reader."""
    return f"{VIEW_SENTENCES[view]} {description.text}".strip()


class _Known:
    """What a sentence states: by the rules, and by the reading it comes from."""

    def __init__(self, stated: Stated) -> None:
        self._stated = {_bare(text): labels for text, labels in stated.items()}

    def stated(self, line: str) -> frozenset[str]:
        """Stated or left open: what is only suspected is drawn as well."""
        by_rule = {label for label, value in label_sentence(line).items() if value != ABSENT}
        denied = {label for label, value in label_sentence(line).items() if value == ABSENT}
        return frozenset(by_rule | (self._stated.get(_bare(line), frozenset()) - denied))


def _harmless(report: str, identity: Identity) -> tuple[list[str], tuple[str, ...]]:
    """Sentences without identifiers, technique and comparison."""
    text, _ = scrub(report, identity)
    lines = [without_view_sentence(line) for line in sentences(text.replace(REMOVED, _GONE))]
    kept = [line for line in lines if line and _GONE not in line and not _TECHNIQUE.search(line)]
    hidden = sum(_GONE in line for line in lines)
    note = "A sentence that names a person, a date or a number was left out."
    return kept, (
        note if hidden == 1 else f"{hidden} sentences that name a person, a date or a number were left out.",
    ) if hidden else ()


def _in_order(lines: Iterable[str], known: _Known) -> list[str]:
    """What is stated before what is denied: a generator may not read to the end."""
    return sorted(lines, key=lambda line: not known.stated(line))


def _without(lines: list[str], finding: str, known: _Known) -> tuple[list[str], tuple[str, ...]]:
    """Take out each sentence that states the finding or a narrower one; say that it is not there.

    What such a sentence states besides is said anew, without its side: better that than to lose it unseen.
    """
    gone = {finding, *narrower(finding)}
    kept = [line for line in lines if not known.stated(line) & gone]
    taken = [line for line in lines if known.stated(line) & gone]
    still = {label for line in kept for label in known.stated(line)}
    wider = {label for label in FINDINGS if gone & set(narrower(label))}
    besides = [
        label
        for label in FINDINGS
        if label not in gone | still | wider and any(label in known.stated(line) for line in taken)
    ]
    kept = [line for line in kept if label_sentence(line).get(finding) != ABSENT or known.stated(line)]
    notes = tuple(
        f"{label.capitalize()} stood in the same sentence and is said anew, without its side."
        for label in besides
    )
    return [f"No {finding}", *(f"There is {_a(label)}" for label in besides), *_in_order(kept, known)], notes


def _changed(
    lines: list[str], finding: str, is_larger: bool, known: _Known
) -> tuple[list[str], tuple[str, ...]]:
    """Put the sentences that state the finding first, with their grade set; those of narrower ones where none does."""
    for labels in ({finding}, set(narrower(finding))):
        told = [line for line in lines if known.stated(line) & labels]
        if told:
            break
    else:
        added = ADDED.format(finding=finding)
        rest = [line for line in lines if not _denies(line, finding, known)]
        return [graded("", finding, is_larger), *_in_order(rest, known)], (added,)
    rest = [line for line in lines if line not in told and not _denies(line, finding, known)]
    return [*(graded(line, finding, is_larger) for line in told), *_in_order(rest, known)], ()


def _denies(line: str, finding: str, known: _Known) -> bool:
    return label_sentence(line).get(finding) == ABSENT and not known.stated(line)


def _a(label: str) -> str:
    words = in_words(label)
    return words if label not in COUNTED else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _bare(text: str) -> str:
    return " ".join(text.lower().strip(" .\n").split())
