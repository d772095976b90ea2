"""JSON bodies: read once, checked by `inference.plain`, and described in openapi.json from the same dataclasses."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import Request

from inference.errors import InvalidRequest

JSON_TYPE = "application/json"


async def json_body(request: Request, *, may_be_empty: bool = False) -> object:
    """The request's body as plain JSON values: UTF-8, finite numbers, no half letters.

    Raises:
        HTTPException: 415, the body says that it is something else.
        InvalidRequest: It is no JSON.
    """
    body = await request.body()
    if may_be_empty and not body:
        return {}
    told = request.headers.get("content-type", JSON_TYPE)
    if told.partition(";")[0].strip().lower() != JSON_TYPE:
        raise HTTPException(415, "The body must be sent as application/json (curl: --json).")
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:  # half of a surrogate pair passes json, and nothing after it
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is no JSON.") from None
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def described(kind: type[Any], *, is_needed: bool = True) -> dict[str, Any]:
    """`openapi_extra` for a route whose body is the dataclass `kind`."""
    content = {JSON_TYPE: {"schema": schema_of(kind, is_closed=True)}}
    return {"requestBody": {"required": is_needed, "content": content}}


def schema_of(kind: Any, *, is_closed: bool = False) -> dict[str, Any]:
    """The JSON schema of a type, whole in itself; `is_closed` says that objects take no other fields."""
    schema = TypeAdapter(kind).json_schema()
    definitions = schema.pop("$defs", {})
    inlined: dict[str, Any] = _inlined(schema, definitions)
    return _closed(inlined) if is_closed else inlined


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return {
        key: _inlined(value, definitions)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))  # pydantic's: the field's name once more
    }


def _closed(schema: Any) -> Any:
    """Say of every object that it takes no other fields, which is how bodies are checked."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed
