"""A site's folder: films find their reports, priors are the patient's own, and nothing kept says whose they are."""

from __future__ import annotations

import pytest

from inference.corrections import open_store
from inference.training.rows import UnreadableFilm
from inference.training.sources import open_data
from inference.training.sources.tables import SourceRefused
from tests.factories import uid, write_film, write_picture
from tests.factories.data_sets import write_csv, write_text

STUDY, LATER = uid("study", 1), uid("study", 2)


@pytest.fixture
def site(tmp_path):
    """Two studies of one patient and one of another, small films."""
    folder = tmp_path / "site"
    for name, study, date, patient, accession in (
        ("a/1.dcm", STUDY, "20240102", "P-1", "ACC1"),
        ("b/2.dcm", LATER, "20240112", "P-1", "ACC2"),
        ("c/3.dcm", uid("study", 3), "20240105", "P-2", "ACC3"),
    ):
        film(folder / name, study_uid=study, study_date=date, patient_id=patient, AccessionNumber=accession,
             patient_name="Phantom^Petra" if patient == "P-1" else "Phantom^Paul")  # fmt: skip
    return folder


def film(path, **header):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_film(
        path, rows=32, columns=28, sop_uid=uid("film", path.name, header.get("study_uid")), **header
    )


def read(folder):
    return open_data(f"folder:{folder}")


def by_findings(data):
    return {study.findings: study for study in data.studies}


def test_reports_of_a_table_are_matched_and_cut_and_labelled(site):
    write_csv(
        site / "reports.csv",
        ["Study Instance UID", "Report"],
        [
            [STUDY, "INDICATION: Cough.\nFINDINGS: Left pleural effusion. No edema.\nIMPRESSION: Effusion."],
            [LATER, "The lungs are clear."],
            [uid("study", 3), "FINDINGS: Large heart."],
        ],
    )
    data = read(site)

    study = by_findings(data)["Left pleural effusion. No edema."]
    assert (study.impression, study.indication) == ("Effusion.", "Cough.")
    assert (study.labels["pleural effusion"], study.labels["edema"]) == ("present", "absent")
    assert (study.row, study.label_source) == ("reports.csv:4", "report")
    assert data.troubles == ()


def test_a_later_study_has_the_earlier_one_as_its_prior(site):
    write_csv(
        site / "r.csv", ["accession", "findings"], [["ACC1", "Edema."], ["ACC2", "Clear."], ["ACC3", "Mass."]]
    )
    studies = by_findings(read(site))

    later, earlier = studies["Clear."], studies["Edema."]
    current, prior = later.films
    assert (current.role, prior.role, prior.days_before) == ("current", "prior", 10)
    assert later.prior_report == "Edema."
    assert prior.labels["edema"] == "present"
    assert prior.key == earlier.films[0].key
    assert len(earlier.films) == 1


def test_nothing_of_a_study_says_whose_it_is(site):
    write_csv(
        site / "r.csv",
        ["accession", "findings"],
        [["ACC1", "Petra PHANTOM has edema. Number P-1. Seen ACC1. Heart is large."], ["ACC2", "Clear."]],
    )
    data = read(site)

    study = by_findings(data)["Heart is large."]
    assert (
        study.labels["edema"] == "present"
    )  # what a sentence states is there, also where its words are left out
    assert any("3 sentences" in trouble.what for trouble in data.troubles)
    for name in ("P-1", "Petra", "Phantom", "ACC", "20240102", STUDY):
        assert name not in repr(data.studies)
        assert not any(name in trouble.what for trouble in data.troubles)


def test_a_patient_has_the_pseudonym_that_the_corrections_use(site):
    with open_store() as store:
        known = store.patient_key("P-1")

    assert f"site:{known}" in {study.patient for study in read(site).studies}


def test_films_open_with_the_viewers_pixels(site):
    data = read(site)

    opened = data.open_film(data.studies[0].films[0])
    assert opened.stored.shape == (32, 28)
    assert opened.view_position == "PA"
    for file in site.rglob("*.dcm"):
        file.unlink()
    with pytest.raises(UnreadableFilm):
        data.open_film(data.studies[0].films[0])


def test_label_columns_are_taken_before_what_the_text_says(site):
    write_csv(site / "r.csv", ["accession", "findings", "Edema"], [["ACC1", "Edema.", "-1"]])
    study = by_findings(read(site))["Edema."]

    assert (study.labels, study.label_source) == ({"edema": "uncertain"}, "table")


