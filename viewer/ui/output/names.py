"""Names of exported files. Header text is data: nothing of it can lead out of the folder. Pure, no Qt."""

from __future__ import annotations

from viewer.core.study import FilmHeader

LONGEST = 80
MASKED = "film"


def safe_name(text: str) -> str:
    """Letters, digits and a few signs of `text`, fit for a file name on every system; "film" where nothing is left."""
    kept = "".join(c if c.isalnum() or c in " -_" else " " for c in text)
    name = " ".join(kept.split())[:LONGEST].strip()
    return name or MASKED


def picture_name(header: FilmHeader, *, is_masked: bool) -> str:
    """What a PNG is called: ID, date and view, or only the view where the identity is masked."""
    view = " ".join(part for part in (header.body_part, header.view_position) if part)
    if is_masked:
        return f"{safe_name(f'{MASKED} {view}')}.png"
    day = header.study_date.isoformat() if header.study_date else ""
    return f"{safe_name(' '.join(part for part in (header.patient_id, day, view) if part))}.png"
