"""Why a file gives no film, in words for the reader. Every class survives pickling.

FilmError
├── NotAnImage
├── UnsupportedFilm
├── DamagedFilm
├── OversizedFilm
├── RefusedSource
└── ReaderFault
"""

from __future__ import annotations


class FilmError(Exception):
    """Base of all that keeps a film off the screen. `reason` is one sentence: what happened, what can be done."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAnImage(FilmError):
    """The file is no DICOM image and no picture that we open."""


class UnsupportedFilm(FilmError):
    """An image in a form that we do not decode; the reason names the form."""


class DamagedFilm(FilmError):
    """The file contradicts itself, or a part that is needed is missing."""


class OversizedFilm(FilmError):
    """The file declares or holds more than a film may, so it was not decoded."""


class RefusedSource(FilmError):
    """The place the file lies in is not opened: a link out of the folder, an encrypted or dangerous ZIP member."""


class ReaderFault(FilmError):
    """The decode worker died, hung or gave an answer that does not fit. The next film gets a new worker."""
