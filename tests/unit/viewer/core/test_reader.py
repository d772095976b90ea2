"""The reader and its child process: right films, and calm when the child dies, hangs, grows or lies."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless

from tests.factories import chest_picture, write_film, write_picture, write_zip
from tests.factories.dicom_film import stored_values
from viewer.core import decode, decode_process, preview_size, reader
from viewer.core.errors import DamagedFilm, FilmError, NotAnImage, OversizedFilm, ReaderFault, RefusedSource
from viewer.core.reader import FilmReader
from viewer.core.study import Source

HOLDS_NOTHING = (
    "import sys; sys.path.insert(0, sys.argv[1]); import viewer.core.decode_worker as worker; "
    "worker._Block.held = lambda block, sha256: None; worker.main(int(sys.argv[2]))"
)
TELLS_ITS_MODULES = (
    "import sys; sys.path.insert(0, sys.argv[1]); import viewer.core.decode_worker as worker; worker.IDLE_S = 0.01; "
    "from viewer.core.decode import _DECODERS; loaded = lambda: ' '.join(set(_DECODERS) & set(sys.modules)); "
    "worker._answer = lambda request, block: {'error': 'NotAnImage', 'reason': loaded()}; "
    "worker.main(int(sys.argv[2]))"
)
Evil = Callable[[str], FilmReader]


@pytest.fixture(scope="module")
def films() -> Iterator[FilmReader]:
    with FilmReader() as opened:
        yield opened


@pytest.fixture
def evil(monkeypatch: pytest.MonkeyPatch) -> Iterator[Evil]:
    """Give a reader whose worker runs some lines of code when it meets a file with the word EVIL in it."""
    made: list[FilmReader] = []

    def make(lines: str) -> FilmReader:
        program = (
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "import os, signal, time\n"
            "import numpy as np\n"
            "import viewer.core.decode_worker as worker\n"
            "good = worker._answer\n"
            "def misbehave(request, block):\n"
            + "".join(f"    {line}\n" for line in lines.splitlines())
            + "def answer(request, block):\n"
            "    if b'EVIL' not in block.read(request['size']): return good(request, block)\n"
            "    try: return misbehave(request, block) or good(request, block)\n"
            "    except MemoryError: return {'error': 'OversizedFilm', 'reason': 'memory'}\n"
            "    except Exception as error: return {'error': 'DamagedFilm', 'reason': repr(error)}\n"
            "worker._answer = answer\n"
            "worker.main(int(sys.argv[2]))\n"
        )
        monkeypatch.setattr(decode_process, "_PROGRAM", program)
        made.append(FilmReader())
        return made[-1]

    yield make
    for opened in made:
        opened.close()


@pytest.fixture
def good(tmp_path: Path) -> Source:
    return Source(write_film(tmp_path / "good.dcm", transfer_syntax=JPEG2000Lossless))


@pytest.fixture
def bad(tmp_path: Path) -> Source:
    return Source(write_film(tmp_path / "bad.dcm", PatientComments="EVIL"))


def test_a_film_is_opened_and_its_pixels_are_those_that_were_stored(films, good):
    film = films.open(good)
    pixels = films.pixels(film)
    np.testing.assert_array_equal(pixels.stored, stored_values(chest_picture(128, 112), 12))
    assert film.header.patient_name == "Phantom^Petra"
    assert pixels.description == film.header.pixels
    assert pixels.notices == ()


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "RGBA", "P", "1"])
def test_pictures_open_as_unverified_films(films, tmp_path, mode):
    film = films.open(Source(write_picture(tmp_path / "film.png", mode=mode)))
    pixels = films.pixels(film)
    assert not film.header.is_verified
    assert film.header.patient_id == ""
    assert pixels.stored.shape[:2] == (192, 160)
    assert pixels.stored.ndim == (3 if mode in ("RGB", "RGBA") else 2) or mode == "P"
    assert pixels.stored.dtype == (np.uint16 if mode == "I;16" else np.uint8)


def test_a_16_bit_picture_keeps_all_its_bits(films, tmp_path):
    pixels = films.pixels(films.open(Source(write_picture(tmp_path / "film.png", mode="I;16"))))
    np.testing.assert_array_equal(pixels.stored, (chest_picture(192, 160) * 65535).astype(np.uint16))


@pytest.mark.parametrize(("orientation", "turns"), [(3, 2), (6, -1), (8, 1)])
def test_a_picture_is_turned_as_its_exif_says(films, tmp_path, orientation, turns):
    plain = films.open(Source(write_picture(tmp_path / "plain.png")))
    turned = films.open(Source(write_picture(tmp_path / "turned.png", exif_orientation=orientation)))
    np.testing.assert_array_equal(films.pixels(turned).stored, np.rot90(films.pixels(plain).stored, turns))


def test_content_decides_not_the_suffix(films, tmp_path):
    picture = write_picture(tmp_path / "film.dcm", image_format="JPEG")
    dicom = write_film(tmp_path / "film.txt")
    assert not films.open(Source(picture)).header.is_verified
    assert films.open(Source(dicom)).header.is_verified


def test_a_film_in_a_zip_is_read_without_unpacking(films, tmp_path, good):
    archive = write_zip(tmp_path / "films.zip", {"a/b/film.dcm": good.path})
    film = films.open(Source(archive, "a/b/film.dcm"))
    assert film.file_sha256 == films.open(good).file_sha256
    np.testing.assert_array_equal(films.pixels(film).stored, films.pixels(films.open(good)).stored)


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (b"", NotAnImage, "empty"),
        (b"just some text, nothing else", NotAnImage, "neither DICOM nor"),
        (b"\x89PNG\r\n\x1a\n broken", DamagedFilm, "damaged"),
        (bytes(128) + b"DICM", NotAnImage, "nothing readable"),
        (b"PK\x03\x04 a zip", NotAnImage, "ZIP"),
    ],
)
def test_what_is_no_film_is_refused_by_name(films, tmp_path, content, error, told):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(error, match=told):
        films.open(Source(path))


def test_missing_files_folders_and_pipes_are_refused(films, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing", ".", "pipe"):
        with pytest.raises(RefusedSource):
            films.open(Source(tmp_path / name))


def test_a_file_that_is_too_large_is_refused_before_it_is_read(films, tmp_path):
    path = tmp_path / "huge.dcm"
    with path.open("wb") as file:
        file.truncate(reader.MAX_FILE_BYTES + 1)  # sparse: takes no room
    with pytest.raises(OversizedFilm):
        films.open(Source(path))


def test_a_file_that_changed_after_it_was_opened_is_not_shown_under_the_old_header(films, tmp_path):
    path = write_film(tmp_path / "film.dcm")
    film = films.open(Source(path))
    write_film(path, patient_name="Other^Person")
    with pytest.raises(DamagedFilm, match="changed since"):
        films.pixels(film)


def test_a_film_that_was_just_opened_is_not_read_a_second_time_for_its_pixels(films, tmp_path, monkeypatch):
    film = films.open(Source(write_film(tmp_path / "film.dcm")))
    expected = FilmReader.pixels(films, film).stored
    monkeypatch.setattr(reader, "_load", lambda *_: pytest.fail("the file was read again"))

    np.testing.assert_array_equal(films.pixels(film).stored, expected)


def test_a_film_is_read_again_after_others_came_between(films, tmp_path):
    opened = [films.open(Source(write_film(tmp_path / f"{seed}.dcm", seed=seed))) for seed in range(3)]
    batch = films.open_many([film.source for film in opened])
    assert batch == opened
    for film in (*opened, *reversed(opened)):
        with FilmReader() as fresh:
            expected = fresh.pixels(film).stored
        np.testing.assert_array_equal(films.pixels(film).stored, expected)


def test_a_film_that_its_worker_holds_no_more_is_still_decoded(tmp_path, monkeypatch, good):
    monkeypatch.setattr(decode_process, "_PROGRAM", HOLDS_NOTHING)
    with FilmReader() as small:
        film = small.open(good)
        assert small.pixels(film).stored.any()


def test_a_picture_that_declares_far_more_than_it_has_takes_no_memory(films, tmp_path):
    film = films.open(Source(write_film(tmp_path / "film.dcm", Rows=19_000, Columns=19_000)))
    with pytest.raises(DamagedFilm, match="not one row"):
        films.pixels(film)


def test_what_goes_wrong_while_the_worker_works_leaves_no_answer_for_the_next_film(
    good, tmp_path, monkeypatch
):
    def fail(_values):
        raise MemoryError

    other = Source(write_film(tmp_path / "other.dcm", seed=8))
    with FilmReader() as films:
        film = films.open(good)
        with monkeypatch.context() as patched:
            patched.setattr(reader, "make_ready", fail)
            with pytest.raises(MemoryError):
                films.pixels(film)

        assert films.open(other).source == other
        np.testing.assert_array_equal(films.pixels(film).stored, stored_values(chest_picture(128, 112), 12))


@pytest.mark.parametrize(
    ("lines", "error", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", ReaderFault, "crashed.*SIGSEGV"),
        ("os._exit(3)", ReaderFault, "exit code 3"),
        ("return {'header': {}, 'sha256': 'x'}", ReaderFault, "no header"),
        ("return {'header': 5, 'sha256': 'a' * 64}", ReaderFault, "no header"),
        ("bytearray(3 * 1024**3)", OversizedFilm, "memory"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", DamagedFilm, "may not: socket"),
        ("import subprocess; subprocess.run(['true'])", DamagedFilm, "may not: subprocess"),
        ("os.fork()", DamagedFilm, "may not: os.fork"),
        ("open('/tmp/x', 'w')", DamagedFilm, "may not write"),
        ("[os.dup(0) for _ in range(100)]", DamagedFilm, "Too many open files"),
    ],
)
def test_a_worker_that_fails_is_one_failed_film(evil, good, bad, lines, error, told):
    films = evil(lines)
    with pytest.raises(error, match=told):
        films.open(bad)
    assert films.open(good).header.patient_name == "Phantom^Petra"


def test_a_worker_that_hangs_is_ended(evil, good, bad, monkeypatch):
    films = evil("time.sleep(60)")
    films.open(good)  # it has started: only the hanging counts
    monkeypatch.setattr(decode_process, "WALL_S", 0.5)
    with pytest.raises(ReaderFault, match="longer than 0"):
        films.open(bad)
    monkeypatch.undo()
    assert films.open(good)


def test_a_worker_that_computes_without_end_is_ended(evil, good, bad):
    films = evil(
        "from viewer.core import sandbox; sandbox.PROCESSOR_S = 0; sandbox.allow_processor_time()\nwhile True: pass"
    )
    with pytest.raises(ReaderFault, match="processor time"):
        films.open(bad)
    assert films.open(good)


@pytest.mark.parametrize(
    "lines",
    [
        "return {'shape': [1, 1], 'dtype': 'u2', 'notices': []}",
        "return {'shape': [128, 112], 'dtype': 'O', 'notices': []}",
        "return {'shape': [128, 112], 'dtype': 'u8', 'notices': []}",
        "return {'pixels': 1}",
    ],
)
def test_pixels_that_do_not_fit_the_header_are_not_shown(evil, bad, lines):
    films = evil(f"if request['do'] == 'pixels':\n    {lines}")
    film = films.open(bad)
    with pytest.raises(ReaderFault, match="does not fit its header"):
        films.pixels(film)


def test_a_worker_that_does_not_start_is_an_error_not_a_hang(monkeypatch, good):
    monkeypatch.setattr(decode_process, "_PROGRAM", "raise SystemExit(4)")
    with FilmReader() as films, pytest.raises(ReaderFault, match="exit code 4"):
        films.open(good)


def test_workers_killed_at_random_moments_harm_no_later_film(good):
    chance = random.Random(7)
    outcomes = set()
    with FilmReader() as films:
        for _ in range(20):
            pid = films._processes[0].pid
            killer = threading.Timer(chance.uniform(0, 0.03), _kill, [pid or 0])
            killer.start()
            try:
                assert films.pixels(films.open(good)).stored.shape == (128, 112)
                outcomes.add("read")
            except ReaderFault as fault:
                outcomes.add(fault.reason)
            killer.join()
        assert films.open(good).header.patient_id == "TEST-1"
    assert outcomes <= {
        "read",
        "The decoder crashed on this file (SIGKILL). Other films are not affected.",
    }


def _kill(pid: int) -> None:
    """Kill and wait for the death: what still reaches a dying worker is the film at hand, not a later one."""
    if pid:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def test_a_worker_that_has_nothing_to_do_loads_the_decoders(good, monkeypatch):
    monkeypatch.setattr(decode_process, "_PROGRAM", TELLS_ITS_MODULES)
    deadline = time.monotonic() + 60
    loaded: set[str] = set()
    with FilmReader() as films:
        while loaded != set(decode._DECODERS):
            assert time.monotonic() < deadline
            time.sleep(0.02)
            with pytest.raises(NotAnImage) as told:
                films.open(good)
            loaded = set(told.value.reason.split())


def test_many_threads_share_a_few_workers(tmp_path):
    paths = [write_film(tmp_path / f"{seed}.dcm", seed=seed, rows=32, columns=24) for seed in range(12)]
    with FilmReader(workers=2) as films, ThreadPoolExecutor(6) as pool:
        for seed, path in enumerate(pool.map(lambda path: films.pixels(films.open(Source(path))), paths)):
            np.testing.assert_array_equal(path.stored, stored_values(chest_picture(32, 24, seed), 12))


def test_a_worker_is_replaced_after_many_files(good, monkeypatch):
    monkeypatch.setattr(decode_process, "MAX_REQUESTS", 3)
    with FilmReader() as films:
        first = films._processes[0].pid
        for _ in range(4):
            films.open(good)
        assert films._processes[0].pid != first


def test_closing_ends_the_worker_and_calls_under_way(evil, bad, good):
    films = evil("time.sleep(60)")
    films.open(good)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(films.open, bad)
        time.sleep(0.3)
        pid = films._processes[0].pid
        films.close()
        with pytest.raises(FilmError, match="closed"):
            waiting.result(timeout=5)
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(FilmError, match="closed"):
        films.open(good)


def test_the_parent_never_imports_a_codec_or_a_parser():
    import subprocess
    import sys

    program = (
        "import sys; import viewer.core.reader, viewer.core.scan, viewer.core.library, viewer.core.hanging;"
        "print([name for name in ('pydicom', 'PIL', 'imagecodecs', 'openjpeg', 'rle', 'jpeg_ls', 'torch')"
        " if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_batch_that_kills_its_worker_costs_only_the_guilty_film(evil, good, bad):
    films = evil("os.kill(os.getpid(), signal.SIGSEGV)")
    first, guilty, last = films.open_many([good, bad, good])
    assert first == last == films.open(good)
    assert isinstance(guilty, ReaderFault)
    assert "SIGSEGV" in guilty.reason


def test_a_batch_answers_each_file_for_itself(films, good, tmp_path):
    (tmp_path / "note.txt").write_text("just some text, nothing else")
    zipped = write_zip(tmp_path / "films.zip", {"film.dcm": good.path})
    answers = films.open_many(
        [good, Source(tmp_path / "note.txt"), Source(tmp_path / "nothing"), Source(zipped, "film.dcm")]
    )
    assert answers[0] == films.open(good)
    assert isinstance(answers[1], NotAnImage)
    assert isinstance(answers[2], RefusedSource)
    assert answers[3] == films.open(Source(zipped, "film.dcm"))


@pytest.mark.parametrize("answer", ["{'answers': []}", "{'answers': 5}", "{'answers': [7, {}]}", "{}"])
def test_a_batch_with_a_senseless_answer_is_read_one_by_one(evil, good, bad, answer):
    films = evil(f"if request['do'] == 'open_many': return {answer}")
    for film in films.open_many([good, bad]):
        assert isinstance(film, ReaderFault) or film.header.patient_id == "TEST-1"


def test_who_wants_to_see_a_film_is_served_before_the_scan():
    idle = reader._IdleWorkers()
    worker, served = object(), []
    idle.give_back(worker)
    idle.take(is_urgent=False)

    def wait(name: str, *, is_urgent: bool) -> None:
        idle.take(is_urgent=is_urgent)
        served.append(name)
        idle.give_back(worker)

    threads = [
        threading.Thread(target=wait, args=("scan",), kwargs={"is_urgent": False}),
        threading.Thread(target=wait, args=("film",), kwargs={"is_urgent": True}),
    ]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while len(idle._changed._waiters) < number:
            time.sleep(0.001)
    idle.give_back(worker)
    for thread in threads:
        thread.join(5)
    assert served == ["film", "scan"]


def test_a_long_decoding_never_takes_the_reserve_and_a_scan_never_waits_for_one():
    idle = reader._IdleWorkers()
    ordinary, reserve = object(), object()
    idle.have_reserve(lambda: reserve)
    taken = []
    long = threading.Thread(target=lambda: taken.append(idle.take(is_urgent=True, is_long=True)))
    long.start()
    while not idle._changed._waiters:
        time.sleep(0.001)

    assert idle.take(is_urgent=False) is reserve
    assert not taken
    idle.give_back(ordinary)
    long.join(5)
    assert taken == [ordinary]


def test_while_a_film_is_decoded_for_long_the_next_one_is_opened(evil, tmp_path, good, monkeypatch):
    monkeypatch.setattr(preview_size, "LEAST_PIXELS", 1)
    bad = write_film(tmp_path / "bad.dcm", patient_name="EVIL", transfer_syntax=JPEG2000Lossless)
    ended = threading.Event()
    with evil("if request['do'] == 'pixels': time.sleep(60)") as films:
        film = films.open(Source(bad))

        def decode_for_long() -> None:
            with contextlib.suppress(FilmError):
                films.pixels(film)
            ended.set()

        threading.Thread(target=decode_for_long).start()
        while films._idle._reserve is None:
            time.sleep(0.001)
        assert films.open(good).source == good
        assert not ended.is_set()
    assert ended.wait(30)


def test_no_worker_is_started_once_the_reader_is_closed():
    films = FilmReader()
    films.close()
    with pytest.raises(ReaderFault, match="closed"):
        films._another()
    assert len(films._processes) == 1
