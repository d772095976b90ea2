"""Many conversations about the same pictures as branches of one sequence.

The beginning (system sentence and pictures) is computed once; each branch sees it and itself, at the positions it
would have alone. So a film with ten questions costs little more than a film with one, and the model is trained on
exactly what it is asked later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inference.text.tokenizer import IGNORED_LABEL, IMAGE_ID, PAD_ID, M4cxrTokenizer
from inference.training.starter.tasks import Branch


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """Sequences of equal length, (n, length) each; `mask` is (n, 1, length, length), true where a row may look."""

    ids: Tensor
    positions: Tensor
    mask: Tensor
    targets: Tensor  # the next id, or -100
    weights: Tensor
    soft: Tensor  # index in LABELS where the target is the first word of a yes/no answer, else -1


@dataclass(frozen=True, slots=True)
class _Packed:
    ids: list[int]
    positions: list[int]
    branch: list[int]  # 0 the shared beginning, then 1, 2, …
    targets: list[int]
    weights: list[float]
    soft: list[int]


def pack(samples: Sequence[Sequence[Branch]], tokenizer: M4cxrTokenizer) -> PackedBatch:
    """Encode each sample's branches and pad the sequences to one length. All branches share their pictures."""
    packed = [_pack_one(branches, tokenizer) for branches in samples]
    length = max(len(one.ids) for one in packed)
    ids = _padded([one.ids for one in packed], PAD_ID, length)
    branch = _padded([one.branch for one in packed], -1, length)
    same = branch[:, :, None] == branch[:, None, :]
    looks_back = (same | (branch[:, None, :] == 0)) & torch.ones(length, length, dtype=torch.bool).tril()
    return PackedBatch(
        ids=ids,
        positions=_padded([one.positions for one in packed], 0, length),
        mask=looks_back[:, None],
        targets=_padded([one.targets for one in packed], IGNORED_LABEL, length),
        weights=_padded([one.weights for one in packed], 0.0, length),
        soft=_padded([one.soft for one in packed], -1, length),
    )


def _pack_one(branches: Sequence[Branch], tokenizer: M4cxrTokenizer) -> _Packed:
    encoded = [_encoded(branch, tokenizer) for branch in branches]
    shared = _shared([ids for ids, _ in encoded])
    packed = _Packed(encoded[0][0][:shared], list(range(shared)), [0] * shared, [], [], [])
    packed.targets.extend([IGNORED_LABEL] * shared)
    packed.weights.extend([0.0] * shared)
    packed.soft.extend([-1] * shared)
    for number, (branch, (ids, labels)) in enumerate(zip(branches, encoded, strict=True), start=1):
        rest = len(ids) - shared
        packed.ids.extend(ids[shared:])
        packed.positions.extend(range(shared, len(ids)))
        packed.branch.extend([number] * rest)
        targets = [*labels[shared + 1 :], IGNORED_LABEL]
        packed.targets.extend(targets)
        packed.weights.extend([branch.weight] * rest)
        first = next(i for i, target in enumerate(targets) if target != IGNORED_LABEL)
        packed.soft.extend(branch.soft if i == first else -1 for i in range(rest))
    return packed


def _encoded(branch: Branch, tokenizer: M4cxrTokenizer) -> tuple[list[int], list[int]]:
    """Ids and labels; the first answer's labels are taken out where it is given."""
    ids, labels = tokenizer.encode_sample(branch.text)
    if branch.is_given:
        end = labels.index(tokenizer.eos_id) + 1
        labels = [IGNORED_LABEL] * end + labels[end:]
    return ids, labels


def _shared(sequences: Sequence[Sequence[int]]) -> int:
    """Length of the beginning up to and with the last picture; nothing is shared without one.

    A single branch is its own beginning up to there too: the result is the same.
    """
    first = sequences[0]
    shared = shared_length(first)
    if any(list(ids[:shared]) != list(first[:shared]) for ids in sequences):
        raise ValueError("branches of one sample must begin with the same pictures")
    return shared


def shared_length(ids: Sequence[int]) -> int:
    """Length of a conversation's beginning up to and with its last picture; 1 (BOS) without a picture."""
    return len(ids) - list(reversed(ids)).index(IMAGE_ID) if IMAGE_ID in ids else 1


def _padded(rows: Sequence[Sequence[int] | Sequence[float]], value: float, length: int) -> Tensor:
    kind = torch.float32 if isinstance(value, float) else torch.long
    batch = torch.full((len(rows), length), value, dtype=kind)
    for target, row in zip(batch, rows, strict=True):
        target[: len(row)] = torch.tensor(row, dtype=kind)
    return batch
