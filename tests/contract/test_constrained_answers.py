"""Answers under the grammar: random weights always keep it, and a model that keeps it by itself is left alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parity.fixture_files import ROOT
from parity.sentencepiece_vocabulary import mistral_json

from inference.backend import (
    FINDINGS,
    CancelToken,
    Classify,
    DescribeRegion,
    FilmInput,
    Finished,
    Flag,
    GroundPhrase,
    ReadStudy,
    StudyFilm,
    StudyInput,
)
from inference.boxes import SIDE, box_text
from inference.engine import answer_forms as forms
from inference.engine.answer_forms import is_answer
from inference.engine.constraint import AnswerConstraint, Pieces, grammar_pieces
from inference.engine.engine import M4cxrBackend
from inference.engine.grounding import ShortQuestion, short_answers
from inference.engine.session import look
from inference.engine.usage import Usage
from inference.packs import open_pack
from inference.packs.store import BUNDLED
from inference.text import prompts
from inference.text.answers import format_finding_list
from inference.text.places import ANATOMY
from inference.text.tokenizer import M4cxrTokenizer
from tests.contract.test_golden_prompts import Passes
from tests.tiny_pack import make_tiny_pack
from viewer.core.study import PixelDescription

IMAGE = "1" * 64
PLACE = (8.0, 16.0, 40.0, 48.0)


def film(rows: int = 96, columns: int = 80) -> FilmInput:
    """A film of smooth blobs: a picture that an encoder can make something of."""
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    blobs = np.cos(9 * x) * np.sin(7 * y) + 0.5 * np.cos(23 * x * y)
    stored = ((blobs - blobs.min()) / (np.ptp(blobs) or 1) * 4095).astype(np.uint16)
    description = PixelDescription(rows, columns, bits_allocated=16, bits_stored=12, high_bit=11)
    return FilmInput(IMAGE, stored, description, "DX", "CHEST", "PA")


def backend_of(folder) -> M4cxrBackend:
    backend = M4cxrBackend(open_pack(folder), gate=Passes())
    backend.put_film(film())
    backend.put_study(StudyInput("s", (StudyFilm(IMAGE),)))
    return backend


def answer_of(backend: M4cxrBackend, request) -> str:
    *_, last = backend.run(request, CancelToken())
    assert isinstance(last, Finished)
    return last.result["answer"] if "answer" in last.result else last.result["answers"][0]["answer"]


REQUESTS = {
    forms.PHRASE: GroundPhrase("s", IMAGE, "left pleural effusion"),
    forms.FINDING: GroundPhrase("s", IMAGE, "edema", "finding"),
    forms.ABNORMAL_REGIONS: GroundPhrase("s", IMAGE, kind="abnormality"),
    forms.ORGAN: GroundPhrase("s", IMAGE, kind="organ"),
    forms.FINDINGS_WITH_BOXES: GroundPhrase("s", IMAGE, kind="findings"),
    forms.FINDING_NAME: DescribeRegion("s", IMAGE, (PLACE,), "finding"),
    forms.ANATOMY_NAME: DescribeRegion("s", IMAGE, (PLACE,), "anatomy"),
    forms.ORGAN_NAME: DescribeRegion("s", IMAGE, (PLACE,), "organ"),
    forms.FINDING_LIST: Classify("s"),
    forms.YES_NO: Classify("s", "edema"),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_models_with_random_weights_answer_every_short_question_in_its_form(tmp_path, seed, monkeypatch):
    backend = backend_of(make_tiny_pack(tmp_path / "tiny", seed))

    for form, request in REQUESTS.items():
        assert is_answer(form, answer_of(backend, request)), form

    monkeypatch.setattr("inference.engine.reading.REPORT_TOKENS", 8)
    monkeypatch.setattr("inference.engine.reading.IMPRESSION_TOKENS", 8)
    *_, last = backend.run(ReadStudy("s"), CancelToken())
    assert is_answer(forms.FINDING_LIST, last.result["model_finding_list"])


def test_an_answer_that_the_model_would_not_have_begun_so_is_flagged(tmp_path):
    backend = backend_of(make_tiny_pack(tmp_path / "tiny", 1))

    flags = [
        one.kind for one in backend.run(REQUESTS[forms.ORGAN_NAME], CancelToken()) if isinstance(one, Flag)
    ]
    assert "forced_answer" in flags


# ── a model that has learnt the form ────────────────────────────────────────────────────────────────────────────

intervals = st.lists(st.integers(0, SIDE), min_size=2, max_size=2, unique=True).map(sorted)
boxes = st.tuples(intervals, intervals).map(lambda xy: box_text((xy[0][0], xy[1][0], xy[0][1], xy[1][1])))
some_boxes = st.lists(boxes, min_size=1, max_size=3).map(", ".join)
in_order = st.sets(st.sampled_from(FINDINGS), min_size=1, max_size=4).map(
    lambda names: [name for name in FINDINGS if name in names]
)
ANSWERS = {
    forms.FINDING_LIST: st.sets(st.sampled_from(FINDINGS)).map(format_finding_list),
    forms.FINDING: some_boxes.map(lambda text: f"Yes. {text}.") | st.just("Not present."),
    forms.PHRASE: boxes.map(lambda text: f"{text}."),
    forms.ORGAN: some_boxes,
    forms.FINDINGS_WITH_BOXES: st.tuples(in_order, boxes).map(
        lambda told: ", ".join(f"{name} {told[1]}" for name in told[0]) + "."
    ),
    forms.ANATOMY_NAME: st.sampled_from(ANATOMY).map(lambda name: f"{name}."),
    forms.YES_NO: st.sampled_from(["Yes.", "No.", "Uncertain."]),
}


@pytest.fixture(scope="module", params=["parity", "starter", "mistral"])
def vocabulary(request) -> tuple[M4cxrTokenizer, Pieces]:
    """The parity set's, the starter's or Mistral's own vocabulary."""
    name = request.param
    files = {
        "parity": ROOT / "tokenizer" / "tokenizer.json",
        "starter": BUNDLED / "starter" / "tokenizer.json",
    }
    content = mistral_json() if name == "mistral" else files[name].read_bytes()
    tokenizer = M4cxrTokenizer(content, 9)
    return tokenizer, Pieces(grammar_pieces(json.loads(content)["model"]["vocab"]), tokenizer.eos_id)


