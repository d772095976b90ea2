"""The decode worker: a child process that parses and decodes one untrusted file at a time and may do nothing else.

It is started by `viewer.core.reader` with a shared memory block. Requests arrive on standard input, answers leave on
standard output, each as 4 bytes of length and a JSON object; file bytes and pixels lie in the block. It opens no file,
connects to nothing, starts nothing; the operating system limits its memory, processor time and open files.
"""

from __future__ import annotations

import gc
import hashlib
import json
import mmap
import os
import select
import signal
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np

from viewer.core import tags
from viewer.core.decode import check_transfer_syntax, decode_frame, load_decoders
from viewer.core.dicom_directory import read_directory
from viewer.core.dicom_file import open_dicom
from viewer.core.element_rows import rows_to_json
from viewer.core.elements import FileBytes
from viewer.core.errors import DamagedFilm, FilmError, NotAnImage, OversizedFilm
from viewer.core.film_json import header_to_json
from viewer.core.header import read_header
from viewer.core.overlays import read_overlays
from viewer.core.sandbox import allow_processor_time, limit_myself
from viewer.core.sniff import HEAD_BYTES, kind_of, why_no_film
from viewer.core.study import FilmHeader

IDLE_S = 2.0
"""Who has nothing to do for so long loads the decoders: by then the window is open."""


