"""Builds training texts from raw data-set items with our own prompts.

One rule for each (data-set class, task type). A rule yields every text that an item can give; which items a published
data-set class leaves out (too many pictures, other windows of studies) is its own affair, not the prompts'.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from inference.backend import FINDINGS
from inference.boxes import NO_BOX, box_text, to_grid
from inference.text import prompts
from inference.text.answers import format_finding_list
from inference.text.report import clean_report

Item = Mapping[str, Any]
Turns = list[tuple[str, str]]
ANSWERS = {"positive": "Yes.", "negative": "No.", "uncertain": "Uncertain.", "blank": "No."}
INVERSE = {"Yes.": "No.", "No.": "Yes."}
ORGANS = ("lung",)


class Rules:
    """The rules, knowing the (height, width) of the pictures."""

    def __init__(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        self.sizes = sizes

    # MIMIC-CXR ------------------------------------------------------------------------------------------------

    def report_only(self, item: Item) -> Iterator[Turns]:
        yield [("<image>", clean_report(item["findings"]))]

    def multi_disease(self, item: Item) -> Iterator[Turns]:
        yield [(prompts.single_image_findings(), _listed(item))]

    def single_cot(self, item: Item) -> Iterator[Turns]:
        yield [
            (prompts.single_image_findings(), _listed(item)),
            (prompts.SINGLE_REPORT, clean_report(item["findings"])),
        ]

    def single_report(self, item: Item) -> Iterator[Turns]:
        yield [(prompts.on_image(prompts.SINGLE_DESCRIPTION), clean_report(item["findings"]))]

    def frontal_lateral(self, item: Item) -> Iterator[Turns]:
        count = len(item["dicom_id"])
        question = prompts.on_images(count, prompts.MULTI_IMAGE_DESCRIPTION)
        yield [(question, clean_report(item["findings"]))]

    def frontal_lateral_cot(self, item: Item) -> Iterator[Turns]:
        count = len(item["dicom_id"])
        yield [
            (prompts.multi_image_findings(count), _listed(item)),
            (prompts.MULTI_IMAGE_REPORT, clean_report(item["findings"])),
        ]

    def history_cot(self, item: Item) -> Iterator[Turns]:
        for prior, current in itertools.combinations(item["study_history"], 2):
            if prior["findings"] and current["findings"]:
                counts = len(prior["dicom_id"]), len(current["dicom_id"])
                yield [
                    (prompts.multi_study_findings(*counts, prior["findings"]), _listed(current)),
                    (prompts.MULTI_STUDY_REPORT, clean_report(current["findings"])),
                ]

    # classification and boxes -----------------------------------------------------------------------------------

    def single_disease(self, item: Item) -> Iterator[Turns]:
        turns: Turns = []
        for entry in item["cls"]:
            name, answer = entry["name"].lower(), ANSWERS[entry["label"]]
            if name == "no finding":
                turns.append((prompts.ANY_FINDINGS, INVERSE[answer]))
            elif name not in ORGANS:
                turns.append((prompts.is_present(name), answer))
        yield _about_a_picture(turns)

    def multi_disease_of_classes(self, item: Item) -> Iterator[Turns]:
        entries = [e for e in item["cls"] if e["name"].lower() not in ("no finding", *ORGANS)]
        names = [entry["name"].lower() for entry in entries]
        positive = [entry["name"].lower() for entry in entries if entry["label"] == "positive"]
        yield [(prompts.single_image_findings(names), format_finding_list(positive, names))]

    def f_ground(self, item: Item) -> Iterator[Turns]:
        turns = []
        for name, boxes in self._findings(item):
            answer = f"Yes. {', '.join(boxes)}." if boxes else "Not present."
            turns.append((prompts.finding_grounding(name), answer))
        yield _about_a_picture(turns)

    def grounded_f(self, item: Item) -> Iterator[Turns]:
        largest = [(name, self._largest(item, name)) for name, boxes in self._findings(item) if boxes]
        if largest:
            yield _about_a_picture([(prompts.grounded_finding(box), f"{name}.") for name, box in largest])

    def abn_det(self, item: Item) -> Iterator[Turns]:
        boxes = [box for _, found in self._findings(item) for box in found]
        if boxes:
            yield _about_a_picture([(prompts.ABNORMAL_REGIONS, f"{', '.join(boxes)}.")])

    def o_ground(self, item: Item) -> Iterator[Turns]:
        for entry in item["det"]:
            if entry["name"] in ORGANS:
                boxes = ", ".join(self._boxes(item, entry["label"]))
                yield _about_a_picture([(prompts.organ_grounding(entry["name"]), boxes)])

    def p_ground(self, item: Item) -> Iterator[Turns]:
        for phrase, box in self._phrases(item):
            yield _about_a_picture([(prompts.phrase_grounding(phrase), f"{box}.")])

    def grounded_p(self, item: Item) -> Iterator[Turns]:
        for phrase, box in self._phrases(item):
            yield _about_a_picture([(prompts.grounded_phrase(box), f"{phrase}.")])

    def a_ground(self, item: Item) -> Iterator[Turns]:
        yield _about_a_picture(
            [(prompts.anatomy_grounding(name), f"{box}.") for name, box in self._regions(item)]
        )

    def grounded_a(self, item: Item) -> Iterator[Turns]:
        yield _about_a_picture(
            [(prompts.grounded_anatomy(box), f"{name}.") for name, box in self._regions(item)]
        )

    # questions --------------------------------------------------------------------------------------------------

    def diff(self, item: Item) -> Iterator[Turns]:
        yield [(prompts.difference_question(item["question"]), item["answer"])]

    def vqa(self, item: Item) -> Iterator[Turns]:
        yield [(prompts.visual_question(item["question"]), item["answer"])]

    def closed_question(self, item: Item) -> Iterator[Turns]:
        yield [(prompts.visual_question(item["question"]), f"{item['answer']}.")]

    def conversation(self, item: Item) -> Iterator[Turns]:
        said = [turn["value"] for turn in item["conversations"]]
        turns = list(zip(said[::2], said[1::2], strict=True))
        (question, answer), later = turns[0], turns[1:]
        yield _about_a_picture([(question.removeprefix("<image>. "), answer), *later])
        yield _about_a_picture([(prompts.SINGLE_DESCRIPTION, clean_report(answer)), *later])

    # boxes of items ---------------------------------------------------------------------------------------------

    def _boxes(self, item: Item, boxes: list[list[float]]) -> list[str]:
        height, width = self.sizes[item["image"]]
        return [box_text(to_grid(tuple(box), width, height)) for box in boxes if tuple(box) != NO_BOX]

    def _findings(self, item: Item) -> list[tuple[str, list[str]]]:
        return [
            (entry["name"].lower(), self._boxes(item, entry["label"]))
            for entry in item["det"]
            if entry["name"] not in ORGANS
        ]

    def _largest(self, item: Item, name: str) -> str:
        boxes = next(entry["label"] for entry in item["det"] if entry["name"].lower() == name)
        return self._boxes(item, [max(boxes, key=lambda b: (b[2] - b[0]) * (b[3] - b[1]))])[0]

    def _described(self, item: Item) -> Iterator[tuple[Item, Item]]:
        """Regions and phrases at the same position with the same name."""
        for region, phrase in zip(item["bbox"], item["phrase"], strict=False):
            if region["region"] == phrase["region"]:
                yield region, phrase

    def _phrases(self, item: Item) -> list[tuple[str, str]]:
        if "det" in item:
            return [(entry["name"], self._boxes(item, entry["label"])[0]) for entry in item["det"]]
        return [
            (phrase["phrase"], self._boxes(item, [region["bbox"]])[0])
            for region, phrase in self._described(item)
            if phrase["phrase"]
        ]

    def _regions(self, item: Item) -> list[tuple[str, str]]:
        return [
            (region["region"], self._boxes(item, [region["bbox"]])[0]) for region, _ in self._described(item)
        ]


RULES: dict[tuple[str, str | None], Callable[[Rules, Item], Iterator[Turns]]] = {
    ("MimiccxrSingleImageDataset", "report_only"): Rules.report_only,
    ("MimiccxrSingleImageDataset", "multi_disease"): Rules.multi_disease,
    ("MimiccxrMultiImageDataset", "frontal_lateral"): Rules.frontal_lateral,
    ("MimiccxrMultiImageDataset", "frontal_lateral_cot"): Rules.frontal_lateral_cot,
    ("MimiccxrMultiStudyDataset", "history_cot"): Rules.history_cot,
    ("DiseaseClassificationDataset", "single_disease"): Rules.single_disease,
    ("DiseaseClassificationDataset", "multi_disease"): Rules.multi_disease_of_classes,
    ("FindingGroundingDataset", "f_ground"): Rules.f_ground,
    ("GroundedFindingDataset", "grounded_f"): Rules.grounded_f,
    ("AbnormalityDetectionDataset", "abn_det"): Rules.abn_det,
    ("OrganGroundingDataset", "o_ground"): Rules.o_ground,
    ("MscxrDataset", "p_ground"): Rules.p_ground,
    ("MscxrDataset", "grounded_p"): Rules.grounded_p,
    ("ImagenomeDataset", "p_ground"): Rules.p_ground,
    ("ImagenomeDataset", "grounded_p"): Rules.grounded_p,
    ("ImagenomeDataset", "a_ground"): Rules.a_ground,
    ("ImagenomeDataset", "grounded_a"): Rules.grounded_a,
    ("MimiccxrDiffVqaDataset", "diff"): Rules.diff,
    ("MimiccxrDiffVqaDataset", "vqa"): Rules.vqa,
    ("SlakeDataset", "vqa"): Rules.closed_question,
    ("RadialogDataset", None): Rules.conversation,
}
REBUILT = frozenset(RULES)


def rebuild(group: Mapping[str, Any], sizes: Mapping[str, tuple[int, int]]) -> list[str]:
    """Texts that a group's items can give."""
    rules = Rules(sizes)
    rule = RULES[group["dataset_class"], group["task_type"]]
    return [_chat(turns) for item in group["items"] for turns in rule(rules, item)]


def _listed(item: Item) -> str:
    positive = [name for name, label in zip(FINDINGS, item["chexbert"], strict=False) if label == 1]
    return format_finding_list(positive)


def _about_a_picture(turns: Turns) -> Turns:
    return [(prompts.on_image(turns[0][0]), turns[0][1]), *turns[1:]]


def _chat(turns: Turns) -> str:
    return prompts.chat_text(
        [turn for asked, told in turns for turn in (("user", asked), ("assistant", told))]
    )