@pytest.mark.parametrize("form", ANSWERS, ids=lambda form: type(form).__name__)
@settings(deadline=None)
@given(data=st.data())
def test_an_answer_in_form_may_be_said_in_the_very_tokens_of_training(vocabulary, form, data):
    tokenizer, pieces = vocabulary
    text = data.draw(ANSWERS[form])
    constraint = AnswerConstraint(form, pieces)

    for token in tokenizer.encode_prompt(f"{text}</s>"):
        assert token in constraint.allowed(), (text, constraint.text)
        constraint.take(token)
    assert constraint.text == text


def test_the_starters_own_answers_are_not_changed_by_the_grammar():
    backend = backend_of(BUNDLED / "starter")
    asked = [
        ShortQuestion(IMAGE, prompts.which_findings(), forms.FINDING_LIST),
        ShortQuestion(IMAGE, prompts.phrase_grounding("left pleural effusion"), forms.PHRASE),
        ShortQuestion(IMAGE, prompts.anatomy_grounding("right lung"), forms.PHRASE),
        ShortQuestion(IMAGE, prompts.organ_grounding(), forms.ORGAN),
        *(ShortQuestion(IMAGE, prompts.is_present(name), forms.YES_NO) for name in FINDINGS[:3]),
        *(ShortQuestion(IMAGE, prompts.finding_grounding(name), forms.FINDING) for name in FINDINGS[1:4]),
    ]
    usage, cancel = Usage(), CancelToken()
    session = backend._started("s", usage)
    job = backend._job(session, usage, cancel)
    look(session, IMAGE, job)
    ids = [session.dialogue.prompt([("user", prompts.on_image(one.question))], [IMAGE]) for one in asked]
    alone = session.dialogue.answers(ids, cancel, max_new_tokens=60, constraints=[None] * len(ids))
    plain = [answer for _, answer in sorted(alone)]
    in_form = [is_answer(one.form, text) for one, text in zip(asked, plain, strict=True)]

    held = list(short_answers(session, job, asked))

    assert sum(in_form) >= len(asked) - 2, plain
    for is_right, before, after in zip(in_form, plain, held, strict=True):
        assert not is_right or before == after


def test_the_starter_says_which_tasks_it_was_hardly_taught():
    backend = backend_of(BUNDLED / "starter")
    kinds = {}
    for form in (forms.PHRASE, forms.ORGAN, forms.FINDING_NAME):
        events = backend.run(REQUESTS[form], CancelToken())
        kinds[form] = [one.kind for one in events if isinstance(one, Flag)]

    assert "forced_answer" in kinds[forms.FINDING_NAME]
    assert "forced_answer" not in kinds[forms.PHRASE] + kinds[forms.ORGAN]
