"""Window and level by hand: what a drag and the preset keys do to the VOI transformation. Pure, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.chest_presets import (
    RelativeWindow,
    chest_presets,
    preset_voi,
    relative_window,
    window_from_relative,
)
from viewer.core.exposure import exposed_sample
from viewer.core.hounsfield import CT_DEFAULT, CT_WINDOWS, is_in_hounsfield
from viewer.core.language import later, tr_formed
from viewer.core.presentation import is_inverse
from viewer.core.stacks import SLICED
from viewer.core.study import FilmPixels, LookupTable, PixelDescription
from viewer.core.voi import LINEAR, LutVoi, Voi, WindowVoi, auto_voi, choose_voi, stored_vois
from viewer.ui.film_view import FilmView

FIRST_PRESET_KEY = 3
DRAG_PIXELS_PER_SPAN = 500.0
"""So many screen pixels of dragging move the window by the film's whole range of values."""


@dataclass(frozen=True, slots=True)
class GreyRange:
    """What the window keys and drags of one film refer to: all relative to its own values."""

    as_acquired: Voi  # the first stored LUT or window, or the automatic one where there is none usable
    as_acquired_name: str
    automatic: WindowVoi
    stored: tuple[tuple[str, Voi], ...] = ()  # every stored LUT and window, with its explanation
    presets: tuple[tuple[int, str, Voi], ...] = ()  # keys from 3 on: key, name, what it is on this film
    is_inverse: bool = False  # low values are bright

    @property
    def span(self) -> float:
        """Width of the film's own range of values, in modality units."""
        return max(self.automatic.width, 1e-6)


def dragged(view: FilmView, grey: GreyRange, right: float, down: float, is_inverse: bool = False) -> FilmView:
    """Window after a drag by screen pixels: right widens (less contrast), down darkens.

    `is_inverse`: low values are bright (MONOCHROME1), so that down darkens such films too. A film shown through a
    VOI LUT goes over to the equivalent window first. The window stays within reach of the film's own values, so a
    long drag can't lose the picture.
    """
    if view.voi is None:
        return view
    start = view.voi if isinstance(view.voi, WindowVoi) else equivalent_window(view.voi.table)
    span = grey.span
    middle = grey.automatic.center
    downward = -1.0 if is_inverse else 1.0
    width = start.width + right / DRAG_PIXELS_PER_SPAN * span
    center = start.center + downward * down / DRAG_PIXELS_PER_SPAN * span
    voi = replace(
        start,
        width=min(max(width, smallest_width(start.function, span)), max(4 * span, start.width)),
        center=min(max(center, min(middle - 2 * span, start.center)), max(middle + 2 * span, start.center)),
    )
    is_lut_off = view.is_lut_off or isinstance(view.voi, LutVoi)
    return replace(view, voi=voi, voi_name="", is_lut_off=is_lut_off)


def smallest_width(function: str, span: float) -> float:
    """LINEAR rules out widths below 1 (PS3.3 C.11.2.1.2); the other functions only need more than 0."""
    return 1.0 if function == LINEAR else span / 1000


def equivalent_window(table: LookupTable) -> WindowVoi:
    """The window whose ends are where the LUT leaves black and reaches white (1 % and 99 % of its range)."""
    low, high = min(table.values), max(table.values)
    margin = (high - low) * 0.01
    inside = [i for i, value in enumerate(table.values) if low + margin < value < high - margin]
    first, last = (inside[0], inside[-1]) if inside else (0, len(table.values) - 1)
    width = float(max(last - first + 1, 1))
    return WindowVoi(table.first + first + width / 2, width)


def with_preset(view: FilmView, grey: GreyRange, key: int) -> FilmView:
    """Key 0: automatic. 1: as acquired. 2: the next stored LUT or window. 3 to 6: the chest presets; 3 to 7 on a CT:
    windows in its own numbers. Others: as it is.

    Colour has no window and stays as it is.
    """
    if key == 0:
        return with_voi(view, grey, later("auto"), grey.automatic)
    if key == 1:
        return with_voi(view, grey, grey.as_acquired_name, grey.as_acquired)
    if key == 2 and grey.stored:
        known = [voi for _, voi in grey.stored]
        following = (known.index(view.voi) + 1) % len(known) if view.voi in known else 0
        return with_voi(view, grey, *grey.stored[following])
    found = next(((name, voi) for own, name, voi in grey.presets if own == key), None)
    return view if found is None else with_voi(view, grey, *found)


