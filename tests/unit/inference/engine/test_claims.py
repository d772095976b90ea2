"""A hundred sentences: what no film can tell is flagged, and nothing else is."""

from __future__ import annotations

import pytest

from inference.engine.claims import side_flags, side_of, untold
from inference.engine.sentences import wording_doubts

WITHOUT_DOUBT = """
The heart is enlarged.
The heart size is normal.
The lungs are clear.
There is a small left pleural effusion.
There is a moderate right pleural effusion with adjacent atelectasis.
No pneumothorax.
No focal consolidation.
Bilateral hilar fullness.
There is a nodule in the right upper lobe.
There are two nodules in the left lower lobe.
Three rib fractures on the left.
Median sternotomy wires are intact.
The endotracheal tube ends above the carina.
The tip of the central line projects over the svc.
A right internal jugular catheter is in place.
Dual lead pacemaker with leads in the right atrium and right ventricle.
The mediastinal contours are unremarkable.
The aorta is tortuous.
There is mild pulmonary edema.
Findings may represent pneumonia.
The trachea is deviated to the right.
Low lung volumes.
There is elevation of the right hemidiaphragm.
Degenerative changes of the thoracic spine.
The bones are osteopenic.
Left lower lobe opacity is concerning for pneumonia.
There is blunting of the left costophrenic angle.
Surgical clips project over the left axilla.
No acute cardiopulmonary abnormality.
The 2nd rib is fractured.
Fracture of the 7th rib on the right.
Cardiomegaly with a cardiothoracic ratio above one half.
The lungs may be hyperinflated.
There may be 2 small nodules.
Deviation of the mediastinum from right to left.
Patient is rotated.
The march of calcifications along the aorta is mild.
Drains are in place.
Prominent interstitial markings.
The right heart border is obscured.
Correlate with clinical findings.
Dr is an abbreviation.
""".strip().splitlines()

DOUBTED = {
    "measurement": """
The nodule measures 8 mm.
There is a 2 cm nodule in the right upper lobe.
A 1.5 x 2.0 cm mass.
The tube ends 4 cm above the carina.
The effusion is 3 centimeters deep.
A 12mm granuloma.
The tip lies 35 millimetres below the clavicles.
The effusion holds about 500 ml.
The curve measures 20 degrees.
The line is 1 inch too deep.
""",
    "comparison_without_prior": """
The effusion is unchanged.
The heart is stable in size.
There is a new opacity at the left base.
Interval increase of the effusion.
The edema has improved.
The opacity is worse.
Compared to the prior study the lungs are clearer.
In comparison with the film of the day before the tube was moved.
Again seen is cardiomegaly.
There is no change.
Redemonstrated is a left effusion.
Worsening pulmonary edema.
""",
    "untold": """
The study of 12/03/2019 is normal.
Read on 2021-04-05.
On March 3 the heart was normal.
Seen on 3 March.
Seen on the 14th of July.
Taken in June 2018.
The line was placed in 2015.
Placed on 3.4.2020.
Noted on Dec 24.
The tube was placed on Aug. 12.
Seen at 14:30.
The team knew at 3 pm.
Placed at 10 a.m.
Read at 1430 hours.
Seen at nine o'clock.
Findings were discussed with Dr. Smith.
Dr Jones knows.
Mr. Miller has cardiomegaly.
Mrs Meier has cardiomegaly.
Ms. Doe has a line.
Prof. Roentgen agrees.
Miss Doe has a line.
Doctor Watson was there.
Dr. ___ was told.
The catheter ends in the ___.
Comparison is made with XXXX.
The findings were communicated to the team.
The result was conveyed to the nurse.
This was discussed with the referring team.
The team was notified.
The physician was informed.
The surgeon was paged.
Results were given by telephone.
Results were given by phone.
The finding was telephoned.
Told over the phone.
The result was relayed to the ward.
""",
}


@pytest.mark.parametrize("sentence", WITHOUT_DOUBT)
def test_what_a_film_can_tell_is_not_doubted(sentence):
    assert wording_doubts(sentence, has_prior=False) == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [(kind, sentence) for kind, text in DOUBTED.items() for sentence in text.strip().splitlines()],
)
def test_what_no_film_can_tell_is_flagged(kind, sentence):
    assert kind in {flag.kind for flag in wording_doubts(sentence, has_prior=False)}


def test_there_are_a_hundred_sentences_here():
    assert len(WITHOUT_DOUBT) + sum(len(text.strip().splitlines()) for text in DOUBTED.values()) >= 100


def test_what_the_model_was_told_it_may_repeat():
    told = "The nodule of March 3 measures 8 mm; Dr. Smith knows."

    assert wording_doubts("Nodule of 8 mm on March 3, known to Dr. Smith.", has_prior=True, given=told) == []
    assert untold("Seen on March 4.", told) == (("a date", "March 4"),)


WIDTH = 100
ON_THE_PICTURES_LEFT, MIDDLE, ON_THE_PICTURES_RIGHT = (10, 0, 30, 9), (40, 0, 62, 9), (70, 0, 90, 9)


@pytest.mark.parametrize(
    ("sentence", "places", "is_flagged"),
    [
        ("There is a right effusion.", [ON_THE_PICTURES_RIGHT], True),  # which is the patient's left
        ("There is a left effusion.", [ON_THE_PICTURES_LEFT], True),
        ("Opacity in the lingula.", [ON_THE_PICTURES_LEFT], True),
        ("There is a right effusion.", [ON_THE_PICTURES_LEFT], False),
        ("There is a left effusion.", [ON_THE_PICTURES_RIGHT], False),
        ("There is a left effusion.", [ON_THE_PICTURES_LEFT, ON_THE_PICTURES_RIGHT], False),
        ("There is a left effusion.", [MIDDLE], False),
        ("There is a left effusion.", [], False),
        ("Bilateral effusions, left more than right.", [ON_THE_PICTURES_LEFT], False),
        ("Left and right effusions.", [ON_THE_PICTURES_LEFT], False),
        ("The trachea is deviated to the right.", [ON_THE_PICTURES_RIGHT], False),
        ("There is an effusion.", [ON_THE_PICTURES_LEFT], False),
    ],
)
def test_a_side_that_the_box_denies_is_flagged(sentence, places, is_flagged):
    flags = side_flags(sentence, "s1", places, WIDTH)

    assert [(flag.kind, flag.sentence_id) for flag in flags] == [("side_mismatch", "s1")] * is_flagged
    if is_flagged:
        assert side_of(sentence) in flags[0].why
