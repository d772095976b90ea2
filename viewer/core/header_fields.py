"""Reads fields of one file by tag and collects the notices that arise. What can't be read counts as not stated."""

from __future__ import annotations

from datetime import date

from viewer.core import tags
from viewer.core.character_sets import decode_text
from viewer.core.dicom_file import DicomFile
from viewer.core.element_values import (
    clean_text,
    decimals,
    read_date,
    split_values,
    whole_numbers,
)

MOST_VALUE_BYTES = 64 * 1024
_NUMERIC_VRS = frozenset({"US", "SS", "UL", "SL", "IS", "FD", "FL"})


class HeaderFields:
    """Typed access to the elements of one file. `notices` grows while fields are read."""

    def __init__(self, file: DicomFile) -> None:
        self.file = file
        self.notices: list[str] = list(file.notices)
        self._character_sets = split_values(self._raw(tags.SPECIFIC_CHARACTER_SET) or b"")
        self._is_charset_told = False

    def notice(self, text: str) -> None:
        """Add a sentence for the reader, once."""
        if text not in self.notices:
            self.notices.append(text)

    def has(self, tag: int) -> bool:
        """True if the element is there with a value."""
        return bool((self._raw(tag) or b"").strip(b" \0"))

    def has_bytes(self, tag: int) -> bool:
        """True if the element is there and is not empty; its bytes may all be zero."""
        return bool(self._raw(tag))

    def is_empty(self, tag: int) -> bool:
        """True if the element is there without a value."""
        return tag in self.file.elements and not self.has(tag)

    def code(self, tag: int) -> str:
        """Return the first value of a CS, UI, IS or TM element, or an empty string."""
        return self.codes(tag)[0]

    def codes(self, tag: int) -> list[str]:
        """Return all values of a CS element; one empty string if there is none."""
        return [clean_text(value) for value in split_values(self._raw(tag) or b"")]

    def text(self, tag: int) -> str:
        """Return a PN, LO, SH or ST element in its character set, without control characters."""
        raw = (self._raw(tag) or b"").rstrip(b" \0")
        text, is_sure = decode_text(raw, self._character_sets)
        if not is_sure and not self._is_charset_told:
            self._is_charset_told = True
            declared = "\\".join(self._character_sets) or "none"
            self.notice(
                f"Text does not fit the declared character set ({clean_text(declared)}); names may be wrong."
            )
        return clean_text(text)

    def whole(self, tag: int, name: str) -> int | None:
        """Return a US, SS, UL, SL or IS element's first value; None with a notice where it is no number."""
        raw, vr = self._raw(tag), self._vr(tag)
        if not raw:
            return None
        numbers = whole_numbers(raw, vr if vr in _NUMERIC_VRS else "US", self.file.elements[tag].encoding)
        if not numbers:
            self.notice(f"{name} is not a number and is ignored.")
            return None
        return numbers[0]

    def number_in_text(self, tag: int, name: str) -> int | None:
        """Return an IS element; None with a notice where it is no number."""
        raw = self._raw(tag)
        if not (raw or b"").strip(b" \0"):
            return None
        numbers = whole_numbers(raw or b"", "IS", self.file.elements[tag].encoding)
        if not numbers:
            self.notice(f"{name} is not a number and is ignored.")
            return None
        return numbers[0]

    def whole_numbers(self, tag: int, vr: str = "IS") -> list[int]:
        """Return all values of an element of whole numbers, read as `vr`; those that are none are left out."""
        raw = self._raw(tag)
        return whole_numbers(raw, vr, self.file.elements[tag].encoding) if raw else []

    def decimals(self, tag: int, name: str) -> list[float]:
        """Return a DS element's values; empty, with a notice, where one of them is no finite number."""
        raw = self._raw(tag)
        if not (raw or b"").strip(b" \0"):
            return []
        numbers = decimals(raw or b"", self._vr(tag), self.file.elements[tag].encoding)
        if not numbers:
            self.notice(f"{name} is not a number and is ignored.")
        return numbers

    def date(self, tag: int, name: str) -> date | None:
        """Return a DA element; None with a notice where it is no date."""
        if not self.has(tag):
            return None
        found = read_date(self._raw(tag) or b"")
        if found is None:
            self.notice(f"{name} is not a date and is ignored.")
        return found

    def _raw(self, tag: int) -> bytes | None:
        element = self.file.elements.get(tag)
        if element is None:
            return None
        return self.file.data[element.start : element.start + min(element.length, MOST_VALUE_BYTES)]

    def _vr(self, tag: int) -> str:
        return self.file.elements[tag].vr.decode("ascii") if tag in self.file.elements else ""
