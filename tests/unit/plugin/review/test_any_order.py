"""Whatever the reader does in whatever order: the AI's own is never lost, and a double press decides nothing twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from unit.plugin.review.test_fold_review import AT, EDEMA, EFFUSION, HEART, OWN, known

from inference.backend import Box
from plugin.events import FindingSelected
from plugin.first_look.state import AiHidden, AiShownAgain, FirstLookCommitted, StudySeen
from plugin.first_look.visible import visible
from plugin.fold import fold
from plugin.marks import marks_of
from plugin.review.keys import on_enter, on_reject, on_step
from plugin.review.reviewed import looked_at, reviewed_findings
from plugin.review.state import (
    BoxAdded,
    BoxDeleted,
    BoxMoved,
    BoxRestored,
    EditBegun,
    FindingAccepted,
    FindingAdded,
    FindingEdited,
    FindingRejected,
    FindingWords,
    ReasonAsked,
    VerdictTakenBack,
)

BOXES = (Box("b1", "aa", (1.0, 1.0, 5.0, 5.0), "f1"), Box("b2", "aa", (2.0, 2.0, 6.0, 6.0), "f2"))
START = known(StudySeen("second reader", AT), findings=(HEART, EFFUSION, EDEMA, *BOXES))

finding_ids = st.sampled_from(["f1", "f2", "f3", "own", "zz"])
box_ids = st.sampled_from(["b1", "b2", "v1", "v2", "drawn", "zz"])
new_ids = st.sampled_from(["v1", "v2"])
places = st.tuples(*[st.floats(0, 100) for _ in range(4)])
happenings = st.lists(
    st.one_of(
        st.builds(FindingSelected, finding_ids),
        st.builds(FindingAccepted, finding_ids, st.just(AT)),
        st.builds(FindingRejected, finding_ids, st.just(AT)),
        st.builds(FindingEdited, finding_ids, st.just(FindingWords("large heart")), st.just(AT)),
        st.builds(VerdictTakenBack, finding_ids, st.just(AT)),
        st.just(FindingAdded("own", "aa", OWN, AT)),
        st.builds(BoxMoved, box_ids, places, st.just(AT), new_ids, st.just("2.25.1")),
        st.builds(BoxDeleted, box_ids, st.just(AT), new_ids, st.just("2.25.1")),
        st.builds(BoxRestored, box_ids, st.just(AT)),
        st.builds(
            BoxAdded, st.just("drawn"), st.just("aa"), places, finding_ids, st.just(AT), st.just("2.25.2")
        ),
        st.builds(ReasonAsked, finding_ids),
        st.builds(EditBegun, finding_ids),
        st.sampled_from([FirstLookCommitted(AT), AiHidden(AT), AiShownAgain(AT)]),
    ),
    max_size=25,
)


def after(events):
    state = START
    for event in events:
        state = fold(state, event)
    return state


@given(happenings)
def test_what_the_ai_told_is_never_lost(events):
    state = after(events)

    assert (state.findings, state.boxes, state.sentences) == (START.findings, START.boxes, START.sentences)
    originals = {(made.of_box, made.of_xyxy) for made in state.review.boxes if made.of_box}
    assert originals <= {(box.id, box.xyxy) for box in BOXES}


@given(happenings)
def test_each_place_counts_once_and_every_mark_has_an_id_of_its_own(events):
    state = after(events)
    ids = [box.id for one in reviewed_findings(state) for box in one.boxes]
    marks = [mark.id for mark in marks_of(visible(state), {})]

    assert len(ids) == len(set(ids))
    assert len(marks) == len(set(marks))


@given(happenings, st.integers(2, 5))
def test_enter_pressed_many_times_decides_once_at_most(events, times):
    state = after(events)
    pressed = state
    for _ in range(times):
        event = on_enter(visible(pressed), AT)
        pressed = fold(pressed, event) if event is not None else pressed

    assert abs(looked_at(pressed)[0] - looked_at(state)[0]) <= 1
    assert len(set(pressed.review.verdicts) ^ set(state.review.verdicts)) <= 2  # one replaced, at most


@given(happenings)
def test_while_nothing_is_shown_no_key_reaches_a_finding_and_nothing_is_drawn(events):
    state = after(events)
    if state.first_look.shows_ai:
        return
    shown = visible(state)

    assert marks_of(shown, {}) == ()
    assert reviewed_findings(shown) == ()
    assert (on_reject(shown, AT), on_step(shown)) == (None, None)
    assert not isinstance(on_enter(shown, AT), FindingAccepted | VerdictTakenBack)
