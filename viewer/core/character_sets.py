"""Header bytes to text, by Specific Character Set (0008,0005), and by what the bytes plainly are where it is wrong.

Wrong declarations are everyday: UTF-8 under ISO_IR 100, Korean under no set at all or without its escape sequences.
What is read against the declaration is told, so that the reader can doubt a name.

References:
    DICOM PS3.3 C.12.1.1.2, PS3.5 6.1.2 and annex I (Korean), K (Chinese).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_KOREAN = ("ISO 2022 IR 149", "ISO_IR 149")
_CHINESE = ("ISO 2022 IR 58", "ISO_IR 58")
_LATIN = ("", "ISO_IR 6", "ISO 2022 IR 6", "ISO_IR 100", "ISO 2022 IR 100")
_COMPONENTS = re.compile(rb"[\\^=\r\n\t\f]")  # each begins in the first character set again (PS3.5 6.1.2.5.3)
_HIGH = re.compile(rb"[\x80-\xff]")
THREE_BYTES = 0x800  # from here on a letter has three bytes in UTF-8, as all of East Asia's have
FEWEST_SYLLABLES = 2
"""So many Korean syllables, and nothing else beyond ASCII, are no Latin-1: no name has such rows of signs."""


def decode_text(raw: bytes, character_sets: Sequence[str]) -> tuple[str, bool]:
    """Decode text by its declared character sets.

    Returns:
        (text, is_sure). Bytes that do not fit the declared sets are decoded as what they look like, so that the reader
        sees something, and `is_sure` is False.
    """
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii"), True
    declared = [name for name in character_sets if name]
    if declared == ["ISO_IR 192"]:
        return _decode_or_guess(raw, "utf-8")
    if any(name in _KOREAN for name in declared):
        return _by_designation(raw, b"\x1b$)C", "cp949", character_sets)
    if any(name in _CHINESE for name in declared):
        return _by_designation(raw, b"\x1b$)A", "gb18030", character_sets)
    if all(name in _LATIN for name in declared) and b"\x1b" not in raw:
        return _latin(raw, is_declared=bool(declared) and "IR 6" not in declared[0])
    return _decode_by_pydicom(raw, character_sets)


def _by_designation(raw: bytes, escape: bytes, codec: str, character_sets: Sequence[str]) -> tuple[str, bool]:
    """Korean and Chinese: two bytes beyond ASCII, in their place since `escape` (PS3.5 I.2, K.2).

    The escape sequence says nothing that the bytes do not say, so it is taken out; a component without it, or with
    letters of the larger code pages, is read all the same and told.
    """
    first = next(iter(character_sets), "")
    plain = raw.replace(escape, b"")
    if b"\x1b" in plain:  # other sets beside it
        return _decode_by_pydicom(raw, character_sets)
    is_utf8, text = _as_utf8(plain)
    if is_utf8 and escape not in raw and any(ord(letter) >= THREE_BYTES for letter in text):
        return (
            text,
            False,
        )  # two bytes of Korean can be a Latin letter in UTF-8, three of UTF-8 are seldom Korean
    try:
        text = plain.decode(codec)
    except UnicodeDecodeError:
        return _guess(plain), False
    needs_escape = first in ("", "ISO_IR 6", "ISO 2022 IR 6", "ISO_IR 100", "ISO 2022 IR 100")
    is_sure = first.startswith("ISO 2022") or (needs_escape and escape in raw)
    parts = _COMPONENTS.split(raw) if needs_escape else ()
    return text, is_sure and all(escape in part for part in parts if _HIGH.search(part))


def _latin(raw: bytes, *, is_declared: bool) -> tuple[str, bool]:
    """Latin-1, declared or (in ASCII's place) not; bytes that are plainly UTF-8 or Korean are read as such."""
    guessed = _guess(raw)
    latin = raw.decode("latin-1")
    return guessed, is_declared and guessed == latin


def _decode_or_guess(raw: bytes, codec: str) -> tuple[str, bool]:
    try:
        return raw.decode(codec), True
    except UnicodeDecodeError:
        return _guess(raw), False


def _guess(raw: bytes) -> str:
    """UTF-8 where it is that; Korean where all beyond ASCII are its syllables; else Latin-1, which takes anything."""
    is_utf8, text = _as_utf8(raw)
    if is_utf8:
        return text
    try:
        korean = raw.decode("euc_kr")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
    beyond = [letter for letter in korean if ord(letter) > 0x7F]
    is_korean = len(beyond) >= FEWEST_SYLLABLES and all("가" <= letter <= "힣" for letter in beyond)
    return korean if is_korean else raw.decode("latin-1")


def _as_utf8(raw: bytes) -> tuple[bool, str]:
    """Whether bytes beyond ASCII are well-formed UTF-8, which other text is only by a rare accident."""
    try:
        return not raw.isascii(), raw.decode("utf-8")
    except UnicodeDecodeError:
        return False, ""


def _decode_by_pydicom(raw: bytes, character_sets: Sequence[str]) -> tuple[str, bool]:
    import warnings

    from pydicom.charset import convert_encodings, decode_bytes  # 0.3 s: only where a name needs it

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            # every value and every name component begins in the first character set again (PS3.5 6.1.2.5.3)
            text = decode_bytes(
                raw, convert_encodings(list(character_sets) or [""]), {ord(mark) for mark in "\\^=\r\n\t\f"}
            )
        except (LookupError, UnicodeError, ValueError):
            return _guess(raw), False
    if caught or "�" in text:
        return (text if "�" not in text else _guess(raw)), False
    is_undeclared = not [name for name in character_sets if name]
    return (_guess(raw), False) if is_undeclared and not raw.isascii() else (text, True)
