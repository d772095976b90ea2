"""What travels between client and server: events, requests, studies, films and errors as JSON and bytes.

One place for both sides, so that they can't drift apart. Everything that comes in is checked: unknown fields are
refused, so no name or patient id can ride along.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from annotated_types import MinLen
from numpy.typing import NDArray

from inference import errors
from inference.backend import (
    Error,
    Event,
    FilmInput,
    PackInfo,
    PriorReport,
    Request,
    StudyFilm,
    StudyInput,
)
from inference.errors import InferenceError, InvalidFilm, InvalidRequest
from inference.npy import digest, npy_bytes, npy_from_bytes
from inference.plain import from_plain, to_plain
from viewer.core.study import PixelDescription

__all__ = [
    "attributes_from_json",
    "attributes_json",
    "error_from_json",
    "error_to_json",
    "event_from_json",
    "event_name",
    "event_to_json",
    "film_digest",
    "film_from_parts",
    "npy_bytes",
    "pack_from_json",
    "pack_to_json",
    "request_from_json",
    "request_to_json",
    "study_from_json",
    "study_to_json",
]

JsonObject = dict[str, Any]


def snake_case(name: str) -> str:
    """`TextDelta` becomes `text_delta`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


_EVENTS: dict[str, type[Any]] = {snake_case(kind.__name__): kind for kind in get_args(Event)}
_REQUESTS: dict[str, type[Any]] = {snake_case(kind.__name__): kind for kind in get_args(Request)}
_ERRORS: dict[str, type[InferenceError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, InferenceError)
}


# ── events and requests ─────────────────────────────────────────────────────────────────────────────────────────


def event_name(event: Event) -> str:
    """The name after `event:` in the stream, the class in snake case."""
    return snake_case(type(event).__name__)


def event_to_json(event: Event) -> JsonObject:
    """`{"type": name, …fields}`; the field `type` of an Error travels as `error_type`."""
    fields: JsonObject = to_plain(event)
    if isinstance(event, Error):
        fields["error_type"] = fields.pop("type")
    return {"type": event_name(event), **fields}


def event_from_json(data: object) -> Event:
    """Raises InvalidRequest if this is no event of ours."""
    kind, fields = _tagged(data, _EVENTS, "event")
    if kind is Error:
        fields["type"] = fields.pop("error_type", "")
    event: Event = from_plain(kind, fields, "event")
    return event


def request_to_json(request: Request) -> JsonObject:
    return {"type": snake_case(type(request).__name__), **to_plain(request)}


def request_from_json(data: object) -> Request:
    """Raises InvalidRequest, naming the field."""
    kind, fields = _tagged(data, _REQUESTS, "request")
    request: Request = from_plain(kind, fields, "request")
    return request


def _tagged(data: object, kinds: dict[str, type[Any]], what: str) -> tuple[type[Any], JsonObject]:
    name = data.get("type") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(name, str) or name not in kinds:
        raise InvalidRequest(f"The {what}'s type must be one of {', '.join(kinds)}.")
    return kinds[name], {key: value for key, value in data.items() if key != "type"}


# ── studies and packs ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StudyBody:
    """Body of `POST /v1/studies`: a StudyInput without its id, which the server makes at random."""

    films: Annotated[tuple[StudyFilm, ...], MinLen(1)]
    prior_report: str = ""
    indication: str = ""
    age: str = ""
    sex: str = ""
    prior_reports: tuple[PriorReport, ...] = ()


def study_to_json(study: StudyInput) -> JsonObject:
    fields: JsonObject = to_plain(study)
    del fields["study_id"]
    return fields


def study_from_json(data: object, study_id: str) -> StudyInput:
    """Raises InvalidRequest on any field that a study does not have, a name or an identifier for instance."""
    body = from_plain(StudyBody, data, "study")
    told = {field.name: getattr(body, field.name) for field in dataclasses.fields(body)}
    return StudyInput(study_id, **told)


def pack_to_json(pack: PackInfo) -> JsonObject:
    fields: JsonObject = to_plain(pack)
    return fields


def pack_from_json(data: object) -> PackInfo:
    return from_plain(PackInfo, data, "pack")


# ── films ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class FilmAttributes:
    """All that travels beside a film's pixels. No identity."""

    description: PixelDescription
    modality: str = ""
    body_part: str = ""
    view_position: str = ""
    is_synthetic: bool = False


def attributes_json(film: FilmInput | FilmAttributes) -> str:
    """The film's attributes as one line of ASCII JSON, always the same for the same attributes.

    NaN and Infinity, which a damaged header may hold, are written as Python's json does.
    """
    attributes = FilmAttributes(
        film.description, film.modality, film.body_part, film.view_position, film.is_synthetic
    )
    return json.dumps(to_plain(attributes), sort_keys=True, separators=(",", ":"))


def attributes_from_json(text: str) -> FilmAttributes:
    """Raises InvalidFilm: not JSON, or fields missing, unknown or mistyped."""
    try:
        return from_plain(FilmAttributes, json.loads(text), "attributes")
    except (ValueError, RecursionError):
        raise InvalidFilm("The film's attributes are no JSON.") from None
    except InvalidRequest as error:
        raise InvalidFilm(str(error)) from None


def film_digest(stored: NDArray[Any], attributes: str) -> str:
    """SHA-256 in hex over `attributes` (as sent), a zero byte and the npy file of `stored`."""
    return digest(stored, attributes)


def film_from_parts(image_sha256: str, attributes: str, body: bytes) -> FilmInput:
    """Rebuild a film from an upload.

    Raises:
        InvalidFilm: The hash, the npy file, its size or its shape is not what was announced.
    """
    told = attributes_from_json(attributes)
    stored = npy_from_bytes(body)
    described = (told.description.rows, told.description.columns)
    if stored.shape[:2] != described:
        raise InvalidFilm(f"Pixels are {stored.shape[:2]}, but Rows and Columns say {described}.")
    if film_digest(stored, attributes) != image_sha256:
        raise InvalidFilm("Pixels and attributes do not have the SHA-256 that the address names.")
    return FilmInput(
        image_sha256,
        stored,
        told.description,
        told.modality,
        told.body_part,
        told.view_position,
        told.is_synthetic,
    )


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def error_to_json(error: InferenceError) -> JsonObject:
    """The body of every refusal: what happened, and what to do next."""
    return {"error": {"type": type(error).__name__, "message": str(error), "remedy": error.remedy}}


def error_from_json(data: object, fallback: str) -> InferenceError:
    """Rebuild the error of a refusal; a body that is not ours becomes a BackendFault that says `fallback`."""
    told = data.get("error") if isinstance(data, dict) else None
    if not isinstance(told, dict):
        return errors.BackendFault(fallback)
    return make_error(str(told.get("type", "")), str(told.get("message", "")), str(told.get("remedy", "")))


def make_error(name: str, message: str, remedy: str) -> InferenceError:
    """An error of the named class with exactly these words; unknown names become BackendFault."""
    kind = _ERRORS.get(name, errors.BackendFault)
    error = kind.__new__(kind)  # some constructors compose their message from parts that did not travel
    Exception.__init__(error, message)
    error.remedy = remedy
    return error
