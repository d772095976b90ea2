"""Decoding that takes back a word that must not be said: without a prior, no comparison with one.

Greedy as ever, but the last word is held back until it is complete. If the text then ends with a forbidden phrase,
that word is forgotten, its first token is barred at that place, and the next most probable one is taken. The words
are data (`inference/text/comparison_words.json`); what slips through is flagged by `inference.engine.sentences`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from inference.backend import CancelToken
from inference.engine.branch import Branch, Reader
from inference.engine.decoding import Decodes, shown

MOST_TRIES = 5
"""At one place; after that the word stands, and is flagged."""


def careful_text(
    reader: Reader,
    tokenizer: Decodes,
    branch: Branch,
    cancel: CancelToken,
    *,
    max_new_tokens: int,
    is_forbidden: Callable[[str], bool],
) -> Iterator[str]:
    """Append an answer to `branch` in which no word completes a forbidden phrase; yield its text word by word.

    Args:
        is_forbidden: Told the text up to the end of a word, says whether its end must not stand.

    Raises:
        InferenceCancelled: Before the next token once `cancel` is set.
    """
    start, said, is_first = len(branch.ids), "", True
    barred: defaultdict[int, set[int]] = defaultdict(set)
    while len(branch.ids) - start < max_new_tokens:
        place = len(branch.ids) - start
        logits = reader.feed(branch, cancel, said=0 if is_first else 1)
        is_first = False
        branch.ids.append(_best(logits, barred[place]))
        reader.usage.new_tokens += 1
        is_end = branch.ids[-1] == tokenizer.eos_id
        text = shown(tokenizer, branch.ids[start:])
        complete = text if is_end else text[: word_start(text)]
        if len(complete) > len(said) and is_forbidden(complete):
            first = _token_of(tokenizer, branch.ids[start:], last_word(complete))
            if last_word(complete) >= len(said) and len(barred[first]) < MOST_TRIES:
                barred[first].add(branch.ids[start + first])
                _forget(branch, start + first, barred, first)
                continue
        if complete.startswith(said) and len(complete) > len(said):
            yield complete[len(said) :]
            said = complete
        if is_end:
            return
    text = shown(tokenizer, branch.ids[start:])
    if text.startswith(said) and len(text) > len(said):
        yield text[len(said) :]


def word_start(text: str) -> int:
    """Where the word that `text` ends in begins; the end of the text if it does not end in one."""
    at = len(text)
    while at and _is_of_word(text[at - 1]):
        at -= 1
    return at


def last_word(text: str) -> int:
    """Where the last word of `text` begins, whatever stands behind it."""
    end = len(text)
    while end and not _is_of_word(text[end - 1]):
        end -= 1
    return word_start(text[:end])


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character in "_'-"


def _best(logits: Tensor, barred: set[int]) -> int:
    if barred:
        logits = logits.clone()
        logits[list(barred)] = float("-inf")
    return int(torch.argmax(logits))


def _token_of(tokenizer: Decodes, ids: list[int], character: int) -> int:
    """The number of the token with which the text's given character appears."""
    for number in range(len(ids)):
        if len(shown(tokenizer, ids[: number + 1])) > character:
            return number
    return len(ids) - 1


def _forget(branch: Branch, length: int, barred: defaultdict[int, set[int]], place: int) -> None:
    """Take the branch back to `length` ids, the last of which is read again for its logits."""
    branch.cut(length)
    branch.unread_last()
    for later in [one for one in barred if one > place]:  # they stood behind a word that is gone
        del barred[later]
