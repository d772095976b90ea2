"""How the reader's hand on a box changes what is known. The AI's original is never touched (OV-2). Pure."""

from __future__ import annotations

from dataclasses import replace

from inference.backend import Box
from plugin.review.reviewed import human_version, reviewed_finding
from plugin.review.state import BoxAdded, BoxDeleted, BoxMoved, BoxRestored, HumanBox
from plugin.state import StudyReading, finding_of_box

BoxEvent = BoxMoved | BoxAdded | BoxDeleted | BoxRestored


def fold_boxes(reading: StudyReading, event: BoxEvent) -> StudyReading:
    match event:
        case BoxMoved(box_id, xyxy, at, new_id, tracking_uid):
            made = _version(reading, box_id) or _first_version(reading, box_id, at, new_id, tracking_uid)
            return _put(reading, replace(made, xyxy=xyxy, at=at)) if made else reading
        case BoxDeleted(box_id, at, new_id, tracking_uid):
            made = _version(reading, box_id) or _first_version(reading, box_id, at, new_id, tracking_uid)
            if made is not None and made.of_xyxy is None:
                return _without(reading, made)  # the reader's own
            return _put(reading, replace(made, xyxy=None, at=at)) if made else reading
        case BoxRestored(box_id):
            made = _version(reading, box_id)
            return _without(reading, made) if made is not None and made.of_xyxy is not None else reading
        case BoxAdded():
            drawn = _drawn(reading, event)
            return _put(reading, drawn) if drawn is not None else reading


def _ai_box(reading: StudyReading, box_id: str) -> Box | None:
    return next((box for box in reading.boxes if box.id == box_id), None)


def _version(reading: StudyReading, box_id: str) -> HumanBox | None:
    """The reader's version, by its own id or by that of the AI's original."""
    own = next((made for made in reading.review.boxes if made.id == box_id), None)
    box = _ai_box(reading, box_id)
    return own or (human_version(reading, box) if box is not None else None)


def _first_version(
    reading: StudyReading, box_id: str, at: str, new_id: str, tracking_uid: str
) -> HumanBox | None:
    box = _ai_box(reading, box_id)
    if box is None or _is_taken(reading, new_id):
        return None
    finding_id = finding_of_box(reading, box_id)
    label = next((known.label for known in reading.findings if known.id == finding_id), "")
    return HumanBox(
        new_id, box.image, box.xyxy, tracking_uid, at, label=label, of_box=box.id, of_xyxy=box.xyxy
    )


def _is_taken(reading: StudyReading, new_id: str) -> bool:
    """An id names one box."""
    return new_id in {box.id for box in reading.boxes} | {made.id for made in reading.review.boxes}


def _drawn(reading: StudyReading, event: BoxAdded) -> HumanBox | None:
    """None where the finding is not known or belongs to another film than the box, or the id names another box."""
    one = reviewed_finding(reading, event.finding_id)
    if one is None or one.image != event.image or _is_taken(reading, event.box_id):
        return None
    own_id = None if one.model is not None else one.id
    label = one.model.label if one.model is not None else ""
    return HumanBox(event.box_id, event.image, event.xyxy, event.tracking_uid, event.at, own_id, label)


def _put(reading: StudyReading, made: HumanBox) -> StudyReading:
    boxes = reading.review.boxes
    is_known = any(known.id == made.id for known in boxes)
    after = tuple(made if known.id == made.id else known for known in boxes) if is_known else (*boxes, made)
    return replace(reading, review=replace(reading.review, boxes=after))


def _without(reading: StudyReading, made: HumanBox) -> StudyReading:
    after = tuple(known for known in reading.review.boxes if known.id != made.id)
    return replace(reading, review=replace(reading.review, boxes=after))
