"""docs/routes.md: openapi.json as a page to read. Plain Markdown, so that no script runs to show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def routes_page(schema: Schema) -> str:
    """Every route with its parameters, body, example and answers."""
    return "\n".join(_lines(schema)) + "\n"


def _lines(schema: Schema) -> Iterator[str]:
    yield "# Routes of the backend"
    yield ""
    yield "Made from [openapi.json](openapi.json) by `python -m inference.server.openapi docs`; do not edit."
    yield "How to start and a walk through it all: [api.md](api.md)."
    yield ""
    yield schema["info"]["description"].strip()
    for tag in schema["tags"]:
        yield ""
        yield f"## {tag['name'].capitalize()}"
        yield ""
        yield tag["description"]
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation.get("tags", ()):
                    yield from _route(path, method, operation, schema["components"])
    yield from _events(schema["components"]["schemas"]["Event"])
    yield from _refusals(schema["components"]["responses"])


def _route(path: str, method: str, operation: Schema, components: Schema) -> Iterator[str]:
    yield ""
    yield f"### `{method.upper()} {path}`"
    yield ""
    yield operation.get("description", "").strip()
    fields = [*_parameters(operation), *_body(operation)]
    if fields:
        yield ""
        yield "| field | in | type | |"
        yield "|---|---|---|---|"
        yield from fields
    body = operation.get("requestBody", {}).get("content", {})
    for content in body.values():
        if "example" in content:
            yield ""
            yield "```json"
            yield json.dumps(content["example"], ensure_ascii=False)
            yield "```"
    yield ""
    yield f"Answers: {', '.join(_answers(operation, components))}."


def _answers(operation: Schema, components: Schema) -> Iterator[str]:
    for status, response in operation["responses"].items():
        if "$ref" in response:
            name = response["$ref"].rsplit("/", 1)[1]
            assert name in components["responses"]
            yield f"{status} {name}"
            continue
        kinds = [_type(content.get("schema", {})) for content in response.get("content", {}).values()]
        yield f"**{status}** {' or '.join(kinds) or 'without a body'}"


def _parameters(operation: Schema) -> Iterator[str]:
    for one in operation.get("parameters", ()):
        schema = one["schema"]
        words = one.get("description") or schema.get("description", "")
        yield _row(one["name"], one["in"], schema, words, one.get("required", False))


def _body(operation: Schema) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        for name, field in schema.get("properties", {}).items():
            yield _row(name, "body", field, field.get("description", ""), name in schema.get("required", ()))


def _row(name: str, place: str, schema: Schema, words: str, is_required: bool) -> str:
    notes = [words.rstrip(".") + "."] if words else []
    if is_required:
        notes.append("Required.")
    elif schema.get("default") not in (None, ""):
        notes.append(f"Default {json.dumps(schema['default'])}.")
    return f"| `{name}` | {place} | {_type(schema)} | {' '.join(notes)} |"


def _type(schema: Schema) -> str:
    """A schema in a few words: `text`, `list of object`, `"current" / "prior"` …"""
    match schema:
        case {"description": str(words)} if words.startswith("Server-Sent"):
            return "a stream of events"
        case {"$ref": str(name)}:
            return name.rsplit("/", 1)[1]
        case {"enum": [*values]}:
            return " / ".join(json.dumps(value) for value in values)
        case {"const": value}:
            return json.dumps(value)
        case {"anyOf": [*kinds]} | {"oneOf": [*kinds]}:
            return " or ".join(dict.fromkeys(_type(kind) for kind in kinds))
        case {"type": "array"}:
            return f"list of {_type(schema.get('items', {}))}"
        case {"type": [*names]}:
            return " or ".join(_NAMES.get(str(name), str(name)) for name in names)
        case {"type": str(name)}:
            return _NAMES.get(name, name) + _bounds(schema)
    return "anything"


_NAMES = {"string": "text", "integer": "whole number", "boolean": "true / false", "null": "null"}


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        return ""
    return f" {low:g}" if low == high else f" {low:g} to {high:g}"


def _events(schema: Schema) -> Iterator[str]:
    yield ""
    yield "## Events of a job"
    yield ""
    yield "Each is sent as `id: NUMBER`, `event: TYPE`, `data: JSON`; the JSON has the same `type` and these fields."
    yield ""
    yield "| type | fields | |"
    yield "|---|---|---|"
    for event in schema["oneOf"]:
        fields = [f"`{name}`" for name in event["properties"] if name != "type"]
        words = " ".join(event.get("description", "").split())
        yield f"| `{event['properties']['type']['const']}` | {', '.join(fields) or '–'} | {words} |"


def _refusals(responses: Schema) -> Iterator[str]:
    yield ""
    yield "## Refusals"
    yield ""
    yield 'Each has the body `{"error": {"type", "message", "remedy"}}`; in OpenAI\'s shape also `param` and `code`.'
    yield ""
    for name, response in responses.items():
        yield f"- **{name}**: {response['description']}"
