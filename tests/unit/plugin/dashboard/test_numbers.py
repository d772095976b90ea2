"""From audit lines to the site's numbers."""

from __future__ import annotations

import json
from datetime import timedelta

from factories.audit_year import START, audit_year, line, write_audit
from hypothesis import given
from hypothesis import strategies as st

from plugin.dashboard.numbers import SiteNumbers, site_numbers
from plugin.dashboard.points import acceptance_points, edit_points
from plugin.dashboard.reading_lines import read_lines, stories
from plugin.dashboard.share import TOO_FEW
from plugin.dashboard.tables import as_csv, tables_of


def signed(**details) -> dict:
    told = {"mode": "concurrent", "seconds": 40.0, "draft_length": 300, "sentences": {"ai": 5}, "checks": 0}
    return told | details


def study(number: int, *events: tuple[str, dict], pack: str = "starter 0.3.1", day: int = 0) -> list[dict]:
    at = START + timedelta(days=day, seconds=number)
    return [line(what, f"2.25.{number}", at, pack, details) for what, details in events]


def read(*labels: str) -> tuple[str, dict]:
    return ("reading_finished", {"labels": list(labels), "present": len(labels)})


def judged(kind: str, label: str, reason: str | None = None) -> tuple[str, dict]:
    return (f"finding_{kind}", {"label": label, "confidence": 0.5, "reason": reason})


def numbers(*studies: list[dict]) -> SiteNumbers:
    return site_numbers(stories(one for lines in studies for one in lines))


def row(told: SiteNumbers, label: str):
    return next(one for one in told.findings if one.label == label)


def test_each_verdict_is_counted_once_and_the_last_one_stands():
    told = numbers(
        study(
            1,
            read("edema", "fracture", "pneumonia"),
            judged("rejected", "edema", "not there"),
            judged("accepted", "edema"),
            judged("rejected", "fracture", "known"),
            ("verdict_taken_back", {"label": "fracture", "was": "rejected"}),
            judged("rejected", "pneumonia", "strange"),
            ("signed", signed()),
        )
    )

    assert (row(told, "edema").accepted, row(told, "edema").rejected) == (1, 0)
    assert (row(told, "fracture").untouched, row(told, "fracture").judged) == (1, 0)
    assert row(told, "pneumonia").reasons == (("other", 1),)


def test_untouched_is_counted_in_signed_reports_only():
    told = numbers(study(1, read("edema")), study(2, read("edema"), ("signed", signed())))

    assert row(told, "edema").untouched == 1
    assert (told.studies, told.reports) == (2, 1)


def test_what_the_reader_added_is_a_miss_until_it_is_taken_back():
    added = ("finding_added", {"label": "fracture"})
    back = ("verdict_taken_back", {"label": "fracture", "was": "added"})

    told = numbers(study(1, added), study(2, added, back), study(3, back, judged("accepted", "fracture")))

    assert row(told, "fracture").added == 1
    assert (row(told, "fracture").missed.count, row(told, "fracture").missed.of) == (1, 2)


def test_words_of_an_added_finding_are_no_verdict_on_the_model():
    told = numbers(study(1, ("finding_edited", {"label": "edema", "was": "added"})))

    assert told.findings == ()


def test_an_addendum_and_a_second_signature_change_no_time():
    told = numbers(
        *(study(n, ("signed", signed(seconds=30.0)), ("signed", signed(seconds=900.0))) for n in range(10))
    )

    assert told.times[0].seconds.value == 30.0
    assert told.reports == 10


def test_times_go_by_mode_and_by_draft_and_a_lunch_break_is_no_reading():
    told = numbers(
        *(study(n, ("signed", signed(seconds=20.0))) for n in range(10)),
        *(study(100 + n, ("signed", signed(seconds=60.0, draft_length=0, mode="triage"))) for n in range(10)),
        study(300, ("signed", signed(seconds=9000.0))),
        study(301, ("signed", signed(seconds=None))),
        study(302, ("signed", signed(seconds=True))),
        study(303, ("signed", signed(seconds=20.0, mode=3))),
    )

    groups = {one.group: (one.seconds.of, one.seconds.value) for one in told.times}
    assert groups == {
        "all reports": (21, 20.0),
        "with a draft": (11, 20.0),
        "without a draft": (10, 60.0),
        "mode: concurrent": (10, 20.0),
        "mode: triage": (10, 60.0),
    }


