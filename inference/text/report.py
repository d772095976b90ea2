"""How report text was cleaned before M4CXR was trained on it.

Decimal points, commas, colons and percent signs vanish ("1.2 cm" becomes "12 cm"). The cleaned text goes into the
model; it is never what a reader is shown as the prior report.
"""

from __future__ import annotations

import re

_DELETED = re.compile(r"[.,?;*!%^&_+():\[\]{}]")


def clean_report(text: str) -> str:
    """Clean a report's text exactly as the training targets and prior reports were. Never empty: at least "."."""
    text = text.replace("\n", " ")
    text = _repeatedly(text, "__", "_", 7)
    text = _repeatedly(text, "  ", " ", 6)
    text = _repeatedly(text, "..", ".", 8)
    text = text.replace("1. ", "")
    for number in "2345":
        text = text.replace(f". {number}. ", ". ")
    for number in "2345":
        text = text.replace(f" {number}. ", ". ")
    return ". ".join(_clean_sentence(sentence) for sentence in text.strip().split(". ")) + "."


def _repeatedly(text: str, old: str, new: str, times: int) -> str:
    for _ in range(times):
        text = text.replace(old, new)
    return text


def _clean_sentence(sentence: str) -> str:
    for quote in "\"/\\'":
        sentence = sentence.replace(quote, "")
    return re.sub(r"\s+", " ", _DELETED.sub("", sentence.strip()))  # a blank before a deleted stop survives
