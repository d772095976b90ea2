"""Places in a text: Python counts characters, Qt counts UTF-16 units. Pure."""

from __future__ import annotations

_SHOWN = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\u00a0": " "})


def as_shown(text: str) -> str:
    """The text as an editor gives it back: its line ends and blanks are plain ones."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def to_qt(text: str, position: int) -> int:
    """Where Qt finds the character at `position` of `text`."""
    if text.isascii():
        return position
    return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2


def from_qt(text: str, position: int) -> int:
    """The character of `text` at Qt's `position`."""
    if text.isascii():
        return position
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * position].decode("utf-16-le", "surrogatepass"))


def alike(one: str, other: str) -> tuple[int, int]:
    """How many characters two texts share at their start, and behind that at their end."""
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    left = shorter - start
    end = next((at for at in range(left) if one[-1 - at] != other[-1 - at]), left)
    return start, end
