"""From steps to marked films: nothing unmarked leaves, a stop is heard within one step, and what is odd is said."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from inference.backend import CancelToken, DrawFilm, FilmDrawn, Flag, Preview, Progress
from inference.errors import InferenceCancelled, InvalidRequest
from inference.synthesis.asked import checked
from inference.synthesis.drawing import Drawer, draw_films, has_failed, marked_film
from inference.synthesis.drawn import MadeBy
from inference.synthesis.stepwise import DrawStep
from viewer.core.synthetic_mark import look

SIDE = 192
MADE_BY = MadeBy("brush 1", "0" * 64, "Sidelight")
WISH = DrawFilm("Small left pleural effusion.", "PA", 7, 1, 6)


def chest(seed: int = 0, *, left: int = 60, right: int = 60) -> np.ndarray:
    """A grey body with two lung fields, as dark as told."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    picture = np.where(np.abs(columns - 0.5) < 0.44, 180.0, 10.0)
    for centre, grey in ((0.3, left), (0.7, right)):
        picture[((rows - 0.5) / 0.33) ** 2 + ((columns - centre) / 0.14) ** 2 < 1] = grey
    texture = gaussian_filter(np.random.default_rng(seed).normal(0, 40, (SIDE, SIDE)), 3)
    return gaussian_filter(picture, 4).__add__(texture).clip(0, 255).astype(np.uint8)


@dataclass
class Brush:
    """Draws `chest(seed)` in so many steps, and counts its networks' calls."""

    calls: int = 0
    at_call: dict = field(default_factory=dict)
    pictures: dict = field(default_factory=dict)  # by seed, instead of a chest
    sources: list = field(default_factory=list)

    def steps(self, wish, source=None):
        self.sources.append(source)
        picture = self.pictures.get(wish.seed, chest(wish.seed))
        for step in range(1, wish.steps + 1):
            self.calls += 1
            self.at_call.get(self.calls, lambda: None)()
            yield DrawStep(step, wish.steps, lambda: picture)
        return picture


@dataclass(frozen=True)
class Seen:
    view: str = "PA"
    hangs_right: bool = True

    def is_of(self, view: str) -> bool:
        return view == self.view


def drawn(brush: Brush, request: DrawFilm = WISH, cancel: CancelToken | None = None, **more) -> list:
    return list(draw_films(request, Drawer(brush, MADE_BY, **more), cancel or CancelToken()))


def films(events: list) -> list[FilmDrawn]:
    return [event for event in events if isinstance(event, FilmDrawn)]


def pixels(png: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))


def test_every_picture_that_leaves_is_marked_previews_too():
    shown = [event for event in drawn(Brush()) if isinstance(event, FilmDrawn | Preview)]

    assert len(shown) > 2
    for event in shown:
        assert look(pixels(event.png)) is not None
        assert not np.array_equal(pixels(event.png), chest(7))
    assert Image.open(io.BytesIO(base64.b64decode(shown[-1].png))).text == {
        "Comment": "SYNTHETIC (AI) - NOT A PATIENT IMAGE"
    }


def test_the_same_wish_gives_the_same_bytes_and_another_seed_another_film():
    one, again = films(drawn(Brush())), films(drawn(Brush()))
    others = films(drawn(Brush(), DrawFilm(WISH.text, "PA", 7, 3, 2)))

    assert one == again
    assert [film.seed for film in others] == [7, 8, 9]
    assert [film.film for film in others] == [0, 1, 2]
    assert len({film.image for film in others}) == 3


@pytest.mark.parametrize("call", [1, 3, 8])
def test_after_a_stop_the_running_call_ends_and_none_follows(call):
    cancel = CancelToken()
    brush = Brush(at_call={call: cancel.cancel})
    with pytest.raises(InferenceCancelled):
        drawn(brush, DrawFilm("", "PA", 0, 2, 6), cancel)
    assert brush.calls == call


