"""The chain of versions: what it is made of, and that a changed byte shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.plugin.signing.studies import AT, CLEAN, drafted, signed

from plugin.fold import fold
from plugin.signing.state import AddendumBegun, AddendumEdited, SignedVersion
from plugin.signing.versions import changes, fault_in, full_text, sealed, text_of_chain


def chain() -> tuple[SignedVersion, ...]:
    first = signed(drafted())
    return signed(fold(fold(first, AddendumBegun(AT)), AddendumEdited("Ward was told."))).signing.versions


def test_a_chain_holds_as_it_was_signed() -> None:
    assert fault_in(chain()) == ""
    assert fault_in(()) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"report": "x"},
        {"signer": "x"},
        {"at": "x"},
        {"acknowledged": ()},
        {"mode": "triage"},
        {"text_sha256": "x"},
    ],
)
def test_any_change_of_a_version_shows(change: dict) -> None:
    first, second = chain()
    changed = replace(first, **change)
    if changed == first:
        changed = replace(first, saw_ai=not first.saw_ai)

    assert fault_in((changed, second)) == "Version 1 was changed after it was signed."


def test_a_version_that_was_taken_out_or_put_in_shows() -> None:
    first, second = chain()
    other = sealed(replace(first, signer="Somebody else"))

    assert fault_in((second,)) == "Version 1 is missing."
    assert fault_in((other, second)) == "Version 2 does not follow version 1."


def test_the_text_of_a_version_has_its_addendum_under_it() -> None:
    first, second = chain()

    assert full_text(first) == f"FINDINGS:\n{CLEAN[0]}\n\nIMPRESSION:\n{CLEAN[1]}"
    assert full_text(second).endswith("ADDENDUM:\nWard was told.")
    assert text_of_chain((first, second)).endswith(f"ADDENDUM 1 (Dr. Reader, {AT}):\nWard was told.")
    assert text_of_chain(()) == ""


def test_what_a_version_changed_is_told_line_by_line() -> None:
    first, second = chain()

    assert [line for mark, line in changes(first, second) if mark == "+"] == [
        "",
        "ADDENDUM:",
        "Ward was told.",
    ]
    assert {mark for mark, _ in changes(None, first)} == {"+"}
