"""A DICOMDIR: which files a medium lists (PS3.3 F.3). Parsed in the decode worker, resolved by `file_walk`.

Records point at each other by byte offsets, which a crafted file can turn into a loop. They are not followed: every
record lies in one flat sequence, and only the file names in them are wanted.
"""

from __future__ import annotations

from viewer.core.dicom_file import open_dicom
from viewer.core.element_values import split_values
from viewer.core.elements import items
from viewer.core.errors import DamagedFilm

DIRECTORY_RECORD_SEQUENCE = 0x00041220
REFERENCED_FILE_ID = 0x00041500
MOST_RECORDS = 200_000
MOST_NAMES = 100_000

FileId = tuple[str, ...]
"""The parts of a path below the DICOMDIR: at most 8 of 8 characters where the medium keeps to the standard."""


def read_directory(data: bytes) -> tuple[FileId, ...]:
    """Return the Referenced File IDs (0004,1500) of a DICOMDIR, in file order, as they are written.

    Raises:
        DamagedFilm: It has no records.
        FilmError: See `open_dicom`.
    """
    file = open_dicom(data, {DIRECTORY_RECORD_SEQUENCE}, is_directory_wanted=True)
    sequence = file.elements.get(DIRECTORY_RECORD_SEQUENCE)
    if sequence is None:
        raise DamagedFilm("The DICOMDIR has no directory records.")
    names: dict[FileId, None] = {}
    for record in items(file.data, sequence, {REFERENCED_FILE_ID}, most=MOST_RECORDS):
        element = record.get(REFERENCED_FILE_ID)
        if element is not None and len(names) < MOST_NAMES:
            raw = file.data[element.start : element.start + min(element.length, 1024)]
            names[tuple(split_values(raw))] = None
    return tuple(name for name in names if name != ("",))
