"""The bench of synthesis, with generators that are known beforehand: an honest one, and one deaf to its text."""

import numpy as np
import pytest

from inference.backend import FilmInput
from inference.film_view import ViewSeen
from inference.synthesis.bench.films import (
    KnownFilms,
    blurred_mean,
    cached_phantoms,
    halves,
    held_out_films,
    noise_like,
)
from inference.synthesis.bench.measure import Against, Drawing, Lookers, Space, measured, stated
from inference.synthesis.bench.prompts import TEXTS, label_prompts, laterals, like_the_real, text_of
from inference.synthesis.bench.table import markdown
from inference.synthesis.wish import FilmWish
from inference.training.rows import LABELS, DataSet, KnownFilm, KnownStudy
from viewer.core.study import PixelDescription

SIDE = 32
BASE = FilmWish("", steps=2)


def known_films(count, *, view="PA", seed=0, first=0):
    """Films whose first pixels are their labels: whoever looks can read them."""
    rng = np.random.default_rng(seed)
    squares = rng.integers(60, 180, (count, SIDE, SIDE)).astype(np.uint8)
    labels = np.zeros((count, len(LABELS)), np.int8)
    for row in range(count):
        write(squares[row], TEXTS_IN_TURN[row % len(TEXTS_IN_TURN)], view)
        labels[row] = stated(TEXTS_IN_TURN[row % len(TEXTS_IN_TURN)])
    views = tuple("lateral" if view == "lateral" else ("PA", "AP")[row % 2] for row in range(count))
    patients = tuple(f"p{first + row}" for row in range(count))
    return KnownFilms(squares, views, labels, (False,) * count, patients)


TEXTS_IN_TURN = tuple(texts[0] for texts in TEXTS.values())


def write(square, text, view):
    square[0, : len(LABELS)] = np.where(stated(text), 255, 0)
    square[1, 0] = 255 if view == "lateral" else 0


def honest(wish):
    square = np.random.default_rng(wish.seed).integers(60, 180, (SIDE, SIDE)).astype(np.uint8)
    write(square, wish.text, wish.view)
    return square


def deaf(wish):
    """Draws the same whatever the text, and always from the front."""
    return honest(FilmWish("", seed=wish.seed))


def scores(squares):
    return squares[:, 0, : len(LABELS)] / 255.0


def view(square):
    return ViewSeen("lateral" if square[1, 0] else "PA")


