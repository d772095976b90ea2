"""What can be done about a finding at this moment. Pure."""

from __future__ import annotations

from plugin.review.reviewed import ReviewedFinding
from plugin.review.state import FindingWords
from plugin.row_look import RowLook

_OF_STATUS: dict[str, frozenset[str]] = {
    "untouched": frozenset({"accept", "reject", "edit", "draw"}),
    "accepted": frozenset({"take_back", "reject", "edit", "draw"}),
    "edited": frozenset({"take_back", "reject", "edit", "draw"}),
    "rejected": frozenset({"take_back"}),
    "added": frozenset({"remove", "edit", "draw"}),
}


def offered(one: ReviewedFinding | None, look: RowLook, is_open: bool = True) -> frozenset[str]:
    """Names of `plugin.review.finding_item.BUTTONS`, none where the report is signed and no addendum is written.

    `one` is None for what the model did not call present.
    """
    if not is_open:
        return frozenset()
    if one is None:
        return frozenset({"add"})
    more = {"restore"} if look.can_restore and one.stands else set()
    return _OF_STATUS[one.status] | more


def words_to_edit(one: ReviewedFinding | None) -> FindingWords | None:
    """What a form begins with; a certainty that is the model's own is left as it is."""
    if one is None:
        return None
    is_own = one.status in {"edited", "added"}
    certainty = one.certainty if is_own and one.certainty in {"likely", "possible", "unlikely"} else ""
    note = one.note if is_own else ""
    return FindingWords(one.label, one.side, certainty, note)  # type: ignore[arg-type]
