"""What the engine promises about single tasks, beyond the contract that every backend keeps."""

from __future__ import annotations

import numpy as np
import pytest

from inference.backend import (
    FINDINGS,
    AskQuestion,
    Box,
    CancelToken,
    Change,
    ChatMessage,
    Classify,
    Compare,
    DescribeRegion,
    FilmInput,
    Finding,
    Flag,
    PriorChosen,
    PriorReport,
    ReadStudy,
    Sentence,
    StudyFilm,
    StudyInput,
    Summarise,
    TextDelta,
)
from inference.engine import (
    classification,
    comparison,
    copied,
    findings,
    grounding,
    questions,
    reading,
    regions,
    summaries,
)
from inference.engine.engine import M4cxrBackend
from inference.engine.grounding import answer_boxes, film_boxes
from inference.engine.questions import choose_template
from inference.engine.sentence_places import NO_ANSWER, place_sentences
from inference.engine.session import look
from inference.engine.settings import ReadingSettings
from inference.engine.usage import Usage
from inference.errors import InvalidRequest, UnknownFilm
from inference.packs import open_pack
from inference.phantom import project, sample_case
from inference.text import prompts
from inference.text.comparing import asks_for_change
from tests.tiny_pack import make_tiny_pack
from viewer.core.study import PixelDescription

ONE, TWO, PRIOR, OLDER = (digit * 64 for digit in "1234")
WITH_PRIORS = (StudyFilm(ONE), StudyFilm(PRIOR, "prior", 30), StudyFilm(OLDER, "prior", 400))
REPORTS = (PriorReport("The heart is large.", 30), PriorReport("The lungs are clear.", 400))


class Passes:
    is_frontal_chest = True
    reason = ""

    def check(self, film, picture):
        return self


def film(image: str, columns: int = 80) -> FilmInput:
    stored = np.random.default_rng(int(image[0])).integers(0, 4096, (96, columns)).astype(np.uint16)
    description = PixelDescription(96, columns, bits_allocated=16, bits_stored=12, high_bit=11)
    return FilmInput(image, stored, description, "DX", "CHEST", "PA")


