"""Shows the terms of a licence and asks for a yes. Nothing is taken for one that was not said."""

from __future__ import annotations

import sys

from inference.errors import PackError
from inference.packs.manifest import Licence


def accept(licence: Licence, *, is_accepted: bool) -> None:
    """Print a licence in full and have it accepted.

    Args:
        licence: The terms.
        is_accepted: The command line said so already (`--accept-licence`).

    Raises:
        PackError: It was not accepted.
    """
    print(f"Licence {licence.id}{', research use only' if licence.research_only else ''}\n")  # noqa: T201
    print(licence.text)  # noqa: T201
    if not (is_accepted or agrees("Do you accept these terms?")):
        refused = PackError("The licence was not accepted; nothing was changed.")
        refused.remedy = "Read it above, then add --accept-licence."
        raise refused


def agrees(question: str) -> bool:
    """Ask on the terminal; without one the answer is no."""
    if not sys.stdin.isatty():
        return False
    return input(f"{question} Type yes or no: ").strip().lower() == "yes"
