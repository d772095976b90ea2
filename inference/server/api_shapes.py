"""What answers look like: the schemas of openapi.json, the events' from their dataclasses."""

from __future__ import annotations

from typing import Any, get_args

from inference.backend import Error, Event, PackInfo
from inference.precision import PRECISIONS
from inference.server.schema import JSON_TYPE, schema_of
from inference.status import InstalledPack, Loading, RunsOn, Synthesis
from inference.train_status import Adapters, Means, RunDetail, RunSummary, TeachingPlace
from inference.wire import FilmAttributes, snake_case

Schema = dict[str, Any]


def stream_of(kind: str, fields: list[str], end: str = "") -> Schema:
    """One event of a stream, field by field as it is sent; what is in `data` is JSON, or the word `end`."""
    shapes = [{"$ref": f"#/components/schemas/{kind}"}, {"$ref": "#/components/schemas/Error"}]
    content = {"anyOf": shapes} if end else shapes[0]
    data: Schema = {"type": "string", "contentMediaType": JSON_TYPE, "contentSchema": content}
    return {
        "type": "object",
        "description": f"Server-Sent Events; each `data` is a {kind}"
        + (f", at the end {end}." if end else "."),
        "required": fields,
        "properties": {
            "id": {"type": "string", "pattern": "^[1-9][0-9]*$"},
            "event": {"type": "string"},
            "data": {"anyOf": [{"const": end}, data]} if end else data,
        },
    }


def schemas() -> dict[str, Schema]:
    """components/schemas. Events and packs are taken from their dataclasses."""
    text, number = {"type": "string"}, {"type": "integer"}
    usage = _object({"prompt_tokens": number, "completion_tokens": number, "total_tokens": number})
    model = _object(
        {
            "id": text,
            "object": {"const": "model"},
            "created": number,
            "owned_by": text,
            "pack": schema_of(PackInfo),
        }
    )
    answer = {"id": text, "created": number, "model": text, "draft_mark": text}
    state = {"enum": ["loading", "ready", "failed", "unloaded"]}
    return {
        "Error": _object(
            {
                "error": _object(
                    {
                        "type": {"type": "string", "description": "A class of inference/errors.py."},
                        "message": {"type": "string", "description": "What happened."},
                        "remedy": {"type": "string", "description": "What to do next."},
                    },
                    optional={"param": {"type": ["string", "null"]}, "code": {"type": ["string", "null"]}},
                )
            }
        ),
        "Health": _object({"status": {"const": "ok"}, "state": text}),
        "Model": model,
        "ModelList": _object(
            {
                "object": {"const": "list"},
                "state": state,
                "data": _list("Model"),
                "loading": {
                    "anyOf": [schema_of(Loading), {"type": "null"}],
                    "description": "How much of the weights was read, while the model is loaded.",
                },
                "runs_on": {
                    "anyOf": [schema_of(RunsOn), {"type": "null"}],
                    "description": "What the model was loaded on, and in which precision.",
                },
                "synthesis": {
                    "anyOf": [schema_of(Synthesis), {"type": "null"}],
                    "description": "What draws synthetic films beside it; null where no pack that draws is here.",
                },
            }
        ),
        "PackList": _object({"packs": {"type": "array", "items": schema_of(InstalledPack)}}),
        "ModelState": _object({"id": text, "state": state}),
        "Verified": _object({"id": text, "version": text, "sha256": text, "files": number, "bytes": number}),
        "Plan": _plan(),
        "FilmAttributes": schema_of(FilmAttributes, is_closed=True),
        "Film": _object({"image": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}),
        "Study": _object({"study_id": {"type": "string", "format": "uuid"}}),
        "Job": _object(
            {
                "id": text,
                "state": {"enum": ["queued", "running", "finished", "cancelled", "error"]},
                "priority": number,
                "events": {"type": "integer", "description": "How many events there are so far."},
                "last": {
                    "anyOf": [{"$ref": "#/components/schemas/Event"}, {"type": "null"}],
                    "description": "The event that ended it.",
                },
            }
        ),
        "TeachingOrder": _object({"places": {"type": "array", "items": schema_of(TeachingPlace)}}),
        "Adapters": schema_of(Adapters),
        "TrainingMeans": schema_of(Means),
        "TrainingRuns": _object({"runs": {"type": "array", "items": schema_of(RunSummary)}}),
        "TrainingRun": schema_of(RunSummary),
        "TrainingDetail": schema_of(RunDetail),
        "Completion": _object(
            {**answer, "object": {"const": "chat.completion"}, "choices": _choices("message"), "usage": usage}
        ),
        "Chunk": _object(
            {**answer, "object": {"const": "chat.completion.chunk"}, "choices": _choices("delta")},
            optional={"usage": usage},
        ),
        "Pictures": _pictures(),
        "Event": {"oneOf": [_event(kind) for kind in get_args(Event)]},
    }


