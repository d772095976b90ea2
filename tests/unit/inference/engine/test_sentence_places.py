"""Where the place of a report's sentence comes from."""

from __future__ import annotations

import pytest

from inference.backend import Box, Finding, Sentence
from inference.engine.sentence_places import (
    DENIES,
    NAMES_NOTHING,
    NOT_TAUGHT,
    SentencePlan,
    overlap,
    plan_sentence,
)

HERE, OTHER = "here", "other"


def finding(number: int, label: str, presence="present", image: str = HERE) -> Finding:
    return Finding(f"f{number}", label, presence, 0.9, False, image)


EFFUSION, HEART, NODULE = (
    finding(1, "pleural effusion"),
    finding(2, "cardiomegaly"),
    finding(3, "lung lesion", "absent"),
)
ONE_BOX = (Box("b1", HERE, (0, 0, 4, 4), finding_id="f1"), Box("b2", HERE, (5, 5, 9, 9), finding_id="f2"))


def plan(text: str, ids=("f1", "f2", "f3"), boxes=ONE_BOX, box_findings=None, current=(HERE, OTHER)):
    findings = (EFFUSION, HEART, NODULE)
    return plan_sentence(Sentence("s1", text, ids), findings, boxes, current, box_findings)


def test_a_sentence_whose_finding_has_one_box_is_shown_by_it():
    assert plan("There is a left pleural effusion.", ("f1",)) == SentencePlan(known=("b1",))


def test_a_sentence_of_two_findings_is_shown_by_both_boxes():
    assert plan("Cardiomegaly with a pleural effusion.", ("f1", "f2")).known == ("b1", "b2")


def test_a_sentence_whose_finding_has_two_boxes_is_asked_about_by_itself():
    two = (*ONE_BOX, Box("b3", HERE, (6, 0, 9, 4), finding_id="f1"))

    assert plan("There is a left pleural effusion.", ("f1",), two) == SentencePlan(images=(HERE,))


def test_a_sentence_whose_finding_has_no_box_is_asked_about_on_its_film():
    findings = (finding(1, "pleural effusion", image=OTHER),)
    sentence = Sentence("s1", "There is a left pleural effusion.", ("f1",))

    assert plan_sentence(sentence, findings, (), (HERE, OTHER), None) == SentencePlan(images=(OTHER,))


def test_what_the_report_states_but_no_film_shows_is_asked_about_on_the_first_film():
    assert plan("There is a nodule.", ("f3",)) == SentencePlan(images=(HERE,))


def test_a_region_without_a_finding_is_asked_about():
    assert plan("Calcified granuloma in the right apex.", ()).images == (HERE,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("No pleural effusion.", DENIES),
        ("The lungs are clear.", DENIES),
        ("Clinical correlation is recommended.", NAMES_NOTHING),
    ],
)
def test_what_cannot_be_pointed_at_is_not_asked_and_says_why(text, why):
    assert plan(text) == SentencePlan(no_place=why)


def test_a_pack_is_asked_only_where_it_was_taught_to_point():
    taught = frozenset({"pleural effusion"})

    assert plan("There is a pleural effusion.", ("f1",), (), taught).images == (HERE,)
    assert plan("There is a nodule.", ("f3",), (), taught) == SentencePlan(no_place=NOT_TAUGHT)


def test_overlap_is_intersection_over_union():
    assert overlap((0, 0, 4, 4), (0, 0, 4, 4)) == 1
    assert overlap((0, 0, 4, 4), (2, 0, 6, 4)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 4, 4), (5, 5, 6, 6)) == 0