def with_voi(view: FilmView, grey: GreyRange, name: str, voi: Voi) -> FilmView:
    """Show the film through `voi`. A film that came with a LUT says LUT OFF wherever no LUT is used."""
    is_lut_off = isinstance(grey.as_acquired, LutVoi) and isinstance(voi, WindowVoi)
    return replace(view, voi=voi, voi_name=name, is_lut_off=is_lut_off)


def with_stored(view: FilmView, grey: GreyRange, name: str) -> FilmView:
    """Choose a stored LUT or window by the name that the file gives it; a film without such a one stays as it is."""
    voi = next((voi for own, voi in grey.stored if own == name), None)
    return view if voi is None else with_voi(view, grey, name, voi)


def kept_window(view: FilmView, grey: GreyRange) -> RelativeWindow | None:
    """What is shown now, in parts of the film's own range, to be kept under a key; None while nothing is shown."""
    if view.voi is None:
        return None
    window = view.voi if isinstance(view.voi, WindowVoi) else equivalent_window(view.voi.table)
    return relative_window(window, grey.automatic, grey.is_inverse)


def with_kept(view: FilmView, grey: GreyRange, name: str, kept: RelativeWindow) -> FilmView:
    """Show the film through a window that was kept on this or another film."""
    return with_voi(view, grey, name, window_from_relative(kept, grey.automatic, grey.is_inverse))


def named_vois(description: PixelDescription) -> tuple[tuple[str, Voi], ...]:
    """Every usable LUT and window of the header with the name that the reader is shown, LUTs first."""
    return tuple(
        (_explanation(description, voi) or later("stored {number}").format(number=number), voi)
        for number, voi in enumerate(stored_vois(description), start=1)
    )


def _explanation(description: PixelDescription, voi: Voi) -> str:
    if isinstance(voi, LutVoi):
        return voi.table.explanation
    same = (w for w in description.windows if (w.center, w.width) == (voi.center, voi.width))
    return next((window.explanation for window in same), "")


def grey_range(pixels: FilmPixels, modality: str = "") -> tuple[GreyRange, tuple[str, ...]]:
    """What the keys and drags refer to for one film, and the notices about what of the file was not followed.

    `modality` (0008,0060) tells whether values are CT numbers. A CT without a usable window opens with a named one:
    a window from the picture would differ from series to series.
    """
    sample = np.sort(exposed_sample(pixels))  # many percentiles are taken: of sorted values they cost little
    chosen, notices = choose_voi(pixels, sample)
    automatic = auto_voi(pixels, sample)
    stored = named_vois(pixels.description)
    name = next((name for name, voi in stored if voi == chosen), "auto")
    inverse = is_inverse(pixels.description)
    if not is_in_hounsfield(modality, pixels.description):
        return GreyRange(
            chosen, name, automatic, stored, _chest(pixels, sample, chosen, inverse, modality), inverse
        ), notices
    if not any(voi == chosen for _, voi in stored):
        chosen, name = CT_WINDOWS[CT_DEFAULT], CT_DEFAULT
    return GreyRange(chosen, name, automatic, stored, _ct_presets(), inverse), notices


def _ct_presets() -> tuple[tuple[int, str, Voi], ...]:
    return tuple(
        (key, name, voi) for key, (name, voi) in enumerate(CT_WINDOWS.items(), start=FIRST_PRESET_KEY)
    )


def _chest(
    pixels: FilmPixels, sample: NDArray[Any], as_acquired: Voi, inverse: bool, modality: str
) -> tuple[tuple[int, str, Voi], ...]:
    if pixels.stored.ndim == 3 or modality.upper() in SLICED:
        return ()  # “lung” would be a false name on an MR
    return tuple((p.key, p.name, preset_voi(sample, as_acquired, inverse, p)) for p in chest_presets())


def described(view: FilmView) -> str:
    """What the corner text says about the grey levels: the LUT's name, or W and L."""
    match view.voi:
        case None:
            return ""
        case LutVoi(table):
            curve = table.explanation
            own = view.voi_name if view.voi_name != curve else ""
            return " · ".join(part for part in (f"LUT {curve}".strip(), tr_formed(own)) if part)
        case WindowVoi(center, width, function):
            note = "" if function in (LINEAR, "LINEAR_EXACT") else f" {function}"
            name = f" ({tr_formed(view.voi_name)})" if view.voi_name else ""
            return f"W {width:.5g}  L {center:.5g}{note}{name}"
