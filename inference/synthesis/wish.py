"""What film is wished for, and the words of it that the generator reads. No torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inference.backend import FilmView

VIEWS: tuple[FilmView, ...] = ("PA", "AP", "lateral")
VIEW_SENTENCES: dict[FilmView, str] = {
    "PA": "PA view of the chest was obtained.",
    "AP": "AP view of the chest was obtained.",
    "lateral": "Lateral view of the chest was obtained.",
}
"""MedXChat's view sentences: they stand in front of the report (its section on view-augmented reports)."""
STEPS, GUIDANCE, MOST_STEPS, MOST_FILMS = 20, 4.0, 200, 16
"""The published method names neither steps nor guidance: ours (DPM-Solver++)."""

_LATERAL = re.compile(r"\b(lateral|from the side|side view|sideways)\b", re.IGNORECASE)
_AP = re.compile(r"\b(ap|a\.p\.|antero-?posterior|portable|supine|bedside)\b", re.IGNORECASE)
_PA = re.compile(r"\b(pa|p\.a\.|postero-?anterior|frontal|from the front)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"^\s*(pa|ap|lateral|frontal)\s+view of the chest was obtained\.?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FilmWish:
    """One film that is wished for. The same wish, pack and machine give the same bytes.

    `source_image` (image_sha256 of a film of the study) makes it a film *from this patient*: the noise starts from that
    film, `strength` 0 leaves it as it is, 1 takes nothing of it.
    """

    text: str  # the description, without the view sentence; empty: no finding is asked for
    view: FilmView = "PA"
    seed: int = 0
    steps: int = STEPS
    guidance: float = GUIDANCE  # classifier-free guidance scale; 1 = none
    source_image: str = ""
    strength: float = 0.6


def prompt_of(text: str, view: FilmView) -> str:
    """The generator's words: the view sentence, then the description without one of its own."""
    return f"{VIEW_SENTENCES[view]} {without_view_sentence(text)}".strip()


def without_view_sentence(text: str) -> str:
    return _SENTENCE.sub("", text).strip()


def view_of(text: str, default: FilmView = "PA") -> FilmView:
    """The view that a description or a request names; the view sentence at its front first."""
    told = _SENTENCE.match(text)
    if told is not None:
        word = told.group(1).lower()
        return "lateral" if word == "lateral" else "AP" if word == "ap" else "PA"
    named: tuple[tuple[re.Pattern[str], FilmView], ...] = ((_LATERAL, "lateral"), (_PA, "PA"), (_AP, "AP"))
    for pattern, view in named:
        if pattern.search(text):
            return view
    return default
