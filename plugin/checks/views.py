"""Views that the text speaks of and the study does not have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from plugin.checks.doubts import CheckInput, Doubt
from plugin.checks.making import doubt_about, quoted
from plugin.checks.sentences import Part

_LATERAL_VIEWS = frozenset({"LATERAL", "LL", "RL", "LLD", "RLD", "L", "LLO", "RLO"})
_LATERAL = re.compile(
    r"\b(?:(?:PA|AP|frontal|posteroanterior|anteroposterior)(?: \w+)? (?:and|&|/) ?lateral|lateral (?:view"
    r"|film|radiograph|projection|image|x-?ray)s?)\b",
    re.IGNORECASE,
)
_FRONTAL = re.compile(
    r"\b(?P<view>PA|AP)\b(?! (?:window|diameter))(?=(?: (?:and|&) lateral)?(?: (?:portable|supine|erect"
    r"|upright|chest|single|semi-erect))*"
    r" (?:views?|films?|radiographs?|projections?|images?|x-?rays?|chest|portable|supine|erect|upright))"
)
_COUNT = re.compile(
    r"\b(?P<count>single|one|two|2|three|3)[- ](?:PA |AP |frontal |chest )?(?:views?|films?|projections?)\b",
    re.I,
)
_COUNTS = {"single": 1, "one": 1, "two": 2, "2": 2, "three": 3, "3": 3}
_WISH = re.compile(
    r"\b(?:would|could|should|recommend\w*|advis\w+|suggest\w*|consider|if|follow-?up|prior|previous"
    r"|compar\w+|no lateral|without (?:a )?lateral"
    r"|not (?:taken|obtained|available|acquired))\b",
    re.IGNORECASE,
)
MEND = "Name the views that there are."


def view_doubts(told: CheckInput, sentences: Sequence[Part]) -> Iterator[Doubt]:
    """Doubts about views; nothing is said where the films do not tell theirs."""
    views = [view.strip().upper() for view in told.views]
    if not views or "" in views:
        return
    for sentence in sentences:
        if not _WISH.search(sentence.text):
            yield from _in_sentence(views, sentence)


def _in_sentence(views: Sequence[str], sentence: Part) -> Iterator[Doubt]:
    has_lateral = any(view in _LATERAL_VIEWS for view in views)
    lateral = _LATERAL.search(sentence.text)
    if lateral and not has_lateral:
        yield _doubt(sentence, lateral, f"the study has no lateral film, only {', '.join(views)}")
        return
    frontal = _FRONTAL.search(sentence.text)
    if frontal and frontal["view"] not in views:
        yield _doubt(sentence, frontal, f"the films say {', '.join(views)}")
        return
    count = _COUNT.search(sentence.text)
    if count and _COUNTS[count["count"].lower()] != len(views):
        yield _doubt(
            sentence, count, f"the study has {len(views)} film{'s' * (len(views) > 1)}: {', '.join(views)}"
        )


def _doubt(sentence: Part, match: re.Match[str], but: str) -> Doubt:
    words = sentence.part(match.start(), match.end())
    return doubt_about("view", sentence, f"{quoted(words.text)}, but {but}.", MEND, words=words)