def _plan() -> Schema:
    text, number, yes_no = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
    names = {"type": "array", "items": text}
    measured = _object({"used_bytes": number, "peak_bytes": number})
    return _object(
        {
            "device": text,
            "precision": {"enum": list(PRECISIONS)},
            "context_tokens": number,
            "questions_at_once": number,
            "studies_kept": number,
            "parts": {"type": "array", "items": _object({"name": text, "bytes": number})},
            "expected_peak_bytes": number,
            "usable_bytes": number,
            "fits": yes_no,
            "beside": {**names, "description": "Other models that stay resident."},
            "swapped": {**names, "description": "Other models that have to make room."},
            "very_slow": yes_no,
            "expected_seconds": {"type": ["number", "null"], "description": "Of one study, on a processor."},
            "measured": {"anyOf": [measured, {"type": "null"}], "description": "Where this pack is loaded."},
        }
    )


def _pictures() -> Schema:
    """The answer to `/v1/images/generations`: OpenAI's fields, then ours."""
    picture = _object(
        {"b64_json": {"type": "string", "description": "PNG, 8-bit grey, marked."}, **_film_facts()}
    )
    return _object(
        {
            "created": {"type": "integer"},
            "data": {"type": "array", "items": picture},
            "output_format": {"const": "png"},
            "synthetic": {"type": "string"},
        }
    )


def _film_facts() -> Schema:
    """What is told about a synthetic film beside its pixels."""
    text, number = {"type": "string"}, {"type": "integer"}
    return {
        "view": {"enum": ["PA", "AP", "lateral"]},
        "seed": number,
        "seen_view": {**text, "description": "What the view classifier says of it."},
        "doubts": {
            "type": "array",
            "items": text,
            "description": "In words; empty where nothing looks wrong.",
        },
        "pack": text,
        "image": {**text, "description": "SHA-256 of the PNG."},
        "width": number,
        "height": number,
    }


def _choices(part: str) -> Schema:
    film = _object({**_film_facts(), "part": {"type": "integer"}, "synthetic": {"type": "string"}})
    image = _object(
        {
            "type": {"const": "image_url"},
            "index": {"type": "integer"},
            "image_url": _object({"url": {"type": "string", "description": "data:image/png;base64,…"}}),
            "film": film,
        }
    )
    words = {
        "type": "object",
        "properties": {
            "role": {"const": "assistant"},
            "content": {"type": "string"},
            "images": {
                "type": "array",
                "items": image,
                "description": "Synthetic films that the answer describes, where a pack that draws is installed.",
            },
        },
    }
    reason = {"enum": ["stop", "length", None]}
    return {"type": "array", "items": _object({"index": {"const": 0}, part: words, "finish_reason": reason})}


def _event(kind: type[Any]) -> Schema:
    """An event as it is sent: its fields, and `type`, its name in snake case."""
    told = schema_of(kind)
    fields = told.pop("properties", {})
    if kind is Error:
        fields["error_type"] = fields.pop("type")
    name = snake_case(kind.__name__)
    about = {"description": told["description"]} if "description" in told else {}
    return {"title": kind.__name__, **about, **_object({"type": {"const": name}, **fields})}


def _object(fields: Schema, optional: Schema | None = None) -> Schema:
    return {"type": "object", "required": list(fields), "properties": {**fields, **(optional or {})}}


def _list(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
