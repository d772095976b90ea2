"""A report's sections: by their headings, the last of a name, and text without any."""

from __future__ import annotations

import pytest

from inference.training.sources.sections import sections_of

MIMIC = """                                 FINAL REPORT
 EXAMINATION:  CHEST (PORTABLE AP)

 INDICATION:  ___ year old woman with cough  // eval for pneumonia

 COMPARISON:  ___

 FINDINGS:

 The lungs are clear.  There is no effusion:
 none on either side.

 IMPRESSION:

 1. No pneumonia.
 2. Stable.
"""


def test_a_report_of_mimic_cxr_is_cut_at_its_headings():
    told = sections_of(MIMIC)

    assert told.findings == "The lungs are clear. There is no effusion: none on either side."
    assert told.impression == "1. No pneumonia. 2. Stable."
    assert told.indication.startswith("___ year old woman")
    assert told.comparison == "___"


def test_the_last_section_of_a_name_counts():
    told = sections_of("WET READ: ok\nIMPRESSION: Wet.\nFINAL REPORT\nFINDINGS: Dry.\nIMPRESSION: Final.\n")

    assert (told.findings, told.impression) == ("Dry.", "Final.")


def test_an_empty_later_section_does_not_take_the_words_of_an_earlier_one():
    assert sections_of("FINDINGS: Clear.\nFINDINGS:\n").findings == "Clear."


def test_an_unknown_heading_ends_the_section_before_it():
    told = sections_of("FINDINGS: Clear.\nQUALITY ASSURANCE: grade 2.\nIMPRESSION: None.")

    assert (told.findings, told.impression) == ("Clear.", "None.")


@pytest.mark.parametrize(
    "report",
    [
        "FINDINGS: Lungs clear. IMPRESSION: No findings.",
        "CLINICAL HISTORY: Cough. FINDINGS AND IMPRESSION: Lungs clear. IMPRESSION: No findings.",
        "Findings: Lungs clear.\nImpression: No findings.",
        "FINDINGS:\r\nLungs clear.\r\n\r\nCONCLUSION:\r\nNo findings.",
        "** FINDINGS **: Lungs clear.\n** IMPRESSION **: No findings.",
        "판독소견: Lungs clear.\n결론: No findings.",
    ],
)
def test_headings_are_found_as_reports_write_them(report):
    told = sections_of(report)

    assert (told.findings, told.impression) == ("Lungs clear.", "No findings.")


def test_a_word_with_a_colon_inside_a_sentence_is_no_heading():
    told = sections_of("FINDINGS: No change from the previous study: the heart is large.")

    assert told.findings == "No change from the previous study: the heart is large."


def test_the_parts_of_a_structured_report_belong_to_its_findings():
    told = sections_of(
        "FINDINGS:\nLUNGS: Clear.\nHEART: Large.\nLINES/TUBES: None.\nIMPRESSION: Large heart."
    )

    assert told.findings == "LUNGS: Clear. HEART: Large. LINES/TUBES: None."


def test_text_without_headings_is_free_and_taken_as_findings():
    told = sections_of("  The heart is large.\n Lungs clear. ")

    assert not told.has_heading
    assert told.findings_or_free == "The heart is large. Lungs clear."


def test_a_report_with_an_impression_only_has_no_findings():
    assert sections_of("CHEST: 2 views\nIMPRESSION: Clear.").findings_or_free == ""


@pytest.mark.parametrize("report", ["", "   \n", ":", "FINDINGS:", "FINDINGS:\nIMPRESSION:\n"])
def test_nothing_is_nothing(report):
    told = sections_of(report)

    assert (told.findings, told.impression) == ("", "")
