"""The task mix against conversations that the published data-set classes made of the same items.

Turns are compared without their order, which the published training shuffles as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from training_data import data_set, film, study

from inference.backend import FINDINGS
from inference.boxes import NO_BOX
from inference.text import prompts
from inference.training.mix.conversation import Case
from inference.training.mix.places import Places
from inference.training.mix.tasks import TASKS
from inference.training.rows import Known, KnownAnswer, KnownBox, KnownFilm, KnownStudy

FILE = Path(__file__).parent / "fixtures" / "tokenization" / "training_samples.json"
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))
CODES: Mapping[int, Known] = {1: "present", 2: "absent", 3: "uncertain"}
Item = Mapping[str, Any]


def shown(name: str, **known: Any) -> KnownFilm:
    return film(name, size=tuple(PUBLISHED["image_sizes_hw"][name.rpartition("/")[2]]), **known)


def reported(item: Item, *, with_labels: bool = True) -> KnownStudy:
    names = item["dicom_id"] if isinstance(item["dicom_id"], list) else [item["dicom_id"]]
    labels = {name: CODES[code] for name, code in zip(FINDINGS, item["chexbert"], strict=False) if code}
    return study(
        "s",
        films=tuple(shown(name) for name in names),
        findings=item["findings"],
        labels=labels if with_labels else {},
        label_source="CheXbert on the report" if with_labels else "",
    )


def followed(item: Item) -> KnownStudy:
    """The last two studies of a history."""
    before, now = item["study_history"][-2:]
    current = reported(now)
    priors = tuple(shown(name, role="prior", days_before=9) for name in before["dicom_id"])
    return study(
        "s",
        films=(*current.films, *priors),
        findings=current.findings,
        prior_report=before["findings"],
        labels=current.labels,
        label_source=current.label_source,
    )


def placed(item: Item) -> KnownStudy:
    boxes, none = [], set()
    for entry in item["det"]:
        name, real = entry["name"].lower(), [box for box in entry["label"] if tuple(box) != NO_BOX]
        if name == "lung":
            sides = ("right lung", "left lung")
            boxes += [KnownBox(side, tuple(box), "anatomy") for side, box in zip(sides, real, strict=True)]
        else:
            boxes += [KnownBox(name, tuple(box)) for box in real]
            none |= set() if real else {name}
    return study("s", films=(shown(item["image"], boxes=tuple(boxes), boxes_complete=frozenset(none)),))


def phrased(item: Item) -> KnownStudy:
    boxes = [KnownBox("", tuple(entry["label"][0]), phrase=entry["name"]) for entry in item["det"]]
    return study("s", films=(shown(item["image"], boxes=tuple(boxes)),))


def regions(item: Item) -> KnownStudy:
    """Phrases and boxes belong together by place and name."""
    boxes = [
        KnownBox(one["region"], tuple(one["bbox"]), "anatomy", said["phrase"])
        for one, said in zip(item["bbox"], item["phrase"], strict=True)
        if one["region"] == said["region"]
    ]
    return study("s", films=(shown(item["image"], boxes=tuple(boxes)),))


def asked_about_two(item: Item) -> KnownStudy:
    films = (shown(item["reference_image"]), shown(item["main_image"]))
    answer = KnownAnswer(item["question"], item["answer"], "difference", tuple(one.key for one in films))
    return study("s", films=films, answers=(answer,))


def asked(item: Item) -> KnownStudy:
    one = shown(item["reference_image"])
    return study(
        "s", films=(one,), answers=(KnownAnswer(item["question"], item["answer"], films=(one.key,)),)
    )


RULES: Mapping[tuple[str, str], tuple[str, Callable[[Item], KnownStudy]]] = {
    ("MimiccxrSingleImageDataset", "report_only"): ("report_only", reported),
    ("MimiccxrSingleImageDataset", "multi_disease"): ("classification", reported),
    ("MimiccxrMultiImageDataset", "frontal_lateral"): (
        "report_multi_image",
        lambda item: reported(item, with_labels=False),
    ),
    ("MimiccxrMultiImageDataset", "frontal_lateral_cot"): ("report_multi_image", reported),
    ("MimiccxrMultiStudyDataset", "history_cot"): ("report_multi_study", followed),
    ("FindingGroundingDataset", "f_ground"): ("finding_grounding", placed),
    ("GroundedFindingDataset", "grounded_f"): ("grounded_finding", placed),
    ("AbnormalityDetectionDataset", "abn_det"): ("abnormality_detection", placed),
    ("OrganGroundingDataset", "o_ground"): ("organ_grounding", placed),
    ("MscxrDataset", "p_ground"): ("phrase_grounding", phrased),
    ("MscxrDataset", "grounded_p"): ("grounded_phrase", phrased),
    ("ImagenomeDataset", "p_ground"): ("phrase_grounding", regions),
    ("ImagenomeDataset", "grounded_p"): ("grounded_phrase", regions),
    ("ImagenomeDataset", "a_ground"): ("anatomy_grounding", regions),
    ("ImagenomeDataset", "grounded_a"): ("grounded_anatomy", regions),
    ("MimiccxrDiffVqaDataset", "diff"): ("vqa_difference", asked_about_two),
    ("MimiccxrDiffVqaDataset", "vqa"): ("vqa_open", asked),
}
GROUPS = [group for group in PUBLISHED["groups"] if (group["dataset_class"], group["task_type"]) in RULES]


def name_of(group: Mapping[str, Any]) -> str:
    return f"{group['dataset_class']}-{group['task_type']}-{len(group['samples'])}"


@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_an_item_becomes_the_published_conversation(group: Mapping[str, Any]) -> None:
    published = {turns_in(sample["text"]) for sample in group["samples"]}

    ours = {turns_in(text) for item in group["items"] for text in conversations(group, item)}

    assert ours & published, "none of the published conversations"
    assert ours <= published or len(group["items"]) > len(group["samples"])


def conversations(group: Mapping[str, Any], item: Item) -> set[str]:
    task, as_study = RULES[group["dataset_class"], group["task_type"]]
    about = as_study(item)
    data = data_set("published", about)
    talks = [
        TASKS[task].ask(Case(data, about, Places(data)), pool, Random(seed))
        for pool in TASKS[task].pools(about)
        for seed in range(4)
    ]
    return {talk.text for talk in talks if talk is not None}


def turns_in(text: str) -> frozenset[str]:
    """The turns without the words before the first question; `..` of a phrase that ends with a stop is `.` with us."""
    bare = text.removeprefix("<s>").replace(prompts.on_image(""), "").replace("..</s>", ".</s>")
    return frozenset(turn for turn in bare.split("[INST] ") if turn)


def test_nearly_all_published_tasks_are_compared() -> None:
    left_out = {(group["dataset_class"], group["task_type"]) for group in PUBLISHED["groups"]} - set(RULES)

    assert left_out == {
        (
            "DiseaseClassificationDataset",
            "single_disease",
        ),  # asks about what is not known as if it were absent
        ("DiseaseClassificationDataset", "multi_disease"),  # lists it
        ("RadialogDataset", None),  # no source of ours has it
        ("SlakeDataset", "vqa"),  # only tested on
    }
