"""Measured numbers as rows, and the reader's choice of a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.packs import find_pack
from plugin.backend.choice import ModelChoice, keep_choice, kept_choice
from plugin.backend.scores import ScoreRow, score_rows
from plugin.settings import PanelSettings


class Kept:
    """A plugin's settings, for as long as the test."""

    def __init__(self, value: object = None) -> None:
        self.value = value

    def get(self, name: str, default: object = None) -> object:
        return self.value

    def set(self, name: str, value: object) -> None:
        self.value = value


def test_the_starter_s_numbers_stand_with_their_interval_and_cases():
    rows = score_rows(find_pack("starter").manifest.scores)

    assert (
        ScoreRow("Real films: nih", "AUROC, mean of its findings", "0.808 (0.740 to 0.869)", "195 films")
        in rows
    )
    lesion = ScoreRow(
        "Real films: nih", "AUROC, lung lesion", "0.719 (0.525 to 0.892)", "14 with, 181 without"
    )
    assert lesion in rows
    assert (
        ScoreRow("Real films", "Boxes, lung opacity", "mean IoU 0.35, centre inside 78%", "40 boxes") in rows
    )
    assert ScoreRow("Digital phantoms", "Boxes, all", "mean IoU 0.29, centre inside 42%", "59 boxes") in rows
    assert all(len(row.cells) == 4 for row in rows)


def test_numbers_without_interval_or_cases_are_shown_as_they_are():
    told = {"phantoms_held_out": {"macro_auroc": {"value": 0.5}, "boxes": {"x": {"mean_iou": 0.1}, "y": {}}}}

    assert score_rows(told) == (
        ScoreRow("Digital phantoms", "AUROC, mean of its findings", "0.500", ""),
        ScoreRow("Digital phantoms", "Boxes, x", "mean IoU 0.10", "? boxes"),
    )


def test_readings_changes_and_what_was_trained_beside_it_have_their_rows():
    told = {
        "real_films_held_out": {
            "nih": {
                "films": 9,
                "plain_cnns": [{"starter_above_it": {"value": 0.05, "low": 0.01, "high": 0.09}}],
            },
            "readings_nih": {"studies": 9, "list_micro_f1": 0.5, "report": {"micro_f1_14": 0.4}},
        },
        "phantoms_held_out": {
            "readings_with_lateral": {"studies": 4, "list_micro_f1": 0.3},
            "change_direction": {"right": 0.5, "findings": 12, "studies": 6},
        },
    }

    assert [row.cells for row in score_rows(told)] == [
        (
            "Real films: nih",
            "AUROC above a plain CNN trained on the same films",
            "0.050 (0.010 to 0.090)",
            "9 films",
        ),
        ("Real films", "Finding list, F1 of what it states", "0.50", "9 studies"),
        ("Real films", "Report, F1 of what it states", "0.40", "9 studies"),
        ("Digital phantoms", "Finding list with a lateral, F1 of what it states", "0.30", "4 studies"),
        ("Digital phantoms", "Change since the prior, direction right", "50%", "12 findings in 6 pairs"),
    ]


NAMES = [
    "plain_cnns",
    "starter_above_it",
    "readings_nih",
    "report",
    "change_direction",
    "right",
    "auroc",
    "macro_auroc",
    "films",
    "boxes",
    "nih",
    "value",
    "low",
    "high",
    "mean_iou",
    "positives",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)


@given(JSON)
def test_whatever_a_manifest_holds_nothing_breaks(told):
    assert isinstance(score_rows({"real_films_held_out": told}), tuple)


def test_the_choice_is_kept_and_what_the_environment_names_stands_before_it():
    settings = Kept()
    assert kept_choice(settings, PanelSettings()) == ModelChoice()

    keep_choice(settings, ModelChoice("m4cxr", "int8"))

    assert kept_choice(settings, PanelSettings()) == ModelChoice("m4cxr", "int8")
    assert kept_choice(settings, PanelSettings(pack="starter")) == ModelChoice("starter", "int8")


@pytest.mark.parametrize("kept", [3, {"pack": 7, "precision": "int3"}, {}])
def test_a_choice_that_can_not_be_read_is_none(kept):
    assert kept_choice(Kept(kept), PanelSettings()) == ModelChoice()
