"""CT numbers: when the values of an image are Hounsfield units, and the windows that are named for them."""

from __future__ import annotations

from viewer.core.study import PixelDescription
from viewer.core.voi import WindowVoi

CT_DEFAULT = "mediastinum"
CT_WINDOWS: dict[str, WindowVoi] = {
    "lung": WindowVoi(-600, 1500),
    "mediastinum": WindowVoi(50, 350),
    "bone": WindowVoi(400, 1800),
    "brain": WindowVoi(40, 80),
    "abdomen": WindowVoi(50, 400),
}
"""Center and width in HU, in the order of the keys 3 to 7."""


def is_in_hounsfield(modality: str, description: PixelDescription) -> bool:
    """True if modality values are CT numbers: a CT image, grey, rescaled to HU (PS3.3 C.8.2.1.1.2).

    A CT image whose values can't reach air (unsigned, never rescaled) is a drawing or a derived picture.
    """
    if modality.upper() != "CT" or description.samples_per_pixel != 1 or description.modality_lut is not None:
        return False
    reaches_air = description.is_signed or description.rescale_intercept < 0
    return description.rescale_type.upper() in ("", "HU") and reaches_air