def means(squares):
    return squares.reshape(len(squares), 4, SIDE // 4, SIDE).mean((2, 3)).astype(np.float64)


def bench(draw, *, phantoms=True):
    against = Against(
        known_films(14, seed=1),
        known_films(14, seed=2, first=50),
        known_films(8, seed=3) if phantoms else None,
        known_films(7, view="lateral", seed=4),
        known_films(7, view="lateral", seed=5),
    )
    lookers = Lookers([Space("means of quarters", means)], scores, view)
    return measured(Drawing(draw, lambda *_: None), against, lookers, BASE, seeds=4)


def test_a_generator_that_listens_agrees_with_its_texts_and_views():
    found = bench(honest)

    assert found["view"]["frontal_or_lateral"]["value"] == 1
    assert found["label_agreement"]["difference"]["low"] > 0.5
    assert found["alignment"]["value"] == 1
    assert found["films"] == 14 + 7 + 7 * 4 + 4  # one twin of a seed serves all labels


def test_a_generator_deaf_to_its_text_is_not_above_itself_without_one():
    found = bench(deaf)

    assert found["label_agreement"]["difference"]["value"] == 0
    assert found["alignment"]["value"] == 0.5
    assert found["view"]["frontal_or_lateral"]["value"] == pytest.approx(14 / 21)
    assert found["view"]["asked_and_seen"]["lateral"] == {"PA": 7}


def test_drawn_films_stand_beside_the_floor_and_the_controls():
    rows = bench(honest)["frontal"]["means of quarters"]

    assert list(rows) == [
        "other real patients (floor)",
        "drawn",
        "phantoms",
        "blurred mean film",
        "noise of the same spectrum",
    ]
    assert rows["drawn"]["made"] == rows["drawn"]["real"] == 14


def test_without_real_films_the_floor_says_that_phantoms_stand_for_them():
    rows = bench(honest, phantoms=False)["frontal"]["means of quarters"]

    assert "other phantoms (floor)" in rows
    assert "phantoms" not in rows


def test_the_tables_name_what_was_asked_what_was_seen_and_the_interval():
    result = bench(honest) | {
        "pack": "tiny 1",
        "steps": 2,
        "guidance": 4.0,
        "side": SIDE,
        "classifier": "starter 1",
        "machine": {"cpu": "a processor", "cores": 2, "load_at_start": [0.5]},
        "against": {"frontal": "real films of held-out patients", "lateral": "phantoms"},
    }

    text = markdown(result)

    assert "| lateral (7 films) | 7 lateral |" in text
    assert "| pneumothorax | 4 | 100% | 0% | 1.00 |" in text
    assert "Frontal or lateral as asked: 100% (100% to 100%)" in text
    assert "other real patients (floor)" in text


def test_twins_differ_from_their_films_by_the_text_alone():
    prompts = label_prompts(4, BASE)

    assert {LABELS[prompt.column] for prompt in prompts} == set(TEXTS)
    for prompt in prompts:
        assert prompt.twin == FilmWish("", prompt.wish.view, prompt.wish.seed, steps=2)
    assert len({prompt.twin for prompt in prompts}) == 4
    assert {prompt.wish.text for prompt in prompts} == {text for texts in TEXTS.values() for text in texts}


def test_every_label_text_states_its_label_to_our_labeller():
    for label, texts in TEXTS.items():
        for text in texts:
            assert stated(text)[LABELS.index(label)] == 1, text


def test_real_films_are_asked_for_in_their_own_words_and_views():
    wishes = like_the_real(known_films(14), BASE)

    assert [wish.view for wish in wishes[:2]] == ["PA", "AP"]
    assert wishes[0].text == "Cardiomegaly."
    assert wishes[6].text == "No finding."
    assert len({wish.seed for wish in wishes}) == 14
    assert text_of(np.full(14, -1, np.int8)) == ""
    assert text_of(np.full(14, -1, np.int8), is_child=True) == "Child."


def test_laterals_are_asked_for_with_and_without_findings():
    wishes = laterals(10, BASE)

    assert {wish.view for wish in wishes} == {"lateral"}
    assert {"", "No finding.", "Large right pleural effusion."} <= {wish.text for wish in wishes}


def test_halves_have_no_patient_in_common_and_are_equally_large():
    films = known_films(20)
    twice = KnownFilms(
        films.squares, films.views, films.labels, films.is_child, ("a",) * 7 + films.patients[7:]
    )

    first, second = halves(twice, 50)

    assert len(first) == len(second)
    assert not set(first.patients) & set(second.patients)


def stored(key, size=(64, 64), view_position="PA", split="test"):
    film = KnownFilm(key, view_position, size=size, labels={"edema": "present"})
    return KnownStudy(key, key, f"patient {key}", (film,), split=split, age_years=3)


def opened(film):
    grey = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))
    return FilmInput(film.key, grey, PixelDescription(64, 64))


def test_real_films_are_frontal_of_held_out_patients_and_not_enlarged():
    studies = (
        stored("one"),
        stored("two", view_position="AP"),
        stored("lateral", view_position="LATERAL"),
        stored("trained on", split="train"),
        stored("tiny", size=(12, 12)),
    )

    found = held_out_films(DataSet("sidelight:x", studies, opened), SIDE, 10)

    assert sorted(found.patients) == ["patient one", "patient two"]
    assert found.squares.shape == (2, SIDE, SIDE)
    assert found.labels[0, LABELS.index("edema")] == 1
    assert found.labels[0, LABELS.index("fracture")] == -1
    assert found.is_child == (True, True)
    assert len(held_out_films(DataSet("x", studies, opened), SIDE, 10, ["another hospital"])) == 0


def test_noise_has_the_films_spectrum_and_grey_but_no_two_are_alike():
    films = known_films(30).squares // 2 + np.linspace(0, 60, SIDE).astype(np.uint8)[:, None]

    made = noise_like(films, 30)

    def power(pictures):
        return (np.abs(np.fft.rfft2(pictures - films.mean())) ** 2).mean(0)

    assert power(made)[1, 0] == pytest.approx(power(films)[1, 0], rel=0.6)
    assert made.mean() == pytest.approx(films.mean(), rel=0.05)
    assert (made[0] != made[1]).mean() > 0.5


def test_the_blurred_mean_is_one_film_again_and_again():
    films = known_films(5).squares

    made = blurred_mean(films, 3)

    assert (made[0] == made[2]).all()
    assert made[0].mean() == pytest.approx(films.mean(), abs=2)
    assert made[0].std() < films.mean(0).std()


def test_kept_phantoms_are_the_computed_ones(tmp_path):
    first = cached_phantoms(tmp_path / "p.npz", 1, SIDE, "lateral")
    again = cached_phantoms(tmp_path / "p.npz", 1, SIDE, "lateral")

    assert (first.squares == again.squares).all()
    assert again.views == ("lateral",)
    assert again.patients == ("phantom-900000",)
