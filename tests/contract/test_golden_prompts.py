"""Every task of the model is asked in its published words, to the letter: what reaches the tokenizer, from the spec.

The prompts are written out here as m4cxr.md §4 has them, never built by the program's own functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from parity.sentencepiece_vocabulary import mistral_json

from inference.backend import (
    AskQuestion,
    CancelToken,
    ChatMessage,
    Classify,
    Compare,
    DescribeRegion,
    FilmInput,
    GroundPhrase,
    PriorReport,
    ReadStudy,
    StudyFilm,
    StudyInput,
    Summarise,
    WriteImpression,
    WriteSentence,
)
from inference.errors import InvalidRequest
from inference.text.tokenizer import M4cxrTokenizer
from tests.tiny_pack import make_tiny_pack
from viewer.core.study import PixelDescription

SYSTEM = (
    "The following is a conversation between a curious human and an AI medical assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)
FINDINGS = (
    "enlarged cardiomediastinum, cardiomegaly, lung opacity, lung lesion, edema, consolidation, pneumonia, "
    "atelectasis, pneumothorax, pleural effusion, pleural other, fracture, support devices"
)
IMAGE = f"{SYSTEM} radiology image: <image> "
WHICH = f"Which of the following findings are present in the radiology image? Findings: {FINDINGS}"
WHICH_IN_IMAGES = f"Which of the following findings are present in the radiology images? Findings: {FINDINGS}"
STUDIES = (
    f"{SYSTEM} prior radiology images: <image>, prior radiology report: The effusion measures 12 cm. "
    "follow-up images: <image>, The radiology studies are given in chronological order. "
)
FINDINGS_TEXT = "The heart is enlarged."
GIVEN = f"{SYSTEM} The 'Findings' section of a chest x-ray radiology report is given: {FINDINGS_TEXT} "

A, B, C, D, E, F = (digit * 64 for digit in "123456")
BOX, OTHER_BOX = (8.0, 16.0, 40.0, 48.0), (44.0, 16.0, 72.0, 72.0)
"""In pixels of a film of 80 columns and 96 rows: its square lies 8 rows down, a cell of its grid is 0.8 pixels."""
STUDY_FILMS = {
    "one": (StudyFilm(A),),
    "two": (StudyFilm(A), StudyFilm(B)),
    "five": tuple(StudyFilm(image) for image in (A, B, C, D, E)),
    "six": tuple(StudyFilm(image) for image in (A, B, C, D, E, F)),
    "prior": (StudyFilm(B), StudyFilm(C, "prior", 400), StudyFilm(A, "prior", 30)),
    "priors of two films": (
        *(StudyFilm(A), StudyFilm(B)),
        *(StudyFilm(C, "prior", 30), StudyFilm(D, "prior", 30)),
    ),
}
REPORTS = (PriorReport("Of another prior.", 400), PriorReport("The effusion measures 1.2 cm.", 30))


@dataclass(frozen=True)
class Passes:
    is_frontal_chest: bool = True
    reason: str = ""

    def check(self, film, picture):
        return self


def first(content: str) -> str:
    return f"<s>[INST] {content} [/INST]"


def further(content: str) -> str:
    return f"[INST] {content} [/INST]"


def film(image: str) -> FilmInput:
    stored = np.random.default_rng(int(image[0])).integers(0, 4096, (96, 80)).astype(np.uint16)
    description = PixelDescription(96, 80, bits_allocated=16, bits_stored=12, high_bit=11)
    return FilmInput(image, stored, description, "DX", "CHEST", "PA")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from inference.engine.engine import M4cxrBackend
    from inference.packs import open_pack

    return M4cxrBackend(open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")), gate=Passes())


@pytest.fixture
def prompts_of(engine, monkeypatch):
    """Runs requests about a study; returns all that was given to the tokenizer since."""
    from inference.engine import comparison, one_sentence, reading, regions, summaries

    limits = {"REPORT_TOKENS": reading, "IMPRESSION_TOKENS": reading, "ANSWER_TOKENS": comparison}
    limits |= {"PHRASE_TOKENS": regions, "SUMMARY_TOKENS": summaries, "SENTENCE_TOKENS": one_sentence}
    for limit, module in limits.items():  # random weights never stop by themselves
        monkeypatch.setattr(module, limit, 6)
    sent: list[str] = []
    encode = M4cxrTokenizer.encode_prompt

    def recorded(self, text, **options):
        sent.append(text)
        return encode(self, text, **options)

    monkeypatch.setattr(M4cxrTokenizer, "encode_prompt", recorded)

    def run(study: str, *requests) -> list[str]:
        for image in (A, B, C, D, E, F):
            engine.put_film(film(image))
        films = STUDY_FILMS[study]
        engine.put_study(StudyInput("s", films, indication="cough,\nfever", prior_reports=REPORTS))
        for request in requests:
            sent.clear()
            for _ in engine.run(request, CancelToken()):
                pass
        engine.forget_study("s")
        return sent

    return run


def ask(*contents: str, template="auto", study="s") -> AskQuestion:
    roles = ("user", "assistant", "user")
    messages = tuple(ChatMessage(role, content) for role, content in zip(roles, contents, strict=False))
    return AskQuestion(study, messages, 4, template=template)


GOLDEN = {
    # §4.2 chain of thought
    "report of one film": (
        "one",
        ReadStudy("s"),
        (
            first(IMAGE + WHICH),
            further(
                "Based on the previous conversation, provide a description of the findings in the radiology image."
            ),
        ),
    ),
    "report of two films": (
        "two",
        ReadStudy("s"),
        (
            first(f"{SYSTEM} radiology images: <image> <image> {WHICH_IN_IMAGES}"),
            first(IMAGE + WHICH),  # each film alone as well
            further(
                "Based on the previous conversation, provide a description of the findings in the radiology images."
            ),
        ),
    ),
    "report of five films": (
        "five",
        ReadStudy("s"),
        (first(f"{SYSTEM} radiology images: <image> <image> <image> <image> <image> {WHICH_IN_IMAGES}"),),
    ),
    "report of six films rests on five": (
        "six",
        ReadStudy("s"),
        (first(f"{SYSTEM} radiology images: <image> <image> <image> <image> <image> {WHICH_IN_IMAGES}"),),
    ),
    "report with the nearest prior and its own cleaned report": (
        "prior",
        ReadStudy("s"),
        (
            first(
                f"{STUDIES}Which of the following findings are present in the current follow-up radiology images? "
                f"Findings: {FINDINGS}"
            ),
            further(
                "Based on the previous conversation, provide a description of the findings in the current follow-up "
                "radiology images."
            ),
        ),
    ),
    "report with a prior of two films": (
        "priors of two films",
        ReadStudy("s"),
        (
            first(
                f"{SYSTEM} prior radiology images: <image> <image>, prior radiology report: "
                "The effusion measures 12 cm. follow-up images: <image> <image>, "
                "The radiology studies are given in chronological order. "
                "Which of the following findings are present in the current follow-up radiology images? "
                f"Findings: {FINDINGS}"
            ),
        ),
    ),
    # §4.3 single turn
    "report of one film in one turn": (
        "one",
        ReadStudy("s", "single_turn"),
        (first(f"{IMAGE}Provide a description of the findings in the radiology image."),),
    ),
    "report of two films in one turn": (
        "two",
        ReadStudy("s", "single_turn"),
        (
            first(
                f"{SYSTEM} radiology images: <image> <image> "
                "Provide a description of the findings in the radiology images."
            ),
        ),
    ),
    "report with a prior in one turn": (
        "prior",
        ReadStudy("s", "single_turn"),
        (
            first(
                f"{STUDIES}Provide a description of the findings in the current follow-up radiology images."
            ),
        ),
    ),
    "report with an indication": (
        "one",
        ReadStudy("s", "with_indication"),
        (
            first(
                f"{IMAGE}Provide a description of the findings in the radiology image given the following "
                "indication: cough, fever"
            ),
        ),
    ),
    # §4.4 classification
    "is one finding present": (
        "one",
        Classify("s", "pleural effusion"),
        (first(f"{IMAGE}Is pleural effusion present in the radiology image?"),),
    ),
    "is there any finding": (
        "one",
        Classify("s", "no finding"),
        (first(f"{IMAGE}Are there any findings in the radiology image?"),),
    ),
    "which findings are present": ("one", Classify("s"), (first(IMAGE + WHICH),)),
    # §4.5 grounding
    "phrase grounding": (
        "one",
        GroundPhrase("s", A, "Small left pleural effusion"),
        (
            first(
                f"{IMAGE}Provide the bounding box coordinate of the region this phrase describes: "
                "Small left pleural effusion"
            ),
        ),
    ),
    "grounded phrase": (
        "one",
        DescribeRegion("s", A, (BOX,)),
        (first(f"{IMAGE}Provide a radiology report phrase for the region. [10,10,50,50]."),),
    ),
    "anatomy grounding": (
        "one",
        GroundPhrase("s", A, "Right mid lung zone", "anatomy"),
        (first(f"{IMAGE}Provide the bounding box coordinate of the anatomical region. right mid lung zone"),),
    ),
    "grounded anatomy": (
        "one",
        DescribeRegion("s", A, (BOX,), "anatomy"),
        (first(f"{IMAGE}Provide an anatomical region name for this region. [10,10,50,50]"),),
    ),
    "finding grounding": (
        "one",
        GroundPhrase("s", A, "edema", "finding"),
        (
            first(
                f"{IMAGE}Is edema present in the radiology image? "
                "If so, provide the bounding box coordinates of the region."
            ),
        ),
    ),
    "grounded finding": (
        "one",
        DescribeRegion("s", A, (BOX,), "finding"),
        (first(f"{IMAGE}Provide a finding name for this region. [10,10,50,50]"),),
    ),
    "multi-finding grounding": (
        "one",
        GroundPhrase("s", A, kind="findings"),
        (
            first(
                f"{IMAGE}Which of the following findings are present in the radiology image? "
                f"Provide the bounding box coordinates if present. Findings: {FINDINGS}"
            ),
        ),
    ),
    "abnormality detection": (
        "one",
        GroundPhrase("s", A, kind="abnormality"),
        (first(f"{IMAGE}Provide the bounding box coordinates of abnormal regions in the radiology image."),),
    ),
    "organ grounding": (
        "one",
        GroundPhrase("s", A, kind="organ"),
        (first(f"{IMAGE}Provide the bounding box coordinates of lung in the radiology image."),),
    ),
    "grounded organ": (
        "one",
        DescribeRegion("s", A, (BOX, OTHER_BOX), "organ"),
        (first(f"{IMAGE}Provide an organ name for this region. [10,10,50,50], [55,10,90,80]"),),
    ),
    # §4.6 questions
    "visual question": (
        "one",
        ask("Is the heart large?", template="question"),
        (first(f"{IMAGE}Answer the question. Is the heart large?"),),
    ),
    "difference": (
        "prior",
        ask("Is the effusion larger?", template="difference"),
        (
            first(
                f"{SYSTEM} reference: <image>, main: <image> Using the provided reference and main radiology images, "
                "answer the following question. Is the effusion larger?"
            ),
        ),
    ),
    "what changed": (
        "prior",
        Compare("s"),
        (
            first(IMAGE + WHICH),
            first(
                f"{SYSTEM} reference: <image>, main: <image> Using the provided reference and main radiology images, "
                "answer the following question. What has changed compared to the reference image?"
            ),
        ),
    ),
    "free conversation": ("one", ask("Describe the heart."), (first(f"{IMAGE}Describe the heart."),)),
    "free conversation about two films": (
        "two",
        ask("Describe the heart."),
        (first(f"{SYSTEM} radiology images: <image> <image> Describe the heart."),),
    ),
    "free conversation, third turn": (
        "one",
        ask("Describe the heart.", "It is large.", "How large?"),
        (f"<s>[INST] {IMAGE}Describe the heart. [/INST]It is large.</s>[INST] How large? [/INST]",),
    ),
    "free conversation without films": (
        "one",
        ask("What is edema?", study=None),
        (first(f"{SYSTEM} What is edema?"),),
    ),
    # §4.7 texts
    "impression": (
        "one",
        WriteImpression(FINDINGS_TEXT),
        (first(f"{GIVEN}Please write the 'Impression' section based on the 'Findings' section."),),
    ),
    "one sentence: the report's own turns, with its findings as the list": (
        "prior",
        WriteSentence("s", B, ("pleural effusion", "Cardiomegaly")),
        (
            first(IMAGE + WHICH),
            "cardiomegaly, pleural effusion.</s>",
            further(
                "Based on the previous conversation, provide a description of the findings in the radiology image."
            ),
        ),
    ),
    "impression as a summary": (
        "one",
        Summarise(None, "impression", FINDINGS_TEXT),
        (first(f"{GIVEN}Please write the 'Impression' section based on the 'Findings' section."),),
    ),
    "plain words for a text": (
        "one",
        Summarise("s", "plain", FINDINGS_TEXT),
        (first(f"{GIVEN}Explain the description with easy language."),),
    ),
}
FOLLOW_UPS = {
    "plain": "Explain the description with easy language.",
    "patient": "Explain this radiology report to the patient with easy language.",
    "concise": "Summarize the description concisely.",
    "sentence": "Summarize the description in one concise sentence.",
    "points": "Can you summarize the description in three concise points?",
    "lesion": "Provide a short summary of the most important lesion in this chest x-ray report.",
}


@pytest.mark.parametrize(("study", "request_", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_the_task_is_asked_in_its_published_words(prompts_of, study, request_, expected):
    sent = prompts_of(study, request_)

    assert list(dict.fromkeys(text for text in sent if text in expected)) == list(expected), sent


@pytest.mark.parametrize("style", FOLLOW_UPS)
def test_after_a_reading_a_summary_is_the_published_further_turn_and_nothing_else(prompts_of, style):
    assert prompts_of("one", ReadStudy("s"), Summarise("s", style)) == [further(FOLLOW_UPS[style])]


def test_after_a_reading_a_question_is_a_bare_further_turn(prompts_of):
    assert prompts_of("one", ReadStudy("s"), ask("Why?")) == [further("Why?")]


def test_a_question_that_compares_is_asked_over_both_films_without_being_told_to(prompts_of):
    (sent,) = prompts_of("prior", ask("Is it unchanged?"))

    assert sent.startswith(f"<s>[INST] {SYSTEM} reference: <image>, main: <image> Using")


@pytest.mark.parametrize(
    ("study", "request_"),
    [
        ("two", ReadStudy("s", "with_indication")),
        ("prior", ReadStudy("s", "with_indication")),
        ("two", ask("Is the heart large?", template="question")),
        ("one", ask("Is it larger?", template="difference")),
        ("one", Compare("s")),
        ("one", Summarise("s", "plain")),
        ("one", GroundPhrase("s", A, "spleen", "anatomy")),
        ("one", GroundPhrase("s", A, "heart", "organ")),
        ("one", GroundPhrase("s", A, " ")),
        ("one", Classify("s", "hernia")),
        ("one", DescribeRegion("s", A, ())),
        ("one", WriteSentence("s", A, ())),
        ("one", WriteSentence("s", A, ("hernia",))),
        ("one", DescribeRegion("s", A, (BOX, OTHER_BOX), "finding")),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{type(one).__name__}",
)
def test_what_no_published_prompt_has_a_place_for_is_refused(prompts_of, study, request_):
    with pytest.raises(InvalidRequest):
        prompts_of(study, request_)


def test_pieces_of_prompts_have_the_published_ids():
    """The table of m4cxr.md §3.2, and the lengths of §3.2's budgets, with the real vocabulary."""
    tokenizer = M4cxrTokenizer(mistral_json(), 361)
    pieces = {
        "[INST]": [733, 16289, 28793],
        "[/INST]": [733, 28748, 16289, 28793],
        " ": [259],
        " The following": [28705, 415, 2296],
        "Not found.</s>": [2280, 1419, 28723, 2],
        ", ": [1200, 28705],
        "[12,34,56,78].</s>": [
            *(733, 28740, 28750, 28725, 28770, 28781, 28725, 28782, 28784, 28725, 28787, 28783, 1592, 2),
        ],
    }
    for piece, ids in pieces.items():
        assert tokenizer.encode_text(piece) == ids, piece
    assert len(tokenizer.encode_prompt(first(IMAGE + WHICH))) == 482
    two = first(f"{SYSTEM} radiology images: <image> <image> {WHICH_IN_IMAGES}")
    assert len(tokenizer.encode_prompt(two)) == 844
