"""The list at the left: found by a few letters, folded, walked with the keys, quick with ten thousand films."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester

from tests.factories_ui import film
from viewer.core.scan import FilmFound

PAULA_OLD = film("old", study_date=date(2023, 5, 4), study_description="Chest control")
PAULA_NEW = film("new", study_date=date(2024, 3, 1), accession_number="ACC-77")
PETER = film("p", patient_id="P2", patient_name="Phantom^Peter", study_date=date(2024, 2, 1))
KIM = film("k", patient_id="P3", patient_name="Kim^Minsu=金^民洙=김^민수", study_date=date(2024, 2, 2))
REASONS = [f"Reason {letter}-x." for letter in "abcdefghij"]
ALL = (PAULA_OLD, PAULA_NEW, PETER, KIM)


def studies(desk) -> list[str]:
    return [row.key for row in desk.window.studies.model.rows if row.kind == "study"]


def names(desk) -> list[str]:
    return [row.title for row in desk.window.studies.model.rows if row.kind == "patient"]


def row(desk, key):
    model = desk.window.studies.model
    return model.rows[model.row_of(key)]


def type_search(desk, text: str) -> None:
    search = desk.window.studies.search
    search.clear()
    search.setFocus()
    desk.qtbot.keyClicks(search, text)


def test_a_study_is_found_by_name_id_date_description_and_accession(desk):
    desk.drop(*ALL)
    for text, found in (
        ("peter", ["1.p"]),
        ("PHANTOM paula", ["1.new", "1.old"]),
        ("p3", ["1.k"]),
        ("김", ["1.k"]),
        ("2023-05", ["1.old"]),
        ("20230504", ["1.old"]),
        ("control", ["1.old"]),
        ("acc-77", ["1.new"]),
        ("peter paula", []),
    ):
        desk.window.studies.search.setText(text)  # Korean can't be typed by keyClicks
        assert studies(desk) == found, text
    assert "0 of 4" in desk.window.studies.heading.text()
    desk.window.studies.search.clear()
    assert len(studies(desk)) == 4


def test_letters_in_the_search_line_do_not_invert_the_film(desk):
    desk.drop(*ALL)
    type_search(desk, "hip")
    assert desk.window.studies.search.text() == "hip"
    assert not any(view.is_inverted for view in desk.window.films.views.values())


def test_from_the_search_line_to_the_film_with_the_keyboard_only(desk):
    desk.drop(*ALL)
    type_search(desk, "peter")
    desk.qtbot.keyClick(desk.window.studies.search, Qt.Key.Key_Down)
    view = desk.window.studies.view
    assert view.hasFocus()
    desk.qtbot.keyClick(view, Qt.Key.Key_Return)
    desk.wait(lambda: desk.on_screen() == [PETER])


def test_the_arrow_keys_fold_and_unfold_a_study(desk):
    desk.drop(*ALL)
    view, model = desk.window.studies.view, desk.window.studies.model
    view.setFocus()
    view.setCurrentIndex(model.index(model.row_of("1.p")))
    desk.qtbot.keyClick(view, Qt.Key.Key_Left)
    assert model.row_of(PETER.key) < 0
    assert model.rows[view.currentIndex().row()].key == "1.p"
    desk.qtbot.keyClick(view, Qt.Key.Key_Right)
    assert model.row_of(PETER.key) > 0


def test_a_click_on_the_heading_folds_the_patient_and_opens_nothing(desk):
    desk.drop(*ALL)
    before = desk.on_screen()
    view, model = desk.window.studies.view, desk.window.studies.model
    at = next(n for n, row in enumerate(model.rows) if row.title == "Phantom Peter")
    place = view.visualRect(model.index(at)).center()
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert model.row_of("1.p") < 0
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert model.row_of("1.p") > 0
    assert desk.on_screen() == before


def test_a_long_list_is_folded_except_what_is_on_screen(desk):
    many = [film(f"m{n:03}", patient_id=f"Q{n}", patient_name=f"Many{n:03}^X") for n in range(80)]
    desk.drop(*many)
    films = [row.key for row in desk.window.studies.model.rows if row.kind == "film"]
    assert films == [shown.key for shown in desk.on_screen()]


def test_the_list_keeps_its_place_and_selection_while_a_scan_adds_to_it(desk):
    QAbstractItemModelTester(
        desk.window.studies.model, QAbstractItemModelTester.FailureReportingMode.Warning, desk.window
    )
    view, model = desk.window.studies.view, desk.window.studies.model
    desk.drop(*ALL)
    view.setCurrentIndex(model.index(model.row_of("1.p")))
    resets = []
    model.modelReset.connect(lambda: resets.append(1))
    before = film("before", patient_id="P0", patient_name="Aaron^First")
    after = film("after", patient_id="P9", patient_name="Zoe^Last")
    desk.drop(before, after)
    assert model.rows[view.currentIndex().row()].key == "1.p"
    assert resets == []
    assert names(desk)[0] == "Aaron First"
    assert names(desk)[-1] == "Zoe Last"


def test_thousands_of_films_are_listed_by_a_thread_and_the_first_is_shown_before(desk):
    many = [
        film(
            f"m{n:04}",
            patient_id=f"Q{n // 4}",
            patient_name=f"Many{n // 4:04}^X",
            study_instance_uid=f"1.{n // 2}",
        )
        for n in range(1200)
    ]
    desk.drop(PAULA_NEW)
    desk.drop(*many)
    desk.wait(lambda: len(desk.window.light_box.patients) == 301)
    desk.wait(lambda: len(studies(desk)) == 601)
    assert desk.on_screen()[-1].header.study_instance_uid in studies(desk)


def test_the_import_report_lists_every_file_and_can_be_searched(desk):
    from pathlib import Path

    from viewer.core.scan import Skipped
    from viewer.core.study import Source, Unreadable

    desk.window.open([Path("/films")])
    junk = [Skipped(Unreadable(Source(Path(f"/films/{n}.txt")), REASONS[n % 10])) for n in range(10_000)]
    desk.scan.send(FilmFound(PETER), *junk)
    desk.scan.end()
    desk.wait(lambda: not desk.window.light_box.session.is_scanning)
    desk.wish("show_skipped")
    report = desk.window.report
    assert report.model.rowCount() == 10_000
    report.search.setText("REASON h-x")
    assert report.model.rowCount() == 1000
    report.search.clear()
    report.filter.setCurrentIndex(2)
    assert report.model.rowCount() == 10_001
    assert report.model.index(0, 1).data() == "opened"
    report.close()


def test_the_list_shows_where_the_reader_is(desk):
    many = [film(f"m{n:03}", patient_id=f"Q{n}", patient_name=f"Many{n:03}^X") for n in range(80)]
    desk.drop(*many)
    desk.window.light_box.choose_study("1.m070")
    view, model = desk.window.studies.view, desk.window.studies.model
    place = view.visualRect(model.index(model.row_of(many[70].key)))
    assert view.viewport().rect().intersects(place)


def test_of_two_people_whose_films_claim_one_study_a_click_hangs_the_one_that_was_clicked(desk):
    """A name corrected at the machine in mid-study, or a UID used twice: never another person's film."""
    first = film("one", study_instance_uid="1.shared")
    other = film("two", study_instance_uid="1.shared", patient_name="Zander^Zoe")
    desk.drop(first, other)
    view, model = desk.window.studies.view, desk.window.studies.model
    rows = {row.film_key or row.key: place for place, row in enumerate(model.rows) if row.kind == "study"}
    for wanted in (other, first):
        place = view.visualRect(model.index(rows[wanted.key])).center()
        desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        desk.wait(lambda one=wanted: desk.on_screen() == [one])
    films = {row.key: place for place, row in enumerate(model.rows) if row.kind == "film"}
    place = view.visualRect(model.index(films[other.key])).center()
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.wait(lambda: desk.on_screen() == [other])
