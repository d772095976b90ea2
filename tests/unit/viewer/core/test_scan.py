from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator

import pytest

from tests.factories import write_film, write_picture, write_zip
from viewer.core import archive
from viewer.core.archive import member_names, read_member
from viewer.core.errors import OversizedFilm, RefusedSource
from viewer.core.reader import FilmReader
from viewer.core.scan import FilmFound, ScanEvent, ScanProgress, Skipped, scan


@pytest.fixture(scope="module")
def reader() -> Iterator[FilmReader]:
    with FilmReader() as opened:
        yield opened


def found(events: list[ScanEvent]) -> list[str]:
    return [str(event.film.source).rsplit("/", 1)[-1] for event in events if isinstance(event, FilmFound)]


def reasons(events: list[ScanEvent]) -> dict[str, str]:
    return {
        event.unreadable.source.member or event.unreadable.source.path.name: event.unreadable.reason
        for event in events
        if isinstance(event, Skipped)
    }


def test_a_folder_is_searched_to_the_bottom_and_junk_has_its_reason(reader, tmp_path):
    write_film(tmp_path / "a" / "b" / "film")
    write_picture(tmp_path / "photo.jpg")
    (tmp_path / "notes.txt").write_text("do not read this as a film")
    (tmp_path / "empty.dcm").touch()

    events = list(scan([tmp_path], reader))

    assert sorted(found(events)) == ["film", "photo.jpg"]
    assert set(reasons(events)) == {"notes.txt", "empty.dcm"}
    assert events[-1] == ScanProgress(4, 4)


def test_the_first_film_arrives_before_the_folder_is_listed(reader, tmp_path):
    for number in range(40):
        write_film(tmp_path / f"{number:02}.dcm", rows=16, columns=16, seed=number)
    events = scan([tmp_path], reader)
    first = next(events)
    assert isinstance(first, FilmFound)
    last = [event for event in events if isinstance(event, ScanProgress)]
    assert last[0].done < last[-1].total == 40


def test_a_scan_stops_when_it_is_asked(reader, tmp_path):
    for number in range(30):
        write_film(tmp_path / f"{number:02}.dcm", rows=16, columns=16, seed=number)
    seen: list[ScanEvent] = []
    for event in scan([tmp_path], reader, is_stopped=lambda: len(seen) >= 3):
        seen.append(event)
    assert len(seen) < 10


def test_films_in_a_zip_are_found_with_the_junk_around_them(reader, tmp_path):
    film = write_film(tmp_path / "f.dcm")
    path = write_zip(tmp_path / "cd.zip", {"DICOM/IM1": film, "autorun.inf": b"[autorun]", "DICOM/": b""})
    events = list(scan([path], reader))
    assert found(events) == ["IM1"]
    assert set(reasons(events)) == {"autorun.inf"}


def test_a_zip_inside_a_zip_is_opened_and_a_third_one_is_not(reader, tmp_path):
    film = write_film(tmp_path / "f.dcm")
    inner = write_zip(tmp_path / "inner.zip", {"film.dcm": film})
    middle = write_zip(tmp_path / "middle.zip", {"inner.zip": inner, "also.dcm": film})
    outer = write_zip(tmp_path / "outer.zip", {"middle.zip": middle})
    events = list(scan([outer], reader))
    assert [event.film.source.member for event in events if isinstance(event, FilmFound)] == [
        "middle.zip!/also.dcm"
    ]
    assert "deep" in reasons(events)["middle.zip!/inner.zip"]


@pytest.mark.parametrize(
    "name", ["../film.dcm", "a/../../film.dcm", "/etc/film.dcm", "C:\\film.dcm", "..\\film.dcm"]
)
def test_paths_that_leave_the_zip_are_refused(reader, tmp_path, name):
    path = write_zip(tmp_path / "slip.zip", {name: write_film(tmp_path / "f.dcm")})
    events = list(scan([path], reader))
    assert found(events) == []
    assert "points out of" in next(iter(reasons(events).values()))
    with pytest.raises(RefusedSource):
        read_member(path, name.replace("\\", "/") if name.startswith("C") else name)


def test_links_in_a_zip_are_refused(reader, tmp_path):
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as target:
        link = zipfile.ZipInfo("film.dcm")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    assert "link" in reasons(list(scan([path], reader)))["film.dcm"]


