"""The words that leave: the marks first and last, the model named, nothing of the text taken for markup."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugin.output.written import ANNA, BEGUN, DRAFT, PACK, after

from inference.backend import Finished
from plugin.events import ReportEdited
from plugin.output.blocks import numbered_lines, shown_name, shown_time
from plugin.output.composing import document_of
from plugin.output.document import Communication, Section, VersionShown
from plugin.output.text import html_of, text_of

MARK = "AI DRAFT – NOT REVIEWED"
SIGNED = replace(
    DRAFT,
    status="signed",
    reader="Dr Lee",
    organization="General Hospital",
    signed_at="2026-11-22T09:00:00.000Z",
)


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=40), st.booleans(), st.booleans())
def test_every_unsigned_text_begins_and_ends_with_the_draft_mark(text, was_read, with_identity):
    events = (*BEGUN, Finished()) if was_read else (ReportEdited("x"),)
    document = document_of(after(*events, ReportEdited(text)), ANNA, PACK)

    lines = text_of(document, with_identity=with_identity).strip().splitlines()

    assert lines[0] == lines[-1] == MARK


def test_the_text_holds_findings_impression_notes_model_and_the_use_it_is_for():
    text = text_of(DRAFT, with_identity=False)

    assert "FINDINGS:\nThe heart is large." in text
    assert "IMPRESSION:\n1. Cardiomegaly.\n2. No effusion." in text
    assert "No prior loaded: no comparison was made." in text
    assert "Model: Test pack 0.9 (test-pack, manifest ffffffffffff)" in text
    assert "Research use only. Not a medical device." in text
    assert "INDICATION" not in text
    assert "Doe" not in text


def test_a_file_names_whose_it_is_and_the_clipboard_does_not():
    assert "Doe, Jane · P1 · born 1960-01-02 · F" in text_of(DRAFT, with_identity=True)
    assert "Chest · 2024-03-31 · accession A-1" in text_of(DRAFT, with_identity=True)
    assert "P1" not in text_of(DRAFT, with_identity=False)


def test_a_signature_takes_the_mark_away_and_names_the_signer():
    text = text_of(SIGNED, with_identity=False)

    assert MARK not in text
    assert "Electronically signed by Dr Lee, General Hospital, 2026-11-22 09:00 UTC" in text
    assert "Version 1" not in text
    assert "Research use only." in text


def test_an_amended_report_tells_its_addenda_and_its_versions():
    amended = replace(
        SIGNED,
        status="amended",
        sections=(
            *SIGNED.sections,
            Section("addendum", ("Seen by phone.",), "Dr Kim", "2026-11-22T10:00:00Z"),
        ),
        versions=(
            VersionShown(1, "signed", "2026-11-22T09:00:00Z", "Dr Lee"),
            VersionShown(2, "addendum", "2026-11-22T10:00:00Z", "Dr Kim"),
        ),
    )
    text = text_of(amended, with_identity=False)

    assert "ADDENDUM (2026-11-22 10:00 UTC, Dr Kim):\nSeen by phone." in text
    assert "Version 2: addendum, 2026-11-22 10:00 UTC, Dr Kim" in text
    assert MARK not in text


def test_a_critical_finding_is_told_with_its_six_fields():
    told = Communication(
        "pneumothorax",
        "1",
        "2026-11-22T09:00:00Z",
        "Dr Lee",
        "Ward 3",
        "2026-11-22T09:05:00Z",
        "by telephone",
    )
    text = text_of(replace(DRAFT, communications=(told,)), with_identity=False)

    assert (
        "pneumothorax (ACR category 1): found 2026-11-22 09:00 UTC by Dr Lee, told to Ward 3 2026-11-22 09:05 UTC, "
        "by telephone." in text
    )


def test_a_synthetic_film_is_named_beside_the_mark():
    synthetic = replace(DRAFT, films=(replace(DRAFT.films[0], is_synthetic=True),))

    assert text_of(synthetic, with_identity=False).splitlines()[:2] == [
        MARK,
        "SYNTHETIC – NOT A PATIENT IMAGE: PA",
    ]


def test_the_starter_pack_warns():
    starter = replace(DRAFT, model=replace(DRAFT.model, is_starter=True))

    assert "Small demonstration model. Expect errors." in text_of(starter, with_identity=False)


@settings(deadline=None)
@given(st.text(alphabet="<>&\"'ab\n", max_size=30))
def test_html_says_the_same_words_and_takes_none_for_markup(text):
    document = replace(DRAFT, sections=(Section("findings", tuple(text.splitlines())),))

    html = html_of(document, with_identity=False)

    assert "<script" not in html
    stripped = unescape(
        html.replace("<br>", "\n")
        .replace("<p>", "")
        .replace("</p>", "")
        .replace("<b>", "")
        .replace("</b>", "")
    )
    assert all(line in stripped for line in text.splitlines())


def test_an_impression_is_numbered_once():
    assert numbered_lines(("One.", "Two.")) == ("1. One.", "2. Two.")
    assert numbered_lines(("1. One.", "2. Two.")) == ("1. One.", "2. Two.")
    assert numbered_lines(("One.",)) == ("One.",)


def test_names_and_times_are_told_as_people_write_them():
    assert shown_name("Doe^Jane") == "Doe, Jane"
    assert shown_name("KIM^Cheolsu=김^철수") == "KIM, Cheolsu (김, 철수)"
    assert shown_name("") == ""
    assert shown_time("") == "time not known"
    assert shown_time("2026-11-22") == "2026-11-22"
