"""Where windows lie, for each set of screens."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from viewer.ui.screens.places import (
    MOST_KEPT,
    ScreenPlace,
    WindowPlaces,
    other_screen,
    places_for,
    set_name,
    with_places,
)

LEFT = ScreenPlace("DP-1", (0, 0, 2048, 2560))
RIGHT = ScreenPlace("DP-2", (2048, 0, 2048, 2560))
DESK = (LEFT, RIGHT)
PLACES = WindowPlaces((10, 20, 1500, 900), False, (2050, 0, 2000, 2500), 260, 410)


def test_what_was_kept_for_a_set_of_screens_comes_back_for_it_and_for_no_other():
    kept = json.loads(json.dumps(with_places(None, DESK, PLACES)))
    assert places_for(kept, DESK) == PLACES
    assert places_for(kept, (RIGHT, LEFT)) == PLACES  # named in another order
    assert places_for(kept, (LEFT,)) == WindowPlaces()
    assert set_name(DESK) != set_name((LEFT, ScreenPlace("DP-2", (2048, 0, 1920, 1080))))


def test_a_window_that_would_lie_where_no_screen_is_is_forgotten():
    kept = with_places(None, DESK, WindowPlaces((9000, 9000, 800, 600), False, (4000, 100, 900, 900)))
    assert places_for(kept, DESK) == WindowPlaces()


def test_the_sets_used_last_are_kept():
    kept = None
    for number in range(MOST_KEPT + 5):
        kept = with_places(kept, (ScreenPlace(f"S{number}", LEFT.box),), PLACES)
    assert len(kept) == MOST_KEPT
    assert places_for(kept, (ScreenPlace("S0", LEFT.box),)) == WindowPlaces()
    assert places_for(kept, (ScreenPlace(f"S{MOST_KEPT + 4}", LEFT.box),)) == WindowPlaces(
        PLACES.main, False, None, 260, 410
    )


def test_the_other_screen_is_the_one_without_the_main_window():
    assert other_screen(DESK, (10, 10, 500, 500)) == RIGHT
    assert other_screen(DESK, (2500, 10, 500, 500)) == LEFT
    assert other_screen((LEFT,), (10, 10, 500, 500)) is None


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(["main", "second", "order", "list_width", "is_maximised"]), inner, max_size=5
        )
    ),
)


@given(PLAIN)
def test_a_settings_file_changed_by_hand_never_breaks_the_window(wild):
    kept = {set_name(DESK): wild}
    found = places_for(kept, DESK)
    assert found.main is None or len(found.main) == 4
    assert places_for(with_places(kept, (LEFT,), PLACES), (LEFT,)).main == PLACES.main
    assert places_for(wild, DESK) is not None