def test_edits_are_sentences_changed_written_or_dropped_in_drafted_reports():
    told = numbers(
        study(
            1, ("signed", signed(sentences={"ai": 3, "edited": 1, "human": 1, "dropped": 2, "measured": 4}))
        ),
        study(2, ("signed", signed(sentences={"ai": 3}))),
        study(3, ("signed", signed(draft_length=0, sentences={"human": 9}))),
        study(4, ("signed", signed(sentences="none"))),
    )

    assert (told.edits.of, told.edits.mean) == (3, 4 / 3)
    assert (told.reports_changed.count, told.reports_changed.of) == (1, 3)


def test_alerts_are_those_of_the_check_before_the_signature():
    told = numbers(
        study(1, ("checks_run", {"doubts": 3}), ("checks_run", {"doubts": 1}), ("signed", signed())),
        study(2, ("checks_run", {"doubts": 0}), ("signed", signed())),
        study(3, ("checks_run", {"doubts": 5})),
    )

    assert (told.alerts.of, told.alerts.mean) == (2, 0.5)
    assert (told.reports_with_alert.count, told.reports_with_alert.of) == (1, 2)


def test_weeks_are_iso_weeks_of_each_version():
    told = numbers(
        study(1, judged("accepted", "edema"), ("signed", signed())),
        study(2, judged("rejected", "edema", "not there"), ("signed", signed()), pack="starter 0.4.0"),
        study(3, ("signed", signed()), day=7),
        [line("signed", "2.25.4", details=signed()) | {"at": "no time"}],
    )

    assert [(one.title, one.pack, one.reports) for one in told.weeks] == [
        ("2025-W48", "starter 0.3.1", 1),
        ("2025-W48", "starter 0.4.0", 1),
        ("2025-W49", "starter 0.3.1", 1),
    ]
    assert [one.acceptance.count for one in told.weeks] == [1, 0, 0]


def test_a_week_with_too_few_cases_leaves_a_gap_and_says_so():
    told = numbers(study(1, judged("accepted", "edema"), ("signed", signed())))

    assert acceptance_points(told.weeks)[0].value is None
    assert "too few to say" in acceptance_points(told.weeks)[0].text
    assert edit_points(told.weeks)[0].value is None


def test_a_full_week_has_its_interval():
    busy = numbers(
        *(
            study(n, judged("accepted", "edema"), ("signed", signed(sentences={"edited": n % 2})))
            for n in range(24)
        )
    )

    (share,), (edits,) = acceptance_points(busy.weeks), edit_points(busy.weeks)
    assert share.value == 100
    assert share.low < 90
    assert (edits.value, edits.low < 0.5 < edits.high) == (0.5, True)


def test_tables_say_too_few_and_hold_no_name():
    tables = tables_of(numbers(study(1, judged("accepted", "edema"), ("signed", signed()))))
    text = as_csv(tables)

    assert TOO_FEW in text
    assert "2.25.1" not in text
    assert text.splitlines()[0] == "Findings"
    assert all(len(one) == len(table.head) for table in tables for one in table.rows)
    assert all(table.rows == () for table in tables_of(SiteNumbers()))


def test_the_year_is_plausible():
    told = site_numbers(stories(audit_year(1500)))

    assert told.reports == 1500
    assert 0.7 < told.all_findings.acceptance.value < 0.85
    assert len({week.pack for week in told.weeks}) == 2
    with_draft, without = (
        next(one.seconds.value for one in told.times if one.group == group)
        for group in ("with a draft", "without a draft")
    )
    assert with_draft < without


def test_damaged_lines_are_left_out_and_the_others_read(tmp_path):
    written = write_audit(tmp_path, audit_year(20))
    file = sorted(tmp_path.glob("*.jsonl"))[0]
    file.write_bytes(b"{torn\n[1]\n" + file.read_bytes())
    told: list[tuple[int, int]] = []

    lines = list(read_lines(tmp_path, lambda done, total: told.append((done, total))))

    assert len(lines) == written
    assert told[-1][0] <= told[-1][1]
    assert list(read_lines(tmp_path / "nowhere")) == []
    assert len(list(read_lines(tmp_path))) == written


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)
WHATS = [
    "signed",
    "finding_added",
    "finding_accepted",
    "verdict_taken_back",
    "checks_run",
    "reading_finished",
    "x",
]
KEYS = ["label", "reason", "seconds", "mode", "sentences", "doubts", "labels", "was", "draft_length"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {"what": st.sampled_from(WHATS), "study": st.sampled_from(["1", "2", "", 3])},
            optional={
                "details": st.dictionaries(st.sampled_from(KEYS), ANYTHING) | ANYTHING,
                "at": ANYTHING,
                "pack": ANYTHING,
            },
        ),
        max_size=12,
    )
)
def test_whatever_a_log_holds_the_numbers_are_made(lines):
    told = site_numbers(stories(lines))

    assert as_csv(tables_of(told))
    json.dumps([one.title for one in told.weeks])
