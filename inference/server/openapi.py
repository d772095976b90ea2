"""openapi.json: what FastAPI gathers from the routes, and what every caller has to know besides.

`python -m inference.server.openapi docs` writes `docs/openapi.json` and `docs/routes.md`, which are committed; a test
holds them to the code. Errors, the token and the events are added here by rule, so a new route gets them by itself.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from inference.server.api_examples import BODIES, ERROR
from inference.server.api_shapes import Schema, schemas, stream_of
from inference.server.schema import JSON_TYPE

ABOUT = """\
Reads chest radiographs on this computer. Research use only. Not a medical device.

Every answer is a draft that nobody has reviewed. The backend listens on 127.0.0.1 only; every request but `/health`
needs `Authorization: Bearer TOKEN`. What takes time is a *job*: it answers at once with an id, and its events are
streamed from `/v1/jobs/{id}/events`. Films are decoded by the caller and sent as pixels; no name, patient id or
accession number has a place here.
"""
OPENAI_PATHS = ("/v1/chat/completions", "/v1/images/generations", "/v1/models", "/v1/plan")
"""Routes whose refusals have OpenAI's statuses and fields, see `inference.server.openai_shape`."""

NO_NAMES = (
    "/v1/draw",
    "/v1/impression",
    "/v1/summarise",
    "/v1/train",
    "/v1/datasets/plan",
    "/v1/datasets/doctor",
)
"""Routes whose body names nothing that lies here: a text, or a whole plan."""

Operation = dict[str, Any]


def add_openapi(app: FastAPI) -> None:
    """Let `app` serve the whole description at /openapi.json."""

    def whole() -> Schema:
        if app.openapi_schema is None:
            app.openapi_schema = described_api(app)
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]  # FastAPI's own way to extend it


def described_api(app: FastAPI) -> Schema:
    """The description of every route of `app`, complete."""
    told: Schema = get_openapi(
        title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=TAGS
    )
    told["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    told["servers"] = [
        {
            "url": "http://127.0.0.1:{port}",
            "variables": {"port": {"default": "8000", "description": "told when the backend starts"}},
        }
    ]
    told["security"] = [{"token": []}]
    components = told.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    components["schemas"] = schemas()
    components["responses"] = {name: _refusal(words) for name, words in REFUSALS.values()}
    for path, method, operation in operations(told):
        _complete(path, method, operation)
    return told


