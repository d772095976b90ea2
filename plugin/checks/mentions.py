"""What a report's clauses state, deny or leave open, on which side. Pure.

A denial reaches from its word to the end of its clause, or to the verb that closes it ("no effusion is seen, tube in
place"). One that is limited ("no large effusion", "no acute fracture", "no new consolidation") denies only that much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from plugin.checks.concepts import BLANKET_PATTERNS, EXCLUDED, FAMILY, PATTERNS
from plugin.checks.doubts import Side
from plugin.checks.sentences import Part, clauses_of
from plugin.checks.sides import sides_of

Stance = Literal["stated", "denied", "open"]

_NEGATION = re.compile(
    r"\b(?:no|not|without|cleared|free of|clear of|negative for|absence of|absent|nor|neither|never|lack of"
    r"|resolved|resolution of"
    r"|removal of|no longer|fails? to (?:show|demonstrate)|ruled? out)\b",
    re.IGNORECASE,
)
_PSEUDO = re.compile(
    r"\bno (?:\w+ ){0,2}?(?:change|increase|decrease|progression|interval change|improvement)\b"
    r"|\bnot (?:significantly )?changed\b"
    r"|\b(?:can ?not|can't|could not) (?:be )?(?:entirely |completely |fully )?(?:exclude\w*|rule\w* out"
    r"|ruled out)\b"
    r"|\bnot (?:entirely |completely |fully )?(?:excluded|ruled out)\b|\bnot (?:optimal\w*|well|fully"
    r"|only) \w+\b|\bno doubt\b",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^[^.;]{0,100}?\b(?:(?:is|are|was|were|has|have) (?:not\b|no longer|been (?:excluded|removed|drained"
    r"|evacuated|withdrawn))"
    r"|(?:is|are) absent|not (?:seen|identified|present|evident|visuali[sz]ed|appreciated)|(?:has"
    r"|have) (?:\w+ )?(?:resolved|cleared"
    r"|disappeared)|resolved|cleared|no longer (?:seen|visible|present))\b"
    r"(?! on (?:the )?(?:prior|previous))",
    re.IGNORECASE,
)
_PARTLY = re.compile(
    r"\b(?:near|incomplete|partial)(?:ly)?[- ]?(?:complete(?:ly)? |total(?:ly)? )?(?:resolution|clearing"
    r"|resolved|cleared)\b",
    re.IGNORECASE,
)
_SCOPE_CLOSED = re.compile(
    r"\b(?:is|are|was|were) (?:seen|identified|present|noted|evident|visuali[sz]ed|visible|demonstrated"
    r"|appreciated|detected)\b"
    r"|\b(?:is|are) (?=(?:in place|in good|in satisfactory|unchanged|stable|enlarged|normal))|\bin place\b",
    re.IGNORECASE,
)
_HEDGE_BEFORE = re.compile(
    r"\b(?:may|might|could|possib\w+|suggest\w*|question\w*|versus|vs|cannot|can't|concern\w*|consider"
    r"|borderline|differential"
    r"|equivocal|potential\w*|probabl\w+|likely|presum\w+|near-? ?complete|clearing of|if|rather than"
    r"|instead of|exclude|evaluat\w+|assess\w*|history of|rule out|risk of|suspicious for"
    r"|like|mimic\w*|simulat\w+|previous(?:ly)?|prior|known|recommend\w*|advis\w+|signs? of tension|or)\b",
    re.IGNORECASE,
)
_HEDGE_AFTER = re.compile(
    r"^[^.;,]{0,40}\b(?:(?:not|cannot be|can ?not be|could not be) (?:\w+ )?(?:excluded|ruled out)|possible"
    r"|suspected|questioned|versus|vs"
    r"|is (?:less )?(?:un)?likely|unlikely)\b|^ or\b|^[^.;,]{0,20}\bis (?:considered|possible)",
    re.IGNORECASE,
)
_LIMITS = (
    r"large|larger|significant|sizable|sizeable|massive|gross|big|tension|displaced|acute|acutely|new|lobar"
    r"|segmental|overt"
    r"|frank|discrete|dominant|other|additional|further|moderate|recurrent|increas\w+|worsening|confluent"
    r"|dense|spiculated"
    r"|apical|basal|basilar|lower|upper|mid|perihilar|hilar|mediastinal|typical|convincing|obvious|layering"
    r"|loculated|calcified"
    r"|second|interval|laryngeal|cavitary|retrocardiac|pelvic|hip|skull|compression|vertebral|free-flowing"
    r"|enlarging|pathologic\w*|unusual|measurable|rib"
)
_LIMIT = re.compile(rf"\b(?:{_LIMITS})\b", re.IGNORECASE)
_SPREADING = re.compile(
    r"\b(?:large|significant|sizable|sizeable|massive|gross|big|acute|new|interval|other|additional)\b", re.I
)
"""Such a word in front of the first of a list stands for the whole list: "no large effusion or pneumothorax"."""
_OLD = re.compile(r"\b(?:old|healed|healing|chronic|remote|prior|previous|former|history)\b", re.IGNORECASE)
_OTHERWISE = re.compile(r"\b(?:otherwise|remainder|remaining|rest of|elsewhere)\b", re.IGNORECASE)
_WITHIN = re.compile(r"\bwithin (?:the )?(?:normal limits|limits of normal)\b", re.IGNORECASE)
_WEAK = re.compile(
    r"\b(?:upper limits?|limits? of normal|borderline|(?<!or )not (?!enlarged)|top|high|compared"
    r"|previous\w*|was|were|now|become"
    r"|became|apices|bases)\b|\bclear (?:of|without)\b",
    re.IGNORECASE,
)
_CHUNK = re.compile(r",|\b(?:and|or|nor|with|without|plus)\b|/", re.IGNORECASE)
_ANOTHER = re.compile(
    r"\b(?:(?:second|third|further|other|another) one|(?:one|another)(?= (?:lies|in|at|on|of|is)))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One concept, or one phrase that denies several, as a clause speaks of it."""

    concept: str  # of concepts.PATTERNS, or of concepts.BLANKETS
    stance: Stance
    sentence: Part
    start: int  # in the report or the impression
    end: int
    chunk: str  # the words around it, up to the next comma or conjunction
    sides: frozenset[Side] = frozenset()  # only those that are said of it
    is_limited: bool = False  # a denial of part of it, or a statement about something old
    is_blanket: bool = False

    @property
    def family(self) -> str:
        return FAMILY.get(self.concept, self.concept)


