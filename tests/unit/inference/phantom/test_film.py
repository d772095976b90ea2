"""Phantom films tell the truth about what was put into them."""

from dataclasses import replace

import numpy as np
import pytest

from inference.backend import FINDINGS
from inference.phantom import IMPLIED, follow_up, project, sample_case
from inference.phantom.case import Case
from inference.phantom.detector import Exposure
from inference.phantom.findings import KINDS, Lesion

SIZE = (96, 96)
QUIET = Exposure(seed=0, photons=1e7, edge=0.0, marker=False)


def healthy(seed: int = 3) -> Case:
    return replace(sample_case(seed, findings=frozenset()), exposure=QUIET, is_supine=False)


def with_lesion(kind: str, side: str, *, zone: str = "lower", severity: float = 0.6, seed: int = 3) -> Case:
    label = next(label for label, kinds in KINDS.items() if kind in kinds)
    return replace(healthy(seed), lesions=(Lesion(label, kind, side, zone, severity, 11),))


def test_the_phantom_knows_the_thirteen_findings_by_the_backends_names():
    assert tuple(KINDS) == FINDINGS
    assert set(IMPLIED) <= set(FINDINGS)
    assert {label for implied in IMPLIED.values() for label in implied} <= set(FINDINGS)


def test_the_same_seed_gives_the_same_film_to_the_byte():
    first, second = (project(sample_case(12), "PA", SIZE) for _ in range(2))

    assert first.picture.tobytes() == second.picture.tobytes()
    assert first.boxes == second.boxes
    assert project(sample_case(13), "PA", SIZE).picture.tobytes() != first.picture.tobytes()


@pytest.mark.parametrize("view", ["PA", "AP", "LL"])
def test_air_is_dark_and_the_belly_is_bright(view):
    film = project(healthy(), view, SIZE)

    assert film.picture.shape == SIZE
    assert film.picture.dtype == np.float32
    assert 0 <= film.picture.min() < 0.1
    assert film.picture[72:84, :3].mean() < 0.15
    assert film.picture[-10:-4, 42:54].mean() > 0.7


