"""What a reader must know about Patient Orientation (0020,0020) before trusting the sides on the screen.

Sides are never taken from the pixels. The header is followed, but what it made the viewer do is said, and where it
contradicts the rest of the header, that is said too.
"""

from __future__ import annotations

from viewer.core.hanging import PROJECTION_RADIOGRAPHY, is_lateral, says_frontal
from viewer.core.language import tr
from viewer.core.orientation import upright
from viewer.core.study import FilmHeader


def orientation_notices(header: FilmHeader) -> tuple[str, ...]:
    """Lines for the reader, the gravest first; empty where the film is shown as it is stored and nothing is odd."""
    said = header.pixels.patient_orientation
    if said is None or header.pixels.frames > 1 or header.modality.upper() not in PROJECTION_RADIOGRAPHY:
        return ()
    written = "\\".join(said)
    doubt = _doubt(header, said, written)
    turn = upright(header.pixels)
    notices = [doubt] if doubt else []
    if turn.is_mirrored:
        notices.append(
            tr(
                "Shown mirrored, because Patient Orientation says {written}. Check the side marker.",
                written=written,
            )
        )
    elif turn.quarter_turns:
        degrees = turn.quarter_turns * 90
        notices.append(
            tr(
                "Turned by {degrees}°, because Patient Orientation says {written}.",
                degrees=degrees,
                written=written,
            )
        )
    return tuple(notices)


def _doubt(header: FilmHeader, said: tuple[str, str], written: str) -> str:
    axes = {"L": "side", "R": "side", "A": "depth", "P": "depth", "H": "height", "F": "height"}
    named = [axes.get(direction[:1], "") for direction in said]
    if named[0] == named[1]:
        return tr("Patient Orientation {written} names one axis twice; it was not followed.", written=written)
    wrong = "depth" if says_frontal(header) else "side" if header.view_position and is_lateral(header) else ""
    if wrong and wrong in named:
        return tr(
            "Patient Orientation {written} does not fit the view {view}. Check the side marker.",
            written=written,
            view=header.view_position,
        )
    if not is_lateral(header) and upright(header.pixels).quarter_turns % 2:
        return tr(
            "A frontal film is rarely stored on its side. If it lies wrong, ignore Patient Orientation (View)."
        )
    return ""
