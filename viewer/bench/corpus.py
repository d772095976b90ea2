"""Writes the films that are measured, the same ones for the same seed. Runs as a process of its own.

    python -m viewer.bench.corpus FOLDER PLAN

It needs encoders, and the window's process must never import any. Every film is drawn here; nothing is read.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.bench.corpus_plan import Plan, plan_from_json

SEED = 20260301
UNCOMPRESSED = "1.2.840.10008.1.2.1"
SYNTAXES = {
    "uncompressed": UNCOMPRESSED,
    "rle": "1.2.840.10008.1.2.5",
    "jpeg-lossless": "1.2.840.10008.1.2.4.70",
    "jpeg-ls": "1.2.840.10008.1.2.4.80",
    "jpeg-2000": "1.2.840.10008.1.2.4.90",
}
_SERIAL = "000000"  # in every UID of the small films, so that a film is made by replacing digits


def write_corpus(folder: Path, plan: Plan) -> None:
    """Write all films of the plan below `folder`.

    large/SYNTAX/NN.dcm   full size, each transfer syntax
    drag/NAME.dcm         16 bits stored: monochrome2, monochrome1, lut
    small/COUNT/…         many small films in folders of a hundred
    sequence/NNN.dcm      for opening one after the other
    four/N.dcm            two patients, two full size films each
    """
    random = np.random.default_rng(SEED)
    twelve = chest_values(plan.side, random, bits=12)
    for name, syntax in SYNTAXES.items():
        template = film_bytes(twelve, 12, syntax, patient=f"{name}-P-000000")
        for number in range(plan.per_syntax):
            _write(folder / "large" / name / f"{number:02d}.dcm", numbered(template, number, per_study=1))
    sixteen = chest_values(plan.side, random, bits=16)
    for name, more in (
        ("monochrome2", {}),
        ("monochrome1", {"PhotometricInterpretation": "MONOCHROME1"}),
        ("lut", {"lut": True}),
    ):
        _write(folder / "drag" / f"{name}.dcm", film_bytes(sixteen, 16, UNCOMPRESSED, patient=name, **more))
    four = film_bytes(sixteen, 16, UNCOMPRESSED, patient="four-P-000000")
    for number in range(4):
        _write(folder / "four" / f"{number}.dcm", numbered(four, number))
    for count in plan.small_counts:
        small = film_bytes(
            chest_values(plan.small_side, random, bits=12), 12, UNCOMPRESSED, patient="small-P-000000"
        )
        for number in range(count):
            _write(
                folder / "small" / str(count) / f"{number // 100:03d}" / f"{number:05d}",
                numbered(small, number),
            )
    one = film_bytes(
        chest_values(plan.sequence_side, random, bits=12), 12, UNCOMPRESSED, patient="row-P-000000"
    )
    for number in range(plan.sequence):
        _write(folder / "sequence" / f"{number:03d}.dcm", numbered(one, number))


def chest_values(side: int, random: np.random.Generator, bits: int) -> NDArray[np.uint16]:
    """Stored values, shape (side, side): two dark lungs, bright middle, quantum noise of a real detector's size."""
    y, x = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j].astype(np.float32)
    picture = 0.75 - 0.2 * (y - 0.5) ** 2
    for middle in (0.29, 0.71):
        picture -= 0.55 * np.exp(-((((x - middle) / 0.13) ** 2 + ((y - 0.47) / 0.26) ** 2) ** 2))
        picture += 0.05 * np.sin(2 * np.pi * 11 * (y - 0.5 * abs(x - 0.5))) * (abs(x - middle) < 0.17)
    picture += random.normal(0, 0.004, picture.shape).astype(np.float32)
    top = 2**bits - 1
    values: NDArray[np.uint16] = np.rint(picture.clip(0, 1) * top).astype(np.uint16)
    return values


