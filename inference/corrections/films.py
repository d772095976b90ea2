"""The films of the cases, each once, under the SHA-256 of its pixels and attributes: as stored, without loss.

A file `films/ab/abcd….npz` holds the stored values (`stored`) and the attributes as one line of JSON (`attributes`, see
inference.wire.attributes_json). Both together have the hash that the file is named by, so that damage is seen. No
header, no name, no date is kept; overlays and explanations were left out before (inference.client.film_input).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from inference.backend import FilmInput
from inference.errors import InvalidFilm
from inference.wire import FilmAttributes, attributes_from_json, attributes_json, film_digest
from viewer.core.synthetic_mark import look

_NAME = re.compile(r"[0-9a-f]{64}")


def film_file(folder: Path, image: str) -> Path:
    """Where a film lies.

    Raises:
        InvalidFilm: `image` is no SHA-256.
    """
    if not _NAME.fullmatch(image):
        raise InvalidFilm("A film is named by its SHA-256.")
    return folder / image[:2] / f"{image}.npz"


def keep_film(folder: Path, film: FilmInput) -> None:
    """Write a film, once.

    Raises:
        InvalidFilm: It is synthetic, or its hash is not that of its pixels.
        OSError: The disk refuses.
    """
    if film.is_synthetic or look(film.stored) is not None:
        raise InvalidFilm("Synthetic films are not kept as training data.")
    file, attributes = film_file(folder, film.image_sha256), attributes_json(film)
    if film_digest(film.stored, attributes) != film.image_sha256:
        raise InvalidFilm("The film is not the one that it is named.")
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = io.BytesIO()
    np.savez_compressed(whole, stored=film.stored, attributes=np.frombuffer(attributes.encode(), np.uint8))
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(whole.getbuffer())
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read_film(folder: Path, image: str) -> FilmInput:
    """A film as it was kept.

    Raises:
        InvalidFilm: It is damaged, or not there.
    """
    file = film_file(folder, image)
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as kept:
            stored, attributes = kept["stored"], kept["attributes"].tobytes().decode()
    except FileNotFoundError:
        raise InvalidFilm(f"The film {image[:12]} is not among the kept ones.") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InvalidFilm(f"The kept film {image[:12]} is damaged ({type(error).__name__}).") from None
    if film_digest(stored, attributes) != image:
        raise InvalidFilm(f"The kept film {image[:12]} is not as it was kept.")
    told = attributes_from_json(attributes)
    return FilmInput(
        image, stored, told.description, told.modality, told.body_part, told.view_position, told.is_synthetic
    )


def read_attributes(folder: Path, image: str) -> FilmAttributes:
    """What is known of a kept film without its pixels, which are not read.

    Raises:
        InvalidFilm: It is damaged, or not there.
    """
    try:
        with np.load(film_file(folder, image), allow_pickle=False) as kept:
            return attributes_from_json(kept["attributes"].tobytes().decode())
    except FileNotFoundError:
        raise InvalidFilm(f"The film {image[:12]} is not among the kept ones.") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InvalidFilm(f"The kept film {image[:12]} is damaged ({type(error).__name__}).") from None


def kept_images(folder: Path) -> Iterator[tuple[str, int]]:
    """Every film and its size in bytes."""
    for file in sorted(folder.glob("??/*.npz")):
        if _NAME.fullmatch(file.stem):
            yield file.stem, file.stat().st_size


def forget_film(folder: Path, image: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        film_file(folder, image).unlink()
