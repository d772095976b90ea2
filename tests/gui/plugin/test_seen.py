"""What the model was given to see, as the reader can look it up."""

from __future__ import annotations

from gui.plugin.conftest import BERT, PA, all_13
from gui.plugin.test_prior import WITH_PRIOR, images

from inference.backend import Finished, Flag, PriorChosen
from plugin.seen.pictures import seen_picture

FINGERPRINT = {
    "pack": "starter-test",
    "pack_sha256": "f" * 64,
    "precision": "float32",
    "device": "CPU",
    "picture_side": 14,
}


def read(desk, *events, fingerprint=FINGERPRINT):
    run = desk.read()
    run.send(*all_13(desk.image()), *events, Finished({"report": "Clear."}, {}, fingerprint))
    desk.wait(lambda: desk.status().startswith("Draft ready"))


def shown(row):
    """True once its picture is there."""
    return not row.picture.pixmap().isNull()


def test_it_is_folded_away_until_somebody_asks(desk):
    read(desk)

    section = desk.panel.seen
    assert section.isVisible()
    assert not section.body.isVisible()
    desk.press(section.fold_button)

    assert section.body.isVisible()
    (row,) = section.rows
    desk.wait(lambda: shown(row))
    assert row.picture.accessibleName() == "PA as the model saw it, 14 × 14 pixels"
    assert (row.title.text(), row.role.text()) == ("PA", "current")


def test_the_strips_that_were_not_read_are_told_and_the_model_is_named(desk):
    read(desk)
    section = desk.panel.seen
    desk.press(section.fold_button)

    (row,) = section.rows
    desk.wait(row.note.isVisible)
    left_out = seen_picture(PA, desk.host.read_pixels(PA), 14).left_out
    assert row.note.text() == (
        "The model saw the marked square only; the strips outside it were not read. "
        f"They are {left_out:.0%} of the film.".replace("%", " %")
    )
    assert section.model_label.text() == (
        "Test pack 0.9 (starter-test, manifest ffffffffffff) · computed in float32 · on CPU · "
        "pictures of 14 × 14 pixels"
    )
    assert section.prior_label.text() == "No prior loaded: no comparison was made."


def test_the_prior_is_among_what_it_saw(desk):
    desk.host.hang(WITH_PRIOR)
    run = desk.read()
    old, now = images(desk)
    run.send(
        PriorChosen((old,), 30, 0, "", "drafted"),
        *all_13(now),
        Flag("cropped", "x", image=now),
        Finished({"report": "Clear."}, {}, FINGERPRINT),
    )
    desk.wait(lambda: desk.status().startswith("Draft ready"))
    section = desk.panel.seen
    desk.press(section.fold_button)

    desk.wait(lambda: all(shown(row) for row in section.rows))
    assert [row.role.text() for row in section.rows] == ["current", "prior, 30 days earlier"]
    assert section.prior_label.text().endswith("its report drafted by the AI, not reviewed")


def test_another_study_has_its_own_pictures(desk):
    read(desk)
    section = desk.panel.seen
    desk.press(section.fold_button)
    desk.wait(lambda: shown(section.rows[0]))
    first = section.rows[0].picture.pixmap().toImage()

    desk.host.hang(BERT)
    assert not section.isVisible()
    read(desk)

    desk.wait(lambda: section.rows[0].film.film_key != PA.key and shown(section.rows[0]))
    assert section.rows[0].picture.pixmap().toImage() != first


def test_a_film_that_cannot_be_decoded_any_more_leaves_its_words(desk):
    read(desk)
    desk.host.damaged.add(PA.key)

    desk.press(desk.panel.seen.fold_button)

    (row,) = desk.panel.seen.rows
    desk.wait(lambda: row.picture.text() == "no picture")
    assert row.role.text() == "current"


def test_a_backend_that_does_not_tell_the_size_gives_no_picture(desk):
    read(desk, fingerprint={"pack": "other"})
    desk.press(desk.panel.seen.fold_button)

    assert desk.panel.seen.model_label.text() == "Model other"
    assert desk.panel.seen.rows[0].picture.text() == "no picture"
