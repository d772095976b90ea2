"""Opens films and reads their pixels, through decode workers that may die without harm.

    FilmReader ── idle workers ── _Worker ── child process (viewer.core.decode_worker)

Untrusted bytes are never parsed in this process: a worker gets them in shared memory and answers in JSON and pixels,
which are checked here before anybody sees them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from viewer.core import errors
from viewer.core.archive import read_member
from viewer.core.decode_process import DecodeProcess, Held, WorkerDied
from viewer.core.element_rows import ElementRow, rows_from_json
from viewer.core.errors import DamagedFilm, FilmError, OversizedFilm, ReaderFault, RefusedSource
from viewer.core.film_json import header_from_json
from viewer.core.frame_memory import FrameMemory, make_ready
from viewer.core.overlay_bits import packed_shape
from viewer.core.pixel_layout import decoded_description, stored_dtypes, stored_shape
from viewer.core.preview_size import enlarge, has_preview, preview_shape
from viewer.core.report_document import ReportDocument, document_from_json
from viewer.core.shared_block import aligned
from viewer.core.study import Film, FilmPixels, PixelDescription, Source

MAX_FILE_BYTES = 512 * 1024 * 1024
"""A larger file is refused before it is read: a chest film has 10 to 40 MB."""


class FilmReader:
    """Opens films and decodes their pixels. Safe to use from several threads; close it when done."""

    def __init__(self, workers: int = 1) -> None:
        """Start `workers` decode workers; they get ready while the program goes on."""
        self.workers = workers
        self._processes: list[DecodeProcess] = []
        self._idle = _IdleWorkers()
        self._memory = FrameMemory()
        self._is_closed = threading.Event()
        self._starting = threading.Lock()
        for _ in range(workers):
            self._idle.give_back(self._another())

    def _another(self) -> DecodeProcess:
        process = DecodeProcess()
        with self._starting:
            if self._is_closed.is_set():
                raise ReaderFault("The reader was closed.")
            self._processes.append(process)
        process.start()
        return process

    def open(self, source: Source) -> Film:
        """Return the film at `source`, told by its content, not by its name.

        Raises:
            FilmError: There is no film, or it can't be shown; `reason` says why.
        """
        with self._worker() as process:
            stamp = _stamp(source)
            size = _load(source, process)
            film = _film(source, _ask(process, {"do": "open", "size": size}))
            process.held = Held(film.file_sha256, stamp, size)
        return film

    def open_many(self, sources: Sequence[Source]) -> list[Film | FilmError]:
        """Open several small films in one request; for each the film, or why there is none.

        A batch that kills its worker is opened again one by one, so that only the guilty film is lost.
        """
        if len(sources) > 1:
            with contextlib.suppress(ReaderFault):
                return self._open_batch(sources)
        return [self._open_or_error(source) for source in sources]

    def _open_batch(self, sources: Sequence[Source]) -> list[Film | FilmError]:
        contents = [_content(source) for source in sources]
        parts, end = [], 0
        for content in contents:
            if isinstance(content, bytes):
                parts.append((end, len(content)))
                end += len(content)
        with self._worker() as process:
            process.held = None
            block = process.reserve(end)
            at = 0
            for content in contents:
                if isinstance(content, bytes):
                    block[at : at + len(content)] = content
                    at += len(content)
            answer = _ask(process, {"do": "open_many", "size": end, "parts": parts})
        told = answer.get("answers")
        if not isinstance(told, list) or len(told) != len(parts):
            raise ReaderFault("The decode worker gave too few answers.")
        answers = iter(told)
        return [
            content if isinstance(content, FilmError) else _film_or_error(source, next(answers))
            for source, content in zip(sources, contents, strict=True)
        ]

    def _open_or_error(self, source: Source) -> Film | FilmError:
        try:
            return self.open(source)
        except FilmError as error:
            return error

    def directory(self, source: Source) -> tuple[tuple[str, ...], ...]:
        """Return the files that a DICOMDIR lists, each as the parts of a path that nobody has checked yet.

        Raises:
            FilmError: It is no DICOMDIR that can be read.
        """
        with self._worker() as process:
            size = _load(source, process)
            answer = _ask(process, {"do": "directory", "size": size})
        file_ids = answer.get("file_ids")
        if not isinstance(file_ids, list) or not all(
            isinstance(parts, list) and all(isinstance(part, str) for part in parts) for parts in file_ids
        ):
            raise ReaderFault("The decode worker gave an answer that is no directory.")
        return tuple(tuple(parts) for parts in file_ids)

    def report(self, source: Source) -> ReportDocument:
        """Return the words of the structured report at `source`.

        Raises:
            FilmError: It is none, or can't be read.
        """
        with self._worker() as process:
            answer = _ask(process, {"do": "report", "size": _load(source, process)})
        try:
            return document_from_json(answer.get("report"))
        except ValueError as error:
            raise ReaderFault("The decode worker gave an answer that is no report.") from error

    def pixels(self, film: Film, frame: int | None = None) -> FilmPixels:
        """Return the decoded stored values of one frame: the one that `film` stands for, unless said otherwise.

        Raises:
            FilmError: The frame can't be decoded, or the file is no longer the one that was opened.
        """
        description = film.header.pixels
        room = _room(description)
        stamp = _stamp(film.source)
        is_long = has_preview(film)
        if is_long:
            with contextlib.suppress(
                OSError, WorkerDied, ReaderFault
            ):  # it helps others; this film needs none
                self._idle.have_reserve(self._another)
        with self._worker(is_urgent=True, is_long=is_long, sha256=film.file_sha256) as process:
            size, is_held = _bring(film, process, stamp)
            offset = aligned(size)
            overlay_offset = offset + aligned(room)
            overlay_room = int(np.prod(packed_shape(description), dtype=np.int64))
            block = process.reserve(overlay_offset + overlay_room)
            request = {
                "do": "pixels",
                "size": size,
                "is_held": is_held,
                "sha256": film.file_sha256,
                "frame": film.frame if frame is None else frame,
                "offset": offset,
                "room": room,
                "overlay_offset": overlay_offset,
                "overlay_room": overlay_room,
            }
            values = self._memory.take(stored_shape(description), stored_dtypes(description)[0])
            answer = _ask(process, request, meanwhile=lambda: make_ready(values))
            values = _checked_values(block, offset, answer, description, values)
            overlays = np.frombuffer(block, np.uint8, overlay_room, overlay_offset).copy()
            process.held = Held(film.file_sha256, stamp, size)
        self._memory.prepare_another(values)
        return FilmPixels(
            decoded_description(description),
            values,
            _notices(answer),
            overlays.reshape(packed_shape(description)) if overlay_room else None,
            answer.get("is_marked_synthetic") is True,
        )

    def elements(self, film: Film) -> tuple[ElementRow, ...]:
        """Return every data element of the film's file as rows of text, with unseen characters written out.

        Raises:
            FilmError: The file can't be read, has no elements, or is no longer the one that was opened.
        """
        with self._worker(is_urgent=True) as process:
            size = _load(film.source, process)
            answer = _ask(process, {"do": "elements", "size": size, "sha256": film.file_sha256})
        try:
            return rows_from_json(answer.get("rows"))
        except ValueError as error:
            raise ReaderFault("The decode worker gave an answer that is no list of elements.") from error

    def preview(self, film: Film) -> FilmPixels | None:
        """Return a film's pixels as a small picture has them, enlarged to its rows and columns; None for no preview.

        For the eye only, while the film itself is decoded: nothing may be measured on it.
        """
        if not has_preview(film):
            return None
        description = film.header.pixels
        shape = preview_shape(description)
        small = np.empty(shape, stored_dtypes(description)[0])
        values = self._memory.take(stored_shape(description), stored_dtypes(description)[0])
        try:
            with self._worker(is_urgent=True, sha256=film.file_sha256) as process:
                stamp = _stamp(film.source)
                size, is_held = _bring(film, process, stamp)
                offset = aligned(size)
                block = process.reserve(offset + small.nbytes)
                request = {"do": "preview", "size": size, "is_held": is_held, "sha256": film.file_sha256}
                request |= {"frame": film.frame, "offset": offset, "room": small.nbytes}
                answer = _ask(process, request, meanwhile=lambda: make_ready(values))
                told = replace(description, rows=shape[0], columns=shape[1])
                small = _checked_values(block, offset, answer, told, small)
                process.held = Held(film.file_sha256, stamp, size)
        except FilmError:
            return None  # whatever is wrong is said when the film itself is decoded
        enlarge(small, values)
        return FilmPixels(decoded_description(replace(description, overlays=())), values)

    def close(self) -> None:
        """End the workers; calls under way end with a FilmError. Safe to call twice."""
        with self._starting:
            self._is_closed.set()
        for process in self._processes:
            process.stop()
        self._memory.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _worker(
        self, *, is_urgent: bool = False, is_long: bool = False, sha256: str = ""
    ) -> Iterator[DecodeProcess]:
        """Lend an idle worker, if possible the one that holds the file of this digest.

        One that died meanwhile is started again by its next request.
        """
        if self._is_closed.is_set():
            raise ReaderFault("The reader was closed.")
        process = self._idle.take(is_urgent=is_urgent, is_long=is_long, sha256=sha256)
        try:
            yield process
        except WorkerDied as death:
            reason = "The reader was closed." if self._is_closed.is_set() else death.reason
            raise ReaderFault(reason) from death
        finally:
            if not self._is_closed.is_set():
                process.renew_if_worn()
            self._idle.give_back(process)


class _IdleWorkers:
    """Workers that nobody uses now. Who wants to see a film gets one before a scan does."""

    def __init__(self) -> None:
        self._idle: list[DecodeProcess] = []
        self._changed = threading.Condition()
        self._urgent = self._long = 0  # who waits
        self._reserve: DecodeProcess | None = None

    def have_reserve(self, make: Callable[[], DecodeProcess]) -> None:
        """From now on one worker more is there for what is short, while the others decode for a second each."""
        with self._changed:
            if self._reserve is None:
                self._reserve = make()
                self._idle.insert(0, self._reserve)
                self._changed.notify_all()

    def take(self, *, is_urgent: bool, is_long: bool = False, sha256: str = "") -> DecodeProcess:
        with self._changed:
            self._urgent += is_urgent and not is_long
            self._long += is_long
            self._changed.wait_for(lambda: self._fit(is_urgent, is_long))
            self._urgent -= is_urgent and not is_long
            self._long -= is_long
            fit = self._fit(is_urgent, is_long)
            holding = (own for own in fit if sha256 and own.held and own.held.sha256 == sha256)
            worker = next(holding, fit[-1])
            self._idle.remove(worker)
            return worker

    def _fit(self, is_urgent: bool, is_long: bool) -> list[DecodeProcess]:
        if is_long:
            return [own for own in self._idle if own is not self._reserve]
        if is_urgent:
            return self._idle
        if self._urgent:
            return []
        return [own for own in self._idle if own is self._reserve] if self._long else self._idle

    def give_back(self, process: DecodeProcess) -> None:
        with self._changed:
            self._idle.append(process)
            self._changed.notify_all()


def _stamp(source: Source) -> tuple[object, ...]:
    """What of a file changes when somebody writes to it; unlike any other where it can't be told."""
    try:
        told = source.path.stat()
    except OSError:
        return (object(),)
    return (source.path, source.member, told.st_ino, told.st_size, told.st_mtime_ns)


