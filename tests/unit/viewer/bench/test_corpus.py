"""The films that are measured: the same for the same seed, and each one a film of its own."""

from __future__ import annotations

from viewer.bench.corpus import write_corpus
from viewer.bench.corpus_plan import NAMES, QUICK, plan_from_json, plan_to_json
from viewer.core.reader import FilmReader
from viewer.core.scan import FilmFound, scan


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_one_seed_writes_one_corpus(tmp_path):
    for name in ("a", "b"):
        write_corpus(tmp_path / name, QUICK)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_every_file_is_a_film_of_its_own_in_the_transfer_syntax_of_its_folder(tmp_path):
    write_corpus(tmp_path, QUICK)
    with FilmReader(workers=1) as reader:
        events = list(scan([tmp_path], reader))
        films = [event.film for event in events if isinstance(event, FilmFound)]
        assert len(films) == len(contents(tmp_path))
        assert len({film.header.sop_instance_uid for film in films}) == len(films)
        for name in NAMES:
            own = [film for film in films if film.source.path.parent.name == name]
            assert len(own) == QUICK.per_syntax
            assert len({film.header.patient_id for film in own}) == QUICK.per_syntax
            assert reader.pixels(own[0]).stored.shape == (QUICK.side, QUICK.side)


def test_a_plan_survives_a_command_line():
    assert plan_from_json(plan_to_json(QUICK)) == QUICK
