"""From a report to the words that a generator reads about this patient."""

from __future__ import annotations

from datetime import date

import pytest

from inference.corrections.scrub import Identity
from inference.text.labels import PRESENT, label_report
from plugin.synthesis.describe import PatientWish, described, prompt_shown, stated_findings
from plugin.synthesis.grades import graded

JANE = Identity(("Doe^Jane",), ("A-12345",), (date(2024, 3, 4),))
REPORT = (
    "PA and lateral views of the chest were obtained. No pneumothorax. The heart is mildly enlarged. There is a small "
    "right pleural effusion with adjacent atelectasis. Patchy opacity in the left lower lobe may represent pneumonia."
)


def words(report: str, *wish: str, **more: object) -> str:
    return described(report, JANE, PatientWish(*wish), **more).text


def test_the_same_findings_keep_their_sentences_and_what_is_stated_comes_first():
    text = words(REPORT, "same")

    assert text == (
        "The heart is mildly enlarged. There is a small right pleural effusion with adjacent atelectasis. "
        "Patchy opacity in the left lower lobe may represent pneumonia. No pneumothorax."
    )


def test_the_wanted_view_stands_in_front_and_the_report_s_own_views_are_left_out():
    made = described(REPORT, JANE, PatientWish("same", view="lateral"))

    assert prompt_shown(made, "lateral").startswith("Lateral view of the chest was obtained. The heart")
    assert "PA and lateral" not in made.text


def test_without_a_finding_its_sentences_are_gone_and_its_absence_is_said_first():
    text = words(REPORT, "without", "pleural effusion")

    assert text.startswith("No pleural effusion. ")
    assert label_report(text).get("pleural effusion") != PRESENT
    assert "right" not in text


def test_what_stood_in_the_same_sentence_is_said_anew_and_the_reader_is_told():
    made = described(REPORT, JANE, PatientWish("without", "pleural effusion"))

    assert label_report(made.text)["atelectasis"] == PRESENT
    assert made.notes == ("Atelectasis stood in the same sentence and is said anew, without its side.",)


def test_without_a_wider_finding_the_narrower_ones_go_as_well():
    text = words(REPORT, "without", "lung opacity")

    assert not {"lung opacity", "pneumonia", "atelectasis"} & {
        label for label, value in label_report(text).items() if value != 0
    }
    assert label_report(text)["pleural effusion"] == PRESENT  # it stood beside the atelectasis


def test_a_sentence_that_only_the_reading_knows_to_state_the_finding_is_taken_out_too():
    report = "The right angle is filled in. No pneumothorax."
    stated = {"The right angle is filled in.": frozenset({"pleural effusion"})}

    assert (
        words(report, "without", "pleural effusion", stated=stated) == "No pleural effusion. No pneumothorax."
    )
    assert stated_findings(report, stated) == ("pleural effusion",)
    assert stated_findings(report) == ()


def test_larger_and_smaller_set_the_grade_and_bring_the_finding_to_the_front():
    larger, smaller = (words(REPORT, change, "pleural effusion") for change in ("larger", "smaller"))

    assert larger.startswith("There is a large right pleural effusion with adjacent atelectasis. ")
    assert smaller.startswith("There is a small right pleural effusion with adjacent atelectasis. ")


def test_a_finding_that_the_report_denies_is_not_denied_beside_its_larger_self():
    made = described(REPORT, JANE, PatientWish("larger", "pneumothorax"))

    assert made.text.startswith("There is a large pneumothorax. ")
    assert "No pneumothorax" not in made.text
    assert "does not state pneumothorax" in made.notes[0]


@pytest.mark.parametrize(
    ("sentence", "finding", "larger"),
    [
        ("There is a right pleural effusion.", "pleural effusion", "There is a large right pleural effusion."),
        ("An extensive consolidation.", "consolidation", "An extensive consolidation."),
        ("There is a mild opacity.", "lung opacity", "There is an extensive opacity."),
        ("Pleural effusions are small.", "pleural effusion", "Pleural effusions are large."),
        ("Right apical pneumothorax.", "pneumothorax", "Large right apical pneumothorax."),
        ("Heart size is enlarged.", "cardiomegaly", "Heart size is severely enlarged."),
        ("Moderate cardiomegaly with small effusions.", "pleural effusion",
         "Moderate cardiomegaly with large effusions."),
        ("Small to moderate left effusion.", "pleural effusion", "Large left effusion."),
        ("PICC line in place.", "pneumothorax", "PICC line in place."),
    ],
)  # fmt: skip
def test_a_grade_is_replaced_where_it_stands_and_put_where_it_belongs(sentence, finding, larger):
    assert graded(sentence, finding, is_larger=True) == larger


@pytest.mark.parametrize(
    "telling",
    [
        "Jane has a small effusion.",
        "Discussed with Dr. Miller at 10 am.",
        "Effusion as on 3/4/2024.",
        "Accession A-12345 shows an effusion.",
        "Call 555-123-4567 for the effusion.",
    ],
)
def test_a_sentence_that_tells_whose_film_it_is_never_reaches_the_generator(telling):
    made = described(f"The heart is enlarged. {telling} The lungs are clear.", JANE, PatientWish("same"))

    assert made.text == "The heart is enlarged. The lungs are clear."
    assert made.notes == ("A sentence that names a person, a date or a number was left out.",)
