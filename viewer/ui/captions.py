"""The words in the four corners of a viewport, and the letters at its edges. Pure, no Qt."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date

from viewer.core.language import later, tr, tr_formed
from viewer.core.orientation_notices import orientation_notices
from viewer.core.stacks import gaps_after, position_text, same_place
from viewer.core.study import Film, FilmHeader, PixelDescription
from viewer.ui import wording
from viewer.ui.film_view import FilmView
from viewer.ui.hanging_choice import Slot
from viewer.ui.output.masking import MASKED_NAME
from viewer.ui.placement import Posture
from viewer.ui.windowing import described

LONGEST = 64
_LOOKS = {
    "edges": later("PROCESSED – edge enhancement"),
    "clahe": later("PROCESSED – local contrast (CLAHE)"),
}
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}


@dataclass(frozen=True, slots=True)
class Corners:
    """Lines of text, top to bottom, and the badges that must be seen."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """Which side of the patient lies at which side of the screen; empty where the header does not say."""

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


def corners(slot: Slot, view: FilmView, zoom: float, notices: tuple[str, ...] = ()) -> Corners:
    """Everything a reader must be able to see about the film without asking."""
    header = slot.film.header
    is_masked = header.patient_name == MASKED_NAME
    moment = "" if is_masked else study_moment(header)
    lying = () if view.is_orientation_ignored else orientation_notices(header)
    return Corners(
        top_left=_identity(slot.film),
        top_right=_lines(role_text(slot), moment, plain(header.study_description)),
        bottom_left=_lines(
            plain(" · ".join(part for part in (view_text(header), header.series_description) if part)),
            *(plain(tr_formed(notice), 110) for notice in (*header.notices, *notices)),
            *(plain(notice, 110) for notice in lying),
        ),
        bottom_right=_lines(
            *slice_lines(slot), described(view), tr("Zoom {percent} %", percent=f"{zoom * 100:.0f}")
        ),
        badges=badges(header, view),
    )


def badges(header: FilmHeader, view: FilmView) -> tuple[str, ...]:
    """Short words for what changes how the film may be trusted or read."""
    found = []
    if header.is_synthetic:
        found.append(tr(wording.SYNTHETIC))
    if not header.is_verified:
        found.append(tr(wording.UNVERIFIED))
    if header.lossy_compression:
        found.append(tr("LOSSY {ratio}", ratio=plain(header.lossy_compression)))
    if header.burned_in_annotation == "YES":
        found.append(tr("BURNED-IN TEXT"))
    found.extend(_layer_badges(header, view))
    if view.look:
        found.append(tr(_LOOKS[view.look]))
    if view.is_inverted:
        found.append(tr("INVERTED"))
    if view.is_lut_off:
        found.append(tr("LUT OFF"))
    if view.is_orientation_ignored:
        found.append(tr("SIDES NOT KNOWN – Patient Orientation ignored"))
    done = view.posture.relative_to(view.upright)  # a film that the header itself turns upright is no alarm
    if done.is_mirrored:
        found.append(tr("FLIPPED – side marker reads mirrored"))
    if done.quarter_turns:
        found.append(tr("ROTATED {degrees}°", degrees=done.quarter_turns * 90))
    return tuple(found)


def _layer_badges(header: FilmHeader, view: FilmView) -> list[str]:
    """A reader must know that a part of the film is covered, and that lines the film came with are not drawn."""
    found = []
    if header.pixels.shutter is not None:
        found.append(
            tr("SHUTTER OPEN") if view.is_shutter_open else tr("SHUTTER – part of the film is covered")
        )
    if header.pixels.overlays and view.are_overlays_hidden:
        found.append(tr("OVERLAY OFF"))
    return found


def _identity(film: Film) -> tuple[str, ...]:
    if not film.header.is_verified:  # a picture file: its name is all there is
        return plain(film.source.member or film.source.path.name), tr("identity not known")
    return patient_name(film.header), patient_line(film.header)


def slice_lines(slot: Slot) -> tuple[str, ...]:
    """Which slice of how many, where it lies, and whether slices are missing beside it; empty for a plain film."""
    stack, at = slot.stack, slot.at
    if stack is None:
        return ()
    which, of = same_place(stack, at)
    place = position_text(stack, at)
    twins = tr("{which} of {of} here", which=which, of=of) if of > 1 else ""
    number = tr("Slice {number} of {count}", number=at + 1, count=len(stack.slices))
    if not stack.positions_mm and stack.first.header.pixels.frames > 1:
        number = tr("Frame {number} of {count}", number=at + 1, count=len(stack.slices))
    gaps = gaps_after(stack.positions_mm)
    gap = tr("Slices are missing beside this one") if at in gaps or at - 1 in gaps else ""
    return _lines(gap, " · ".join(part for part in (number, place, twins) if part))


def role_text(slot: Slot) -> str:
    if slot.role == "difference":
        return tr("CURRENT − {prior}", prior=role_text(replace(slot, role="prior")))
    if slot.role != "prior":
        return tr("CURRENT") if slot.role == "current" else tr("CURRENT · LATERAL")
    if slot.days_before is None:
        return tr("PRIOR · age not known")
    if slot.days_before < 0:
        return tr("OTHER STUDY · {days} later", days=count(-slot.days_before, "day"))
    if slot.days_before == 0:
        return tr("PRIOR · same day")
    return tr("PRIOR · {days} before", days=count(slot.days_before, "day"))


_COUNTS = {
    "day": (later("{number} day"), later("{number} days")),
    "film": (later("{number} film"), later("{number} films")),
    "file": (later("{number} file"), later("{number} files")),
    "slice": (later("{number} slice"), later("{number} slices")),
    "frame": (later("{number} frame"), later("{number} frames")),
}


def count(number: int, noun: str) -> str:
    """ "1 film", "2,000 films", in the reader's language."""
    one, many = _COUNTS[noun]
    return tr(one if number == 1 else many, number=f"{number:,}")


