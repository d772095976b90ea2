"""The child process that makes one DICOM object: parses untrusted source files, so it may do nothing else."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

from viewer.core.sandbox import allow_processor_time, limit_myself
from viewer.writer.check import check_values, checked_bytes, leave_out_wrong
from viewer.writer.errors import NotWritten
from viewer.writer.key_objects import key_object_selection
from viewer.writer.messages import packed, unpacked
from viewer.writer.secondary_capture import secondary_capture
from viewer.writer.source import LEFT_OUT_WHERE_WRONG, PATIENT_AND_STUDY, read_source


def main() -> int:
    """Read one request from standard input, answer it on standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get into the answer
    warnings.simplefilter("ignore")
    limit_myself()
    allow_processor_time()
    request = sys.stdin.buffer.read()
    answers.write(answer(request))
    answers.flush()
    return 0


def answer(request: bytes) -> bytes:
    """Carry out one request. Whatever goes wrong becomes a named reason."""
    try:
        message, blobs = unpacked(request)
        uid, made = _make(message, blobs)
        return packed({"sop_instance_uid": uid}, [made])
    except NotWritten as refusal:
        return packed({"refused": refusal.reason})
    except BaseException as error:  # the source may be made to break a parser
        told = " ".join(str(error).split())[:200]
        return packed({"refused": f"The object could not be made ({type(error).__name__}: {told})."})


def _make(message: dict[str, Any], blobs: list[bytes]) -> tuple[str, bytes]:
    sources = [read_source(blob, told) for blob, told in zip(blobs, message["sources"], strict=False)]
    for source in sources:
        leave_out_wrong(source, LEFT_OUT_WHERE_WRONG)
        check_values(source, PATIENT_AND_STUDY)
    if message["kind"] == "secondary_capture":
        dataset = secondary_capture(sources[0], message, blobs[1])
    else:
        dataset = key_object_selection(sources, message)
    return str(dataset.SOPInstanceUID), checked_bytes(dataset, sources)
