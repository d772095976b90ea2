"""Folders of small chest films for the tests of batch reading, and a fake reader whose words depend on the film."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from inference.backend import CancelToken, Event, Progress, ReadStudy, Request
from inference.errors import InferenceCancelled
from tests.factories.dicom_film import write_film
from tests.fake_backend import FakeBackend


def write_studies(folder: Path, count: int) -> Path:
    """`count` studies of one film each, of different patients; every second is called pa.dcm."""
    for number in range(count):
        name = "pa.dcm" if number % 2 else f"film{number}.dcm"
        write_film(folder / f"s{number}" / name, rows=60, columns=50, seed=number, patient_id=f"P{number}")
    return folder


class FilmReadingBackend(FakeBackend):
    """Says something else about each film, and at chosen readings (1 = the first) raises an error or does worse.

    Args:
        errors: By the number of the reading.
        hangs_at: The number of a reading that never gets further, until it is stopped.
    """

    def __init__(self, errors: dict[int, BaseException] | None = None, hangs_at: int = 0) -> None:
        super().__init__()
        self.errors, self.hangs_at = errors or {}, hangs_at
        self.read: list[str] = []  # first film of each study that was begun

    def run(self, request: Request, cancel: CancelToken) -> Iterator[Event]:
        if isinstance(request, ReadStudy):
            image = self.studies[request.study_id].films[0].image_sha256
            self.begin(image)
            self.words = tuple(f"{image[at : at + 4]} " for at in range(0, 40, 4))
            error = self.errors.pop(len(self.read), None)
            if error is not None:
                raise error
            if len(self.read) == self.hangs_at:
                yield Progress("gate", 0, 1)
                while not cancel.is_cancelled:
                    time.sleep(0.01)
                raise InferenceCancelled("Stopped.")
        yield from super().run(request, cancel)

    def begin(self, image: str) -> None:
        self.read.append(image)