def test_lungs_are_darker_than_the_heart_between_them():
    film = project(healthy(), "PA", SIZE)
    organs = {box.label: box.xyxy for box in film.organs}
    x1, y1, x2, y2 = (int(v) for v in organs["heart"])
    rx1, ry1, rx2, ry2 = (int(v) for v in organs["right lung"])

    heart = film.picture[(y1 + y2) // 2, x1 + 4 : x2 - 4].mean()
    lung = film.picture[ry1 + (ry2 - ry1) // 3 : (ry1 + ry2) // 2, rx1 + 8 : (rx1 + rx2) // 2].mean()

    assert heart > lung + 0.2


@pytest.mark.parametrize("view", ["PA", "AP"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_patients_right_hangs_at_the_left_of_a_frontal_film(view, seed):
    organs = {box.label: box.xyxy for box in project(healthy(seed), view, SIZE).organs}

    assert organs["right lung"][2] < organs["left lung"][2]
    assert organs["right lung"][0] < organs["left lung"][0]
    assert organs["right clavicle"][0] < organs["left clavicle"][0]
    middle = 0.5 * (organs["trachea"][0] + organs["trachea"][2])
    assert organs["heart"][2] - middle > middle - organs["heart"][0], (
        "the heart lies more to the patient's left"
    )


def test_the_heart_is_magnified_on_an_ap_film():
    case = healthy()
    wide = {}
    for view in ("PA", "AP"):
        film = project(case, view, (256, 256))
        heart = next(box.xyxy for box in film.organs if box.label == "heart")
        wide[view] = (heart[2] - heart[0]) * film.pixel_mm

    assert wide["AP"] > 1.02 * wide["PA"]


def with_lesions(*kinds: str, side: str, severity: float = 0.8) -> Case:
    """Many lesions on one film: each keeps its own contribution."""
    single = [with_lesion(kind, side, zone="middle", severity=severity).lesions[0] for kind in kinds]
    return replace(healthy(), lesions=tuple(replace(one, seed=11 + i) for i, one in enumerate(single)))


GROUPS = [
    ("wide mediastinum", "large heart", "nodule", "mass", "plate", "rib", "healed rib", "endotracheal tube"),
    (
        "haze",
        "lobar",
        "patchy",
        "apical cap",
        "thickening",
        "plaque",
        "central line",
        "pacemaker",
        "chest tube",
    ),
    ("collapse", "fluid", "feeding tube", "ECG leads"),
    ("rim",),
    ("nodules", "perihilar"),
]


def test_every_kind_of_lesion_is_tried():
    assert {kind for group in GROUPS for kind in group} == {
        kind for kinds in KINDS.values() for kind in kinds
    }


@pytest.mark.parametrize("view", ["PA", "LL"])
@pytest.mark.parametrize("kinds", GROUPS)
def test_a_box_holds_nearly_all_that_its_finding_added_to_the_film(kinds, view):
    side = "both" if "nodules" in kinds else "right"
    film = project(with_lesions(*kinds, side=side), view, SIZE, keep_contributions=True)

    assert [fact.kind for fact in film.facts if not fact.is_visible] == [], "a severe finding shows"
    assert len(film.boxes) == len(film.contributions)
    for box, contribution in film.contributions:
        x1, y1, x2, y2 = box.xyxy
        assert 0 <= x1 < x2 <= SIZE[1]
        assert 0 <= y1 < y2 <= SIZE[0]
        inside = contribution[int(y1) : int(y2), int(x1) : int(x2)].sum()
        assert inside >= 0.95 * contribution.sum()


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_lesion_shows_on_its_own_side(side):
    film = project(
        with_lesions("nodule", "haze", "lobar", "patchy", "plate", "rim", "rib", side=side), "PA", SIZE
    )
    organs = {box.label: box.xyxy for box in film.organs}
    spine = 0.5 * (organs["trachea"][0] + organs["trachea"][2])

    assert len(film.boxes) == 7
    for box in film.boxes:
        centre = 0.5 * (box.xyxy[0] + box.xyxy[2])
        assert box.side == side
        assert (centre < spine) == (side == "right"), box


@pytest.mark.parametrize(
    ("kind", "brighter"),
    [("mass", True), ("lobar", True), ("fluid", True), ("collapse", True), ("rim", False)],
)
def test_a_lesion_changes_the_picture_inside_its_box_in_the_right_direction(kind, brighter):
    sick = with_lesion(kind, "right", zone="upper" if kind == "rim" else "middle", severity=0.7)
    film = project(sick, "PA", SIZE, keep_contributions=True)
    well = project(replace(sick, lesions=()), "PA", SIZE)
    _, contribution = film.contributions[0]
    core = contribution > 0.6 * contribution.max()

    change = float((film.picture - well.picture)[core].mean())

    assert change > 0.04 if brighter else change < -0.03


def test_severity_makes_an_effusion_larger():
    heights = []
    for severity in (0.1, 0.4, 0.8):
        (box,) = project(with_lesion("fluid", "right", severity=severity), "PA", SIZE).boxes
        heights.append(box.xyxy[3] - box.xyxy[1])

    assert heights == sorted(heights)
    assert heights[2] > 1.5 * heights[0]


def test_a_large_heart_is_wider_than_half_of_the_chest_and_a_normal_one_is_not():
    ratios = {}
    for name, case in (("normal", healthy()), ("large", with_lesion("large heart", "middle"))):
        organs = {box.label: box.xyxy for box in project(case, "PA", (256, 256)).organs}
        chest = organs["left lung"][2] - organs["right lung"][0]
        ratios[name] = (organs["heart"][2] - organs["heart"][0]) / chest

    assert ratios["normal"] < 0.5 < ratios["large"]


def test_boxes_scale_with_the_film():
    case = with_lesion("mass", "left", zone="upper")
    small = project(case, "PA", (128, 128)).boxes[0].xyxy
    large = project(case, "PA", (512, 512)).boxes[0].xyxy

    assert np.allclose(np.array(large) / 4, small, atol=3)


def test_a_film_need_not_be_square():
    film = project(healthy(), "PA", (96, 160))

    assert film.picture.shape == (96, 160)
    assert all(box.xyxy[2] <= 160 and box.xyxy[3] <= 96 for box in film.organs)


def test_a_film_too_small_to_show_anything_is_refused():
    with pytest.raises(ValueError, match="at least 32"):
        project(healthy(), "PA", (16, 256))


def test_facts_name_what_a_report_needs():
    film = project(with_lesion("nodule", "left", zone="upper", severity=0.5), "PA", SIZE)

    (fact,) = film.facts
    assert (fact.label, fact.kind, fact.side, fact.zone, fact.grade) == (
        "lung lesion", "nodule", "left", "upper", "moderate"
    )  # fmt: skip
    assert fact.is_visible
    assert fact.numbers["diameter_mm"] == pytest.approx(18.5)


def test_the_later_case_is_the_same_person():
    case = sample_case(5, findings=frozenset({"pleural effusion"}))
    later, _ = follow_up(case, 1)

    assert later.thorax.seed == case.thorax.seed
    assert later.thorax.width == case.thorax.width
    assert later.exposure != case.exposure
