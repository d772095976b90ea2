"""Pixel arrays as npy files in memory: written plainly, read without trust.

numpy's own reader allocates what the header claims; here the claim is compared with the bytes that came.
"""

from __future__ import annotations

import hashlib
import io
import math
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from inference.errors import InvalidFilm

MAX_PIXELS = 400_000_000  # the cap of the file reader as well
MAX_SIDE = 32_768


def _checked_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    is_known = (dtype.kind in "iu" and dtype.itemsize <= 4) or (
        dtype.kind == "f" and dtype.itemsize in (4, 8)
    )
    if not is_known:
        raise InvalidFilm(f"Pixels must be integers of up to 32 bit or floats of 32 or 64 bit, not {dtype}.")
    return dtype.newbyteorder("<") if dtype.itemsize > 1 else dtype


def _plain(stored: NDArray[Any]) -> tuple[bytes, NDArray[Any]]:
    """The npy header and the array in little endian and C order."""
    array = np.ascontiguousarray(stored, dtype=_checked_type(stored.dtype))
    header = io.BytesIO()
    npy_format.write_array_header_1_0(header, npy_format.header_data_from_array_1_0(array))
    return header.getvalue(), array


def npy_bytes(stored: NDArray[Any]) -> bytes:
    """`stored` as an npy file, version 1.0, little endian, C order.

    Raises:
        InvalidFilm: The array's type is none that pixels have.
    """
    header, array = _plain(stored)
    return header + array.tobytes()


def digest(stored: NDArray[Any], attributes: str) -> str:
    """SHA-256 in hex over `attributes`, a zero byte and `npy_bytes(stored)`, without copying the pixels."""
    header, array = _plain(stored)
    sha256 = hashlib.sha256(attributes.encode() + b"\0" + header)
    sha256.update(array.reshape(-1).view(np.uint8).data)
    return sha256.hexdigest()


def npy_from_bytes(body: bytes) -> NDArray[Any]:
    """Read an npy file; the result is read-only and shares memory with `body`.

    Returns:
        (rows, columns) or (rows, columns, 3), integers or finite floats.

    Raises:
        InvalidFilm: Not npy, objects inside, Fortran order, another type or shape, or more or fewer bytes than the
            header announces. Nothing is allocated before that is known.
    """
    shape, is_fortran, dtype, start = _header(body)
    if is_fortran or _checked_type(dtype) != dtype:
        raise InvalidFilm("Pixels must be in C order and little endian.")
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise InvalidFilm(f"Pixels must have shape (rows, columns) or (rows, columns, 3), not {shape}.")
    if not all(1 <= side <= MAX_SIDE for side in shape[:2]) or math.prod(shape[:2]) > MAX_PIXELS:
        raise InvalidFilm(f"A film of {shape[0]} × {shape[1]} pixels is outside what can be read.")
    expected = math.prod(shape) * dtype.itemsize
    if len(body) - start != expected:
        raise InvalidFilm(f"The pixels need {expected} bytes, {len(body) - start} came.")
    array: NDArray[Any] = np.frombuffer(body, dtype, offset=start).reshape(shape)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise InvalidFilm("Some pixels are not a finite number.")
    return array


def _header(body: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    file = io.BytesIO(body[:12_000])  # numpy refuses headers of more than 10,000 characters
    try:
        if npy_format.read_magic(file) != (1, 0):
            raise InvalidFilm("Pixels must be an npy file of version 1.0.")
        shape, is_fortran, dtype = npy_format.read_array_header_1_0(file)
    except InvalidFilm:
        raise
    except Exception:  # numpy's header reader evaluates a literal: any error of the parser may come out
        raise InvalidFilm("Pixels are no npy file.") from None
    return shape, is_fortran, dtype, file.tell()
