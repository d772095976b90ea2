"""How asking, mending, acknowledging and signing change what is known of a study. Pure.

The guards stand here, not in a button: whatever asks for it, only a version that is made of the words that were
checked, with nothing blocking, that follows the version before, is ever added; and what is signed no event changes.
"""

from __future__ import annotations

from dataclasses import replace

from plugin.signing.standing import may_confirm, words_to_sign
from plugin.signing.state import (
    Acknowledgement,
    AcknowledgementTakenBack,
    AddendumBegun,
    AddendumEdited,
    AddendumGivenUp,
    ChecksRun,
    CriticalRecorded,
    DoubtAcknowledged,
    SignAsked,
    Signed,
    SignedVersion,
    Signing,
    SigningCalledOff,
    SigningEvent,
    Stage,
)
from plugin.signing.versions import fault_in
from plugin.state import DraftText, StudyReading


def fold_signing(reading: StudyReading, event: SigningEvent) -> StudyReading:
    """Return what is known after the event. One that is out of order changes nothing."""
    signing = reading.signing
    match event:
        case SignAsked():
            if not signing.is_open or signing.stage != "draft":
                return reading
            return _with(reading, replace(signing, stage="checking", checked=None, doubts=()))
        case ChecksRun(checked, doubts):
            if signing.stage == "draft" or checked != words_to_sign(reading):
                return reading
            return settled(_with(reading, replace(signing, checked=checked, doubts=doubts)))
        case DoubtAcknowledged(doubt_id, reason, at):
            return _acknowledge(reading, doubt_id, reason, at)
        case AcknowledgementTakenBack(doubt_id):
            kept = tuple(one for one in signing.acknowledged if one.doubt_id != doubt_id)
            return settled(_with(reading, replace(signing, acknowledged=kept)))
        case SigningCalledOff():
            return _with(reading, replace(signing, stage="draft", checked=None, doubts=()))
        case Signed(version):
            return _sign(reading, version)
        case AddendumBegun():
            is_fit = signing.is_signed and signing.addendum is None
            return _with(reading, replace(signing, addendum="", acknowledged=())) if is_fit else reading
        case AddendumEdited(text):
            is_fit = signing.addendum is not None
            return settled(_with(reading, replace(signing, addendum=text))) if is_fit else reading
        case AddendumGivenUp():
            return _with(reading, replace(signing, addendum=None, stage="draft", checked=None, doubts=()))
        case CriticalRecorded(record):
            others = tuple(one for one in signing.critical if one.subject != record.subject)
            return settled(_with(reading, replace(signing, critical=(*others, record))))


def settled(reading: StudyReading) -> StudyReading:
    """Between checking and confirming, as what is known says; after every event, for any may change it."""
    signing = reading.signing
    if signing.stage == "draft":
        return reading
    stage: Stage = "confirming" if may_confirm(reading) else "checking"
    return reading if stage == signing.stage else _with(reading, replace(signing, stage=stage))


def _with(reading: StudyReading, signing: Signing) -> StudyReading:
    return replace(reading, signing=signing)


def _acknowledge(reading: StudyReading, doubt_id: str, reason: str, at: str) -> StudyReading:
    signing = reading.signing
    doubt = next((one for one in signing.doubts if one.id == doubt_id), None)
    if doubt is None or not doubt.may_be_acknowledged or not reason.strip():
        return reading
    others = tuple(one for one in signing.acknowledged if one.doubt_id != doubt_id)
    made = Acknowledgement(doubt_id, doubt.kind, reason.strip(), at)
    return settled(_with(reading, replace(signing, acknowledged=(*others, made))))


def _sign(reading: StudyReading, version: SignedVersion) -> StudyReading:
    """Add the version, if the reader may sign and it is under just these words. The texts stay as they were signed."""
    signing = reading.signing
    is_fit = signing.stage == "confirming" and may_confirm(reading)
    if not is_fit or not version.signer or not _is_of(version, reading):
        return reading
    versions = (*signing.versions, version)
    if fault_in(versions):
        return reading
    done = Signing(versions=versions, critical=signing.critical)
    return replace(
        reading,
        signing=done,
        report=_frozen(reading.report, version.report),
        impression=_frozen(reading.impression, version.impression),
    )


def _is_of(version: SignedVersion, reading: StudyReading) -> bool:
    words, before = words_to_sign(reading), reading.signing.latest
    if before is None:
        return (version.report, version.impression, version.addendum) == (words.report, words.impression, "")
    is_same = (version.report, version.impression) == (before.report, before.impression)
    return is_same and version.addendum == words.report


def _frozen(text: DraftText, signed: str) -> DraftText:
    """The text as it was signed: another draft of the model comes to lie beside it, never in its place."""
    edited_from = text.drafted if text.edited is None else text.edited_from
    return DraftText(text.drafted, signed, edited_from)
