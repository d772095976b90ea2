"""Synthetic films in OpenAI's shapes: a picture with our fields beside it."""

from __future__ import annotations

from typing import Any

SYNTHETIC = "SYNTHETIC (AI) – NOT A PATIENT IMAGE"
FILM_DRAWN = "film_drawn"
"""Name of the event that brings a film (`inference.backend.FilmDrawn`)."""
_TOLD = ("view", "seed", "seen_view", "doubts", "pack", "image", "width", "height")


def picture_told(film: dict[str, Any]) -> dict[str, Any]:
    """A `FilmDrawn`, as it is sent, in OpenAI's shape for one picture."""
    return {"b64_json": film["png"], **{name: film[name] for name in _TOLD}}