def _bring(film: Film, process: DecodeProcess, stamp: tuple[object, ...]) -> tuple[int, bool]:
    """Bring the film's file into the worker's block, unless the worker holds it still; return its size, and which."""
    held = process.held
    if held is not None and (held.sha256, held.stamp) == (film.file_sha256, stamp):
        return held.size, True
    return _load(film.source, process), False


def _load(source: Source, process: DecodeProcess) -> int:
    """Bring the file's bytes into the worker's block and return how many there are."""
    process.held = None
    if source.member:
        content = read_member(source.path, source.member)
        process.reserve(len(content))[: len(content)] = content
        return len(content)
    try:
        with _opened(source.path) as file:
            size = os.fstat(file).st_size
            if size > MAX_FILE_BYTES:
                raise OversizedFilm(
                    f"The file has {size:,} bytes, more than a film may have ({MAX_FILE_BYTES:,})."
                )
            block = process.reserve(size)
            with memoryview(block) as view:
                return _read_into(file, view[:size])
    except OSError as error:
        raise RefusedSource(f"The file can't be read: {error.strerror or error}.") from error


def _content(source: Source) -> bytes | FilmError:
    """Return the bytes of a small file, or why it can't be read."""
    try:
        if source.member:
            return read_member(source.path, source.member)
        with _opened(source.path) as file:
            content = _read_whole(file)
    except FilmError as error:
        return error
    except OSError as error:
        return RefusedSource(f"The file can't be read: {error.strerror or error}.")
    if len(content) > MAX_FILE_BYTES:
        return OversizedFilm(f"The file has more than {MAX_FILE_BYTES:,} bytes, more than a film may have.")
    return content


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a plain file for reading; a pipe or device would block or never end."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise RefusedSource("It is a folder, pipe or device, not a file.")
        yield file
    finally:
        os.close(file)