def patient_name(header: FilmHeader) -> str:
    if header.patient_name == MASKED_NAME:
        return tr(MASKED_NAME)
    return plain(header.patient_name.replace("^", " ")) or tr("Name not stated")


def patient_line(header: FilmHeader) -> str:
    parts = [
        plain(header.patient_id) or ("" if header.patient_name == MASKED_NAME else tr("no ID")),
        plain(header.patient_sex),
        age_text(header.patient_age),
        tr("born {date}", date=header.patient_birth_date.isoformat()) if header.patient_birth_date else "",
    ]
    return " · ".join(part for part in parts if part)


_AGES = {
    "D": later("{number} d"),
    "W": later("{number} w"),
    "M": later("{number} m"),
    "Y": later("{number} y"),
}


def age_text(age: str) -> str:
    """Patient's Age (0010,1010) for people: "045Y" is "45 y"; anything else as it stands."""
    number, unit = age[:-1], age[-1:]
    if not (number.isdecimal() and unit in _AGES):
        return plain(age)
    return tr(_AGES[unit], number=int(number))


def study_moment(header: FilmHeader) -> str:
    return date_text(header.study_date) + (f"  {time_text(header.study_time)}" if header.study_time else "")


def date_text(day: date | None) -> str:
    return day.isoformat() if day else tr("date not stated")


def time_text(time: str) -> str:
    """Study Time (0008,0030) "131502.123" as "13:15"."""
    return f"{time[:2]}:{time[2:4]}" if time[:4].isdecimal() and len(time) >= 4 else plain(time)


def view_text(header: FilmHeader) -> str:
    parts = (header.modality, header.body_part, header.view_position)
    return plain(" ".join(part for part in parts if part)) or tr("view not stated")


def edge_letters(orientation: tuple[str, str] | None, posture: Posture) -> EdgeLetters:
    """Patient Orientation (0020,0020) as it lies on the screen after flips and turns."""
    if orientation is None:
        return EdgeLetters()
    a, b, c, d = posture.matrix
    right = _direction(orientation, a, b)
    bottom = _direction(orientation, c, d)
    return EdgeLetters(opposite(right), right, opposite(bottom), bottom)


def shown_letters(description: PixelDescription, view: FilmView) -> EdgeLetters:
    """The letters for a film as it is looked at; none where the reader does not trust the header."""
    said = None if view.is_orientation_ignored else description.patient_orientation
    return edge_letters(said, view.posture)


def opposite(direction: str) -> str:
    return "".join(_OPPOSITE.get(letter, "") for letter in direction)


def plain(text: str, longest: int = LONGEST) -> str:
    """One line of text from a file, fit for the screen: no control or direction-changing characters, not too long."""
    line = "".join(
        " " if c in "\r\n\t" else c for c in text if c in "\r\n\t" or unicodedata.category(c)[0] != "C"
    )
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _direction(orientation: tuple[str, str], x: int, y: int) -> str:
    letters = orientation[0] if x else orientation[1]
    return letters if x + y > 0 else opposite(letters)


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
