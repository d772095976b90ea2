"""Names of transfer syntaxes, for messages (PS3.6 A.1)."""

from __future__ import annotations

_PREFIX = "1.2.840.10008.1.2"
_NAMES = {
    "": "Implicit VR Little Endian",
    ".1": "Explicit VR Little Endian",
    ".1.98": "Encapsulated Uncompressed",
    ".1.99": "Deflated Explicit VR Little Endian",
    ".2": "Explicit VR Big Endian",
    ".4.50": "JPEG Baseline",
    ".4.51": "JPEG Extended",
    ".4.53": "JPEG Spectral Selection (retired)",
    ".4.55": "JPEG Full Progression (retired)",
    ".4.57": "JPEG Lossless",
    ".4.70": "JPEG Lossless, first-order prediction",
    ".4.80": "JPEG-LS Lossless",
    ".4.81": "JPEG-LS Near-Lossless",
    ".4.90": "JPEG 2000 Lossless",
    ".4.91": "JPEG 2000",
    ".4.92": "JPEG 2000 Multi-component Lossless",
    ".4.93": "JPEG 2000 Multi-component",
    ".4.94": "JPIP Referenced",
    ".4.95": "JPIP Referenced Deflate",
    ".4.100": "MPEG-2 video",
    ".4.101": "MPEG-2 video",
    ".4.102": "MPEG-4 video",
    ".4.103": "MPEG-4 video",
    ".4.107": "HEVC video",
    ".4.108": "HEVC video",
    ".4.110": "JPEG XL Lossless",
    ".4.111": "JPEG XL JPEG Recompression",
    ".4.112": "JPEG XL",
    ".4.201": "HTJ2K Lossless",
    ".4.202": "HTJ2K Lossless RPCL",
    ".4.203": "HTJ2K",
    ".5": "RLE Lossless",
}

UNUSED_BITS_KEPT = frozenset(_PREFIX + suffix for suffix in ("", ".1", ".1.99", ".2", ".5"))
"""Uncompressed and RLE: the bits of a pixel cell outside Bits Stored are still there."""

LOSSY = {
    ".4.50": "JPEG",
    ".4.51": "JPEG",
    ".4.81": "JPEG-LS",
    ".4.91": "JPEG 2000",
    ".4.203": "HTJ2K",
}
"""Transfer syntaxes that may lose something, by what a reader calls the method. The first three always do."""

ALWAYS_LOSSY = frozenset({".4.50", ".4.51", ".4.81"})


def lossy_method(uid: str) -> str:
    """Return what a reader calls the method of a transfer syntax that may lose something; empty for others."""
    return LOSSY.get(uid.removeprefix(_PREFIX), "") if uid.startswith(_PREFIX) else ""


def is_always_lossy(uid: str) -> bool:
    return uid.startswith(_PREFIX) and uid.removeprefix(_PREFIX) in ALWAYS_LOSSY


def name_of(uid: str) -> str:
    """Return a transfer syntax's name and UID, or the bare UID where the name is not known."""
    name = _NAMES.get(uid.removeprefix(_PREFIX)) if uid.startswith(_PREFIX) else None
    return f"{name} ({uid})" if name else f"transfer syntax {uid or '(none)'}"
