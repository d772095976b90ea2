"""May a generator's pack be written, installed, passed on? Only with a clean privacy report of exactly its weights."""

from __future__ import annotations

import json
from pathlib import Path

from inference.errors import InvalidRequest, PackRefused
from inference.packs.manifest import GENERATOR, Manifest
from inference.plain import from_plain
from inference.synthesis.privacy.report import FORMAT, PRIVACY, PrivacyReport, weights_of

CONVERTED = (
    "This generator was published by others: there is no privacy report, and nobody here knows whether it learnt films "
    "by heart."
)


class ReleaseRefused(PackRefused):
    """A generator may have learnt films by heart, or nobody looked."""

    remedy = (
        "`sidelight train privacy PACK --data KIND:PATH` looks for copies of training films and writes the report. If "
        "it finds some, train again: more films, fewer steps, no film several times."
    )


def check_release(folder: Path, manifest: Manifest) -> str:
    """What has to be told about a pack that may be installed; empty where there is nothing.

    Args:
        folder: Of a pack whose files were checked.
        manifest: Its manifest. One with a `converter` was turned from a published checkpoint.

    Raises:
        ReleaseRefused: It is a generator of ours whose report is missing, of other weights, or says no.
    """
    if manifest.architecture != GENERATOR:
        return ""
    if not (folder / PRIVACY).is_file():
        if manifest.converter:
            return CONVERTED
        raise ReleaseRefused(f"“{manifest.id}” is a film generator without a privacy report ({PRIVACY}).")
    report = read_report(folder / PRIVACY)
    if report.weights_sha256 != weights_of(folder):
        raise ReleaseRefused(f"The privacy report of “{manifest.id}” is of other weights.")
    if not report.is_clean:
        why = report.reasons[0] if report.reasons else "it gives no reason."
        raise ReleaseRefused(f"The privacy report of “{manifest.id}” says no: {why}")
    return ""


def read_report(path: Path) -> PrivacyReport:
    """Raises ReleaseRefused: it is no report that this version can read."""
    try:
        report = from_plain(PrivacyReport, json.loads(path.read_bytes()), PRIVACY)
    except (OSError, ValueError, InvalidRequest) as error:
        raise ReleaseRefused(f"{path} can't be read as a privacy report ({error}).") from error
    if report.format != FORMAT:
        raise ReleaseRefused(f"{path} was written by another version of the program.")
    return report
