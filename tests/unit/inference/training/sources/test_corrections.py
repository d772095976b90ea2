"""What readers made of drafts, as training data: their word counts, the model's own does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.backend import FilmInput
from inference.corrections import Case, CaseBox, CaseFilm, CaseFinding, open_store
from inference.corrections.films import film_file
from inference.training.rows import UnreadableFilm
from inference.training.sources import open_data
from inference.training.sources.tables import SourceRefused
from inference.wire import FilmAttributes, attributes_json, film_digest
from viewer.core.places import data_folder
from viewer.core.study import PixelDescription


def film(seed: int) -> FilmInput:
    stored = np.random.default_rng(seed).integers(0, 255, (24, 30)).astype(np.uint8)
    description = PixelDescription(24, 30)
    digest = film_digest(stored, attributes_json(FilmAttributes(description, "DX", "CHEST", "PA", False)))
    return FilmInput(digest, stored, description, "DX", "CHEST", "PA")


FILM, PRIOR = film(1), film(2)
CASE = Case(
    study="s1", patient="p1", version=1, drafted_report="Edema.", drafted_impression="", signed_report="No edema.",
    signed_impression="", addendum="", mode="concurrent", saw_ai=True, pack="starter 0.3.1", pack_sha256="f" * 64,
    films=(CaseFilm(FILM.image_sha256, "current"), CaseFilm(PRIOR.image_sha256, "prior", 30)),
)  # fmt: skip


def finding(label: str, verdict: str, **more) -> CaseFinding:
    return CaseFinding(FILM.image_sha256, label, verdict, **more)


@pytest.fixture
def kept(tmp_path):
    def keep(**changes):
        with open_store(tmp_path / "kept") as store:
            store.add(replace(CASE, **changes), [FILM, PRIOR])
        return open_data(f"corrections:{tmp_path / 'kept'}")

    return keep


def test_verdicts_are_labels_and_silence_is_none(kept):
    data = kept(
        findings=(
            finding("edema", "untouched", model_label="edema"),
            finding("pneumonia", "rejected", reason="not there", model_label="pneumonia"),
            finding("fracture", "rejected", reason="wrong place", model_label="fracture"),
            finding("cardiomegaly", "accepted", model_label="cardiomegaly"),
            finding("atelectasis", "edited", certainty="possible", model_label="pneumonia"),
            finding("pneumothorax", "added"),
        ),
        signed_report="Clear.",
    )

    assert data.studies[0].films[0].labels == {
        "pneumonia": "absent",
        "cardiomegaly": "present",
        "atelectasis": "uncertain",
        "pneumothorax": "present",
    }


def test_a_finding_in_the_readers_own_words_is_known_by_what_they_state(kept):
    data = kept(
        findings=(
            finding("small left effusion", "edited", model_label="pneumonia"),
            finding("thick apex", "edited", model_label="pleural other"),
        )
    )

    assert set(data.studies[0].films[0].labels) == {"pleural effusion", "pleural other"}


def test_boxes_count_where_a_reader_drew_or_moved_them(kept):
    def box(x: float, origin: str, of=None) -> CaseBox:
        return CaseBox(FILM.image_sha256, (x, 0.0, x + 5, 5.0), origin, of)

    data = kept(
        findings=(
            finding(
                "edema", "accepted", boxes=(box(1, "ai"), box(2, "human"), box(3, "ai", (0.0, 0.0, 1.0, 1.0)))
            ),
            finding("fracture", "rejected", reason="not there", boxes=(box(4, "human"),)),
        )
    )

    assert [box.xyxy[0] for box in data.studies[0].films[0].boxes] == [2.0, 3.0]


def test_a_sentence_from_which_something_was_taken_is_left_out(kept):
    data = kept(signed_report="No edema. Effusion, told to [removed] at noon. Heart size is normal.")

    assert data.studies[0].findings == "No edema. Heart size is normal."
    assert data.studies[0].labels["pleural effusion"] == "present"


def test_a_report_of_which_nothing_is_left_is_told(kept):
    data = kept(signed_report="Seen by [removed].")

    assert data.studies[0].findings == ""
    assert data.troubles[0].row == "corrections 1"


def test_the_signed_text_labels_the_study_and_priors_keep_their_distance(kept):
    (study,) = kept().studies

    assert study.labels["edema"] == "absent"
    assert (study.films[1].role, study.films[1].days_before) == ("prior", 30)
    assert (study.films[0].view, study.films[0].size) == ("PA", (24, 30))
    assert study.patient == "site:p1"


def test_a_kept_film_opens_bit_for_bit_and_a_damaged_one_says_so(kept, tmp_path):
    data = kept()

    opened = data.open_film(data.studies[0].films[0])
    assert (opened.stored == FILM.stored).all()
    film_file(tmp_path / "kept" / "films", PRIOR.image_sha256).write_bytes(b"damaged")
    with pytest.raises(UnreadableFilm, match="damaged"):
        data.open_film(data.studies[0].films[1])


def test_a_case_without_a_current_film_is_told(kept):
    data = kept(films=(CaseFilm(PRIOR.image_sha256, "prior", 3),))

    assert data.studies == ()
    assert data.troubles[0].row == "corrections 1"


def test_looking_for_corrections_makes_no_store():
    with pytest.raises(SourceRefused, match="No corrections"):
        open_data("corrections:")
    assert not (data_folder() / "corrections").exists()
