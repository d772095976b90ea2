"""The child process that makes one DICOM object: parses untrusted source files, so it may do nothing else."""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import Any

from pydicom.dataset import Dataset

from viewer.core.sandbox import allow_processor_time, limit_myself
from viewer.writer.check import check_one_study, check_values, checked_bytes, leave_out_wrong
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
        made, sources = _make(message, blobs)
        files = [checked_bytes(dataset, sources) for dataset in made]
        return packed({"objects": [_told(dataset) for dataset in made]}, files)
    except NotWritten as refusal:
        return packed({"refused": refusal.reason})
    except BaseException as error:  # the source may be made to break a parser
        told = " ".join(str(error).split())[:200]
        return packed({"refused": f"The object could not be made ({type(error).__name__}: {told})."})


def _make(message: dict[str, Any], blobs: list[bytes]) -> tuple[list[Dataset], list[Dataset]]:
    """The objects, and the films of their study."""
    told = message["sources"]
    read = [read_source(blob, one) for blob, one in zip(blobs, told, strict=False)]
    for source in read:
        leave_out_wrong(source, LEFT_OUT_WHERE_WRONG)
        check_values(source, PATIENT_AND_STUDY)
    match message["kind"]:
        case "secondary_capture":
            return [secondary_capture(read[0], message, blobs[1])], read
        case "key_objects":
            return [key_object_selection(read, message)], read
    sources = [source for source, one in zip(read, told, strict=True) if not one.get("is_prior")]
    priors = [source for source, one in zip(read, told, strict=True) if one.get("is_prior")]
    check_one_study(sources, priors)
    module, _, function = str(message["maker"]).partition(":")
    wish = {**message, "attachments": blobs[len(told) :]}
    return list(getattr(import_module(module), function)(sources, priors, wish)), sources


def _told(dataset: Dataset) -> list[str]:
    return [str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), str(dataset.SeriesInstanceUID)]
