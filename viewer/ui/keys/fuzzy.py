"""How well a few typed letters fit a text. Pure, no Qt."""

from __future__ import annotations

_WORD_START, _IN_A_ROW, _PLAIN = 8, 5, 1


def score(typed: str, text: str) -> int | None:
    """Points for `typed` as letters of `text` in their order; None where they are not all there.

    Letters at the starts of words and letters in a row count more ("fw" and "fit" both find "Fit film to window").
    Spaces in what was typed separate words that may stand in any order.
    """
    points = [_word_score(word, text.casefold()) for word in typed.casefold().split()]
    return None if any(one is None for one in points) else sum(one or 0 for one in points)


def _word_score(word: str, text: str) -> int | None:
    at = text.find(word)
    if at >= 0:  # the very letters, best at the start of a word
        is_start = at == 0 or not text[at - 1].isalnum()
        return len(word) * (_IN_A_ROW + _PLAIN) + (2 * _WORD_START if is_start else 0)
    by_starts = _letter_by_letter(word, text, is_for_starts=True)
    return by_starts if by_starts is not None else _letter_by_letter(word, text, is_for_starts=False)


def _letter_by_letter(word: str, text: str, *, is_for_starts: bool) -> int | None:
    """The points of the first places found; looking for starts of words can pass letters that come later only once."""
    total, last = 0, -1
    for letter in word:
        places = [at for at in range(last + 1, len(text)) if text[at] == letter]
        starts = [at for at in places if at == 0 or not text[at - 1].isalnum()]
        if not places:
            return None
        at = (starts if is_for_starts and starts else places)[0]
        total += _WORD_START if at in starts else _IN_A_ROW if at == last + 1 else _PLAIN
        last = at
    return total
