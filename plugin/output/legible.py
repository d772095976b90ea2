"""Words as every output can hold them: pasted text may bring characters that no file format takes. Pure."""

from __future__ import annotations

import unicodedata

_UNWRITABLE = {"Cc": " ", "Cs": "\N{REPLACEMENT CHARACTER}"}


def legible(text: str) -> str:
    """`text` with control characters as blanks (line ends and tabs stay) and halves of characters replaced."""
    return "".join(
        character if character in "\n\t" else _UNWRITABLE.get(unicodedata.category(character), character)
        for character in text
    )
