"""The document as Rich Text Format 1.5, for word processors and older information systems. Pure, ASCII."""

from __future__ import annotations

from plugin.output.blocks import Block, blocks
from plugin.output.document import ReportDocument

_HEAD = r"{\rtf1\ansi\ansicpg1252\uc1\deff0{\fonttbl{\f0\fswiss Helvetica;}}\f0\fs21"
_LOOKS = {"mark": r"\b", "sign": r"\b", "small": r"\fs17"}


def rtf_of(document: ReportDocument) -> bytes:
    """The same words as the text file, marks first and last."""
    said = "\n".join(_block(block) for block in blocks(document, with_identity=True))
    return f"{_HEAD}\n{said}\n}}\n".encode("ascii")


def _block(block: Block) -> str:
    look = _LOOKS.get(block.kind, "")
    title = rf"{{\pard\sb120\b {escaped(block.title)}\par}}" if block.title else ""
    lines = r"\line ".join(escaped(line) for line in block.lines)
    return rf"{title}{{\pard\sa120{look} {lines}\par}}"


def escaped(text: str) -> str:
    """Every character beyond ASCII as its UTF-16 units, every one with a meaning of its own behind a backslash."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character in "\\{}":
        return f"\\{character}"
    if " " <= character <= "~":
        return character
    if character < " ":
        return " "
    units = character.encode("utf-16-le", "surrogatepass")
    numbers = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2))
    return "".join(rf"\u{number}?" for number in numbers)