def _read_whole(file: int) -> bytes:
    """Read an open file, at most one byte more than a film may have; one call is enough for a file that stands still.

    Few and small system calls: each lets go of Python's lock, and ten thousand files make the window wait for it.
    """
    parts = [os.read(file, min(os.fstat(file).st_size, MAX_FILE_BYTES) + 1)]
    done = len(parts[0])
    while (
        parts[-1]
        and done <= MAX_FILE_BYTES
        and (part := os.read(file, min(1 << 20, MAX_FILE_BYTES + 1 - done)))
    ):
        parts.append(part)
        done += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _read_into(file: int, view: memoryview) -> int:
    done = 0
    with open(file, "rb", buffering=0, closefd=False) as stream:
        while done < len(view) and (count := stream.readinto(view[done:])):
            done += count
    return done


def _ask(
    process: DecodeProcess, request: dict[str, Any], meanwhile: Callable[[], object] | None = None
) -> dict[str, Any]:
    answer = process.ask(request, meanwhile)
    if "error" in answer:
        raise _told_error(answer)
    return answer


def _told_error(answer: dict[str, Any]) -> FilmError:
    kind = getattr(errors, str(answer["error"]), FilmError)
    known = kind if isinstance(kind, type) and issubclass(kind, FilmError) else FilmError
    return known(str(answer.get("reason", ""))[:1000])


