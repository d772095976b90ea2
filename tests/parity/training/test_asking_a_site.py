"""A model is asked about a site's held-out studies as it is read with: films, boxes, drafts; nothing of others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_pack import make_tiny_pack

from inference.backend import FilmInput
from inference.evaluation.ask_site import ask
from inference.evaluation.held_out import Asked
from inference.evaluation.site import compare_answers, score_answers
from inference.packs import open_pack
from inference.training.rows import LABELS, DataSet, KnownBox, KnownFilm, KnownStudy, UnreadableFilm
from viewer.core.study import PixelDescription


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))


def pixels(film: KnownFilm) -> FilmInput:
    if film.key.startswith("broken"):
        raise UnreadableFilm("the file is cut off")
    number = sum(film.key.encode())
    grey = np.random.default_rng(number).integers(0, 255, (70, 80), dtype=np.uint8)
    return FilmInput(f"{number:064x}", grey, PixelDescription(rows=70, columns=80))


def study(number: int, **more) -> KnownStudy:
    box = KnownBox("edema", (10, 10, 40, 40))
    films = (
        KnownFilm(f"film {number}", "PA", boxes=(box,)),
        KnownFilm(f"side {number}", "LATERAL", "lateral"),
    )
    labels = {"edema": "present" if number % 2 else "absent", "no finding": "uncertain"}
    row = f"row {number}"
    return KnownStudy(f"s{number}", row, f"p{number}", more.pop("films", films), labels=labels, **more)


def asked(tiny, studies, **more):
    told = DataSet("site", tuple(studies), pixels)
    splits = {one.patient: "test" if one.id != "s0" else "train" for one in studies}
    return ask(tiny, [told], splits, asked=Asked(**more))


def test_only_held_out_frontal_films_are_asked_about(tiny):
    answers = asked(tiny, [study(0), study(1), study(2)], most_boxed_films=0)

    assert [one.film for one in answers.films] == ["film 1", "film 2"]
    assert all(len(one.p) == len(LABELS) and 0 < min(one.p) < max(one.p) < 1 for one in answers.films)
    assert answers.films[0].known == {"edema": True}, "uncertain is not known"
    assert "2 laterals and priors" in answers.left_out
    assert "2 of 2 films with boxes, to save time" in answers.left_out


def test_synthetic_and_unreadable_films_are_left_out_and_told(tiny):
    synthetic = study(1, films=(KnownFilm("made", is_synthetic=True),))
    broken = study(2, films=(KnownFilm("broken 2"),))

    answers = asked(tiny, [synthetic, broken, study(3)], most_boxed_films=0)

    assert [one.film for one in answers.films] == ["film 3"]
    assert {"1 synthetic films", "1 films that can't be opened"} <= set(answers.left_out)


def test_boxes_and_drafts_are_the_engines(tiny):
    with_prior = study(
        2,
        findings="There is pulmonary edema.",
        prior_report="The lungs are clear.",
        films=(KnownFilm("film 2", "PA"), KnownFilm("old 2", "PA", "prior", 30)),
    )

    answers = asked(tiny, [study(1), with_prior])

    assert [(one.film, one.label) for one in answers.boxes] == [("film 1", "edema")]
    (report,) = answers.reports
    assert report.true[LABELS.index("edema")]
    assert report.true_words == 5
    assert report.words > 0
    assert 0 <= report.copied <= 1


def test_the_same_model_says_the_same_twice(tiny):
    studies = [study(number) for number in range(1, 21)]

    first, second = (asked(tiny, studies, most_boxed_films=0) for _ in range(2))

    assert compare_answers(first, second).get("auroc/edema").change == 0
    assert score_answers(first).get("auroc/edema").positives == 10