def test_encrypted_members_are_refused_with_a_way_out(reader, tmp_path):
    path = write_zip(tmp_path / "secret.zip", {"film.dcm": b"x" * 40}, compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", data, data.index(signature) + place, 1)
    path.write_bytes(data)
    assert "password" in reasons(list(scan([path], reader)))["film.dcm"]


def test_a_member_that_unpacks_to_a_hundred_times_its_size_is_refused(reader, tmp_path):
    path = write_zip(tmp_path / "bomb.zip", {"bomb.dcm": bytes(8 * 1024 * 1024)})
    assert "times its size" in reasons(list(scan([path], reader)))["bomb.dcm"]


def test_a_member_that_lies_about_its_size_is_cut_off(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 1000)
    path = write_zip(tmp_path / "lie.zip", {"film.dcm": bytes(5000)})
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.index(signature) + place, 10)
    path.write_bytes(data)
    with pytest.raises((OversizedFilm, RefusedSource)):
        read_member(path, "film.dcm")


def test_too_many_members_stop_the_import(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    path = write_zip(tmp_path / "many.zip", {str(number): b"x" for number in range(4)})
    with pytest.raises(RefusedSource, match="more than 3 members"):
        list(member_names(path))


def test_a_name_twice_in_a_zip_is_told(reader, tmp_path):
    film = write_film(tmp_path / "f.dcm")
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("film.dcm", film.read_bytes())
        with pytest.warns(UserWarning, match="Duplicate name"):
            target.writestr("film.dcm", film.read_bytes())
    events = list(scan([path], reader))
    assert found(events) == ["twice.zip!film.dcm"]
    assert "twice" in reasons(events)["film.dcm"]


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + b"\xff" * 500, b"PK\x05\x06" + bytes(18)])
def test_a_broken_or_empty_zip_ends_no_scan(reader, tmp_path, content):
    (tmp_path / "broken.zip").write_bytes(content)
    write_film(tmp_path / "good.dcm")
    assert found(list(scan([tmp_path], reader))) == ["good.dcm"]


def test_links_are_followed_only_inside_the_folder(reader, tmp_path):
    folder = tmp_path / "dropped"
    film = write_film(folder / "film.dcm")
    outside = write_film(tmp_path / "outside" / "secret.dcm")
    (folder / "inside-link.dcm").symlink_to(film)
    (folder / "outside-link.dcm").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    events = list(scan([folder], reader))
    assert sorted(found(events)) == ["film.dcm", "inside-link.dcm"]
    assert set(reasons(events)) == {"outside-link.dcm", "loop"}


def test_pipes_and_missing_paths_have_their_reason(reader, tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    events = list(scan([tmp_path, tmp_path / "nothing"], reader))
    assert "pipe" in reasons(events)["pipe"]
    assert "no such file" in reasons(events)["nothing"]


@pytest.mark.parametrize("name", ["film.dcm", "FILM.DICOM"])
def test_a_picture_that_calls_itself_dicom_is_refused_with_a_way_out(reader, tmp_path, name):
    write_picture(tmp_path / "plain.png")
    (tmp_path / name).write_bytes((tmp_path / "plain.png").read_bytes())

    events = list(scan([tmp_path], reader))

    assert found(events) == ["plain.png"]
    assert "Rename it" in reasons(events)[name]


def test_pixel_data_that_claims_four_gigabytes_is_refused_by_its_claim(reader, tmp_path):
    film = write_film(tmp_path / "huge.dcm", rows=64, columns=64)
    data = film.read_bytes()
    at = data.rindex(struct.pack("<HH", 0x7FE0, 0x0010) + b"OW") + 8
    film.write_bytes(data[:at] + struct.pack("<L", 0xFFFFFFFE) + data[at + 4 :])

    events = list(scan([film], reader))

    assert "4,294,967,294 bytes" in reasons(events)["huge.dcm"]


class CountingReader:
    """Passes on to a reader and remembers what it was asked to open."""

    def __init__(self, reader: FilmReader) -> None:
        self._reader, self.workers = reader, reader.workers
        self.opened: list[str] = []

    def open_many(self, sources):
        self.opened += [source.path.name for source in sources]
        return self._reader.open_many(sources)


def test_a_file_that_is_known_and_unchanged_is_not_opened_again(reader, tmp_path):
    write_film(tmp_path / "a.dcm", seed=1)
    write_film(tmp_path / "b.dcm", seed=2)
    first = {
        (event.film.source, event.stamp): event.film
        for event in scan([tmp_path], reader)
        if isinstance(event, FilmFound)
    }
    write_film(tmp_path / "b.dcm", seed=3, rows=200)

    counting = CountingReader(reader)
    events = list(scan([tmp_path], counting, known=lambda source, stamp: first.get((source, stamp))))

    assert found(events) == ["a.dcm", "b.dcm"]
    assert counting.opened == ["b.dcm"]


def test_programs_on_a_cd_are_told_by_their_first_bytes_and_never_loaded(reader, tmp_path):
    (tmp_path / "viewer.exe").write_bytes(b"MZ" + bytes(4096))
    counting = CountingReader(reader)
    events = list(scan([tmp_path], counting))
    assert counting.opened == []
    assert "neither DICOM nor" in reasons(events)["viewer.exe"]
