"""The words for a film on which nothing was found, in every output the same. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from inference.backend import FINDINGS, Finding

NOTHING_FOUND = f"No listed finding detected ({len(FINDINGS) + 1} classes). This does not rule out disease."


def nothing_found(findings: Sequence[Finding]) -> str:
    """The line about a film on which nothing was found; empty if something was, or nothing was looked for.

    It never counts what the model did not look for.
    """
    if any(finding.presence == "present" for finding in findings):
        return ""
    absent = sum(finding.presence == "absent" for finding in findings)
    if absent == len(findings):
        return NOTHING_FOUND if findings else ""
    assessed = f"{absent} of {len(findings)} assessed"
    return f"No listed finding detected ({assessed}). This does not rule out disease." if absent else ""
