"""The rule labeller: what a report states, denies and leaves open."""

from __future__ import annotations

import pytest

from inference.backend import FINDINGS
from inference.text.labels import ABSENT, NO_FINDING, PRESENT, UNCERTAIN, label_report, sentences


@pytest.mark.parametrize(
    ("sentence", "finding", "value"),
    [
        ("There is a small left pleural effusion.", "pleural effusion", PRESENT),
        ("No pleural effusion or pneumothorax.", "pleural effusion", ABSENT),
        ("No pleural effusion or pneumothorax.", "pneumothorax", ABSENT),
        ("The lungs are clear without focal consolidation.", "consolidation", ABSENT),
        ("Left basilar opacity, possibly atelectasis.", "atelectasis", UNCERTAIN),
        ("This may represent pneumonia.", "pneumonia", UNCERTAIN),
        ("Blunting of the left costophrenic angle.", "pleural effusion", UNCERTAIN),
        ("No blunting of the costophrenic angles.", "pleural effusion", ABSENT),
        ("Opacity that may be due to pneumonia.", "pneumonia", UNCERTAIN),
        ("Focal opacity; pneumonia cannot be excluded.", "pneumonia", UNCERTAIN),
        ("Pneumonia is in the differential.", "pneumonia", UNCERTAIN),
        ("Metastatic disease cannot be confidently excluded.", "lung lesion", UNCERTAIN),
        ("An effusion is not excluded.", "pleural effusion", UNCERTAIN),
        ("Please correlate clinically for pneumonia.", "pneumonia", UNCERTAIN),
        ("The pneumothorax was ruled out.", "pneumothorax", ABSENT),
        ("The endotracheal tube has been removed.", "support devices", ABSENT),
        ("Interval removal of the right chest tube.", "support devices", ABSENT),
        ("The chest tube was removed; the pneumothorax is small.", "pneumothorax", PRESENT),
        ("Left pneumothorax after the chest tube was removed.", "pneumothorax", PRESENT),
        ("Tip projects over the mid SVC.", "support devices", PRESENT),
        ("Complete collapse of the right lung.", "atelectasis", PRESENT),
        ("Cavitary lesion of the right apex.", "lung lesion", PRESENT),
        ("The heart is enlarged.", "cardiomegaly", PRESENT),
        ("Heart size is normal.", "cardiomegaly", ABSENT),
        ("The pneumothorax has resolved.", "pneumothorax", ABSENT),
        ("Right jugular central venous catheter.", "support devices", PRESENT),
        ("Healed left rib fracture.", "fracture", PRESENT),
        ("No acute fracture.", "fracture", ABSENT),
        ("Pulmonary edema has worsened.", "edema", PRESENT),
        ("A calcified granuloma and a nodule in the right apex.", "lung lesion", PRESENT),
    ],
)
def test_a_sentence_states_denies_or_leaves_open(sentence: str, finding: str, value: int) -> None:
    assert label_report(sentence)[finding] == value


def test_what_is_not_spoken_of_is_no_key() -> None:
    labels = label_report("Heart size is normal.")

    assert "pneumothorax" not in labels
    assert set(labels) <= {*FINDINGS, NO_FINDING}


def test_a_negation_does_not_reach_over_a_but() -> None:
    labels = label_report("No effusion, but there is a pneumothorax.")

    assert labels["pleural effusion"] == ABSENT
    assert labels["pneumothorax"] == PRESENT


def test_no_significant_change_denies_nothing() -> None:
    assert label_report("No significant change in the right pleural effusion.")["pleural effusion"] == PRESENT


def test_a_calcified_granuloma_is_no_lung_lesion_and_its_infection_no_pneumonia() -> None:
    labels = label_report("Calcified granuloma from old granulomatous infection.")

    assert "lung lesion" not in labels
    assert "pneumonia" not in labels


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("Surgical clips in the right upper quadrant.", "support devices"),
        ("Bilateral breast prostheses.", "support devices"),
        ("The tube tip projects outside the thoracic cavity.", "lung lesion"),
        ("Prominence of the mediastinum from a known thyroid mass.", "lung lesion"),
        ("CT is more sensitive in detecting small nodules.", "lung lesion"),
    ],
)
def test_words_that_only_look_like_a_finding_are_none(sentence: str, finding: str) -> None:
    assert finding not in label_report(sentence)


def test_a_statement_outweighs_a_denial_elsewhere_in_the_report() -> None:
    labels = label_report("No effusion on the right. Small left effusion.")

    assert labels["pleural effusion"] == PRESENT
    assert labels[NO_FINDING] == ABSENT


def test_a_consolidation_is_a_lung_opacity_too() -> None:
    assert label_report("Right lower lobe consolidation.")["lung opacity"] == PRESENT


def test_a_report_that_only_denies_has_no_finding() -> None:
    assert label_report("The heart is normal in size. No effusion.")[NO_FINDING] == PRESENT


def test_an_empty_report_says_nothing() -> None:
    assert label_report("") == {}


def test_sentences_keep_decimal_points_and_lose_list_numbers() -> None:
    assert sentences("1. A 1.2 cm nodule. 2. No effusion.") == ("A 1.2 cm nodule", "No effusion")
