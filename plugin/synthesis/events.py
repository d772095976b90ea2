"""What of synthetic films concerns more than their own window: that one has left the program."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import FilmView


@dataclass(frozen=True, slots=True)
class SyntheticSaved:
    """A synthetic film was written as a file. Where, and of which words, is not told: both may hold a name."""

    at: str
    view: FilmView
    is_from_patient: bool  # made from the study it is told of; else it is nobody's, and told of no study
    image: str  # SHA-256 of the picture
    pack: str