def film_bytes(
    values: NDArray[np.uint16], bits: int, syntax: str, patient: str, lut: bool = False, **more: Any
) -> bytes:
    """A whole DICOM file in memory. Its UIDs end in digits that `numbered` replaces."""
    from io import BytesIO

    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.filewriter import dcmwrite
    from pydicom.sequence import Sequence as DicomSequence

    meta: Any = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = f"2.25.1234.3.{_key(patient)}.1{_SERIAL}"
    film: Any = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    film.SOPClassUID = meta.MediaStorageSOPClassUID
    film.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    film.StudyInstanceUID = f"2.25.1234.1.{_key(patient)}.2{_SERIAL}"
    film.SeriesInstanceUID = f"2.25.1234.2.{_key(patient)}.2{_SERIAL}"
    film.PatientID, film.PatientName, film.PatientSex, film.PatientAge = patient, "Bench^Film", "F", "060Y"
    film.PatientBirthDate, film.StudyDate, film.StudyTime = "19660101", "20260301", "101500"
    film.StudyDescription, film.SeriesDescription = "Chest PA", "Chest"
    film.Modality, film.BodyPartExamined, film.ViewPosition = "DX", "CHEST", "PA"
    film.SeriesNumber, film.InstanceNumber = 1, 1
    film.ImageType, film.PatientOrientation = ["DERIVED", "PRIMARY"], ["L", "F"]
    film.ImagerPixelSpacing = [0.14, 0.14]
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.Rows, film.Columns = values.shape
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, bits, bits - 1, 0
    film.RescaleSlope, film.RescaleIntercept, film.RescaleType = 1, 0, "US"
    if lut:
        film.VOILUTSequence = DicomSequence([_curve(Dataset(), bits)])
    else:
        film.WindowCenter, film.WindowWidth = 2 ** (bits - 1), 2**bits * 3 // 4
    for keyword, value in more.items():
        setattr(film, keyword, value)
    if syntax == UNCOMPRESSED:
        film.PixelData = values.astype("<u2").tobytes()
    else:
        film.PixelData = encapsulate([_encoded(values, syntax, bits)])
        film["PixelData"].is_undefined_length = True
    film["PixelData"].VR = "OW" if syntax == UNCOMPRESSED else "OB"
    out = BytesIO()
    dcmwrite(out, film, enforce_file_format=True)
    return out.getvalue()


def numbered(template: bytes, number: int, per_study: int = 2) -> bytes:
    """The film with a serial number of its own; so many each share a study and a Patient ID."""
    head, rest = template[:4096], template[4096:]  # all digits to replace lie at the beginning
    own, shared = f"{number:06d}".encode(), f"{number // per_study:06d}".encode()
    head = head.replace(b".1000000", b".1" + own).replace(b".2000000", b".2" + shared)
    return head.replace(b"P-000000", b"P-" + shared) + rest


def _key(patient: str) -> int:
    return sum(byte << (4 * place) for place, byte in enumerate(patient.encode()[:12]))


def _curve(item: Any, bits: int) -> Any:
    """A VOI LUT with an entry for each stored value: an S, as detectors ship them."""
    share = np.linspace(-4, 4, 2**bits)
    item.LUTDescriptor = [2**bits % 65536, 0, 16]  # 0 stands for 65,536 (PS3.3 C.11.2.1.1)
    item["LUTDescriptor"].VR = "US"
    item.LUTExplanation = "NORMAL"
    item.add_new(0x00283006, "OW", np.rint(65535 / (1 + np.exp(-share))).astype("<u2").tobytes())
    return item


def _encoded(values: NDArray[np.uint16], syntax: str, bits: int) -> bytes:
    match syntax:
        case "1.2.840.10008.1.2.5":
            import rle

            rows, columns = values.shape
            return bytes(
                rle.encode_pixel_data(
                    values.astype("<u2").tobytes(),
                    rows=rows,
                    columns=columns,
                    samples_per_pixel=1,
                    bits_allocated=16,
                    number_of_frames=1,
                    byteorder="<",
                )
            )
        case "1.2.840.10008.1.2.4.70":
            import imagecodecs

            return bytes(imagecodecs.jpeg8_encode(values, lossless=True, predictor=1, bitspersample=bits))
        case "1.2.840.10008.1.2.4.80":
            import jpeg_ls

            return bytes(jpeg_ls.encode_array(values))
        case _:
            from openjpeg.utils import encode_array

            return bytes(encode_array(values, bits_stored=bits, photometric_interpretation=2))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]), plan_from_json(sys.argv[2]))
