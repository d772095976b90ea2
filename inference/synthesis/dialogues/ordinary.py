"""Questions that want words, not a film; many with the words of a wish in them. Templates, drawn by a given rng."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from inference.backend import FINDINGS
from inference.synthesis.dialogues.facts import Fact
from inference.synthesis.dialogues.wishes import spoken
from inference.text import prompts

_ABOUT_A_FINDING = (
    "Is there {x}?", "Is there {x} on this film?", "Is {x} present in the radiology image?", "Do you see {x}?",
        "Can you see {x} in the image?",
    "Where is the {x}?", "Show me where the {x} is.", "How large is the {x}?", "How big is the {x}?",
        "Which side is the {x} on?", "Is the {x} on the left or on the right?",
    "Draw a box around the {x}.", "Mark the {x} on the film.", "Point to the {x}.",
        "Is the {x} larger than before?", "Has the {x} changed?", "What does {x} mean?",
    "What is {x}?", "What causes {x}?", "How is {x} treated?", "Could it be {x}?", "Does this patient have {x}?",
        "How sure are you about the {x}?", "Why do you say {x}?",
    "Describe the {x}.", "Is the {x} small or large?", "Can you see {x} on the lateral view?",
        "Could {x} be hidden on this view?", "What are the signs of {x} on a chest X-ray?",
    "Explain how {x} is seen on a film.", "Does the report mention {x}?", "Is there {x} or {y}?",
        "Are there {x} and {y}?", "Is it {x} rather than {y}?", "Show the {x} in this image.",
    "Would a lateral view help to find {x}?", "Is there any sign of {x}?", "Is {x} seen on the PA view?",
        "Is the image typical of {x}?", "Any {x}?", "{X}?", "No {x}?", "Is the picture consistent with {x}?",
    "Could you tell me whether there is {x}?", "Can you tell whether the {x} is new?", "Please check for {x}.",
        "Please look for {x} on this X-ray.", "Can you find {x}?", "Can you rule out {x}?",
)  # fmt: skip
_OTHER = (
    "What is the view of this chest X-ray?", "Is this a lateral view?", "Is this a PA or an AP film?",
        "Was a lateral view obtained?", "Is the film rotated?",
    "Do we need a lateral view?", "Should I order a lateral film?", "Should we take another film?",
        "Is the quality of this image good enough?", "Which view is better?",
    "Describe the image.", "Describe this film.", "Describe this picture in detail.",
        "What do you see in the image?", "What is shown in this picture?", "Can you describe this X-ray?",
    "Generate a report.", "Generate a report of this chest X-ray.", "Write a report.",
        "Please write the report of this film.", "Create a report for this image.", "Can you make a report?",
        "Could you generate the findings section?",
    "Generate a summary.", "Create a summary of the report.", "Make the report shorter.",
        "Could you make it shorter?", "Give me the impression.", "Write the impression.",
        "Produce an impression.", "Could you draft an impression?",
    "Show me the findings.", "Show the findings as a list.", "Give me a list of findings.",
        "List the abnormal findings in the picture.", "Are there any findings in the radiology image?",
        "Is this film unremarkable?",
    "What has changed compared to the reference image?", "Compare with the previous film.",
        "Compare this image with the prior.", "Is it better than on the last X-ray?",
        "What changed since the last film?",
    "Explain the report.", "Explain the description with easy language.",
        "Explain this radiology report to the patient.", "Make it easier to understand.",
        "Could you say it in simple words?", "Translate the report.",
    "Summarize the description concisely.", "What should I do next?", "Which disease is it?",
        "What is your opinion?", "Thank you.", "Thanks!", "Hello", "Hi there, how are you?", "Who are you?",
        "What can you do?",
    "Can you generate images?", "How do you make a picture?", "Are synthetic films marked?",
        "Is this picture synthetic?", "Is this film real?", "Was this image generated?",
        "How was this image made?",
    "Is the heart enlarged?", "How large is the heart?", "What is the cardiothoracic ratio?",
        "Measure the heart in this image.", "Are the lungs clear?", "Is there any device?",
        "Where is the tip of the tube?", "Is the tube in the right place?",
    "Show me the boxes.", "Draw the boxes.",
        "Provide the bounding box coordinates of abnormal regions in the radiology image.",
        "Which regions of the image are abnormal?", "Look at the left lung.", "Look at the image again.",
    "Is the right side of the picture the left side of the patient?", "Which side is left in this image?",
        "How many films do you see?", "How many views are there?", "Is the lateral view of the same patient?",
        "Can you read the lateral view?", "What does the lateral view show?", "What can be seen from the side?",
    "Is there anything else in the picture?", "Did you look at the lateral film?",
        "What is the difference between PA and AP views?", "Why is a lateral view taken?",
        "When is a portable film taken?", "What does the image show on the left?",
    "Please read this film.", "Please look at this chest X-ray.", "Can you help me with this X-ray?",
        "Make a diagnosis.", "Create a differential diagnosis.", "Give me three points.",
        "Produce a structured report.", "Could you generate a sentence for the report?",
    "Please create a text for the patient.", "Show me the last sentence.", "Show me the report of the last film.",
        "Draw a conclusion.", "Let me see the report.", "I want to see the findings.",
        "I need a report for this film.", "I would like a summary of this image.",
        "Can I have the impression of this X-ray?",
)  # fmt: skip


def ordinary_question(facts: Sequence[Fact], rng: Random) -> str:
    """A question without a wish for a film, about the report's findings where it has some."""
    draw = rng.random()
    if draw < 0.5:
        text = rng.choice(_ABOUT_A_FINDING)
        x, y = _finding(facts, rng), rng.choice(FINDINGS)
        text = text.format(x=x, y=y, X=x[:1].upper() + x[1:])
    elif draw < 0.56:
        text = rng.choice((prompts.is_present, prompts.finding_grounding))(rng.choice(FINDINGS))
    elif draw < 0.58:
        text = prompts.which_findings(rng.sample(FINDINGS, 5))
    else:
        text = rng.choice(_OTHER)
    draw = rng.random()
    if draw < 0.1:
        text = rng.choice(("Hi there. ", "I am a resident. ", "Hello, ", "OK. ", "Thanks. ",
            "I am a medical student. ")) + text  # fmt: skip
    if draw > 0.85:
        text = text.lower()
    return text.rstrip("?.") if 0.75 < draw < 0.85 else text


def _finding(facts: Sequence[Fact], rng: Random) -> str:
    if facts and rng.random() < 0.6:
        said = spoken(rng.choice(facts), rng).removeprefix("a ").removeprefix("an ")
        article = rng.choice(("", "a ", "the "))
        return f"{article}{said}"
    return rng.choice(FINDINGS)