def test_another_drawing_may_run_between_two_steps_and_both_are_as_alone():
    alone = [films(drawn(Brush(), request)) for request in (WISH, DrawFilm("", "lateral", 3, 1, 4))]
    brush, nested = Brush(), []

    def more_urgent() -> None:
        if brush.calls == 3 and not nested:
            nested.append(None)
            nested[0] = films(drawn(brush, DrawFilm("", "lateral", 3, 1, 4)))

    assert films(drawn(brush, cancel=CancelToken(more_urgent))) == alone[0]
    assert nested[0] == alone[1]


def test_progress_counts_the_steps_of_all_films_and_never_goes_back():
    told = [event for event in drawn(Brush(), DrawFilm("", "PA", 0, 3, 5)) if isinstance(event, Progress)]

    assert {(event.stage, event.total) for event in told} == {("drawing", 15)}
    done = [event.done for event in told]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 15)
    assert told[0].eta_s is None
    assert told[-1].eta_s == 0


def test_a_few_previews_are_shown_however_many_steps_there_are():
    for steps in (1, 2, 20, 200):
        shown = [
            event for event in drawn(Brush(), DrawFilm("", "PA", 0, 1, steps)) if isinstance(event, Preview)
        ]
        assert len(shown) <= 5
        assert all(event.step < steps for event in shown)


def test_an_empty_picture_is_shown_as_a_failure_and_not_drawn_again():
    brush = Brush(pictures={7: np.full((SIDE, SIDE), 90, np.uint8)})
    (film,) = films(drawn(brush, look=lambda _: Seen()))

    assert has_failed(film)
    assert "empty" in film.doubts[0]
    assert film.seen_view == "no chest"
    assert brush.calls == WISH.steps


def test_a_picture_in_which_the_watermark_is_not_found_again_never_leaves():
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), np.uint8)
    events = drawn(Brush(pictures={7: noise}), DrawFilm("", "PA", 7, 2, 4))

    assert [film.seed for film in films(events)] == [8]
    assert [film.film for film in films(events)] == [1]
    (flag,) = [event for event in events if isinstance(event, Flag)]
    assert (flag.kind, flag.why) == (
        "no_film",
        "Seed 7 gave no film that may be shown: the picture is noise.",
    )
    assert {event.film for event in events if isinstance(event, Preview)} == {1}


def test_what_the_view_network_sees_is_said():
    (wrong,) = films(drawn(Brush(), look=lambda _: Seen("lateral", hangs_right=False)))
    assert wrong.seen_view == "lateral"
    assert "another view: lateral, not PA" in wrong.doubts[0]
    assert "hangs wrongly" in wrong.doubts[1]
    assert not has_failed(wrong)

    (none,) = films(drawn(Brush(), look=lambda _: Seen("no chest")))
    assert has_failed(none)
    (right,) = films(drawn(Brush(), look=lambda _: Seen()))
    assert right.doubts == ()


def test_a_frontal_film_with_one_lung_field_is_doubted():
    brush = Brush(pictures={7: chest(left=185)})
    assert films(drawn(brush))[0].doubts == ("Only one lung field is dark.",)
    lateral = films(drawn(brush, DrawFilm("", "lateral", 7, 1, 2)))
    assert lateral[0].doubts == ()


def test_a_film_of_an_event_is_what_dicom_objects_are_made_of():
    (film,) = films(drawn(Brush()))
    made = marked_film(film, MADE_BY, steps=6, guidance=4.0)

    assert (made.wish.seed, made.wish.view, made.wish.steps) == (7, "PA", 6)
    assert np.array_equal(made.pixels, pixels(film.png))


@pytest.mark.parametrize("field", [{"count": 0}, {"steps": 0}, {"strength": float("nan")}, {"seed": -1}])
def test_a_wish_out_of_its_bounds_is_refused_by_name(field):
    with pytest.raises(InvalidRequest, match=next(iter(field))):
        checked(DrawFilm("", **field))
