"""Who observed: the device, and after a review the reader. Runs in the writing child only."""

from __future__ import annotations

from typing import Any

from pydicom.sr.codedict import codes

from inference.dicom.requests import ReadingObjects
from viewer.core.element_values import derived_uid
from viewer.writer.source import in_components


def observers(reading: ReadingObjects, equipment: dict[str, Any]) -> Any:
    """Observation context (TID 1001): the device always, the reader once they have reviewed."""
    from highdicom.sr import ObservationContext

    person = person_of(reading)
    device = device_of(equipment)
    return ObservationContext(observer_person_context=person, observer_device_context=device)


def device_of(equipment: dict[str, Any]) -> Any:
    """TID 1004."""
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObserverContext

    installation = str(equipment["installation_id"])
    return ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=derived_uid("installation", installation),
            name=equipment["manufacturer"],
            manufacturer_name=equipment["manufacturer"],
            model_name=equipment["model_name"],
            serial_number=installation,
        ),
    )


def person_of(reading: ReadingObjects) -> Any:
    """TID 1003; None for a draft, and where the reader's name is not known."""
    from highdicom.sr import ObserverContext, PersonObserverIdentifyingAttributes

    if reading.state == "draft" or not reading.reader_name.strip():
        return None
    return ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=PersonObserverIdentifyingAttributes(
            name=in_components(reading.reader_name), organization_name=reading.organization or None
        ),
    )
