"""Sentences that compare with a prior, for phantoms whose change is known: real ones where the reports have them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from inference.text.directions import words_of_change
from inference.text.labels import label_sentence
from inference.training.starter.corpus import side_of
from inference.training.starter.phantoms import PhantomFact, PhantomStudy

_PLAIN = {
    "new": "There is a new {name}",
    "larger": "The {name} has increased",
    "smaller": "The {name} has decreased",
    "unchanged": "The {name} is unchanged",
    "resolved": "The {name} has resolved",
}


class ChangeWording:
    """Real comparing sentences by finding and direction."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._found: dict[tuple[str, str], list[str]] = {}
        for sentence in sentences:
            kinds = words_of_change(sentence)
            stated = label_sentence(sentence)
            names = [name for name in stated if name != "lung opacity"] or list(stated)
            if len(kinds) != 1 or len(names) != 1 or re.search(r"\d", sentence) or len(sentence) > 100:
                continue
            if (stated[names[0]] == 0) == (kinds[0] == "resolved"):
                self._found.setdefault((names[0], kinds[0]), []).append(sentence.rstrip(" ."))

    def sentence(self, fact: PhantomFact, rng: random.Random) -> str:
        """One sentence, without its full stop, that states what became of the finding."""
        fitting = [s for s in self._found.get((fact.label, fact.change), ()) if side_of(s) in ("", fact.side)]
        if fitting and rng.random() < 0.5:
            return rng.choice(fitting)
        side = f"{fact.side} " if fact.side in ("left", "right") else ""
        return _PLAIN[fact.change].format(name=f"{side}{fact.label}")

    def summary(self, study: PhantomStudy, rng: random.Random) -> str:
        """All known changes of a study, as sentences; ends with a full stop."""
        facts = [fact for fact in (*study.frontal.facts, *study.resolved) if fact.change]
        if not facts:
            return "No change."
        said = dict.fromkeys(self.sentence(fact, rng) for fact in facts)
        return ". ".join(said) + "."
