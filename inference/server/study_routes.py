"""Routes about films and studies: what is to be read."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from inference.errors import InvalidFilm, InvalidRequest
from inference.server.door import MAX_FILM_BYTES
from inference.server.scheduler import Scheduler
from inference.server.schema import described, json_body
from inference.server.shelf import Shelf
from inference.wire import StudyBody, film_from_parts, study_from_json

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 over attributes and pixels")]

HASHED_AT_ONCE = 1024 * 1024  # bytes; hashing more would hold up the event streams

_FILM_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["attributes", "pixels"],
                    "properties": {
                        "attributes": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "description": "A FilmAttributes (components/schemas) as JSON.",
                        },
                        "pixels": {
                            "type": "string",
                            "format": "binary",
                            "description": "The stored values as npy 1.0, (rows, columns) or (rows, columns, 3).",
                        },
                    },
                }
            }
        },
    }
}


class _InMemoryParser(MultiPartParser):
    """Never writes a patient's film into a temporary file."""

    spool_max_size = MAX_FILM_BYTES


def study_routes(scheduler: Scheduler, shelf: Shelf) -> APIRouter:
    """Films and studies; both are kept here and reach the backend with the first job that needs them."""
    routes = APIRouter(tags=["studies"])

    @routes.put("/v1/images/{image_sha256}", openapi_extra=_FILM_BODY)
    async def put_image(image_sha256: Sha256, request: Request, response: Response) -> dict[str, Any]:
        """Send a film: `attributes` (JSON) and `pixels` (npy). The address is the hash over both and is verified."""
        attributes, pixels = await _parts(request)
        if len(pixels) > HASHED_AT_ONCE:
            film = await asyncio.to_thread(film_from_parts, image_sha256, attributes, pixels)
        else:
            film = film_from_parts(image_sha256, attributes, pixels)
        response.status_code = 201 if shelf.put_film(film) else 200
        return {"image": image_sha256}

    @routes.head("/v1/images/{image_sha256}", include_in_schema=False)
    @routes.get("/v1/images/{image_sha256}")
    async def has_image(image_sha256: Sha256) -> dict[str, Any]:
        """Is this film here? 404 if not. Pixels are never given out."""
        if not shelf.has_film(image_sha256):
            raise HTTPException(404, "The backend does not hold this film.")
        return {"image": image_sha256}

    @routes.post("/v1/studies", status_code=201, openapi_extra=described(StudyBody))
    async def post_study(request: Request) -> dict[str, str]:
        """Films that are read together. Answers with a random id; names and identifiers have no place here."""
        study = study_from_json(await json_body(request), str(uuid.uuid4()))
        if not study.films:
            raise InvalidRequest("study.films is empty: there is nothing to read.")
        for excess in shelf.put_study(study):
            scheduler.forget_study(excess)
        return {"study_id": study.study_id}

    @routes.delete("/v1/studies/{study_id}", status_code=204)
    async def delete_study(study_id: str) -> None:
        """Forget a study and the films that no other study needs."""
        shelf.forget_study(study_id)
        scheduler.forget_study(study_id)

    return routes


async def _parts(request: Request) -> tuple[str, bytes]:
    """The two parts of a film upload.

    Raises:
        InvalidFilm: Another form, or other parts.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise InvalidFilm("A film is sent as multipart/form-data.")
    stream = request.stream()
    parser = _InMemoryParser(
        request.headers, stream, max_files=1, max_fields=1, max_part_size=4 * 1024 * 1024
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise InvalidFilm("The parts of the upload can't be told apart.") from None
    try:
        attributes, pixels = form.get("attributes"), form.get("pixels")
        if not isinstance(attributes, str) or not isinstance(pixels, UploadFile):
            raise InvalidFilm("An upload has the text part `attributes` and the file part `pixels`.")
        return attributes, await pixels.read()
    finally:
        await form.close()