def mentions(sentences: Iterable[Part]) -> tuple[Mention, ...]:
    """All mentions, in the order of the text. "A second one on the left" speaks of what was named last."""
    found: list[Mention] = []
    for sentence in sentences:
        here = [mention for clause in clauses_of(sentence) for mention in _in_clause(clause, sentence)]
        last = next((one for one in reversed(found) if not one.is_blanket), None)
        if (
            not any(not one.is_blanket for one in here)
            and last is not None
            and _ANOTHER.search(sentence.text)
        ):
            here.append(_of_the_other(last, sentence))
        found += here
    return tuple(found)


def _of_the_other(last: Mention, sentence: Part) -> Mention:
    denied = _DENIED_AFTER.search(sentence.text) or _NEGATION.search(sentence.text)
    stance: Stance = "denied" if denied else last.stance
    return replace(
        last,
        stance=stance,
        sentence=sentence,
        start=sentence.start,
        end=sentence.end,
        chunk=sentence.text,
        sides=sides_of(sentence.text),
    )


def _in_clause(clause: Part, sentence: Part) -> Iterator[Mention]:
    text = _PSEUDO.sub(lambda match: " " * len(match.group(0)), clause.text)
    chunks = _chunks(text)
    spans = sorted(_spans(text), key=lambda span: span[1])
    for concept, start, end in spans:
        at = next(number for number, (begin, stop) in enumerate(chunks) if begin <= start < stop)
        stance = _stance(text, clause.text, start, end)
        begin, stop = chunks[at]
        yield Mention(
            concept,
            stance,
            sentence,
            clause.start + start,
            clause.start + end,
            text[begin : max(stop, end)],
            _sides(text, chunks, at, spans, (start, end), clause, sentence),
            _is_limited(concept, text, chunks, at, start, end, stance)
            or (stance == "denied" and bool(_OTHERWISE.search(sentence.text))),
        )
    for name, pattern in BLANKET_PATTERNS.items():
        match = pattern.search(clause.text)
        if match and not _is_weak(clause.text, sentence.text):
            yield Mention(
                name,
                "denied",
                sentence,
                clause.start + match.start(),
                clause.start + match.end(),
                clause.text,
                sides_of(clause.text),
                is_blanket=True,
            )


