"""Is this a film at all, and does it look as it should? Looked at before anybody sees it. Pure: numpy and scipy.

These are coarse looks at grey levels: they find a generator that failed, never a finding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter, zoom

from inference.backend import FilmView

_BLANK = 6.0  # grey levels, standard deviation: less is an empty picture
_SMOOTH = (
    0.6  # of the variance is left after averaging 5 x 5 pixels; noise keeps 1/25, real films 0.95 and more
)
_CONTRAST = 80  # grey levels between the darkest and the brightest twentieth
_LOOK_SIDE = 64
_DARKER = 0.06  # of the contrast: by how much a lung field is darker than the mediastinum beside it


def no_film(picture: NDArray[np.uint8]) -> str:
    """Why a picture (rows, columns) is no film at all, in words for the reader; empty if it may be one."""
    grey = picture.astype(np.float64)
    if grey.std() < _BLANK:
        return "the picture is empty"
    if uniform_filter(grey, 5).var() < _SMOOTH * grey.var():
        return "the picture is noise"
    return ""


def doubts_of(picture: NDArray[np.uint8], view: FilmView) -> tuple[str, ...]:
    """What does not look as on a film of this view, in words for the reader."""
    doubts = []
    dark, bright = np.percentile(picture, (5, 95))
    if bright - dark < _CONTRAST:
        doubts.append("Little contrast.")
    if view != "lateral" and (fields := lung_fields(picture)) < 2:
        doubts.append("Only one lung field is dark." if fields else "No lung field is dark.")
    return tuple(doubts)


def lung_fields(picture: NDArray[np.uint8]) -> int:
    """On how many sides of a frontal film's middle the lung is darker than the mediastinum: 0, 1 or 2."""
    rows, columns = picture.shape
    small = zoom(picture.astype(np.float64), (_LOOK_SIDE / rows, _LOOK_SIDE / columns), order=1)
    middle = small[_LOOK_SIDE // 4 : 5 * _LOOK_SIDE // 8]  # from the second rib to the hila
    across = np.convolve(np.pad(middle.mean(axis=0), 2, "edge"), np.full(5, 0.2), "valid")
    third = _LOOK_SIDE // 3
    mediastinum = float(across[third : _LOOK_SIDE - third].max())
    needed = _DARKER * float(np.ptp(small))
    sides = (across[_LOOK_SIDE // 6 : third + 4], across[_LOOK_SIDE - third - 4 : -(_LOOK_SIDE // 6)])
    return sum(mediastinum - float(side.min()) > needed for side in sides)
