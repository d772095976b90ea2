"""The study list shows what its films look like before they are opened."""

from __future__ import annotations

from pathlib import Path

from tests.factories_ui import film, ramp
from viewer.core.errors import DamagedFilm
from viewer.core.scan import FilmFound, ScanProgress

NEW = film("new")
MORE = [film(f"more{n}", study_instance_uid="1.new") for n in range(3)]


def pictures(desk):
    return set(desk.window.studies.model.thumbnails)


def test_films_that_were_never_opened_get_their_picture_too(desk):
    desk.drop(NEW, *MORE)
    desk.wait(lambda: pictures(desk) >= {one.key for one in (NEW, *MORE)})
    assert set(desk.on_screen()) == {NEW} or len(desk.on_screen()) == 1


def test_the_pictures_take_no_memory_for_films(desk):
    desk.drop(NEW, *MORE)
    desk.wait(lambda: pictures(desk) >= {one.key for one in MORE})
    store = desk.window.pixel_store
    assert [one for one in (NEW, *MORE) if store.holds(one)] == desk.on_screen()


def test_a_damaged_film_is_tried_once_and_the_others_have_theirs(desk):
    desk.reader.films[MORE[0].key] = DamagedFilm("There is nothing in it.")
    desk.drop(NEW, *MORE)
    desk.wait(lambda: pictures(desk) >= {one.key for one in MORE[1:]})
    desk.window.light_box.session_changed.emit()
    desk.reader.films[NEW.key] = ramp()
    desk.qtbot.wait(1200)
    assert desk.reader.asked.count(MORE[0].key) == 1


def test_a_scan_goes_first(desk):
    desk.window.open([Path("/films")])
    desk.scan.send(*(FilmFound(one) for one in (NEW, *MORE)), ScanProgress(4, 9))
    desk.wait(lambda: desk.on_screen() and desk.is_shown(desk.on_screen()[0]))
    desk.qtbot.wait(1200)
    assert len(pictures(desk)) == 1
    desk.scan.end()
    desk.wait(lambda: len(pictures(desk)) == 4)