def test_a_report_of_another_patient_is_told_and_left_out(site):
    write_csv(site / "r.csv", ["study", "patient_id", "report"], [[STUDY, "P-9", "Clear."]])
    data = read(site)

    (trouble,) = [trouble for trouble in data.troubles if "another one than the film's" in trouble.what]
    assert trouble.row == "r.csv:2"
    assert "Clear." not in by_findings(data)


def test_a_second_report_of_a_study_is_told(site):
    write_csv(
        site / "r.csv",
        ["accession", "findings"],
        [["ACC1", "Edema."], ["ACC1", "Clear."], ["ACC1", "Edema."]],
    )
    data = read(site)

    assert [trouble.row for trouble in data.troubles if "second report" in trouble.what] == ["r.csv:3"]


def test_what_can_not_be_used_is_told_and_never_skipped_in_silence(site):
    write_text(site / "broken.dcm", "no film")
    write_text(site / "notes.csv", "when,who\n1,2\n")
    write_text(site / "odd name.txt", "Clear.")
    told = {trouble.row: trouble for trouble in read(site).troubles}

    assert "no film" in told["broken.dcm"].what
    assert "names no study" in told["notes.csv"].what
    assert "names no study" in told["odd name.txt"].what
    assert all(trouble.remedy for trouble in told.values())


def test_films_that_teach_nothing_about_chests_or_show_names_are_left_out(site):
    film(site / "hand.dcm", study_uid=uid("study", 7), body_part="HAND")
    film(site / "burned.dcm", study_uid=uid("study", 8), BurnedInAnnotation="YES")
    data = read(site)

    assert len(data.studies) == 3
    assert {trouble.row for trouble in data.troubles} >= {"hand.dcm", "burned.dcm"}


def test_one_number_for_two_people_keeps_them_apart_and_says_so(site):
    film(site / "d" / "4.dcm", study_uid=uid("study", 4), patient_id="P-1", patient_name="Other^Olga",
         study_date="20240301")  # fmt: skip
    data = read(site)

    assert all(len(study.films) == 1 for study in data.studies if study.row == "d/4.dcm")
    assert any("contradict" in trouble.what for trouble in data.troubles)
    assert "Olga" not in repr(data.troubles)


def test_pictures_without_a_header_are_patients_of_their_own_unless_a_table_says_whose(site):
    for number in (1, 2, 3):
        write_picture(site / f"p{number}.png", rows=24, columns=20, seed=number)
    write_csv(
        site / "r.csv",
        ["file", "findings", "patient_id"],
        [["p1.png", "Edema.", ""], ["p2.png", "Clear.", "P-2"], ["p3.png", "Mass.", "P-2"]],
    )
    studies = by_findings(read(site))

    assert studies["Clear."].patient == studies["Mass."].patient != studies["Edema."].patient
    assert studies["Clear."].patient in {
        study.patient for study in read(site).studies if study.row == "c/3.dcm"
    }


def test_headers_are_read_once_and_again_when_a_file_has_changed(site, monkeypatch):
    first = read(site)
    from viewer.core.reader import FilmReader

    opened = []
    plain = FilmReader.open_many
    monkeypatch.setattr(FilmReader, "open_many", lambda self, all: opened.extend(all) or plain(self, all))
    assert [study.id for study in read(site).studies] == [study.id for study in first.studies]
    assert opened == []
    film(site / "a" / "1.dcm", study_uid=uid("study", 9), patient_id="P-1", study_date="20240102", seed=3)
    assert [study.id for study in read(site).studies] != [study.id for study in first.studies]
    assert [source.path.name for source in opened] == ["1.dcm"]


def test_a_folder_without_films_is_refused(tmp_path):
    write_text(tmp_path / "r.csv", "accession,findings\nACC1,Clear.\n")

    with pytest.raises(SourceRefused, match="no film"):
        read(tmp_path)


def test_a_folder_without_reports_says_so_once(site):
    data = read(site)

    assert len(data.studies) == 3
    (trouble,) = data.troubles
    assert "no reports" in trouble.what
    write_text(site / "odd name.txt", "Clear.")
    assert [one.row for one in read(site).troubles] == ["odd name.txt", "site"]


def test_a_second_copy_of_a_film_is_taken_once(site):
    (site / "copy.dcm").write_bytes((site / "a" / "1.dcm").read_bytes())
    data = read(site)

    assert sorted(len(study.films) for study in data.studies) == [1, 1, 2]  # the later study with its prior
    assert any("twice" in trouble.what for trouble in data.troubles)
