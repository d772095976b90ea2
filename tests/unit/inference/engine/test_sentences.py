"""Each sentence knows its findings, and is doubted where it should be."""

import pytest

from inference.backend import FINDINGS
from inference.engine.sentences import (
    impression_doubts,
    measurement,
    review,
    split_sentences,
)
from inference.text.comparing import comparison_word

IDS = {label: (f"f{number}",) for number, label in enumerate(FINDINGS, start=1)}


def reviewed(report: str, *present: str, has_prior: bool = False, not_assessed: tuple[str, ...] = ()):
    states = {
        label: "not assessed" if label in not_assessed else "present" if label in present else "absent"
        for label in FINDINGS
    }
    return review(report, IDS, states, has_prior=has_prior)


def kinds(draft) -> list[tuple[str, str | None]]:
    return [(flag.kind, flag.sentence_id) for flag in draft.flags]


def test_a_sentence_is_linked_to_the_findings_it_names():
    draft = reviewed("There is a small left pleural effusion. No pneumothorax.", "pleural effusion")

    assert [sentence.text for sentence in draft.sentences] == [
        "There is a small left pleural effusion.",
        "No pneumothorax.",
    ]
    assert draft.sentences[0].finding_ids == IDS["pleural effusion"]
    assert draft.sentences[1].finding_ids == IDS["pneumothorax"]
    assert draft.flags == ()


def test_a_sentence_about_a_finding_that_was_not_listed_is_unsupported():
    draft = reviewed("There is a large left pneumothorax. The heart is normal.")

    assert kinds(draft) == [("unsupported_sentence", "s1")]
    assert "pneumothorax" in draft.flags[0].why


def test_a_sentence_that_denies_a_listed_finding_is_unsupported():
    draft = reviewed("No pleural effusion.", "pleural effusion")

    assert kinds(draft) == [("unsupported_sentence", "s1")]  # and it isn't called dropped besides


def test_a_listed_finding_that_the_report_drops_is_flagged_without_a_sentence():
    draft = reviewed("The lungs are clear.", "fracture")

    assert kinds(draft) == [("dropped_finding", None)]


def test_an_opacity_is_supported_by_a_consolidation_but_not_the_other_way_round():
    supported = reviewed("There is an opacity in the right lower lobe.", "consolidation")
    unsupported = reviewed("There is a consolidation in the right lower lobe.", "lung opacity")

    assert "unsupported_sentence" not in dict(kinds(supported))
    assert ("unsupported_sentence", "s1") in kinds(unsupported)


def test_a_statement_about_what_the_pack_cannot_judge_is_flagged():
    draft = reviewed("There is a rib fracture.", not_assessed=("fracture",))

    assert kinds(draft) == [("unsupported_sentence", "s1")]
    assert "can't judge" in draft.flags[0].why


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("The effusion is unchanged.", "unchanged"),
        ("Interval increase in the effusion.", "Interval"),
        ("Compared to the prior study, no change.", "Compared"),
        ("New opacity in the left base.", "New"),
        ("Heart size remains normal.", "remains"),
        ("The edema has increased.", "has increased"),
    ],
)
def test_a_comparison_without_a_prior_is_flagged(sentence, word):
    assert comparison_word(sentence) == word
    assert ("comparison_without_prior", "s1") in kinds(reviewed(sentence))
    assert "comparison_without_prior" not in dict(kinds(reviewed(sentence, has_prior=True)))


@pytest.mark.parametrize(
    "sentence",
    [
        "Evidence of prior granulomatous disease.",
        "Status post previous sternotomy.",
        "Increased interstitial markings.",
        "The lungs are clear.",
        "Newborn chest.",
        "Degenerative changes of the spine.",
    ],
)
def test_words_that_compare_nothing_are_left_alone(sentence):
    assert comparison_word(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("A 12 cm mass.", "12 cm"),
        ("A 1.2 x 3.4 cm mass.", "1.2 x 3.4 cm"),
        ("Tip 5cm above the carina.", "5cm"),
        ("Rotated by 10 degrees.", "10 degrees"),
    ],
)
def test_a_number_with_a_unit_is_flagged_as_not_measured(sentence, number):
    assert measurement(sentence) == number
    assert ("measurement", "s1") in kinds(reviewed(sentence))


@pytest.mark.parametrize("sentence", ["The 7th rib.", "Level T12.", "Two views.", "In 2 cmpartments."])
def test_numbers_without_a_unit_are_no_measurements(sentence):
    assert measurement(sentence) is None


def test_splitting_keeps_every_word_and_no_empty_sentence():
    assert split_sentences("  One. Two is 1.5 long.  . Three") == ("One.", "Two is 1.5 long.", "Three")
    assert split_sentences(" . ") == ()


def doubted(impression: str, *present: str, has_prior: bool = False) -> list[str]:
    states = {label: "present" if label in present else "absent" for label in FINDINGS}
    return [flag.why for flag in impression_doubts(impression, states, has_prior=has_prior)]


@pytest.mark.parametrize(
    "impression", ["No acute cardiopulmonary abnormality.", "No acute cardiopulmonary disease."]
)
def test_an_impression_that_finds_nothing_is_doubted_where_something_was_found(impression):
    assert doubted(impression, "pneumonia", "edema") == [
        "The impression finds nothing, but among the findings there is edema, pneumonia."
    ]
    assert doubted(impression) == []


def test_an_impression_that_states_more_than_the_findings_is_doubted():
    assert doubted("Large left pneumothorax.") == [
        "The impression: states pneumothorax, which is not among the findings."
    ]
    assert doubted("Small effusion.", "pleural effusion") == []


def test_an_impression_may_compare_only_with_a_prior():
    assert any("no prior was read" in why for why in doubted("Unchanged effusion.", "pleural effusion"))
    assert doubted("Unchanged effusion.", "pleural effusion", has_prior=True) == []
