"""The doctor names each planted fault with its row, and nothing else; on a clean set it names nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from inference.backend import CancelToken
from inference.errors import InferenceCancelled
from inference.training.examine import KINDS, TITLES, examination_from_json, examine, in_words
from inference.training.plan import PhasePlan, TrainingPlan
from inference.training.rows import DataSet, KnownAnswer, KnownBox, KnownFilm, KnownStudy, Split, Trouble
from inference.training.samples import Sample
from tests.factories.training_set import (
    LATERAL,
    SIDE,
    STUDIES,
    Films,
    clean_set,
    film_of,
    study_of,
    with_study,
)

SPLITS: dict[str, Split] = {
    f"p{number}": "train" if number < 20 else "val" if number < 24 else "test" for number in range(STUDIES)
}
Planted = tuple[tuple[DataSet, ...], str]
Plant = Callable[[DataSet, Films], Planted]


class WordTokens:
    """A token for each word, and four for a picture."""

    image_tokens = 4

    def encode_prompt(self, text: str) -> list[int]:
        words = text.replace("<image>", " <image> ").split()
        return [0] * sum(self.image_tokens if word == "<image>" else 1 for word in words)


def plan(longest: int = 4095, *, takes_synthetic: bool = False) -> TrainingPlan:
    phase = PhasePlan("instruction", ("lora",), {}, 1, 1, 1, 1e-4, 0.0, 0, max_length=longest)
    return TrainingPlan("starter", "0", (), (phase,), takes_synthetic=takes_synthetic)


def changed(number: int, **what: object) -> Plant:
    """The clean set with some fields of one study replaced."""

    def plant(data: DataSet, films: Films) -> Planted:
        del films
        study = replace(study_of(number), **what)  # type: ignore[arg-type]  # a test's own fields
        return (with_study(data, number, study),), study.row

    return plant


def film_changed(number: int, **what: object) -> Plant:
    film = replace(study_of(number).films[0], **what)  # type: ignore[arg-type]  # a test's own fields
    return changed(number, films=(film,))


def other_pixels(number: int, pixels: Callable[[], np.ndarray]) -> Plant:
    def plant(data: DataSet, films: Films) -> Planted:
        films.pixels[f"f{number}"] = pixels()
        return (data,), study_of(number).row

    return plant


def in_two_splits(data: DataSet, films: Films) -> Planted:
    del films
    data = with_study(data, 2, replace(study_of(2), patient="p1", split="val"))
    return (with_study(data, 1, replace(study_of(1), split="train")),), study_of(2).row


def reference_patient(data: DataSet, films: Films) -> Planted:
    reference = DataSet("ms-cxr", (replace(study_of(70), patient="p5"),), films.open, is_reference=True)
    return (data, reference), study_of(5).row


def reference_film(data: DataSet, films: Films) -> Planted:
    films.pixels["f71"] = film_of(4)
    reference = DataSet("ms-cxr", (study_of(71),), films.open, is_reference=True)
    return (data, reference), study_of(4).row


def synthetic_by_header(data: DataSet, films: Films) -> Planted:
    films.synthetic.add("f7")
    return (data,), study_of(7).row


def broken(data: DataSet, films: Films) -> Planted:
    films.broken.add("f7")
    return (data,), study_of(7).row


def copied_smaller() -> np.ndarray:
    return np.asarray(Image.fromarray(film_of(3)).resize((110, 110), Image.Resampling.BICUBIC))


def many_with(change: Callable[[KnownStudy], KnownStudy], row: str, of: range) -> Plant:
    def plant(data: DataSet, films: Films) -> Planted:
        del films
        for number in of:
            data = with_study(data, number, change(data.studies[number]))
        return (data,), row

    return plant


def with_label(study: KnownStudy) -> KnownStudy:
    return replace(study, labels={**study.labels, "support devices": "present"})


def one_text(study: KnownStudy) -> KnownStudy:
    return replace(
        study, findings="Unremarkable chest film for the age of the patient.", impression="", labels={}
    )


def two_hospitals(data: DataSet, films: Films) -> Planted:
    ill = [
        replace(study_of(number), patient="p1", labels={"pneumonia": "present"}, findings="", impression="")
        for number in range(200, 221)
    ]
    sound = [
        replace(study_of(number), patient="p1", labels={"pneumonia": "absent"}, findings="", impression="")
        for number in range(221, 242)
    ]
    sets = (DataSet("children", tuple(ill), films.open), DataSet("adults", tuple(sound), films.open))
    del data
    return tuple(
        replace(one, studies=tuple(replace(s, films=(replace(s.films[0], boxes=()),)) for s in one.studies))
        for one in sets
    ), "split train: pneumonia"


def with_lateral(study: KnownStudy) -> KnownStudy:
    number = int(study.id.removeprefix("s"))
    return replace(study, films=(*study.films, KnownFilm(f"f{LATERAL + number}", view="LL", role="lateral")))


def trouble(data: DataSet, films: Films) -> Planted:
    del films
    return (
        replace(data, troubles=(Trouble("reports.csv:99", "It has no study id.", "Fill it in."),)),
    ), "reports.csv:99"


BOX = KnownBox("pleural effusion", (12.0, 76.0, 50.0, 100.0))
RIGHT, LEFT = 3, 6  # studies with an effusion on that side
NONE = 7  # a study without any finding

PLANTED: dict[str, tuple[str, Plant]] = {
    "a patient whose source has two splits": ("patient_in_two_splits", in_two_splits),
    "a patient of a reference set": ("reference_in_training", reference_patient),
    "a film of a reference set under another name": ("reference_in_training", reference_film),
    "an official test study": ("reference_in_training", changed(NONE, split="test")),
    "the same pixels twice": ("duplicate_film", other_pixels(9, lambda: film_of(3))),
    "a smaller copy": ("near_duplicate_film", other_pixels(9, copied_smaller)),
    "a darker copy": ("near_duplicate_film", other_pixels(9, lambda: (film_of(3) * 0.7).astype(np.uint8))),
    "a file that ends too early": ("unreadable_film", broken),
    "a report with a picture mark": ("picture_count", changed(NONE, indication="Look at <image> please")),
    "a question about a film that is not there": (
        "picture_count",
        changed(NONE, answers=(KnownAnswer("Is it normal?", "Yes.", films=("f700",)),)),
    ),
    "a study without films": ("picture_count", changed(NONE, films=())),
    "a long report": ("too_long", changed(NONE, findings="The heart is normal in size. " * 60)),
    "a finding that is always present": (
        "label_mix",
        many_with(with_label, "split train: support devices", range(STUDIES)),
    ),
    "a finding that only one hospital has": ("label_mix", two_hospitals),
    "a study id twice": ("study_twice", changed(NONE, id="s1")),
    "no finding beside a finding": (
        "label_contradiction",
        changed(NONE, labels={"no finding": "present", "edema": "present"}),
    ),
    "a label that the report denies": (
        "label_contradiction",
        changed(NONE, labels={"pleural effusion": "present"}),
    ),
    "a label that the report states": (
        "label_contradiction",
        changed(RIGHT, labels={"pleural effusion": "absent"}),
    ),
    "a label that nobody knows": ("unknown_label", changed(NONE, labels={"infiltration": "present"})),
    "lateral films in one split only": (
        "view_mix",
        many_with(with_lateral, "split val: lateral", range(20, 24)),
    ),
    "a lateral film that is not given": (
        "view_contradiction",
        changed(NONE, findings="PA and lateral views were obtained. The heart is normal in size."),
    ),
    "a portable film called PA": (
        "view_contradiction",
        changed(NONE, findings="Single portable AP view. The heart is normal in size."),
    ),
    "a lateral view with frontal pixels": ("view_contradiction", film_changed(NONE, view="LL")),
    "a report that says see above": ("empty_report", changed(NONE, findings="See above.", impression="")),
    "a row of which nothing is known": (
        "empty_report",
        changed(NONE, findings="", impression="", labels={}, answers=()),
    ),
    "one text on many studies": ("boilerplate", many_with(one_text, study_of(10).row, range(10, 18))),
    "a signature": (
        "boilerplate",
        changed(NONE, findings="The heart is normal in size. This report was electronically signed."),
    ),
    "underscores": ("removed_marks", changed(NONE, findings="The heart is normal, as ___ said.")),
    "crosses": ("removed_marks", changed(NONE, indication="XXXX-year-old with cough")),
    "a comparison without a prior": (
        "prior_not_given",
        changed(NONE, findings="The heart is unchanged in size. No pleural effusion."),
    ),
    "a question about change without a prior": (
        "prior_not_given",
        changed(NONE, answers=(KnownAnswer("What has changed?", "Nothing.", "difference"),)),
    ),
    "a box on the other side": (
        "side_contradiction",
        film_changed(RIGHT, boxes=(replace(BOX, xyxy=(76.0, 76.0, 116.0, 100.0)),)),
    ),
    "an impression of the other side": (
        "side_contradiction",
        changed(RIGHT, impression="Left pleural effusion."),
    ),
    "a left lung on the right": (
        "side_contradiction",
        film_changed(NONE, boxes=(KnownBox("left lung", (10.0, 10.0, 50.0, 100.0), "anatomy"),)),
    ),
    "a date": ("identifier", changed(NONE, indication="Fall on 12/03/2024")),
    "a name with its title": ("identifier", changed(NONE, impression="As told to Dr. Weber.")),
    "a number": ("identifier", changed(NONE, indication="MRN 4711882")),
    "a film that says it is synthetic": ("synthetic_film", synthetic_by_header),
    "a film whose source says it is synthetic": ("synthetic_film", film_changed(NONE, is_synthetic=True)),
    "a thumbnail": ("wrong_size", other_pixels(NONE, lambda: film_of(80)[::2, ::2])),
    "a film of another size than stated": ("wrong_size", film_changed(NONE, size=(2000, 2000))),
    "a strip": ("wrong_size", other_pixels(NONE, lambda: np.tile(film_of(80), (1, 3)))),
    "an inverted film": ("inverted_film", other_pixels(NONE, lambda: 255 - film_of(80))),
    "a film upside down": ("inverted_film", other_pixels(NONE, lambda: film_of(80)[::-1])),
    "a blank film": ("blank_film", other_pixels(NONE, lambda: np.full((SIDE, SIDE), 90, np.uint8))),
    "a box outside the film": (
        "box_outside",
        film_changed(RIGHT, boxes=(replace(BOX, xyxy=(12.0, 76.0, 50.0, 300.0)),)),
    ),
    "a box without an area": (
        "box_outside",
        film_changed(RIGHT, boxes=(replace(BOX, xyxy=(50.0, 76.0, 12.0, 100.0)),)),
    ),
    "a row that the source could not take": ("source_trouble", trouble),
}


def looked_at(sets: tuple[DataSet, ...], longest: int = 200) -> dict[tuple[str, str], str]:
    examination = examine(sets, SPLITS, plan(longest), WordTokens())
    return {(fault.kind, fault.row): fault.what + fault.remedy for fault in examination.faults}


def test_nothing_is_named_on_the_clean_set():
    data, _ = clean_set()

    assert looked_at((data,)) == {}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named_with_its_row_and_nothing_else_is(name):
    kind, plant = PLANTED[name]
    data, films = clean_set()
    sets, row = plant(data, films)

    assert set(looked_at(sets)) == {(kind, row)}


def test_every_kind_but_the_one_that_needs_a_camera_is_planted():
    assert set(KINDS) - {kind for kind, _ in PLANTED.values()} == {"not_a_chest"}
    assert set(TITLES) == set(KINDS)


def test_the_answer_in_words_names_rows_and_remedies_and_quotes_no_report():
    data, films = clean_set()
    (data,), row = changed(7, indication="Fall on 12/03/2024", findings="Told to Dr. Weber.")(data, films)

    words = in_words(examine((data,), SPLITS, plan()))

    assert f"{row}: It holds what may tell whose it is: 1 name in findings; 1 date in indication." in words
    assert "→ Remove them at the source" in words
    assert "Weber" not in words
    assert "12/03" not in words


def test_the_answer_goes_through_json_unchanged():
    data, films = clean_set(9)
    (data,), _ = broken(data, films)
    examination = examine((data,), SPLITS)

    assert examination_from_json(examination.to_json()) == examination


def test_synthetic_films_are_no_fault_where_the_plan_asks_for_them():
    data, films = clean_set(9)
    (data,), _ = synthetic_by_header(data, films)

    assert examine((data,), SPLITS, plan(takes_synthetic=True)).faults == ()


def test_a_film_of_a_study_may_be_the_prior_of_the_next():
    data, _ = clean_set(9)
    prior = replace(study_of(1).films[0], role="prior")
    later = replace(
        study_of(2), patient="p1", films=(*study_of(2).films, prior), findings="Unchanged heart size."
    )

    examination = examine((with_study(data, 2, later),), SPLITS)

    assert examination.faults == ()
    assert examination.counts.films_opened == 9


def test_what_was_not_looked_at_is_said():
    data, _ = clean_set(3)

    examination = examine((data,), SPLITS, open_films=False)

    assert examination.counts.films_opened == 0
    assert [one.split(":")[0] for one in examination.not_looked_at] == [
        "Lengths in tokens and what would be cut off",
        "The films' pixels (duplicates, unreadable, blank, inverted, wrong size)",
    ]


def test_progress_counts_every_film_and_the_examination_stops_when_asked():
    data, _ = clean_set(9)
    told, cancel = [], CancelToken()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3:
            cancel.cancel()

    with pytest.raises(InferenceCancelled):
        examine((data,), SPLITS, progress=progress, cancel=cancel, threads=1)

    assert told == [(0, 9), (1, 9), (2, 9), (3, 9)]


def test_a_sample_with_a_mark_too_many_is_named_by_its_study():
    data, _ = clean_set(3)
    sample = Sample(
        "s1/vqa/0",
        "clean",
        "s1",
        "p1",
        "vqa",
        "<s>[INST] <image> <image> ? [/INST]Yes</s>",
        study_of(1).films,
    )

    (fault,) = examine((data,), SPLITS, samples=(sample,)).faults

    assert (fault.kind, fault.row) == ("picture_count", study_of(1).row)
    assert "2 picture marks for 1 films" in fault.what


def test_what_would_be_cut_is_told():
    data, _ = clean_set(3)
    text = "<s>[INST] a b <image> c [/INST]one two three four</s>"
    sample = Sample("s1/report/0", "clean", "s1", "p1", "report", text, study_of(1).films)
    own = examine((data,), SPLITS, plan(1000), WordTokens()).faults

    (cut,) = (
        fault
        for fault in examine((data,), SPLITS, plan(12), WordTokens(), samples=(sample,)).faults
        if "has 13 tokens" in fault.what
    )

    assert own == ()
    assert (
        cut.what
        == "The conversation “report” has 13 tokens, 12 are kept; cut off: the last 1 tokens of answer 1."
    )


def test_it_stops_between_two_reports_too():
    data, _ = clean_set(9)
    cancel = CancelToken()
    cancel.cancel()

    with pytest.raises(InferenceCancelled):
        examine((data,), SPLITS, open_films=False, cancel=cancel)