def operations(schema: Schema) -> Iterator[tuple[str, str, Operation]]:
    """Path, method in lower case and description of each operation."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def allowed_methods(schema: Schema, path: str) -> str:
    """The methods of the routes at `path`, as the header Allow lists them; FastAPI names those of one route only."""
    if path in schema["paths"]:
        found = {method.upper() for method in schema["paths"][path]}
    else:
        found = {
            method.upper()
            for template, method, _ in operations(schema)
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
        }
    return ", ".join(sorted(found))


# ── what holds for many routes ──────────────────────────────────────────────────────────────────────────────────

TAGS = [
    {"name": "models", "description": "Which model reads, and whether it is ready."},
    {"name": "studies", "description": "Films and studies: what is to be read."},
    {"name": "jobs", "description": "Everything that takes time: start, follow, stop."},
    {
        "name": "training",
        "description": "From a site's own studies to a better model, in a process of its own.",
    },
    {
        "name": "synthesis",
        "description": "Synthetic films from words. Each is marked: the word burned in, a watermark in its pixels.",
    },
    {"name": "chat", "description": "Questions in OpenAI's shape, for clients that know no other."},
]
REFUSALS: dict[int, tuple[str, str]] = {
    400: ("BadRequest", "The request can't be carried out; the message names the field (`param`)."),
    401: ("NoToken", "The bearer token is missing or wrong."),
    403: ("Stranger", "Host or Origin is not this backend's own."),
    404: ("NotHere", "What the address or the body names is not here (any more)."),
    408: ("TooSlow", "The body did not come in time."),
    409: ("Stopped", "It was stopped, or something else is in the way."),
    413: ("TooLarge", "The body is over the limit: 1 MiB, a film 512 MiB."),
    415: ("WrongKind", "The body is not of the kind that this route takes."),
    422: ("Invalid", "The request can't be carried out; the message names the field."),
    429: ("Busy", "Too many jobs are waiting. Ask again later."),
    503: ("NotReady", "The model could not be loaded, or memory did not suffice; the message says which."),
}


def _complete(path: str, method: str, operation: Operation) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"].pop("title", None)
    responses: dict[str, Any] = operation["responses"]
    for status, response in responses.items():
        _describe_success(path, method, status, response)
    responses.pop("422", None)  # FastAPI's own form, which is never sent
    for code in sorted(_refusals(path, method, operation)):
        responses.setdefault(str(code), {"$ref": f"#/components/responses/{REFUSALS[code][0]}"})
    operation["responses"] = dict(sorted(responses.items()))
    body = operation.get("requestBody", {}).get("content", {}).get(JSON_TYPE)
    if body is not None and operation["operationId"] in BODIES:
        body["example"] = BODIES[operation["operationId"]]
    if path == "/health":
        operation["security"] = []


def _refusals(path: str, method: str, operation: Operation) -> set[int]:
    if path == "/health":
        return {403}
    is_openai = path.startswith(OPENAI_PATHS)
    found = {401, 403}
    has_body = "requestBody" in operation
    if "{" in path or path == "/v1/plan" or (has_body and path not in NO_NAMES):
        found.add(404)
    if has_body:
        found |= {408, 413} | ({415} if JSON_TYPE in operation["requestBody"]["content"] else set())
    if has_body or "parameters" in operation:
        found |= {400, 422} if is_openai and not has_body else {400} if is_openai else {422}
    if "202" in operation["responses"] or (is_openai and has_body):
        found |= {429}
    if is_openai:
        found |= {409, 503}
    if path.startswith("/v1/train") and method == "post":
        found |= {409}
    if path.startswith("/v1/adapters"):
        found |= {404, 503} | ({409} if method == "post" else set())
    if path.startswith("/v1/train/"):
        found |= {422}  # a file of the run can't be read
    return found


def _refusal(words: str) -> Schema:
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "example": ERROR}
    return {"description": words, "content": {JSON_TYPE: content}}


SUCCESS: dict[tuple[str, str], str] = {
    ("get", "/health"): "Health",
    ("get", "/v1/models"): "ModelList",
    ("get", "/v1/models/{model_id}"): "Model",
    ("post", "/v1/models/{model_id}/load"): "ModelState",
    ("post", "/v1/models/{model_id}/unload"): "ModelState",
    ("post", "/v1/models/{model_id}/verify"): "Verified",
    ("get", "/v1/plan"): "Plan",
    ("get", "/v1/packs"): "PackList",
    ("put", "/v1/images/{image_sha256}"): "Film",
    ("get", "/v1/images/{image_sha256}"): "Film",
    ("post", "/v1/studies"): "Study",
    ("get", "/v1/jobs/{job_id}"): "Job",
    ("delete", "/v1/jobs/{job_id}"): "Job",
    ("get", "/v1/datasets"): "TrainingMeans",
    ("post", "/v1/activelearning/{strategy}"): "TeachingOrder",
    ("get", "/v1/adapters"): "Adapters",
    ("post", "/v1/adapters/rollback"): "Adapters",
    ("get", "/v1/train"): "TrainingRuns",
    ("post", "/v1/train"): "TrainingRun",
    ("get", "/v1/train/{run_id}"): "TrainingDetail",
    ("delete", "/v1/train/{run_id}"): "TrainingRun",
    ("post", "/v1/train/{run_id}/resume"): "TrainingRun",
    ("post", "/v1/chat/completions"): "Completion",
    ("post", "/v1/images/generations"): "Pictures",
}
_JOB = {"parameters": {"job_id": "$response.body#/id"}}
_STUDY = {"parameters": {"study_id": "$response.body#/study_id"}}
LINKS: dict[str, Schema] = {
    "Job": {name: {"operationId": name, **_JOB} for name in ("job_state", "events", "stop")},
    "Study": {name: {"operationId": name, **_STUDY} for name in ("report", "ground", "chat", "delete_study")},
}
"""What an answer is good for next."""
_WORDS = {"200": "Done.", "201": "Made.", "202": "A job was started.", "204": "Done; nothing to tell."}


def _describe_success(path: str, method: str, status: str, response: Schema) -> None:
    if response.get("description") == "Successful Response":
        response["description"] = _WORDS.get(status, "Done.")
    for content in response.get("content", {}).values():
        content["schema"].pop("title", None)  # FastAPI's, made from the name of the route
    name = "Job" if status == "202" else SUCCESS.get((method, path))
    if name is not None:
        response["content"] = {JSON_TYPE: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    if path.endswith("/events"):
        response["content"] = {"text/event-stream": {"schema": stream_of("Event", ["id", "event", "data"])}}
    if name == "Completion":
        response["content"]["text/event-stream"] = {"schema": stream_of("Chunk", ["data"], end="[DONE]")}
    if name in LINKS:
        response["links"] = LINKS[name]


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────

COMMAND = "python -m inference.server.openapi docs"


def files() -> dict[str, str]:
    """The committed files by name, as they should be."""
    from inference.server.app import create_app
    from inference.server.routes_page import routes_page

    def nobody() -> Any:
        raise AssertionError("no backend is made to describe the routes")

    schema = create_app(nobody, token="", port=0).openapi()
    return {
        "openapi.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
        "routes.md": routes_page(schema),
    }


def main(argv: list[str] | None = None) -> int:
    """Write the files into the folder that is named."""
    (folder,) = sys.argv[1:] if argv is None else argv
    for name, text in files().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