def _film_or_error(source: Source, answer: object) -> Film | FilmError:
    if not isinstance(answer, dict):
        return ReaderFault("The decode worker gave no answer for this file.")
    if "error" in answer:
        return _told_error(answer)
    try:
        return _film(source, answer)
    except FilmError as error:
        return error


def _film(source: Source, answer: dict[str, Any]) -> Film:
    """Check a header that the worker read.

    Raises:
        ReaderFault: It is none.
    """
    try:
        header = header_from_json(answer["header"])
        digest = answer["sha256"]
        if not isinstance(digest, str) or len(digest) != 64:
            raise ValueError("no digest")
    except (KeyError, ValueError, TypeError) as error:
        raise ReaderFault(
            "The decode worker gave an answer that is no header; the film was not opened."
        ) from error
    return Film(source, header, digest)


def _room(description: PixelDescription) -> int:
    """Return the bytes that the decoded frame takes, from the header alone."""
    count = int(np.prod(stored_shape(description), dtype=np.int64))
    return count * stored_dtypes(description)[0].itemsize


def _checked_values(
    block: Any, offset: int, answer: dict[str, Any], description: PixelDescription, into: NDArray[Any]
) -> NDArray[Any]:
    """Copy the pixels out of the block if they are what the header promised.

    `into` is an array of their shape; it is returned, as the type that the worker found.

    Raises:
        ReaderFault: The worker's shape or type is not that of the header.
        DamagedFilm: Pixel values are not finite.
    """
    shape, allowed = stored_shape(description), {dtype.str[1:]: dtype for dtype in stored_dtypes(description)}
    if answer.get("shape") != list(shape) or answer.get("dtype") not in allowed:
        raise ReaderFault("The decode worker gave a picture that does not fit its header; it is not shown.")
    dtype = allowed[answer["dtype"]]
    values = into.view(dtype)
    values[...] = np.frombuffer(block, dtype, values.size, offset).reshape(shape)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DamagedFilm("The picture holds values that are no numbers.")
    return values


def _notices(answer: dict[str, Any]) -> tuple[str, ...]:
    notices = answer.get("notices", [])
    return tuple(str(notice)[:500] for notice in notices[:20]) if isinstance(notices, list) else ()
