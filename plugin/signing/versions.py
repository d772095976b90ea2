"""Making a version, and seeing whether the chain holds. Pure."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from inference.backend import PackInfo, Xyxy
from plugin.first_look.visible import visible
from plugin.review.reviewed import ReviewedFinding, reviewed_findings
from plugin.signing.standing import words_to_sign
from plugin.signing.state import SignedBox, SignedFinding, SignedVersion
from plugin.state import StudyReading


def make_version(reading: StudyReading, signer: str, at: str, pack: PackInfo | None) -> SignedVersion:
    """What a signature at this moment is under: the words and findings that the reader sees, and what led to them.

    An addendum keeps the words that were signed, and adds its own.
    """
    signing, shown = reading.signing, visible(reading)
    words, before = words_to_sign(reading), signing.latest
    used, used_sha256 = _model_of(reading, pack)
    version = SignedVersion(
        number=len(signing.versions) + 1,
        kind="final" if before is None else "addendum",
        report=words.report if before is None else before.report,
        impression=words.impression if before is None else before.impression,
        addendum="" if before is None else words.report,
        signer=signer.strip(),
        at=at,
        text_sha256="",
        sha256="",
        predecessor=before.sha256 if before is not None else "",
        findings=tuple(_signed(one) for one in reviewed_findings(shown)),
        acknowledged=tuple(
            one for one in signing.acknowledged if one.doubt_id in {d.id for d in signing.doubts}
        ),
        critical=signing.critical,
        pack=used,
        pack_sha256=used_sha256,
        mode=reading.first_look.mode,
        saw_ai=reading.has_been_read and reading.first_look.is_open,
    )
    return sealed(version)


def _model_of(reading: StudyReading, loaded: PackInfo | None) -> tuple[str, str]:
    """The model whose draft it was, and its manifest's digest; another may be loaded by now. Empty: none was used."""
    made = reading.made_by
    is_same = loaded is not None and made.pack_sha256 in {"", loaded.sha256}
    if reading.has_been_read and loaded is not None and is_same:
        return f"{loaded.id} {loaded.version}", loaded.sha256
    return made.pack, made.pack_sha256


def sealed(version: SignedVersion) -> SignedVersion:
    """The version with the digests of its words and of itself."""
    told = replace(version, text_sha256=_text_digest(version))
    return replace(told, sha256=digest(told))


def digest(version: SignedVersion) -> str:
    """SHA-256 over all of a version but this digest itself: canonical JSON, keys sorted, no spaces, ASCII."""
    fields = {name: value for name, value in asdict(version).items() if name != "sha256"}
    return hashlib.sha256(
        json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")
    ).hexdigest()


def fault_in(versions: Sequence[SignedVersion]) -> str:
    """What is wrong with a chain of versions, in words; empty: it holds."""
    before = ""
    for place, version in enumerate(versions, start=1):
        if version.number != place:
            return f"Version {place} is missing."
        if (version.text_sha256, version.sha256) != (_text_digest(version), digest(version)):
            return f"Version {place} was changed after it was signed."
        if version.predecessor != before:
            return f"Version {place} does not follow version {place - 1}."
        before = version.sha256
    return ""


def full_text(version: SignedVersion) -> str:
    """The words of a version as they are read, from the findings to the addendum."""
    parts = (
        ("FINDINGS", version.report),
        ("IMPRESSION", version.impression),
        ("ADDENDUM", version.addendum),
    )
    return "\n\n".join(f"{title}:\n{text.strip()}" for title, text in parts if text.strip())


def text_of_chain(versions: Sequence[SignedVersion]) -> str:
    """The report with all its addenda, each with its number and signer: what is copied and printed."""
    if not versions:
        return ""
    addenda = [
        f"ADDENDUM {one.number - 1} ({one.signer}, {one.at}):\n{one.addendum.strip()}" for one in versions[1:]
    ]
    return "\n\n".join((full_text(versions[0]), *addenda))


def changes(before: SignedVersion | None, after: SignedVersion) -> tuple[tuple[str, str], ...]:
    """Line by line what a version changed: ("+", line), ("-", line) or (" ", line)."""
    old = full_text(before).splitlines() if before is not None else []
    lines = difflib.ndiff(old, full_text(after).splitlines())
    return tuple((line[0], line[2:]) for line in lines if line[0] != "?")


def _text_digest(version: SignedVersion) -> str:
    words = json.dumps([version.report, version.impression, version.addendum])
    return hashlib.sha256(words.encode("ascii")).hexdigest()


def _signed(one: ReviewedFinding) -> SignedFinding:
    model = one.model
    return SignedFinding(
        one.id,
        one.image,
        one.label,
        one.status,
        one.certainty,
        one.side,
        one.note,
        one.reason or "",
        float(model.confidence) if model is not None and model.confidence is not None else None,
        model.calibrated if model is not None else False,
        tuple(
            SignedBox(box.id, box.image, _floats(box.xyxy), box.origin, box.tracking_uid) for box in one.boxes
        ),
    )


def _floats(xyxy: Xyxy) -> Xyxy:
    """As they come back after they were kept: 70 and 70.0 are one place, but not one digest."""
    x1, y1, x2, y2 = (float(edge) for edge in xyxy)
    return x1, y1, x2, y2
