"""A draft as DICOM objects beside findings.json: findings SR and marks. Only where asked for: they name the patient.

Their UIDs follow from the study's fingerprint, so that the same films read by the same model are the same objects,
whoever reads them; what is there already is left as it is, with the time at which it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inference.backend import Finding, PackInfo
from inference.dicom.naming import uid_of_box, uid_of_finding
from inference.dicom.requests import MAKER, Algorithm, CodedFinding, Presence, ReadingObjects, Region
from inference.dicom.shown import ReadPixels, frame_number, shown_image
from inference.read.draft import StudyDraft
from inference.read.results import study_folder
from viewer.core.settings import Settings
from viewer.core.study import Film
from viewer.writer.errors import NotWritten
from viewer.writer.requests import Equipment, ObjectsRequest
from viewer.writer.write import made_objects, write_bytes_whole

FOLDER = "dicom"
INSTALLATION = "installation.id"
MARK = "AI DRAFT - NOT REVIEWED"
PICTURE = "a picture file has no patient and no study"
PRESENCE: dict[str, Presence] = {"present": "present", "absent": "absent", "not assessed": "undetermined"}


class DicomFiles:
    """Writes the objects of one study after the other.

    Args:
        out: The folder of the run.
        pack: Which model read.
        read_pixels: Decodes a film.
    """

    def __init__(self, out: Path, pack: PackInfo, read_pixels: ReadPixels) -> None:
        self._out, self._pack, self._read_pixels = out, pack, read_pixels

    def write(self, study: str, draft: StudyDraft) -> tuple[str, ...]:
        """Write what is missing; returns the names of all that is there, relative to the run's folder.

        Raises:
            NotWritten: Nothing was written; the reason names the attribute where one is at fault.
        """
        films = draft.films_read()
        if not films:
            return ()
        if not all(film.header.is_verified for film in films):
            raise NotWritten(PICTURE)
        folder = study_folder(self._out, study) / FOLDER
        done = sorted(folder.glob("*.dcm")) if folder.is_dir() else []
        if not done:
            content = self._reading(study, draft, films).as_message()
            objects = made_objects(ObjectsRequest(MAKER, _one_a_file(films), content), _equipment())
            folder.mkdir(parents=True, exist_ok=True)
            done = [folder / made.file_name for made in objects]
            for file, made in zip(done, objects, strict=True):
                write_bytes_whole(file, made.content)
        return tuple(file.relative_to(self._out).as_posix() for file in done)

    def _reading(self, study: str, draft: StudyDraft, films: Sequence[Film]) -> ReadingObjects:
        pack = self._pack
        found = [(film, one) for film in films for one in draft.findings_of(film)]
        return ReadingObjects(
            seed=study,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            state="draft",
            mark=MARK,
            kinds=("findings", "presentation"),
            algorithm=Algorithm(
                pack.title, pack.version, (f"pack={pack.id}", f"weights_sha256={pack.sha256}")
            ),
            findings=tuple(
                _coded(draft, film, one, number) for number, (film, one) in enumerate(found, start=1)
            ),
            images=tuple(shown_image(film, self._read_pixels) for film in films),
        )


def _coded(draft: StudyDraft, film: Film, finding: Finding, number: int) -> CodedFinding:
    header, frame = film.header, frame_number(film)
    sop, study = header.sop_instance_uid, header.study_instance_uid
    is_sure = finding.calibrated and finding.confidence is not None and finding.presence != "not assessed"
    regions = tuple(
        Region(sop, box.xyxy, "ai", uid_of_box(study, sop, finding.label, box.xyxy), frame)
        for box in draft.boxes_of(finding)
    )
    return CodedFinding(
        label=finding.label,
        name=f"AI finding {number}",
        presence=PRESENCE[finding.presence],
        by="ai",
        sop_instance_uid=sop,
        tracking_uid=uid_of_finding(study, sop, finding.label),
        frame=frame,
        certainty_percent=round((finding.confidence or 0.0) * 100, 1) if is_sure else None,
        regions=regions if finding.presence == "present" else (),
        comments=("Not reviewed.",),
    )


def _one_a_file(films: Sequence[Film]) -> tuple[Film, ...]:
    return tuple({film.header.sop_instance_uid: film for film in films}.values())


def _equipment() -> Equipment:
    """This installation's number, if the viewer has given it one."""
    try:
        software = version("sidelight")
    except PackageNotFoundError:  # run from a source tree
        software = "0"
    return Equipment(software, Settings().text(INSTALLATION) or "sidelight-read")
