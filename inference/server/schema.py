"""JSON bodies: read once, checked by `inference.plain`, and described in openapi.json from the same dataclasses."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter
from starlette.requests import Request

from inference.errors import InvalidRequest


async def json_body(request: Request, *, may_be_empty: bool = False) -> object:
    """The request's body as plain JSON values.

    Raises:
        InvalidRequest: It is no JSON.
    """
    body = await request.body()
    if may_be_empty and not body:
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is no JSON.") from None


def described(kind: type[Any]) -> dict[str, Any]:
    """`openapi_extra` for a route whose body is the dataclass `kind`."""
    schema = TypeAdapter(kind).json_schema()
    definitions = schema.pop("$defs", {})
    content = {"application/json": {"schema": _closed(_inlined(schema, definitions))}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return {key: _inlined(value, definitions) for key, value in schema.items()}


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