def _is_weak(clause: str, sentence: str) -> bool:
    """ "Otherwise clear", "upper limits of normal", "no abnormality compared with": not all is denied."""
    return bool(_WEAK.search(_WITHIN.sub("", clause)) or _OTHERWISE.search(sentence))


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    for name, pattern in PATTERNS.items():
        excluded = EXCLUDED.get(name)
        barred = [match.span() for match in excluded.finditer(text)] if excluded else []
        for match in pattern.finditer(text):
            if not any(begin <= match.start() < stop for begin, stop in barred):
                yield name, match.start(), match.end()


def _chunks(text: str) -> list[tuple[int, int]]:
    """Where the parts between commas and conjunctions begin and end; they cover the whole text."""
    cuts = [0, *(match.end() for match in _CHUNK.finditer(text)), len(text) + 1]
    return list(pairwise(cuts))


def _stance(text: str, whole: str, start: int, end: int) -> Stance:
    before = text[:start]
    closed = [match.end() for match in _SCOPE_CLOSED.finditer(before)]
    scope = before[closed[-1] :] if closed else before
    if _PARTLY.search(scope):
        return "open"
    if _HEDGE_AFTER.search(whole[end:]) and not _NEGATION.search(scope):
        return "open"
    if re.search(
        r"\b(?:rather than|instead of|if|exclude|evaluat\w+ for|history of)\b", scope, re.IGNORECASE
    ):
        return "open"
    if _NEGATION.search(scope) or _NEGATION.search(text[start:end]) or _DENIED_AFTER.search(text[end:]):
        return "denied"
    return "open" if _HEDGE_BEFORE.search(scope) else "stated"


def _is_limited(
    concept: str, text: str, chunks: Sequence[tuple[int, int]], at: int, start: int, end: int, stance: Stance
) -> bool:
    begin, stop = chunks[at]
    around = text[begin : max(stop, end)]
    if stance == "stated":
        return bool(_OLD.search(around))
    first = text[: chunks[0][1]]
    before = text[begin:start]
    if concept == "opacity" and re.search(r"\b(?:suspicious|abnormal|focal)\b", before, re.IGNORECASE):
        return True
    return bool(_LIMIT.search(before) or _LIMIT.search(text[start:end]) or _SPREADING.search(first))


def _sides(
    text: str,
    chunks: Sequence[tuple[int, int]],
    at: int,
    spans: Sequence[tuple[str, int, int]],
    own: tuple[int, int],
    clause: Part,
    sentence: Part,
) -> frozenset[Side]:
    """Of its own chunk, and of the ones after it that name nothing; else of those before it."""
    taken = {number for number, (begin, stop) in enumerate(chunks) for _, s, _ in spans if begin <= s < stop}
    begin, stop = chunks[at]
    others = [s for _, s, e in spans if begin <= s < stop and (s, e) != own and not (own[0] <= s < own[1])]
    words = [text[begin : max(stop, own[1])]]
    for number in range(at + 1, len(chunks)):
        if number in taken:
            break
        words.append(text[chunks[number][0] : chunks[number][1]])
    named = sides_of(" , ".join(words))
    if named or others:
        return named
    for number in range(at - 1, -1, -1):
        if number in taken:
            return frozenset()
        if sides_of(text[chunks[number][0] : chunks[number][1]]):
            return sides_of(text[chunks[number][0] : chunks[number][1]])
    lead = sentence.text[: clause.start - sentence.start]
    return (
        sides_of(lead)
        if clause.start > sentence.start and not any(_spans(lead)) and "clear" not in lead
        else frozenset()
    )


def stance_of(sentence: Part, start: int, end: int) -> Stance:
    """Whether a sentence states, denies or leaves open the words from `start` to `end`, counted from its beginning."""
    for clause in clauses_of(sentence):
        begin = clause.start - sentence.start
        if begin <= start and end <= begin + len(clause.text):
            text = _PSEUDO.sub(lambda match: " " * len(match.group(0)), clause.text)
            return _stance(text, clause.text, start - begin, end - begin)
    return "open"
