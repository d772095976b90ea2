"""What each check says, where it points, and what it leaves alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.checks.checks import doubts_of
from plugin.checks.doubts import CheckedFinding, CheckedMeasure, CheckInput, PriorAtHand
from plugin.checks.mentions import stance_of
from plugin.checks.sentences import LONGEST, Part, sentences

WORDS = (
    *(
        "no",
        "left",
        "right",
        "effusion",
        "pneumothorax",
        "clear lungs",
        "unchanged",
        "12 mm",
        "[side]",
        "___",
    ),
    *(
        "1.",
        ".",
        "\n",
        "and",
        "but",
        "He",
        "two views",
        "measuring 3",
        "😀",
        "the heart is normal",
        "yesterday",
    ),
    *("since", "2 x 3", "a second one", ";"),
)
TEXT = st.lists(st.sampled_from(WORDS) | st.text(max_size=12), max_size=25).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(report=TEXT, impression=TEXT, has_prior=st.booleans())
def test_whatever_is_written_each_doubt_points_into_its_text_and_blocks_first(
    report, impression, has_prior
) -> None:
    prior = PriorAtHand(date(2024, 1, 1), 9, "Left effusion. No pneumothorax.") if has_prior else None
    told = doubts(report, impression, sex="F", age_years=50.0, views=("PA",), prior=prior)

    for doubt in told:
        text = report if doubt.where == "report" else impression
        assert 0 <= doubt.start <= doubt.end <= len(text)
        assert doubt.why
        assert doubt.mend
    assert [doubt.severity for doubt in told] == sorted(doubt.severity for doubt in told)


def test_what_is_no_report_is_cut_into_bearable_pieces() -> None:
    """A page of figures pasted by mistake had the patterns brood for minutes."""
    pasted = "1 x " * 3000 + "y" * 2000

    parts = sentences(CheckInput(pasted))

    assert max(len(part.text) for part in parts) <= LONGEST
    assert "".join("".join(part.text.split()) for part in parts) == "".join(pasted.split())
    assert all(pasted[part.start : part.end] == part.text for part in parts)
    assert kinds(pasted) == []


def doubts(report: str, impression: str = "As described.", **told):
    return doubts_of(CheckInput(report, impression, **told))


def kinds(report: str, impression: str = "As described.", **told) -> list[str]:
    return [doubt.kind for doubt in doubts(report, impression, **told)]


def test_a_doubt_points_at_its_words_in_the_text() -> None:
    report = "Clear lungs.\nThe tube ends ___ cm above the carina."

    (doubt,) = doubts(report)

    assert report[doubt.start : doubt.end] == "___"
    assert doubt.sentence == "The tube ends ___ cm above the carina."
    assert (doubt.where, doubt.severity, doubt.may_be_acknowledged) == ("report", "blocks", False)


def test_a_doubt_about_the_impression_points_into_the_impression() -> None:
    impression = "1. Cardiomegaly.\n2. Left effusion."

    (doubt,) = doubts("Moderate right effusion. The heart is enlarged.", impression)

    assert doubt.where == "impression"
    assert impression[doubt.start : doubt.end] == "Left effusion."
    assert doubt.why == "The impression says left, the findings say right, about pleural effusion."
    assert doubt.may_be_acknowledged


def test_what_blocks_comes_first_and_each_doubt_once() -> None:
    told = doubts("Tube 12 mm above the carina. The [side] rib is old. The [side] rib is old.")

    assert [doubt.severity for doubt in told] == ["blocks", "warns"]
    assert len({doubt.id for doubt in told}) == len(told)


def test_a_doubt_keeps_its_name_when_its_sentence_moves() -> None:
    (before,) = doubts("Nodule of 12 mm.")
    (after,) = doubts("The heart is normal. Nodule of 12 mm.")

    assert before.id == after.id
    assert before.start != after.start


@pytest.mark.parametrize(
    "clean",
    [
        "No pneumothorax or effusion.",
        "The lungs are clear without nodule, mass or consolidation.",
        "Left chest tube in place without pneumothorax.",
        "No effusion is seen, endotracheal tube in place.",
        "Atelectasis rather than pneumonia at the left base.",
        "Pneumonia cannot be excluded at the right base; no effusion.",
        "Right lower lobe consolidation and a small left pleural effusion.",
        "The left ventricle is prominent, and the right atrium is not enlarged.",
        "Dr. Smith was told. Approx. 3 views. Seen at T4, e.g. the disc.",
        "Heart size: normal. Shift of the trachea to the right, small left effusion.",
        "The lungs are free of edema; the mediastinum shows a hilar mass.",
    ],
)
def test_these_sentences_contradict_nothing(clean: str) -> None:
    assert kinds(clean) == []


def test_a_mass_outside_the_lungs_does_not_contradict_clear_lungs() -> None:
    assert kinds("The lungs are clear. A mediastinal mass is seen on the right.") == []


def test_nodules_that_are_scars_do_not_contradict() -> None:
    assert kinds("No nodule. Nodular opacities in keeping with granulomatous scars.") == []


def test_no_focal_opacity_leaves_room_for_a_diffuse_one() -> None:
    assert kinds("No focal opacity. Diffuse opacity of both lungs.") == []


def test_words_that_reach_over_two_clauses_are_left_open() -> None:
    text = "No effusion, but there is a pneumothorax"
    part = Part(text, "report", 0)

    assert stance_of(part, text.index("pneumo"), len(text)) == "stated"
    assert stance_of(part, text.index("effusion"), text.index("effusion") + 8) == "denied"
    assert stance_of(part, 0, len(text)) == "open"


def test_a_partial_resolution_denies_nothing() -> None:
    told = kinds("Near-complete resolution of the left effusion. Small left effusion.", prior=PriorAtHand())

    assert told == []


def test_another_one_has_the_side_that_is_said_of_it() -> None:
    text = "A nodule lies in the right upper lobe. Another one lies in the left base."

    assert kinds(text, "Nodules in the left base and right upper lobe.") == []
    assert kinds("A nodule in the right base. No second one on the left.", "Left nodule.") == [
        "laterality",
        "negation",
    ]


def test_a_side_named_before_the_finding_is_its_side() -> None:
    assert kinds("On the left, small effusion.", "Right effusion.") == ["laterality"]
    assert kinds("On the left there is a small effusion.", "Right effusion.") == ["laterality"]


def test_a_side_of_an_accepted_box_counts_for_its_own_finding_only() -> None:
    boxed = CheckedFinding("pleural effusion", verdict="accepted", sides=frozenset({"left"}))

    (doubt,) = doubts("Small right effusion.", findings=(boxed,))
    assert "lies on the patient's left" in doubt.why
    assert kinds("Right basal pneumonia. Effusion.", findings=(boxed,)) == []


def test_a_denial_quotes_where_it_stands() -> None:
    (doubt,) = doubts("Small pneumothorax at the left apex.", "No pneumothorax.")

    assert doubt.why == "The findings state pneumothorax, but the impression says “No pneumothorax”."


def test_one_denial_of_what_both_texts_state_is_one_doubt() -> None:
    told = doubts("No pneumothorax. Left apical pneumothorax.", "Left pneumothorax.")

    assert [doubt.sentence for doubt in told] == ["Left apical pneumothorax."]


def test_an_edited_finding_that_the_text_denies_is_told_apart_from_one_left_out() -> None:
    (denied,) = doubts("No pneumothorax.", findings=(CheckedFinding("pneumothorax", verdict="edited"),))
    (left_out,) = doubts("Normal heart size.", findings=(CheckedFinding("fracture", verdict="accepted"),))

    assert denied.why == "You accepted pneumothorax, but the text denies it."
    assert left_out.why == "You accepted fracture, but the text does not speak of it."
    assert left_out.start == left_out.end == 0


def test_a_label_accepted_on_one_film_and_rejected_on_another_is_accepted() -> None:
    both = (CheckedFinding("edema", verdict="rejected"), CheckedFinding("edema", verdict="accepted"))

    assert kinds("Pulmonary edema.", findings=both) == []


def test_a_rejected_wider_finding_does_not_forbid_the_narrower_one() -> None:
    rejected = CheckedFinding("lung opacity", verdict="rejected")

    assert kinds("Consolidation of the left lower lobe.", findings=(rejected,)) == []
    assert kinds("Opacity at the left base.", findings=(rejected,)) == ["discrepancy"]


def test_a_sure_finding_that_does_not_matter_is_left_to_the_list() -> None:
    assert kinds("Normal heart size.", findings=(CheckedFinding("support devices", confidence=0.99),)) == []


def test_his_bundle_is_no_man() -> None:
    assert kinds("Lead at the bundle of His. His-bundle pacing.", sex="F") == []


@pytest.mark.parametrize(
    ("text", "age", "is_odd"),
    [
        ("This 8-month-old boy has clear lungs.", 0.7, False),
        ("This 8-month-old boy has clear lungs.", 40.0, True),
        ("The 63 yo patient has clear lungs.", 63.4, False),
        ("Degenerative spine.", 9.0, True),
        ("Elderly patient, rotated film.", 31.0, True),
        ("Elderly patient, rotated film.", 83.0, False),
        ("Infant film.", 1.5, False),
    ],
)
def test_ages_that_do_not_fit(text: str, age: float, is_odd: bool) -> None:
    assert (kinds(text, age_years=age) == ["age"]) is is_odd


def test_an_age_under_two_years_is_told_in_months() -> None:
    (doubt,) = doubts("Degenerative spine.", age_years=0.5)

    assert doubt.why == "“Degenerative” does not fit: the patient is 6 months old."


@pytest.mark.parametrize(
    ("text", "views", "is_odd"),
    [
        ("Two views. Clear lungs.", ("AP",), True),
        ("Two views. Clear lungs.", ("AP", "RL"), False),
        ("AP window is clear.", ("PA",), False),
        ("AP portable film.", ("PA",), True),
        ("PA and lateral views.", ("PA", ""), False),
        ("PA and lateral views.", (), False),
    ],
)
def test_views_that_are_not_there(text: str, views: tuple[str, ...], is_odd: bool) -> None:
    assert (kinds(text, views=views) == ["view"]) is is_odd


def test_mm_for_cm_stops_the_signature_and_a_mere_estimate_does_not() -> None:
    measured = (CheckedMeasure("length", 1.2, "cm"),)

    (slip,) = doubts("Nodule of 12 cm.", measures=measured)
    (estimate,) = doubts("Nodule of 30 mm.", measures=measured)
    (unmeasured,) = doubts("Nodule of 30 mm.")

    assert (slip.severity, estimate.severity, unmeasured.severity) == ("blocks", "warns", "warns")
    assert slip.why == "“12 cm”, but 12 mm was measured: mm and cm may be mixed up."
    assert "none of what was measured on the films: 12 mm" in estimate.why
    assert "no length was measured" in unmeasured.why


def test_an_angle_or_a_ratio_that_nobody_measured_is_told() -> None:
    assert "no angle was measured" in doubts("Cobb angle of 30 degrees.")[0].why
    assert "no cardiothoracic ratio was measured" in doubts("CTR of 0.5.")[0].why
    assert "measured is 0.61" in doubts("CTR of 50 %.", measures=(CheckedMeasure("ctr", 0.61, ""),))[0].why


def test_a_number_of_the_prior_is_looked_for_in_its_report() -> None:
    prior = PriorAtHand(days_before=10, report="Nodule of 8 mm.")

    assert kinds("Nodule, previously 8 mm.", prior=prior) == []
    assert kinds("Nodule, previously 20 mm.", prior=prior) == ["measurement"]
    assert kinds("Nodule, previously 20 mm.", prior=PriorAtHand(days_before=10)) == []


@pytest.mark.parametrize(
    "clean",
    [
        "If symptoms worsen or persist, CT is advised.",
        "Short interval follow-up is recommended to document resolution.",
        "Comparison: none.",
        "No comparison is available.",
    ],
)
def test_words_that_compare_nothing(clean: str) -> None:
    assert kinds(clean) == []


def test_where_nobody_knows_of_a_prior_its_words_are_not_checked() -> None:
    assert kinds("The heart is unchanged.", is_prior_known=False) == []
    assert kinds("The heart is unchanged.") == ["comparison"]


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ("Since the film of 2024-05-01 no change.", True),
        ("Since the film of 2024-05-12 no change.", False),
        ("Since the film of 31 February 2024 no change.", False),  # no date, so nothing to compare
        ("Since the CT of 1 May 2024 no change.", False),
        ("Stable since last year.", True),
        ("Stable since several days ago.", False),
        ("Stable since 9 days ago.", False),
        ("Stable since a month ago.", True),
        ("Pain for 3 weeks before.", False),
    ],
)
def test_dates_and_ages_of_the_prior(text: str, is_odd: bool) -> None:
    prior = PriorAtHand(date(2024, 5, 12), 9)

    assert (kinds(text, prior=prior) == ["prior"]) is is_odd


def test_what_the_prior_s_report_said_is_held_against_new_and_gone() -> None:
    denied = PriorAtHand(days_before=2, report="The lungs are clear. No left effusion.")
    stated = PriorAtHand(days_before=2, report="Small left effusion. No large pneumothorax.")

    assert kinds("The left effusion has resolved.", prior=denied) == ["prior"]
    assert kinds("The left effusion has resolved.", prior=stated) == []
    assert kinds("New left effusion.", prior=stated) == ["prior"]
    assert kinds("New right effusion.", prior=stated) == []
    assert kinds("Unchanged consolidation at the left base.", prior=denied) == ["prior"]
    assert kinds("Unchanged pneumothorax.", prior=stated) == []
    assert kinds("The lungs are unchanged, with clear bases. Clear lungs.", prior=denied) == []
    assert kinds("Unchanged left effusion.", prior=PriorAtHand(report="See above.")) == []
    assert kinds("The left effusion is unchanged and the left effusion is stable.", prior=denied) == ["prior"]


def test_lines_without_words_and_numbers_out_of_order() -> None:
    assert [doubt.why for doubt in doubts("Clear.", "1. A.\n1. B.\n2.\n4. D.")] == [
        "Line 2 has no words.",
        "Line 4 follows line 2.",
    ]


def test_a_sentence_that_breaks_off_is_told() -> None:
    assert (
        doubts("There is a small effusion of the")[0].why == "“There is a small effusion of the” breaks off."
    )


def test_several_sentences_nobody_looked_at_are_one_doubt() -> None:
    (doubt,) = doubts("Clear lungs. Normal heart.", untouched=("Clear lungs.", "Normal heart.", "Gone."))

    assert doubt.why.startswith("2 sentences of the AI's draft were never looked at")
    assert doubt.severity == "warns"


def test_an_empty_report_says_which_text_is_empty() -> None:
    assert [doubt.why for doubt in doubts("", " ")] == [
        "The findings text is empty.",
        "The impression text is empty.",
    ]


def test_long_sentences_are_quoted_in_part() -> None:
    (doubt,) = doubts(
        "Small effusion.", "No effusion on this film of the chest taken in the emergency department today."
    )

    assert "…”" in doubt.why


def test_what_the_model_s_findings_do_not_bear_out_is_doubted_once_and_only_where_it_stands() -> None:
    why = "States cardiomegaly, which is not among the findings."
    (told,) = doubts("The heart is large.", "See above.", unsupported=(("The heart is large.", why),))

    assert (told.kind, told.severity, told.start, told.end) == ("unsupported", "warns", 0, 19)
    assert told.why == f"“The heart is large” stands as the AI wrote it. {why}"
    assert doubts("The heart is small.", "See above.", unsupported=(("The heart is large.", why),)) == ()
    both = doubts("Left ___ effusion.", "See above.", unsupported=(("Left ___ effusion.", "Denied."),))
    assert [one.kind for one in both] == ["unfinished"]


def test_a_sentence_that_is_doubted_for_what_it_says_is_not_counted_again_as_unread() -> None:
    report = "The heart is large. The lungs are clear."
    told = doubts(
        report,
        "See above.",
        unsupported=(("The heart is large.", "States cardiomegaly."),),
        untouched=("The heart is large.", "The lungs are clear."),
    )

    assert [(one.kind, one.sentence) for one in told] == [
        ("unsupported", "The heart is large."),
        ("untouched", "The lungs are clear."),
    ]
