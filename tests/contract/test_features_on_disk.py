"""With and without encoded films on disk: the same bytes; with them, no film is encoded twice."""

from contract.test_backend_contract import CHEST, HeaderGate, pack, run, short_answers

from inference.backend import ReadStudy, StudyFilm, StudyInput
from inference.engine.engine import M4cxrBackend

__all__ = ["pack", "short_answers"]


def made(pack, features=None) -> M4cxrBackend:
    backend = M4cxrBackend(pack, gate=HeaderGate(), features=features)
    backend.put_film(CHEST)
    backend.put_study(StudyInput("chest", (StudyFilm(CHEST.image_sha256),)))
    return backend


def test_a_backend_that_starts_again_reads_the_same_without_looking_again(pack, tmp_path):
    without = run(made(pack), ReadStudy("chest"))
    first = run(made(pack, tmp_path), ReadStudy("chest"))
    again = run(made(pack, tmp_path), ReadStudy("chest"))

    assert without[:-1] == first[:-1] == again[:-1]
    assert without[-1].result == first[-1].result == again[-1].result
    assert [one[-1].usage["encoder_calls"] for one in (without, first, again)] == [1, 1, 0]


def test_a_damaged_file_is_made_again(pack, tmp_path):
    first = run(made(pack, tmp_path), ReadStudy("chest"))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    again = run(made(pack, tmp_path), ReadStudy("chest"))

    assert again[:-1] == first[:-1]
    assert again[-1].usage["encoder_calls"] == 1
    assert run(made(pack, tmp_path), ReadStudy("chest"))[-1].usage["encoder_calls"] == 0
