"""Compresses one frame the way each transfer syntax wants it. Encoders run on our own pictures only."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)


def compress(frame: NDArray[np.integer], transfer_syntax: str, bits_stored: int) -> bytes:
    """Return the codestream of one frame, shape (rows, columns) or (rows, columns, 3)."""
    match transfer_syntax:
        case syntax if syntax == RLELossless:
            return _rle(frame)
        case syntax if syntax == JPEGBaseline8Bit:
            out = io.BytesIO()
            Image.fromarray(frame.astype(np.uint8)).save(out, "JPEG", quality=95)
            return out.getvalue()
        case syntax if syntax == JPEGExtended12Bit:
            return _libjpeg(frame.astype(np.uint16), level=98, bitspersample=12)
        case syntax if syntax == JPEGLossless:
            return _libjpeg(frame, lossless=True, predictor=4, bitspersample=max(bits_stored, 2))
        case syntax if syntax == JPEGLosslessSV1:
            return _libjpeg(frame, lossless=True, predictor=1, bitspersample=max(bits_stored, 2))
        case syntax if syntax in {JPEGLSLossless, JPEGLSNearLossless}:
            import jpeg_ls

            lossy = 2 if syntax == JPEGLSNearLossless else 0
            interleave = 2 if frame.ndim == 3 else None
            return bytes(jpeg_ls.encode_array(frame, lossy_error=lossy, interleave_mode=interleave))
        case syntax if syntax in {JPEG2000Lossless, JPEG2000}:
            from openjpeg.utils import encode_array

            lossy_options = {"compression_ratios": [10]} if syntax == JPEG2000 else {}
            photometric = 1 if frame.ndim == 3 else 2
            return bytes(
                encode_array(
                    frame, bits_stored=bits_stored, photometric_interpretation=photometric, **lossy_options
                )
            )
        case syntax if syntax in {HTJ2KLossless, HTJ2K}:
            import imagecodecs

            return bytes(imagecodecs.htj2k_encode(frame, reversible=True))
    raise ValueError(f"no encoder for {transfer_syntax}")


def _libjpeg(frame: NDArray[np.integer], **options: object) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(frame, **options))


def _rle(frame: NDArray[np.integer]) -> bytes:
    import rle

    samples = frame.shape[2] if frame.ndim == 3 else 1
    return bytes(
        rle.encode_pixel_data(
            frame.astype(frame.dtype.newbyteorder("<")).tobytes(),
            rows=frame.shape[0],
            columns=frame.shape[1],
            samples_per_pixel=samples,
            bits_allocated=frame.dtype.itemsize * 8,
            number_of_frames=1,
            byteorder="<",
        )
    )
