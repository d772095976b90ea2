"""Of a report, the first sentence about what was asked, and nothing is decoded beyond it."""

from __future__ import annotations

from inference.engine.one_sentence import _about

REPORT = ["The lungs ", "are clear. Small ", "left pleural ", "effusion. The", " heart is normal."]


def test_the_first_sentence_about_the_finding_is_taken_and_the_model_stops_there():
    read = []

    def decoded():
        for piece in REPORT:
            read.append(piece)
            yield piece

    assert _about(["pleural effusion"], decoded()) == "Small left pleural effusion."
    assert read == REPORT[:4]  # the word behind it shows that it has ended


def test_the_last_sentence_of_a_report_needs_nothing_behind_it():
    assert _about(["pleural effusion"], iter(["Left pleural effusion"])) == "Left pleural effusion"


def test_a_sentence_that_denies_the_finding_is_not_about_it():
    assert _about(["pleural effusion"], iter(["No pleural effusion. ", "Fine."])) == ""
