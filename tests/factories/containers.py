"""ZIP files and DICOMDIRs, good and bad."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence as Sequence_
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage


def write_zip(
    path: Path, members: Mapping[str, bytes | Path], *, compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Write a ZIP whose members have exactly these names (also `../x` and absolute ones) and return `path`."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(
                zipfile.ZipInfo(name),
                content.read_bytes() if isinstance(content, Path) else content,
                compression,
            )
    return path


def write_dicomdir(path: Path, file_ids: Sequence[Sequence[str]]) -> Path:
    """Write a DICOMDIR that lists exactly these files (also `..` and files that are not there) and return `path`."""
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.FileSetID = "TEST"
    patient = Dataset()
    patient.DirectoryRecordType = "PATIENT"
    records = [patient]
    for file_id in file_ids:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # hostile names are no CS values
            record.ReferencedFileID = list(file_id)
        records.append(record)
    directory.DirectoryRecordSequence = Sequence_(records)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcmwrite(path, directory, enforce_file_format=True)
    return path