@pytest.fixture(autouse=True)
def short_answers(monkeypatch):
    """Random weights never stop by themselves."""
    limits = {"REPORT_TOKENS": reading, "IMPRESSION_TOKENS": reading, "ANSWER_TOKENS": comparison}
    limits |= {"PHRASE_TOKENS": regions, "SUMMARY_TOKENS": summaries}
    for limit, module in limits.items():
        monkeypatch.setattr(module, limit, 8)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return M4cxrBackend(open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny")), gate=Passes())


@pytest.fixture
def study(engine):
    """Puts a study of these films, forgotten at the end."""

    def put(*films: StudyFilm, **more) -> M4cxrBackend:
        for image in (ONE, TWO, PRIOR, OLDER):
            engine.put_film(film(image))
        engine.put_study(StudyInput("s", films or (StudyFilm(ONE),), **more))
        return engine

    yield put
    engine.forget_study("s")


def run(backend, request) -> list:
    return list(backend.run(request, CancelToken()))


def flags(events) -> list[str]:
    return [one.kind for one in events if isinstance(one, Flag)]


def ask(*contents: str, study_id: str | None = "s") -> AskQuestion:
    roles = ("user", "assistant") * 3
    turns = tuple(ChatMessage(role, content) for role, content in zip(roles, contents, strict=False))
    return AskQuestion(study_id, turns, 40)  # long enough for a whole word


# ── priors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reader_is_told_which_prior_was_taken_and_how_many_others_there_were(study):
    events = run(study(*WITH_PRIORS, prior_reports=REPORTS), ReadStudy("s"))

    (prior,) = [one for one in events if isinstance(one, PriorChosen)]
    assert prior == PriorChosen((PRIOR,), 30, 1, "the nearest of 2 priors", "given")
    assert events[-1].result["prior_report"] == "The heart is large."
    assert events[-1].result["prior"]["others"] == 1


def test_a_prior_without_its_own_report_is_drafted_although_another_has_one(study):
    events = run(study(*WITH_PRIORS, prior_reports=REPORTS[1:]), ReadStudy("s"))

    assert [one.report for one in events if isinstance(one, PriorChosen)] == ["drafted"]
    assert "prior_report_is_draft" in flags(events)


def test_a_draft_that_is_as_like_the_prior_report_as_allowed_is_flagged(study, monkeypatch):
    backend = study(*WITH_PRIORS, prior_reports=REPORTS)
    assert "copied_prior" not in flags(run(backend, ReadStudy("s")))
    monkeypatch.setattr(copied, "ALMOST", 0.0)

    events = run(backend, ReadStudy("s"))

    assert "copied_prior" in flags(events)
    assert 0 <= events[-1].result["prior_likeness"] < 0.9


def test_what_changed_is_asked_about_the_nearest_prior(study):
    events = run(study(*WITH_PRIORS), Compare("s", "Is it larger?"))

    assert (events[-1].result["reference"], events[-1].result["main"]) == (PRIOR, ONE)
    assert events[-1].usage["encoder_calls"] <= 2
    assert not [one for one in events if isinstance(one, Finding)]


def test_changes_alone_come_without_the_models_own_words(study):
    events = run(study(*WITH_PRIORS), Compare("s", changes_only=True))

    assert [one.label for one in events if isinstance(one, Change)] == list(FINDINGS)
    assert not [one for one in events if isinstance(one, TextDelta)]
    assert events[-1].result["answer"] == ""
    assert [one["label"] for one in events[-1].result["changes"]] == list(FINDINGS)


def test_what_changed_shows_the_places_on_both_films_before_it_is_told(study):
    events = run(study(*WITH_PRIORS), Compare("s", changes_only=True))

    present = {one.id: one for one in events if isinstance(one, Finding) and one.presence == "present"}
    boxes = [one for one in events if isinstance(one, Box)]
    assert boxes
    assert len({one.id for one in boxes}) == len(boxes)
    assert all(present[one.finding_id].image == one.image for one in boxes)
    assert max(events.index(one) for one in boxes) < min(
        place for place, one in enumerate(events) if isinstance(one, Change)
    )


def test_sizes_are_measured_by_the_lungs_where_both_films_show_them(study, monkeypatch):
    all_there = ReadingSettings(decision=dict.fromkeys(FINDINGS, 0.0))
    places = {prompts.organ_grounding(): "[5,10,45,90], [55,10,95,90]"}

    def answers(session, job, asked):
        for one in asked:
            own = places.get(one.question, "Yes. [10,10,40,40].")
            yield "Not found." if one.question == prompts.which_findings() else own

    for module in (grounding, comparison, findings):
        monkeypatch.setattr(module, "short_answers", answers)
    backend = study(*WITH_PRIORS)
    monkeypatch.setattr(backend, "_settings", all_there)

    def kinds():
        changes = [one for one in run(backend, Compare("s", changes_only=True)) if isinstance(one, Change)]
        return {(one.change, "the lungs" in one.why, "short side" in one.why) for one in changes}

    assert kinds() == {("unchanged", True, False)}
    places[prompts.organ_grounding()] = "[5,10,95,90]"  # one box: which of the lungs it shows is not known
    assert kinds() == {("unchanged", False, True)}


# ── questions and summaries ─────────────────────────────────────────────────────────────────────────────────────


def test_a_summary_after_a_reading_reads_nothing_but_its_question(study):
    backend = study(StudyFilm(ONE), StudyFilm(TWO))
    run(backend, ReadStudy("s"))

    last = run(backend, Summarise("s", "points"))[-1]

    question = backend._tokenizer.encode_prompt(
        "[INST] Can you summarize the description in three concise points? [/INST]"
    )
    assert last.result["prompt"] == "further turn"
    assert last.usage["encoder_calls"] == 0
    assert last.usage["prefill_tokens"] <= len(question) + 2  # the report's last word and stop token


def test_a_summary_of_an_edited_draft_is_of_that_text(study):
    backend = study()
    report = run(backend, ReadStudy("s"))[-1].result["report"]

    assert run(backend, Summarise("s", "plain", report))[-1].result["prompt"] == "further turn"
    assert run(backend, Summarise("s", "plain", "The heart is large."))[-1].result["prompt"] == "text"
    assert run(backend, Summarise("s", "impression"))[-1].result["prompt"] == "text"


@pytest.mark.parametrize("text", ["", " . "])
def test_a_summary_of_nothing_is_refused(study, text):
    with pytest.raises(InvalidRequest, match="nothing to sum up"):
        run(study(), Summarise("s", "plain", text))


@pytest.mark.parametrize(
    ("films", "asked", "is_careful"),
    [
        ((StudyFilm(ONE),), ask("Describe the heart."), True),
        ((StudyFilm(ONE),), ask("Is it unchanged?"), True),
        (WITH_PRIORS, ask("Is it unchanged?"), False),
        ((StudyFilm(ONE),), ask("What is edema?", study_id=None), True),
        ((StudyFilm(ONE),), ask("Shorten: The effusion is unchanged.", study_id=None), False),
    ],
    ids=["a film", "a film and a comparison", "two films", "no film", "a text that compares"],
)
def test_an_answer_compares_only_where_there_is_something_to_compare_with(
    study, monkeypatch, films, asked, is_careful
):
    looked_at = []
    monkeypatch.setattr(questions, "ends_in_comparison", lambda text: bool(looked_at.append(text)))

    run(study(*films), asked)

    assert bool(looked_at) is is_careful


def test_a_conversation_goes_on_over_both_films_once_a_question_compares():
    history = [("user", "Is the heart large?"), ("assistant", "Yes."), ("user", "Is it larger than before?")]
    about_a_draft = [("assistant", "The heart is large."), ("user", "Is it larger than before?")]

    assert choose_template("auto", history, (ONE,), PRIOR, has_reading=False) == "difference"
    assert choose_template("auto", about_a_draft, (ONE,), PRIOR, has_reading=False) == "conversation"


@pytest.mark.parametrize(
    "question", ["What has changed?", "Is it larger?", "Has it progressed?", "New nodule?"]
)
def test_a_question_about_change_is_known_by_its_words(question):
    assert asks_for_change(question)
    assert not asks_for_change("What is the priority? Is the heart large, and is there an effusion?")


@pytest.mark.parametrize(
    ("turns", "images", "reference", "has_reading", "template"),
    [
        (1, (ONE,), "", False, "conversation"),
        (1, (ONE,), PRIOR, False, "difference"),
        (1, (ONE,), PRIOR, True, "conversation"),
        (3, (ONE,), PRIOR, False, "difference"),
        (1, (), PRIOR, False, "conversation"),
    ],
)
def test_a_question_that_compares_finds_its_template(turns, images, reference, has_reading, template):
    history = [("user", "Is it worse?"), ("assistant", "No."), ("user", "Is it better?")][:turns]

    assert choose_template("auto", history, images, reference, has_reading=has_reading) == template


# ── classification and regions ──────────────────────────────────────────────────────────────────────────────────


def test_no_finding_is_asked_as_its_opposite(study, monkeypatch):
    monkeypatch.setattr(classification, "yes_share", lambda *_: 0.9)
    monkeypatch.setattr(classification, "short_answers", lambda *_: iter(["Yes."]))

    events = run(study(), Classify("s", "no finding"))

    (finding,) = [one for one in events if isinstance(one, Finding)]
    assert events[-1].result["answers"] == [{"image": ONE, "answer": "No."}]
    assert (finding.label, finding.presence, finding.confidence) == (
        "no finding",
        "absent",
        pytest.approx(0.1),
    )


def test_an_uncertain_answer_is_not_taken_for_a_finding_and_is_flagged(study, monkeypatch):
    monkeypatch.setattr(classification, "short_answers", lambda *_: iter(["Uncertain."]))

    events = run(study(), Classify("s", "edema"))

    assert [one.presence for one in events if isinstance(one, Finding)] == ["absent"]
    assert "uncertain_finding" in flags(events)


def test_every_current_film_is_classified_and_one_alone_where_it_is_named(study):
    backend = study(StudyFilm(ONE), StudyFilm(TWO))

    both = [one.image for one in run(backend, Classify("s")) if isinstance(one, Finding)]
    assert both == [ONE] * len(FINDINGS) + [TWO] * len(FINDINGS)
    alone = [one.image for one in run(backend, Classify("s", "", TWO)) if isinstance(one, Finding)]
    assert alone == [TWO] * len(FINDINGS)
    with pytest.raises(UnknownFilm):
        run(backend, Classify("s", "", PRIOR))


def test_a_region_that_reaches_beyond_the_square_is_asked_about_cut_and_says_so(study):
    inside = run(study(), DescribeRegion("s", ONE, ((0, 8, 80, 88),), "finding"))
    beyond = run(study(), DescribeRegion("s", ONE, ((0, 0, 80, 96),), "finding"))

    assert "box_outside" not in flags(inside)
    assert "box_outside" in flags(beyond)
    assert inside[-1].result["grid_boxes"] == beyond[-1].result["grid_boxes"] == [[0, 0, 100, 100]]
    with pytest.raises(InvalidRequest, match="central square"):
        run(study(), DescribeRegion("s", ONE, ((0, 0, 80, 8),), "finding"))


# ── places of sentences ─────────────────────────────────────────────────────────────────────────────────────────

SENTENCE = Sentence("s1", "There is a left pleural effusion.", ("f1",))
EFFUSION = Finding("f1", "pleural effusion", "present", 0.9, False, ONE)


def placed(backend, boxes, kinds=Box | Sentence) -> list:
    usage = Usage()
    session = backend._started("s", usage)
    job = backend._job(session, usage, CancelToken())
    look(session, ONE, job)
    events = place_sentences(session, job, [SENTENCE], [EFFUSION], boxes, (ONE,))
    return [one for one in events if isinstance(one, kinds)]


def test_a_sentence_without_a_place_is_asked_about_and_gets_a_box_of_its_own(study):
    box, sentence = placed(study(), [])

    assert (box.id, box.sentence_id, box.finding_id, box.image) == ("b1", "s1", None, ONE)
    assert (sentence.box_ids, sentence.no_place) == (("b1",), "")


def test_a_place_that_is_there_already_is_pointed_to_and_not_drawn_twice(study):
    box, _ = placed(study(), [])
    far = (0.0, 8.0, 2.0, 10.0)
    known = [Box("b7", ONE, far, finding_id="f1"), Box("b8", ONE, box.xyxy, finding_id="f1")]

    (sentence,) = placed(study(), known)

    assert sentence.box_ids == ("b8",)


def test_a_sentence_that_says_left_and_is_shown_on_the_patients_right_is_flagged(study):
    on_the_right, on_the_left = (
        [Box("b1", ONE, xyxy, finding_id="f1")] for xyxy in ((5, 20, 25, 60), (55, 20, 75, 60))
    )

    assert [flag.kind for flag in placed(study(), on_the_right, Flag)] == ["side_mismatch"]
    assert placed(study(), on_the_left, Flag) == []


def test_a_sentence_that_the_model_gives_no_place_for_says_so(study, monkeypatch):
    from inference.engine import sentence_places

    monkeypatch.setattr(sentence_places, "short_answers", lambda *_: iter(["[5,5,5,5]."]))

    (sentence,) = placed(study(), [])

    assert (sentence.box_ids, sentence.no_place) == ((), NO_ANSWER)


def test_boxes_of_an_answer_are_drawn_once_each(study):
    backend = study()
    job = backend._job(backend._started("s", Usage()), Usage(), CancelToken())

    assert len(film_boxes(job, ONE, answer_boxes("[1,2,30,40], [1,2,30,40], [9,9,9,9]"))) == 1


def hung(image: str, turns: int) -> FilmInput:
    picture = (project(sample_case(900_004), "PA", (160, 160)).picture * 255).astype(np.uint8)
    stored = np.ascontiguousarray(np.rot90(picture, turns))
    return FilmInput(image, stored, PixelDescription(160, 160), "DX", "CHEST", "PA")


def test_a_film_that_hangs_upside_down_is_read_and_the_reader_is_told(engine):
    engine.put_film(hung(ONE, 2))
    engine.put_film(hung(TWO, 0))
    engine.put_study(StudyInput("hung", (StudyFilm(ONE), StudyFilm(TWO))))
    try:
        events = list(engine.run(ReadStudy("hung"), CancelToken()))
    finally:
        engine.forget_study("hung")

    (told,) = [event for event in events if isinstance(event, Flag) and event.kind == "hanging"]
    assert told.image == ONE
    assert told.why.startswith("The film looks upside down")
    assert not [event for event in events if type(event).__name__ == "NotRead"]
