"""What lossy compression a film has been through, now and before, in words for the badge (PS3.3 C.7.6.1.1.5)."""

from __future__ import annotations

from viewer.core import tags
from viewer.core.header_fields import HeaderFields
from viewer.core.transfer_syntax import is_always_lossy, lossy_method

METHODS = {
    "ISO_10918_1": "JPEG",
    "ISO_14495_1": "JPEG-LS",
    "ISO_15444_1": "JPEG 2000",
    "ISO_15444_15": "HTJ2K",
    "ISO_18181_1": "JPEG XL",
    "ISO_13818_2": "MPEG-2",
    "ISO_14496_10": "MPEG-4",
    "ISO_23008_2": "HEVC",
}
"""Defined terms of Lossy Image Compression Method (0028,2114)."""

MOST_STEPS = 4
UNSTATED = "method not stated"


def lossy_history(fields: HeaderFields, transfer_syntax_uid: str) -> str:
    """Return for instance "JPEG 2000 20:1, earlier JPEG 10:1"; empty where nothing was lost as far as is known.

    Method and ratio have one value for each compression, the last one first done last. The last is the current one
    where the transfer syntax is of the same method; a film that was uncompressed again has only earlier ones.
    """
    is_stated = fields.code(tags.LOSSY_IMAGE_COMPRESSION) == "01"
    now = lossy_method(transfer_syntax_uid)
    if not is_stated:
        return f"{now}, ratio not stated" if is_always_lossy(transfer_syntax_uid) else ""
    ratios = fields.decimals(tags.LOSSY_IMAGE_COMPRESSION_RATIO, "Lossy Image Compression Ratio")
    codes = [code for code in fields.codes(tags.LOSSY_IMAGE_COMPRESSION_METHOD) if code]
    steps = _steps(codes, ratios)[-MOST_STEPS:]
    if not steps:
        return now or UNSTATED
    *before, (method, last) = steps
    is_current = bool(now) and (method in (now, "") or (now, method) == ("HTJ2K", "JPEG 2000"))
    current = (
        [last if method else last.replace(UNSTATED, now)]
        if is_current
        else [now]
        if now and is_always_lossy(transfer_syntax_uid)
        else []
    )
    earlier = [words for _, words in before] + ([] if is_current else [last])
    said = current + ([f"earlier {', '.join(reversed(earlier))}"] if earlier else [])
    return ", ".join(said)


def _steps(codes: list[str], ratios: list[float]) -> list[tuple[str, str]]:
    """(method, method and ratio) of each compression; a missing method or ratio is left out of the words."""
    count = max(len(codes), len(ratios))
    methods = ["" for _ in range(count - len(codes))] + [METHODS.get(code, code) for code in codes]
    told = ["" for _ in range(count - len(ratios))] + [f"{ratio:.4g}:1" for ratio in ratios]
    return [
        (method, " ".join(part for part in (method or UNSTATED, ratio) if part))
        for method, ratio in zip(methods, told, strict=True)
    ]
