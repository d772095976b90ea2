"""Element bytes to Python values. Wrong VRs, padding, several values and nonsense are all met in real files."""

from __future__ import annotations

import hashlib
import math
import re
import struct
from datetime import date

from viewer.core.elements import Encoding

LONGEST_TEXT = 256
"""Header texts are cut to so many characters: a Long String has at most 64, a Person Name five times that."""

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_DIGITS = {"US": 2, "SS": 2, "UL": 4, "SL": 4}


def split_values(raw: bytes) -> list[str]:
    """Return the values of an ASCII element (CS, UI, DS, IS, DA …), without padding."""
    return [value.strip(" \0\t\r\n") for value in raw.decode("latin-1").split("\\")]


def clean_text(text: str) -> str:
    """Return text without control characters and direction overrides, trimmed and cut to LONGEST_TEXT."""
    if text.isascii() and text.isprintable() and "  " not in text:  # nearly always
        seen = text.strip()
        return seen if len(seen) <= LONGEST_TEXT else seen[: LONGEST_TEXT - 1] + "…"
    seen = " ".join(_UNSEEN.sub(" ", text).split(" ")).strip()
    seen = re.sub(" {2,}", " ", seen)
    return seen if len(seen) <= LONGEST_TEXT else seen[: LONGEST_TEXT - 1] + "…"


def whole_numbers(raw: bytes, vr: str, encoding: Encoding) -> list[int]:
    """Return the values of an element that should be US, SS, UL, SL or IS; empty where it can't be read.

    Args:
        raw: The element's bytes.
        vr: The VR to read it as: US, SS, UL, SL or IS.
        encoding: For the byte order.
    """
    if vr == "IS":
        numbers = (_decimal(text) for text in split_values(raw))
        return [int(number) for number in numbers if number is not None and number == int(number)]
    size = _DIGITS[vr]
    count = len(raw) // size
    code = {"US": "H", "SS": "h", "UL": "L", "SL": "l"}[vr]
    return list(struct.unpack(f"{encoding.byte_order}{count}{code}", raw[: count * size]))


def decimals(raw: bytes, vr: str, encoding: Encoding) -> list[float]:
    """Return the finite values of a DS (or FD, FL) element; a value that is no number makes the list empty."""
    if vr in ("FD", "FL"):
        size, code = (8, "d") if vr == "FD" else (4, "f")
        count = len(raw) // size
        numbers: list[float | None] = list(
            struct.unpack(f"{encoding.byte_order}{count}{code}", raw[: count * size])
        )
    else:
        numbers = [_decimal(text) for text in split_values(raw[:4096])]
    return (
        []
        if any(number is None for number in numbers)
        else [number for number in numbers if number is not None]
    )


def _decimal(text: str) -> float | None:
    try:
        number = float(text.replace(",", ".").replace("_", "x"))  # float() takes 1_000, DICOM does not
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def read_date(raw: bytes) -> date | None:
    """Return a DA value (YYYYMMDD, or the old YYYY.MM.DD); None where it is no date."""
    digits = re.fullmatch(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})", split_values(raw)[0])
    if digits is None:
        return None
    try:
        return date(*(int(part) for part in digits.groups()))
    except ValueError:
        return None


def is_uid(text: str) -> bool:
    """True for 1 to 64 digits and dots (PS3.5 9.1). Leading zeros are let through: files have them."""
    return re.fullmatch(r"[0-9]+(\.[0-9]+)*", text) is not None and len(text) <= 64


def derived_uid(*parts: str) -> str:
    """Return the UID below 2.25 (PS3.5 B.2) that always belongs to these texts."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"2.25.{int(digest[:32], 16)}"
