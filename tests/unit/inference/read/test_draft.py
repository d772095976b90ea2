"""Events fold into a draft; what ends a reading early is kept as its reason."""

from inference.backend import Cancelled, Error, Finished, Progress, TextDelta
from inference.read.draft import StudyDraft, fold_all, stage_of
from inference.read.order import Order
from tests.factories.read_drafts import film, findings, refused

FILM = film("a.dcm")
EMPTY = StudyDraft(Order((FILM,)), {FILM.key: "hash a.dcm"})


def test_deltas_spell_report_and_impression_apart():
    told = fold_all(
        EMPTY,
        [
            TextDelta("edema.", "findings"),
            TextDelta("Ed", "report"),
            TextDelta("ema."),
            TextDelta("E.", "impression"),
        ],
    )

    assert (told.report, told.impression) == ("Edema.", "E.")


def test_a_film_counts_as_read_once_its_findings_are_there_and_nothing_failed():
    read = fold_all(EMPTY, [*findings("hash a.dcm"), Finished()])

    assert EMPTY.films_read() == ()
    assert read.films_read() == (FILM,)


def test_an_error_or_a_stop_leaves_no_film_read():
    for end in (Error("OutOfMemory", "The GPU ran out of memory."), Cancelled()):
        broken = fold_all(EMPTY, [*findings("hash a.dcm"), end])

        assert broken.films_read() == ()
        assert broken.reason_of(FILM)


def test_the_gates_reason_outweighs_the_studys_error():
    told = fold_all(
        EMPTY, [refused(FILM, "not a chest radiograph"), Error("NothingToRead", "No film was read.")]
    )

    assert told.reason_of(FILM) == "not a chest radiograph"


def test_a_stage_is_announced_when_it_begins():
    assert stage_of(Progress("boxes", 0, 3)) == "boxes"
    assert stage_of(Progress("boxes", 1, 3)) == ""
    assert stage_of(TextDelta("x")) == ""
