"""What a sentence says has become of a finding since the prior."""

import pytest

from inference.text.directions import DIRECTIONS, stated_changes, words_of_change


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("The pleural effusion has increased.", [("pleural effusion", "larger")]),
        ("There is a new right pneumothorax.", [("pneumothorax", "new")]),
        (
            "Stable cardiomegaly. The edema has improved.",
            [("cardiomegaly", "unchanged"), ("edema", "smaller")],
        ),
        ("The pneumothorax has resolved.", [("pneumothorax", "resolved")]),
        ("No new pneumothorax.", []),
        ("No change of the pleural effusion.", [("pleural effusion", "unchanged")]),
        ("The effusion is larger and the atelectasis is new.", []),
        ("The heart is large.", []),
        ("", []),
    ],
)
def test_a_text_states_a_change_of_a_finding_or_none(text, stated):
    assert list(stated_changes(text)) == stated


def test_every_kind_that_is_stated_has_a_direction():
    kinds = words_of_change("New, larger, unchanged, smaller, resolved.")

    assert [DIRECTIONS[kind] for kind in kinds] == [1, 1, -1, 0, -1]
