"""M4CXR's prompts, letter by letter: they are the model's interface. Pure.

Functions under "whole first turns" return the complete content of a conversation's first user turn, system sentence
and pictures included. Those under "questions" return the bare question: put it behind its pictures with `on_image` or
`on_images`, or ask it as a further turn about the same pictures. `chat_text` wraps the turns.

Two `<image>` must never touch; every function here keeps something between them. Free text that a person or a report
brings in passes `plain`, so that it can't open a turn or claim a picture.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from inference.backend import FINDINGS
from inference.text.report import clean_report
from inference.text.tokenizer import IMAGE

PROMPT_VERSION = "m4cxr-1"

SYSTEM = (
    "The following is a conversation between a curious human and an AI medical assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)

# ── second turns of the chain of thought ────────────────────────────────────────────────────────────────────────

SINGLE_REPORT = (
    "Based on the previous conversation, provide a description of the findings in the radiology image."
)
MULTI_IMAGE_REPORT = (
    "Based on the previous conversation, provide a description of the findings in the radiology images."
)
MULTI_STUDY_REPORT = (
    "Based on the previous conversation, provide a description of the findings in the current follow-up "
    "radiology images."
)

# ── the first phase of training: a picture and its report, no system sentence and no question ────────────────────

REPORT_ONLY = IMAGE

# ── questions without a variable part ───────────────────────────────────────────────────────────────────────────

ABNORMAL_REGIONS = "Provide the bounding box coordinates of abnormal regions in the radiology image."
ANY_FINDINGS = "Are there any findings in the radiology image?"
SINGLE_DESCRIPTION = "Provide a description of the findings in the radiology image."
MULTI_IMAGE_DESCRIPTION = "Provide a description of the findings in the radiology images."
MULTI_STUDY_DESCRIPTION = "Provide a description of the findings in the current follow-up radiology images."
CHANGE_QUESTION = "What has changed compared to the reference image?"
EASY_LANGUAGE = "Explain the description with easy language."
PATIENT_LANGUAGE = "Explain this radiology report to the patient with easy language."
SUMMARY = "Summarize the description concisely."
SUMMARY_SENTENCE = "Summarize the description in one concise sentence."
SUMMARY_POINTS = "Can you summarize the description in three concise points?"
SUMMARY_LESION = "Provide a short summary of the most important lesion in this chest x-ray report."

Role = Literal["user", "assistant"]
_MARKERS = re.compile(r"<image>|\[/?INST\]|</?s>|<unk>")


def chat_text(turns: Sequence[tuple[Role, str]]) -> str:
    """Wrap turns: `<s>` once, `[INST] … [/INST]` around the user's, `</s>` behind the assistant's, nothing between.

    Raises:
        ValueError: Roles do not alternate, starting with the user (there is no system role).
    """
    text = "<s>"
    for index, (role, content) in enumerate(turns):
        if role != ("user", "assistant")[index % 2]:
            raise ValueError("Conversation roles must alternate user/assistant/user/assistant/...")
        text += f"[INST] {content} [/INST]" if role == "user" else f"{content}</s>"
    return text


def plain(text: str) -> str:
    """Free text without the strings that would act as picture, turn or end marks."""
    while _MARKERS.search(text):  # again and again: removing one can join the halves of another
        text = _MARKERS.sub("", text)
    return text


def images(count: int) -> str:
    """`count` picture marks with one blank between them."""
    return " ".join([IMAGE] * count)


# ── whole first turns ───────────────────────────────────────────────────────────────────────────────────────────


def on_image(question: str) -> str:
    """First turn about one picture."""
    return f"{SYSTEM} radiology image: {IMAGE} {question}"


def on_images(count: int, question: str) -> str:
    """First turn about the pictures of one study. One picture keeps the plural wording here."""
    return f"{SYSTEM} radiology images: {images(count)} {question}"


def on_studies(priors: int, current: int, prior_report: str, question: str) -> str:
    """First turn about a prior study with its report and the current study.

    Args:
        priors: Pictures of the prior study, at least 1.
        current: Pictures of the current study, at least 1.
        prior_report: Findings text of the prior; it is cleaned here as in training (decimal points vanish).
        question: What is asked.
    """
    return (
        f"{SYSTEM} prior radiology images: {images(priors)}, "
        f"prior radiology report: {plain(clean_report(plain(prior_report)))} "  # cleaning can join a mark's halves
        f"follow-up images: {images(current)}, "
        f"The radiology studies are given in chronological order. {question}"
    )


def text_only(question: str) -> str:
    """First turn without any picture."""
    return f"{SYSTEM} {question}"


def single_image_findings(findings: Sequence[str] = FINDINGS) -> str:
    """Chain of thought, turn 1, one picture: which findings are present? Also multi-label classification."""
    return on_image(which_findings(findings))


def multi_image_findings(count: int, findings: Sequence[str] = FINDINGS) -> str:
    """Chain of thought, turn 1, several pictures of one study."""
    return on_images(count, _which_findings("the radiology images", findings))


def multi_study_findings(
    priors: int, current: int, prior_report: str, findings: Sequence[str] = FINDINGS
) -> str:
    """Chain of thought, turn 1, a prior study and the current one (see `on_studies`)."""
    question = _which_findings("the current follow-up radiology images", findings)
    return on_studies(priors, current, prior_report, question)


def visual_question(question: str) -> str:
    """A question about one picture, as in the visual question answering sets."""
    return on_image(f"Answer the question. {plain(question)}")


def visual_question_of_study(count: int, question: str) -> str:
    """The same about several pictures of one study, in the words of multi-image prompts; no published set has it."""
    return on_images(count, f"Answer the question. {plain(question)}")


def difference_question(question: str) -> str:
    """A question about two pictures: the reference first, then the main one."""
    return (
        f"{SYSTEM} reference: {IMAGE}, main: {IMAGE} Using the provided reference and main radiology images, "
        f"answer the following question. {plain(question)}"
    )


def impression(findings_text: str) -> str:
    """Impression from a findings text, without a picture."""
    return about_findings(
        findings_text, "Please write the 'Impression' section based on the 'Findings' section."
    )


def about_findings(findings_text: str, question: str) -> str:
    """A question about a findings text, without a picture.

    Published with the impression's question only; what is asked of a report after its reading uses the same words.
    """
    return text_only(
        "The 'Findings' section of a chest x-ray radiology report is given: "
        f"{plain(findings_text)} {question}"
    )


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────────


def is_present(finding: str) -> str:
    """Answered `Yes.`, `No.` or `Uncertain.`"""
    return f"Is {finding} present in the radiology image?"


def finding_grounding(finding: str) -> str:
    """Answered `Yes. {boxes}.` or `Not present.`"""
    return f"Is {finding} present in the radiology image? If so, provide the bounding box coordinates of the region."


def multi_finding_grounding(findings: Sequence[str] = FINDINGS) -> str:
    """Answered `{finding} {boxes}, {finding} {boxes}.` or `Not found.`"""
    return (
        "Which of the following findings are present in the radiology image? "
        f"Provide the bounding box coordinates if present. Findings: {', '.join(findings)}"
    )


def indication_description(indication: str) -> str:
    """A description in one turn, for a single picture; the template that knows an indication (m4cxr.md §4.3)."""
    return f"{SINGLE_DESCRIPTION[:-1]} given the following indication: {plain(indication)}"


def phrase_grounding(phrase: str) -> str:
    """Answered `{box}.` ("coordinate" here, "coordinates" with findings: both as trained)."""
    return f"Provide the bounding box coordinate of the region this phrase describes: {plain(phrase)}"


def grounded_phrase(box: str) -> str:
    """A report phrase for a box (as `inference.boxes.box_text` writes it)."""
    return f"Provide a radiology report phrase for the region. {box}."


def grounded_finding(box: str) -> str:
    """A finding's name for a box."""
    return f"Provide a finding name for this region. {box}"


def anatomy_grounding(region: str) -> str:
    """Answered `{box}.`; `region` is one of Chest ImaGenome's 29."""
    return f"Provide the bounding box coordinate of the anatomical region. {region}"


def grounded_anatomy(box: str) -> str:
    """A region's name for a box."""
    return f"Provide an anatomical region name for this region. {box}"


def organ_grounding(organ: str = "lung") -> str:
    """Answered `{boxes}`, without a full stop."""
    return f"Provide the bounding box coordinates of {organ} in the radiology image."


def grounded_organ(boxes: str) -> str:
    """An organ's name for boxes."""
    return f"Provide an organ name for this region. {boxes}"


def which_findings(findings: Sequence[str] = FINDINGS) -> str:
    """Answered with the positives in the list's order, or `Not found.`; the bare question about one picture."""
    return _which_findings("the radiology image", findings)


def _which_findings(where: str, findings: Sequence[str]) -> str:
    return f"Which of the following findings are present in {where}? Findings: {', '.join(findings)}"
