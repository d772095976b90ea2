"""What is signed comes back after the program was closed; a signature that was only asked for does not go on."""

from __future__ import annotations

from unit.plugin.signing.studies import AT, checked, drafted, finding, signed, written

from plugin.fold import fold
from plugin.records.as_left import as_left
from plugin.records.draft_format import from_json, to_json
from plugin.review.state import FindingAccepted
from plugin.signing.state import (
    AddendumBegun,
    AddendumEdited,
    CommunicationLog,
    CriticalRecord,
    CriticalRecorded,
)
from plugin.signing.versions import fault_in

LOG = CommunicationLog(1, "Pneumothorax", AT, "Dr. Reader", "Dr. Ward", AT, "telephone")


def test_a_signed_study_is_kept_whole_and_its_chain_still_holds() -> None:
    judged = fold(drafted(finding()), FindingAccepted("f1", AT))
    told = fold(judged, CriticalRecorded(CriticalRecord("Pneumothorax", AT, LOG)))
    done = signed(told)
    twice = signed(fold(fold(done, AddendumBegun(AT)), AddendumEdited("Told.")))

    back = from_json(to_json(twice))

    assert back.signing == twice.signing
    assert len(back.signing.versions) == 2
    assert fault_in(back.signing.versions) == ""


def test_an_addendum_that_was_being_written_is_still_there() -> None:
    writing = fold(fold(signed(drafted()), AddendumBegun(AT)), AddendumEdited("The ward"))

    assert as_left(from_json(to_json(writing))).signing.addendum == "The ward"


def test_a_signature_that_was_asked_for_is_asked_for_again() -> None:
    ready = checked(written())
    assert ready.signing.stage == "confirming"

    back = as_left(from_json(to_json(ready)))

    assert (back.signing.stage, back.signing.doubts) == ("draft", ())