def main(descriptor: int) -> None:
    """Answer requests until standard input closes.

    Args:
        descriptor: The inherited file descriptor of the shared block.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent, which then ends us
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # codecs print; nothing of that may get between the answers
        os.dup2(silent, stream)
    os.close(silent)
    limit_myself()
    block = _Block(descriptor)
    send(answers, {"ready": True})
    is_loaded = False
    while True:
        if not is_loaded and not select.select([requests], [], [], IDLE_S)[0]:
            load_decoders()
            is_loaded = True
        request = receive(requests)
        if request is None:
            return
        allow_processor_time()
        send(answers, _answer(request, block))
        gc.collect(0)


def _answer(request: Mapping[str, Any], block: _Block) -> dict[str, Any]:
    """Carry out one request. Whatever goes wrong becomes a named reason."""
    if request["do"] == "open_many":
        return {"answers": [_guarded(_open_part, block, size, offset) for offset, size in request["parts"]]}
    if request["do"] == "directory":
        return _guarded(_directory, block, request["size"])
    if request["do"] == "open":
        return _guarded(_open, block, request["size"])
    if request["do"] == "report":
        return _guarded(_report, block, request["size"])
    if request["do"] == "elements":
        return _guarded(_elements, block, request)
    if request["do"] == "preview":
        return _guarded(_preview, block, request)
    return _guarded(_pixels, block, request)


def _guarded(call: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    try:
        return call(*arguments)
    except FilmError as error:
        return {"error": type(error).__name__, "reason": error.reason}
    except MemoryError:
        reason = "Opening it needs more memory than a film may take; it was given up."
        return {"error": OversizedFilm.__name__, "reason": reason}
    except BaseException as error:  # Rust panics of pylibjpeg-rle are no Exception
        told = " ".join(str(error).split())[:200]
        return {
            "error": DamagedFilm.__name__,
            "reason": f"The file is damaged and can't be decoded ({type(error).__name__}: {told}).",
        }


def _directory(block: _Block, size: int) -> dict[str, Any]:
    return {"file_ids": [list(parts) for parts in read_directory(block.read(size))]}


def _report(block: _Block, size: int) -> dict[str, Any]:
    data = block.read(size)
    if kind_of(data[:HEAD_BYTES]) != "dicom":
        raise NotAnImage("The file is no structured report.")
    from viewer.core.report_document import document_to_json
    from viewer.core.report_tree import read_report

    return {"report": document_to_json(read_report(data))}


def _open(block: _Block, size: int) -> dict[str, Any]:
    return _header(*block.hold(size))


def _open_part(block: _Block, size: int, offset: int) -> dict[str, Any]:
    data = block.read(size, offset)
    return _header(data, hashlib.sha256(data).hexdigest())


def _header(data: FileBytes, digest: str) -> dict[str, Any]:
    return {"header": header_to_json(read_film_header(data, digest)), "sha256": digest}


def read_film_header(data: FileBytes, file_sha256: str) -> FilmHeader:
    """Return the header of a DICOM image or a picture file, told apart by content.

    Raises:
        FilmError: It is neither, or is refused.
    """
    kind = kind_of(data[:HEAD_BYTES])
    if kind == "dicom":
        file = open_dicom(data, tags.HEADER)
        header = read_header(file, file_sha256, data[:128] if data[128:132] == b"DICM" else b"")
        check_transfer_syntax(header.transfer_syntax_uid)
        return header
    if kind in ("png", "jpeg", "tiff"):
        from viewer.core.raster import read_raster_header

        return read_raster_header(data, file_sha256)
    raise NotAnImage(why_no_film(data[:HEAD_BYTES]))


def _opened_before(block: _Block, request: Mapping[str, Any]) -> FileBytes:
    """Return the file that was opened with this digest.

    Raises:
        DamagedFilm: It is another one by now.
    """
    data = block.held(request["sha256"]) if request.get("is_held") else None
    if data is None:
        data, digest = block.hold(request["size"])
        if digest != request["sha256"]:
            raise DamagedFilm("The file has changed since it was opened. Open it again.")
    return data


def _elements(block: _Block, request: Mapping[str, Any]) -> dict[str, Any]:
    data = _opened_before(block, request)
    if kind_of(data[:HEAD_BYTES]) != "dicom":
        raise NotAnImage("A picture file has no DICOM data elements.")
    from viewer.core.element_tree import element_rows

    return {"rows": rows_to_json(element_rows(data))}


def _pixels(block: _Block, request: Mapping[str, Any]) -> dict[str, Any]:
    data = _opened_before(block, request)
    if kind_of(data[:HEAD_BYTES]) == "dicom":
        file = open_dicom(data, tags.HEADER)
        header = read_header(file, request["sha256"])
        description, is_slice = header.pixels, header.plane is not None or bool(header.frame_planes)
        values, notices = decode_frame(file, description, request["frame"])
        overlays = read_overlays(file, description, request["frame"])
    else:
        from viewer.core.raster import decode_raster

        is_slice = False
        values, notices, overlays = decode_raster(data, request["frame"]), (), np.zeros((0, 0, 0), np.uint8)
    if values.nbytes > request["room"] or overlays.nbytes > request["overlay_room"]:
        raise DamagedFilm("The decoded picture is larger than its header says.")
    block.write(values, request["offset"])
    block.write(overlays, request["overlay_offset"])
    told = {"shape": list(values.shape), "dtype": values.dtype.str[1:], "notices": list(notices)}
    return told | {"is_marked_synthetic": not is_slice and _is_marked(values)}


def _is_marked(values: np.ndarray[Any, Any]) -> bool:
    """A slice of a CT is not asked: it is no film, and a stack has hundreds."""
    from viewer.core.synthetic_mark import look

    return look(values) is not None


def _preview(block: _Block, request: Mapping[str, Any]) -> dict[str, Any]:
    from viewer.core.preview import decode_preview

    file = open_dicom(_opened_before(block, request), tags.HEADER)
    values = decode_preview(file, read_header(file, request["sha256"]).pixels, request["frame"])
    if values.nbytes > request["room"]:
        raise DamagedFilm("The decoded picture is larger than its header says.")
    block.write(values, request["offset"])
    return {"shape": list(values.shape), "dtype": values.dtype.str[1:], "notices": []}


class _Block:
    """The child's end of the shared block."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None
        self._held: tuple[str, FileBytes] | None = None

    def hold(self, size: int) -> tuple[FileBytes, str]:
        """Return the file at the beginning, where it lies, and its digest; who opens a film asks for its pixels next.

        The parent changes it only for another file, and then says so.
        """
        data: FileBytes
        try:
            data = mmap.mmap(self._descriptor, size, prot=mmap.PROT_READ) if size else b""
        except OSError:  # a codec has left too many files open
            data = self.read(size)
        digest = hashlib.sha256(data).hexdigest()
        self._held = digest, data
        return data, digest

    def held(self, sha256: str) -> FileBytes | None:
        """The file that was held last, if it is this one."""
        return self._held[1] if self._held is not None and self._held[0] == sha256 else None

    def read(self, size: int, offset: int = 0) -> bytes:
        return self._mapped()[offset : offset + size]

    def write(self, values: np.ndarray[Any, Any], offset: int) -> None:
        room = np.frombuffer(self._mapped(), values.dtype, values.size, offset)
        room[:] = values.ravel()

    def _mapped(self) -> mmap.mmap:
        size = os.fstat(self._descriptor).st_size
        if self._map is None or len(self._map) != size:
            if self._map is not None:
                self._map.close()
            self._map = mmap.mmap(self._descriptor, size)
        return self._map


def send(stream: BinaryIO, message: Mapping[str, Any]) -> None:
    """Write one message: 4 bytes of length, then JSON."""
    body = json.dumps(message, allow_nan=False).encode()
    stream.write(struct.pack("<L", len(body)) + body)
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """Read one message; None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    body = stream.read(struct.unpack("<L", head)[0])
    message: dict[str, Any] = json.loads(body)
    return message
