"""Templates: files, and how what is written falls into their places."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.backend import Finding, Finished, Sentence, TextDelta
from inference.text.comparing import comparison_word
from plugin.events import FilmInReading, ImpressionEdited, PanelEvent, PriorUsed, ReadingStarted, ReportEdited
from plugin.fold import fold
from plugin.report.fill_template import Place, Template, fill
from plugin.report.macros import Macro
from plugin.report.provenance import sentences
from plugin.report.texts import (
    BadTexts,
    Texts,
    bundled_texts,
    macros_as_json,
    macros_from,
    macros_told,
    parse_csv,
    parse_json,
    read_texts,
)
from plugin.review.state import FindingAdded, FindingRejected, FindingWords
from plugin.state import StudyReading

CHEST = Template(
    "t",
    "Chest",
    (
        Place("Lungs", "[lungs: The lungs are clear.]", ("lung opacity", "consolidation"), ("lungs",)),
        Place(
            "Pleura",
            "[pleura: No effusion.]",
            ("pleural effusion",),
            ("pleural",),
            "Compared with the prior it is [unchanged / larger].",
        ),
        Place("Heart", "The heart is [heart size: normal in size].", ("cardiomegaly",), ("heart",)),
    ),
    "[impression]",
)
PA = FilmInReading("pa#1", "PA", image="aa")


def after(*events: PanelEvent) -> StudyReading:
    state = StudyReading()
    for event in events:
        state = fold(state, event)
    return state


def read(*events: PanelEvent, text: str = "", prior: bool = False) -> StudyReading:
    films = (PA, FilmInReading("old#1", "Prior", "prior", "bb")) if prior else (PA,)
    begun = ReadingStarted(films, PriorUsed(date(2024, 1, 1), 90) if prior else None)
    return after(begun, *events, TextDelta(text), Finished({}))


def test_with_nothing_written_every_place_has_the_template_s_text():
    told = fill(CHEST, StudyReading())

    assert told.report == (
        "Lungs: [lungs: The lungs are clear.]\nPleura: [pleura: No effusion.]\n"
        "Heart: The heart is [heart size: normal in size]."
    )
    assert told.impression == "[impression]"
    assert [one.provenance for one in sentences(after(told))] == ["template"] * 4


def test_the_draft_s_sentences_fall_into_their_places_and_stay_the_model_s():
    state = read(text="The heart is large. There is a left pleural effusion.")
    told = fill(CHEST, state)

    assert told.report == (
        "Lungs: [lungs: The lungs are clear.]\nPleura: There is a left pleural effusion.\nHeart: The heart is large."
    )
    kinds = [one.provenance for one in sentences(fold(state, told))]
    assert kinds == ["template", "ai", "ai", "template"]


def test_a_sentence_goes_where_the_model_says_what_it_states():
    state = read(
        Finding("f1", "cardiomegaly", "present", 0.9, True, "aa"),
        Sentence("s1", "It is large.", ("f1",)),
        text="It is large.",
    )

    assert "Heart: It is large." in fill(CHEST, state).report


def test_normal_text_is_never_put_where_the_ai_lists_a_finding_that_no_sentence_states():
    state = read(Finding("f1", "pleural effusion", "present", 0.9, True, "aa"), text="The heart is large.")

    assert "Pleura: [pleural effusion]" in fill(CHEST, state).report


def test_normal_text_comes_back_where_the_reader_rejected_the_finding():
    state = read(Finding("f1", "pleural effusion", "present", 0.9, True, "aa"), text="The heart is large.")

    assert "[pleura: No effusion.]" in fill(CHEST, fold(state, FindingRejected("f1", "now"))).report


def test_normal_text_is_never_put_where_the_reader_added_a_finding():
    state = fold(read(), FindingAdded("x", "aa", FindingWords("consolidation"), "now"))

    assert "Lungs: [consolidation]" in fill(CHEST, state).report


def test_a_sentence_about_two_places_keeps_the_normal_text_out_of_both():
    state = after(ReportEdited("Consolidation with pleural effusion."))

    assert fill(CHEST, state).report == (
        "Lungs: Consolidation with pleural effusion.\nHeart: The heart is [heart size: normal in size]."
    )


def test_a_sentence_without_a_place_stands_at_the_end():
    assert fill(CHEST, after(ReportEdited("Read with the referring doctor."))).report.endswith(
        "\nRead with the referring doctor."
    )


def test_only_with_a_prior_may_a_template_compare():
    text = "There is a left pleural effusion."

    assert "Compared" not in fill(CHEST, read(text=text)).report
    with_prior = fill(CHEST, read(text=text, prior=True))
    assert "effusion. Compared with the prior it is [unchanged / larger]." in with_prior.report


def test_a_prior_that_was_not_read_is_none():
    films = (PA, FilmInReading("old#1", "Prior", "prior", "bb", not_read="too dark"))
    state = after(ReadingStarted(films, PriorUsed()), Finished({}))

    assert "Compared" not in fill(CHEST, state).report


def test_an_impression_that_somebody_wrote_stays():
    assert fill(CHEST, after(ImpressionEdited("Large heart."))).impression == "Large heart."


def test_another_template_takes_the_first_one_s_own_text_away_and_keeps_the_rest():
    state = after(ReportEdited("The heart is large. Old scar."))
    state = fold(state, fill(CHEST, state))
    other = Template(
        "o", "Other", (Place("", "[all: Fine.]"), Place("Heart", "[heart]", words=("heart",))), "[said]"
    )

    told = fill(other, state)

    assert told.report == "[all: Fine.]\nHeart: The heart is large.\nOld scar."
    assert told.impression == "[said]"


@given(
    st.lists(
        st.sampled_from(
            ["The heart is large.", "Left effusion.", "Old scar.", "The lungs are hazy.", "Lungs: Dr. Kim."]
        ),
        unique=True,
    )
)
def test_no_template_loses_or_doubles_a_sentence(written):
    state = after(ReportEdited(" ".join(written)))
    before = [one.text for one in sentences(state)]
    told = fold(state, fill(CHEST, state))

    assert sorted(one.text for one in sentences(told) if one.provenance != "template") == sorted(before)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_program_s_own_texts_can_be_read_and_compare_only_with_a_prior():
    texts = bundled_texts()

    assert [one.id for one in texts.templates] == [
        "chest-pa-lateral",
        "chest-follow-up",
        "chest-portable-icu",
    ]
    assert {macro.code for macro in texts.macros} >= {".nl", ".nh"}
    for template in texts.templates:
        assert comparison_word(fill(template, StudyReading()).report) is None


def test_macros_travel_as_json_and_csv(tmp_path):
    macros = (Macro(".nl", "The lungs are clear."), Macro(".ü", "Größe, “x”"))
    (tmp_path / "a.json").write_text(macros_as_json(macros), encoding="utf-8")
    (tmp_path / "b.csv").write_text('﻿code,text\n.eff,"Small, left"\n\n', encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not ours", encoding="utf-8")

    texts = read_texts(tmp_path)

    assert texts.macros == (*macros, Macro(".eff", "Small, left"))
    assert texts.problems == ()
    assert read_texts(tmp_path / "a.json").macros == macros


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("[]", "format"),
        ('{"format": 2}', "format"),
        ('{"format": 1, "templates": {}}', "no list"),
        ('{"format": 1, "templates": [1]}', "no object"),
        ('{"format": 1, "templates": [{"id": "a"}]}', "“title” is missing"),
        ('{"format": 1, "templates": [{"id": "a", "title": "A"}]}', "has no “report”"),
        ('{"format": 1, "templates": [{"id": "a", "title": "A", "report": [{"normal": " "}]}]}', "“normal”"),
        (
            '{"format": 1, "templates": [{"id": "a", "title": "A", '
            '"report": [{"normal": "x", "findings": ["gout"]}]}]}',
            "“gout” is none of the findings",
        ),
        (
            '{"format": 1, "templates": [{"id": "a", "title": "A", "report": [{"normal": "x", "words": [1]}]}]}',
            "no text",
        ),
        (
            '{"format": 1, "templates": [{"id": "a", "title": "A", "report": [{"normal": "Lungs unchanged."}]}]}',
            "“unchanged” compares",
        ),
        ('{"format": 1, "macros": [{"code": "a", "text": "b"}]}', "at least two"),
        ('{"format": 1, "macros": [{"code": "aa", "text": "b"}, {"code": "aa", "text": "c"}]}', "two texts"),
    ],
)
def test_a_file_that_can_not_be_used_says_which_part_of_it(text, why):
    with pytest.raises(BadTexts, match=why):
        parse_json(text)


@pytest.mark.parametrize(("text", "why"), [("aa\n", "row 1 has no text"), ('"aa', "no CSV")])
def test_a_table_that_can_not_be_used_says_which_part_of_it(text, why):
    with pytest.raises(BadTexts, match=why):
        parse_csv(text)


def test_what_can_not_be_read_is_told_and_the_rest_is_used(tmp_path):
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe")
    (tmp_path / "big.json").write_bytes(b" " * ((1 << 20) + 1))
    (tmp_path / "good.json").write_text(json.dumps({"format": 1, "macros": [{"code": "aa", "text": "b"}]}))
    (tmp_path / "folder.json").mkdir()

    texts = read_texts(tmp_path)

    assert texts.macros == (Macro("aa", "b"),)
    assert [problem.split(":")[0] for problem in texts.problems] == ["bad.json", "big.json", "folder.json"]
    assert read_texts(tmp_path / "none.json").problems[0].startswith("none.json: ")
    assert Texts().problems == ()


def test_a_site_s_texts_stand_before_the_program_s():
    site = Texts((CHEST,), (Macro(".nl", "Ours."),), ("told",))
    program = Texts(
        (Template("t", "Theirs", ()), Template("u", "Other", ())), (Macro(".nl", "x"), Macro(".nh", "y"))
    )

    both = site.before(program)

    assert [one.title for one in both.templates] == ["Chest", "Other"]
    assert both.macros == (Macro(".nl", "Ours."), Macro(".nh", "y"))
    assert both.problems == ("told",)


def test_macros_are_kept_as_plain_values_and_what_is_none_is_left_out():
    kept = macros_told((Macro(".nl", "Clear."),))

    assert macros_from(kept) == (Macro(".nl", "Clear."),)
    assert macros_from({".ok": "x", "y": "short", ".no": 3}) == (Macro(".ok", "x"),)
    assert macros_from(None) == ()


def test_a_folder_that_can_not_be_listed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(
        type(tmp_path), "iterdir", lambda _: (_ for _ in ()).throw(PermissionError(13, "Denied"))
    )

    assert read_texts(tmp_path).problems == (f"{tmp_path.name}: Denied.",)
