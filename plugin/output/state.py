"""What has left the panel, and the events that say so. Plain data: the audit log and the autosave keep it."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.output.document import Status


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """A DICOM object that was written: a later version names it as its predecessor."""

    kind: str  # "findings" or "report"
    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class OutputState:
    """What was written about one study."""

    objects: tuple[WrittenObject, ...] = ()  # the latest of each kind


@dataclass(frozen=True, slots=True)
class Copied:
    """The report went to the clipboard."""

    at: str
    status: Status = "draft"


@dataclass(frozen=True, slots=True)
class Printed:
    """The report was sent to a printer."""

    at: str
    status: Status = "draft"
    pages: int = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """Files of the report were written. Names and folders are not told: they may hold a name."""

    at: str
    status: Status = "draft"
    kinds: tuple[str, ...] = ()  # of plugin.output.exporting.FileKind
    files: int = 0
    objects: tuple[WrittenObject, ...] = ()


OutputEvent = Copied | Printed | Exported
