"""A JPEG 2000 film at a quarter of its resolution, in a twentieth of the time. Runs in the decode worker only.

A wavelet codestream holds smaller pictures; Pillow's OpenJPEG stops decoding early. Only for the eye, for the second
that the whole film takes: nothing is measured on a preview and no plugin gets it.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.core.codestream import Codestream, check_codestream, read_codestream
from viewer.core.dicom_file import DicomFile
from viewer.core.errors import UnsupportedFilm
from viewer.core.frames import encapsulated_frame
from viewer.core.preview_size import REDUCE, preview_shape
from viewer.core.stored_bits import fit_to_header
from viewer.core.study import PixelDescription


def decode_preview(file: DicomFile, description: PixelDescription, frame: int) -> NDArray[Any]:
    """Return stored values, shape `preview_shape`.

    Raises:
        FilmError: There is no preview of this film, or it is damaged; the whole film may still be good.
    """
    assert file.pixel_data is not None
    codestream = encapsulated_frame(file.data, file.pixel_data, description.frames, frame)
    head = read_codestream(codestream)
    check_codestream(head, description)
    if head.frame_marker != 0 or head.components != 1 or head.precision > 16:
        raise UnsupportedFilm("Only grey JPEG 2000 films have a preview.")
    values = _reduced(codestream, head)
    if values.shape != preview_shape(description):
        raise UnsupportedFilm("The codestream holds no smaller picture of the right size.")
    fitted, _ = fit_to_header(values, head, description)
    return np.ascontiguousarray(fitted)


def _reduced(codestream: bytes, head: Codestream) -> NDArray[np.int32]:
    from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile  # Image.open would import every plugin to find this one

    bare = io.BytesIO(codestream[codestream.find(b"\xff\x4f\xff\x51") :])
    try:
        image = Jpeg2KImageFile(bare)
        image.reduce = REDUCE
        # Pillow 12 rounds the smaller picture's sides to the nearest, the codestream has them rounded up, and Pillow
        # then calls it broken; from sides that are multiples of the cell both get the same.
        cell = 1 << REDUCE
        image._size = (-(-head.columns // cell) * cell, -(-head.rows // cell) * cell)
        image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise UnsupportedFilm("The codestream holds no smaller picture.") from error
    if image.mode not in ("L", "I;16"):
        raise UnsupportedFilm(f"A preview of mode {image.mode} is not used.")
    depth = 8 if image.mode == "L" else 16
    values = np.asarray(image).astype(np.int32) >> (
        depth - min(head.precision, depth)
    )  # Pillow fills all bits
    return values - (1 << (head.precision - 1)) if head.is_signed else values
