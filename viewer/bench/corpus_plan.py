"""Which films are written. Apart from `corpus`, which needs encoders and so never enters the window's process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

NAMES = {
    "uncompressed": "uncompressed",
    "rle": "RLE",
    "jpeg-lossless": "JPEG lossless",
    "jpeg-ls": "JPEG-LS",
    "jpeg-2000": "JPEG 2000",
}
"""The transfer syntaxes, and what they are called."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is written."""

    side: int = 3000
    per_syntax: int = 6
    small_counts: tuple[int, ...] = (1000, 10_000)
    small_side: int = 64
    sequence: int = 500
    sequence_side: int = 1500


QUICK = Plan(side=300, per_syntax=2, small_counts=(40,), small_side=16, sequence=8, sequence_side=120)


def plan_to_json(plan: Plan) -> str:
    """The plan as one word of a command line."""
    return json.dumps(asdict(plan))


def plan_from_json(text: str) -> Plan:
    """The plan of such a word."""
    fields = json.loads(text)
    return Plan(**{**fields, "small_counts": tuple(fields["small_counts"])})
