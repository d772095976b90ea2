"""Lines of the audit log in words, and which of them are wanted."""

from __future__ import annotations

import pytest

from plugin.records.audit_line import AuditEntry, Head, chained
from plugin.records.audit_rows import COLUMNS, Wish, details_text, kinds_in, row_of, wanted, what_text

AT = "2026-11-22T09:00:00.123Z"
LONG = "1.2.826.0.1.3680043.8.498.12345678901234567890"


def row(n: int, what: str, study: str = "1.2", **more):
    entry = AuditEntry(
        what, more.pop("at", AT), more.pop("who", "Dr. Kim"), study, more, "starter 0.3.1", "f" * 64
    )
    return row_of(chained(entry, Head(n - 1, "0" * 64)))


ROWS = [
    row(1, "study_opened", LONG, who=""),
    row(2, "finding_rejected", label="cardiomegaly", confidence=0.82, reason="known"),
    row(3, "ai_hidden", at="noon"),
]


def test_a_line_is_told_in_words(monkeypatch):
    cells = dict(zip(COLUMNS, ROWS[1].cells, strict=True))

    assert cells["What"] == "Finding rejected"
    assert cells["Details"] == "label cardiomegaly · reason known · confidence 0.82"
    assert cells["Model"] == "starter 0.3.1"
    assert len(cells["Time"]) == len("2026-11-22 18:00:00")
    assert ROWS[0].cells[2:6] == ("–", "Study opened", "", "…" + LONG[-12:])
    assert LONG in ROWS[0].tip
    assert ROWS[2].cells[1:4] == ("noon", "Dr. Kim", "AI hidden")


def test_a_line_without_a_model_says_so():
    line = chained(AuditEntry("settings_changed", AT), Head())

    assert "Model none" in row_of(line).tip


@pytest.mark.parametrize(
    ("wish", "numbers"),
    [
        (Wish(), [1, 2, 3]),
        (Wish("KIM known"), [2]),
        (Wish("kim nothing"), []),
        (Wish("finding_rejected"), [2]),
        (Wish(LONG[:30]), [1]),
        (Wish(what="ai_hidden"), [3]),
        (Wish(study="1.2"), [2, 3]),
        (Wish("kim", "ai_hidden", LONG), []),
    ],
)
def test_rows_are_found_by_words_kind_and_study(wish, numbers):
    assert [one.n for one in wanted(ROWS, wish)] == numbers


def test_the_kinds_that_occur_are_offered_in_the_order_of_their_words():
    assert kinds_in(ROWS) == ["ai_hidden", "finding_rejected", "study_opened"]
    assert what_text("") == ""


def test_details_are_told_without_what_is_empty():
    details = {
        "is_given": True,
        "reason": None,
        "names": ["mode", "reader_name"],
        "sentences": {"ai": 2, "human": 0, "none": None},
        "kinds": {},
        "has_prior": False,
        "note": "",
    }

    assert details_text(details) == (
        "is given yes · names mode, reader_name · sentences (ai 2, human 0, none 0) · has prior no"
    )
