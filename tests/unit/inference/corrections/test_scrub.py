"""What could tell whose a text is does not stay in it; what is medicine does."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.corrections import REMOVED, Identity, scrub
from inference.corrections.scrub import scrub_all

JANE = Identity(("Doe^Jane Mary", "홍^길동"), ("MRN-0042", "A1", " "), (date(1950, 1, 2),))


@pytest.mark.parametrize(
    ("text", "left", "found"),
    [
        ("JANE DOE's heart is large.", "[removed] heart is large.", {"name": 2}),
        ("Doe, Jane: large heart.", "[removed]: large heart.", {"name": 2}),
        ("길동은 심장이 크다.", "[removed]은 심장이 크다.", {"name": 1}),
        ("환자 홍길동은 심장이 크다.", "환자 [removed]은 심장이 크다.", {"name": 1}),
        ("홍길동님, 김철수 씨.", "[removed]님, [removed].", {"name": 2}),
        ("Told to Dr. Smith.", "Told to [removed]", {"name": 1}),
        ("See MRN-0042.", "See [removed].", {"number": 1}),
        ("Accession: 77-A3 and 12345678.", "[removed] and [removed].", {"number": 2}),
        ("Born 19500102.", "Born [removed].", {"date": 1}),
        ("Seen 2024-03-12, 12.03.2024, 3/12/24.", "Seen [removed].", {"date": 3}),
        ("Seen March 4, 2023 and 4th of May.", "Seen [removed] and [removed]", {"date": 2}),
        ("On 12 Sept 2024, JUN 3.", "On [removed]", {"date": 2}),
        ("2024년 3월 12일 촬영, 3월 12일.", "[removed] 촬영, [removed].", {"date": 2}),
        ("Call 555-123-4567, +82 2 123 4567, pager 4411.", "Call [removed].", {"telephone": 3}),
        ("Write to jane.doe@x.org or www.x.org/doe.", "Write to [removed] or [removed]", {"address": 2}),
        ("Compared to ___.", "Compared to [removed].", {"blank": 1}),
    ],
)
def test_identifiers_are_taken_out_and_counted(text, left, found):
    assert scrub(text, JANE) == (left, found)


@pytest.mark.parametrize(
    "text",
    [
        "The heart is normal in size. The lungs are clear. No pleural effusion or pneumothorax.",
        "Nodule of 12 x 13 mm at the level of T1/2, 3.5 cm below the carina.",
        "Cardiothoracic ratio 14.5/29.0 = 0.50; ribs 3-6; grade 2-3-4 mm.",
        "Findings may 10 years ago have been the same. Opacities decreased 5 mm.",
        "Known since 2019. The tip lies 2.1.3 cm above, 10-20-30 mm.",
        "Unchanged sternal wires. Doering line, Janeway lesion.",
        "심장 크기는 정상이다. 폐는 깨끗하다. 흉수나 기흉은 없다.",
        "A I B",
    ],
)
def test_medicine_stays_as_it_is(text):
    assert scrub(text, JANE) == (text, {})


def test_an_initial_is_no_name_and_an_empty_header_takes_nothing_out():
    assert scrub("Vitamin D deficiency.", Identity(("D^X",))) == ("Vitamin D deficiency.", {})
    assert scrub("The lungs are clear.", Identity()) == ("The lungs are clear.", {})


@given(
    words=st.lists(
        st.sampled_from(["heart", "DOE", "jane", "Mary", "mrn-0042", "19500102", ",", "(", "clear"])
    ),
    gap=st.sampled_from([" ", "\n", ", ", " - "]),
)
def test_nothing_of_the_header_is_ever_left_as_a_word(words, gap):
    clean, _ = scrub(gap.join(words), JANE)

    left = clean.replace(REMOVED, " ").lower().replace(",", " ").replace("(", " ").split()
    assert not set(left) & {"doe", "jane", "mary", "mrn-0042", "19500102"}


def test_several_texts_are_counted_together():
    assert scrub_all(["Jane.", "Seen 2024-03-12 by Jane."], JANE) == (
        ("[removed].", "Seen [removed] by [removed]."),
        {"name": 2, "date": 1},
    )
