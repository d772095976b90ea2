"""Who may come in: this computer, the right name, the right token, and not too much at once.

A plain ASGI layer around everything else, so that nothing of a stranger's request is looked at.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.errors import Refused
from inference.wire import error_to_json

OPEN_PATHS = frozenset({"/health"})
MAX_JSON_BYTES = 1024 * 1024
MAX_FILM_BYTES = 512 * 1024 * 1024
MAX_SWALLOWED_BYTES = 64 * 1024
SWALLOW_TIMEOUT_S = 1.0
BODY_SILENCE_S = 20.0  # between two pieces of a body


class TooLarge(HTTPException):
    """The body passed its limit while it was being read."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The request is larger than {limit} bytes.")


class TooSlow(HTTPException):
    """The body stopped coming before it was whole."""

    def __init__(self) -> None:
        super().__init__(408, "The rest of the request did not come.")


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    words: str


class Door:
    """Checks Host (against DNS rebinding), Origin (against web pages), the bearer token and the body's size."""

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()
        self._hosts = {f"127.0.0.1:{port}".encode(), f"localhost:{port}".encode()}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there is no websocket here
            await send({"type": "websocket.close", "code": 1008})
            return
        limit = MAX_FILM_BYTES if _is_film(scope) else MAX_JSON_BYTES
        refusal = self._refusal(scope, limit)
        if refusal is not None:
            await _swallow(scope, receive)
            await _refuse(refusal, send)
            return
        limited = _limited(receive, limit)
        if _is_film(scope):  # too much to be read here; its route reads it, through the same limits
            await self._app(scope, limited, send)
            return
        try:
            whole = await _whole(limited)
        except (TooLarge, TooSlow) as error:
            await _swallow_rest(receive)
            await _refuse(Refusal(error.status_code, error.detail), send)
            return
        if whole is not None:
            await self._app(scope, whole, send)

    def _refusal(self, scope: Scope, limit: int) -> Refusal | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if not scope["path"].startswith("/"):  # an absolute address would overrule Host (RFC 9112, 3.2.2)
            return Refusal(403, "The address of the request must be a path of this backend.")
        if [value.lower() for value in _all(headers, b"host")] not in [[host] for host in self._hosts]:
            return Refusal(403, "The address (Host) is not this backend's own.")
        if not set(_all(headers, b"origin")) <= self._origins:
            return Refusal(403, "Web pages (Origin) may not talk to this backend.")
        if scope["path"] not in OPEN_PATHS and not self._has_token(headers):
            return Refusal(401, "The bearer token is missing or wrong.")
        told = _all(headers, b"content-length")
        if told and (not told[0].isdigit() or int(told[0][:20]) > limit):
            return Refusal(413, f"The request is larger than {limit} bytes.")
        return None

    def _has_token(self, headers: list[tuple[bytes, bytes]]) -> bool:
        told = _all(headers, b"authorization")
        return len(told) == 1 and hmac.compare_digest(told[0], self._expected)


def _is_film(scope: Scope) -> bool:
    return bool(scope["method"] == "PUT" and scope["path"].startswith("/v1/images/"))


def _all(headers: list[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]


def _limited(receive: Receive, limit: int) -> Receive:
    """`receive` that counts, for bodies that come in chunks and announce no length, and that does not wait for ever."""
    came, is_whole = 0, False

    async def counted() -> Message:
        nonlocal came, is_whole
        try:
            async with asyncio.timeout(None if is_whole else BODY_SILENCE_S):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        is_whole = is_whole or not message.get("more_body", False)
        came += len(message.get("body", b""))
        if came > limit:
            raise TooLarge(limit)
        return message

    return counted


async def _whole(receive: Receive) -> Receive | None:
    """Read the body before anybody looks at the request, and hand it on in one piece; None if the caller hung up.

    Raises:
        TooLarge, TooSlow: What `receive` raises.
    """
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    first: Message | None = {"type": "http.request", "body": b"".join(pieces), "more_body": False}

    async def replayed() -> Message:
        nonlocal first
        if first is None:
            return await receive()  # waits for the caller to hang up
        message, first = first, None
        return message

    return replayed


async def _swallow(scope: Scope, receive: Receive) -> None:
    """Read a short body away unseen: closing on unread bytes resets the connection, and the answer may be lost."""
    told = _all(scope["headers"], b"content-length")
    if told and told[0].isdigit() and int(told[0][:20]) <= MAX_SWALLOWED_BYTES:
        await _swallow_rest(receive)


async def _swallow_rest(receive: Receive) -> None:
    """What is on its way is read away unseen, for a second and no more than a body may hold."""
    came = 0
    try:
        async with asyncio.timeout(SWALLOW_TIMEOUT_S):
            while (message := await receive()).get("more_body") and came <= MAX_JSON_BYTES:
                came += len(message["body"])
    except TimeoutError:
        return


async def _refuse(refusal: Refusal, send: Send) -> None:
    body = json.dumps(error_to_json(Refused(refusal.words))).encode()
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length), (b"connection", b"close")]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
