"""The window's side: has an object made by a child process and puts it on the disk whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from viewer.core.archive import read_member
from viewer.core.element_values import is_uid
from viewer.core.errors import FilmError
from viewer.core.reader import MAX_FILE_BYTES
from viewer.core.study import Film, Source
from viewer.writer.errors import NotWritten
from viewer.writer.messages import packed, unpacked
from viewer.writer.requests import (
    CaptureRequest,
    Equipment,
    KeyObjectsRequest,
    MadeObject,
    ObjectsRequest,
)

NO_OBJECT = "The writing process gave an answer that is no object; nothing was written."
WALL_S = 90.0
"""How long one object may take; a second is usual."""

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from viewer.writer.child import main; sys.exit(main())"
)


def write_capture(request: CaptureRequest, equipment: Equipment, folder: Path) -> Path:
    """Write a Secondary Capture image into `folder` and return the file, named by its SOP Instance UID.

    Raises:
        NotWritten: Nothing was written; the reason names the attribute where the header is at fault.
    """
    message = {
        "kind": "secondary_capture",
        "sources": [_told_source(request.film)],
        "rows": request.rows,
        "columns": request.columns,
        "series_description": request.series_description,
        "derivation": request.derivation,
        "stored_per_pixel": request.stored_per_pixel,
        "is_sideways": request.is_sideways,
        "orientation": request.orientation,
        "is_synthetic": request.film.header.is_synthetic,
        "is_draft": request.is_draft,
    }
    return _write(message, equipment, [_source_bytes(request.film), request.rgb], folder)


def write_key_objects(request: KeyObjectsRequest, equipment: Equipment, folder: Path) -> Path:
    """Write a Key Object Selection Document into `folder` and return the file, named by its SOP Instance UID.

    Raises:
        NotWritten: Nothing was written; the reason names the attribute where the header is at fault.
    """
    if not request.objects:
        raise NotWritten("No key image is marked in this study; nothing was written.")
    message = {
        "kind": "key_objects",
        "sources": [
            {**_told_source(one.film), "frames": list(one.frames), "note": one.note}
            for one in request.objects
        ],
        "note": request.note,
    }
    return _write(message, equipment, [_source_bytes(one.film) for one in request.objects], folder)


def made_objects(request: ObjectsRequest, equipment: Equipment) -> list[MadeObject]:
    """Have the objects of a request made and checked. Nothing is written yet.

    Raises:
        NotWritten: One of them can't be made; the reason names the attribute where the header is at fault.
    """
    if not request.films:
        raise NotWritten("There is no film that the objects could belong to; nothing was written.")
    films = [(film, False) for film in request.films] + [(film, True) for film in request.priors]
    message = {
        "kind": "made_elsewhere",
        "maker": request.maker,
        "sources": [{**_told_source(film), "is_prior": is_prior} for film, is_prior in films],
        "content": request.content,
    }
    blobs = [_source_bytes(film) for film, _ in films]
    return _made(message, equipment, [*blobs, *request.attachments])


def write_files_whole(files: Mapping[Path, bytes]) -> None:
    """Give each content its name: all of them, or none.

    Raises:
        NotWritten: The disk refuses, gives back something else, or a file of that name is there already.
    """
    for file in files:
        if file.exists():
            raise NotWritten(f"{file.name} is there already; nothing was written. Choose another folder.")
    written: list[Path] = []
    try:
        for file, content in files.items():
            write_bytes_whole(file, content)
            written.append(file)
    except NotWritten:
        for file in written:
            file.unlink(missing_ok=True)
        raise


def write_bytes_whole(file: Path, content: bytes) -> None:
    """Give `content` the name `file` only after it was read back from the disk unchanged.

    Raises:
        NotWritten: The disk refuses, or gives back something else. Nothing of that name was written or changed.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:40]}.", suffix=".part")
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if _digest(partial.read_bytes()) != _digest(content):
                raise NotWritten("The disk gave back other bytes than were written; nothing was kept.")
            partial.replace(file)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise NotWritten(
            f"It could not be written to {file.parent}: {error.strerror or error}. Choose another folder."
        ) from error


def _told_source(film: Film) -> dict[str, Any]:
    header = film.header
    if not header.is_verified:
        raise NotWritten(
            "A picture file has no patient and no study, so no DICOM object can be made of it. Export it as PNG."
        )
    return {
        "sop_instance_uid": header.sop_instance_uid,
        "study_instance_uid": header.study_instance_uid,
        "patient_id": header.patient_id,
    }


def _source_bytes(film: Film) -> bytes:
    try:
        content = _read(film.source)
    except (OSError, FilmError) as error:
        reason = error.reason if isinstance(error, FilmError) else error.strerror or error
        raise NotWritten(f"The film's file can't be read: {reason}. Nothing was written.") from error
    if _digest(content) != film.file_sha256:
        raise NotWritten(
            "The film's file has changed since it was opened. Open it again; nothing was written."
        )
    return content


def _read(source: Source) -> bytes:
    if source.member:
        return read_member(source.path, source.member)
    with source.path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _write(message: Mapping[str, Any], equipment: Equipment, blobs: Sequence[bytes], folder: Path) -> Path:
    (made,) = _made(message, equipment, blobs)
    file = folder / made.file_name
    write_bytes_whole(file, made.content)
    return file


def _made(message: Mapping[str, Any], equipment: Equipment, blobs: Sequence[bytes]) -> list[MadeObject]:
    told = {name: getattr(equipment, name) for name in Equipment.__slots__}
    answer, contents = _ask_child(packed({**message, "equipment": told}, blobs))
    if "refused" in answer:
        raise NotWritten(str(answer["refused"])[:500])
    named = answer.get("objects")
    if not isinstance(named, list) or not contents or len(named) != len(contents):
        raise NotWritten(NO_OBJECT)
    if not all(isinstance(uids, list) and len(uids) == 3 and all(map(is_uid, uids)) for uids in named):
        raise NotWritten(NO_OBJECT)
    return [
        MadeObject(sop_class, sop_instance, series, content)
        for (sop_class, sop_instance, series), content in zip(named, contents, strict=True)
    ]


def _ask_child(request: bytes) -> tuple[dict[str, Any], list[bytes]]:
    package_root = str(Path(__file__).resolve().parents[2])
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROGRAM, package_root],
            input=request,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_S,
            env=environment,
            check=False,
        )
        return unpacked(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise NotWritten(
            f"Writing took longer than {WALL_S:g} s and was stopped; nothing was written."
        ) from error
    except (OSError, ValueError) as error:
        raise NotWritten(
            "The writing process ended without an answer; nothing was written. The film's file may be damaged."
        ) from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
