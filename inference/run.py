"""A running job as the client sees it: a stream of typed events that survives a broken connection."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import quote

import httpx

from inference import wire
from inference.backend import Event, is_last
from inference.errors import BackendFault, BackendLost, InvalidRequest
from inference.sse import SseParser

RECONNECTS = 3  # in a row, without a single event between them


class Run(Iterator[Event]):
    """The events of one job, as they happen; the last one is Finished, Cancelled or Error.

    A stream that breaks is taken up again where it was. Iterating raises BackendLost when the backend is gone.
    """

    def __init__(self, http: httpx.Client, job: str, after: int = 0) -> None:
        self.job = job
        self._http = http
        self._path = f"/v1/jobs/{quote(job, safe='')}"
        self._events = self._follow(after)

    def __next__(self) -> Event:
        return next(self._events)

    def cancel(self) -> None:
        """Ask for the end, from any thread; Cancelled still comes as the last event.

        Raises:
            BackendLost: The backend is gone.
        """
        accepted(send(self._http, "DELETE", self._path))

    def close(self) -> None:
        """Stop listening; the backend ends a job that nobody follows. Not while another thread iterates."""
        self._events.close()

    def _follow(self, after: int) -> Generator[Event]:
        failures = 0
        while True:
            try:
                for number, event in self._connection(after):
                    if number != after + 1:
                        raise BackendFault(f"Event {after + 1} of the backend's stream is missing.")
                    after, failures = number, 0
                    yield event
                    if is_last(event):
                        return
                broken: Exception = httpx.RemoteProtocolError("The stream ended early.")
            except (
                httpx.ConnectError,
                httpx.TimeoutException,
            ) as error:  # nobody is there, or nobody at home
                raise lost(error) from error
            except httpx.TransportError as error:
                broken = error
            except RuntimeError as error:
                raise _closed(self._http, error) from error
            failures += 1
            if failures > RECONNECTS:
                raise lost(broken) from broken
            time.sleep(0.05 * failures)

    def _connection(self, after: int) -> Iterator[tuple[int, Event]]:
        parser = SseParser()
        headers = {"Last-Event-ID": str(after)} if after else {}
        with self._http.stream("GET", f"{self._path}/events", headers=headers) as response:
            if not response.is_success:
                response.read()
            accepted(response)
            for chunk in response.iter_raw():
                try:
                    told = [
                        (int(sent.id), wire.event_from_json(json.loads(sent.data)))
                        for sent in parser.feed(chunk)
                    ]
                except (ValueError, InvalidRequest) as error:
                    raise BackendFault("The backend's event stream can't be understood.") from error
                yield from told


def send(http: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """One request and its response, whatever its status. Raises BackendLost if there is none."""
    try:
        return http.request(method, path, **more)
    except httpx.TransportError as error:
        raise lost(error) from error
    except RuntimeError as error:
        raise _closed(http, error) from error


def _closed(http: httpx.Client, error: RuntimeError) -> Exception:
    """httpx has no class of its own for "this client was closed", which is how a dead backend's client ends."""
    return lost(httpx.CloseError("closed")) if http.is_closed else error


def accepted(response: httpx.Response) -> httpx.Response:
    """The response, if it is no refusal; otherwise the error that it names is raised."""
    if response.is_success:
        return response
    try:
        body = response.json()
    except ValueError:
        body = None
    raise wire.error_from_json(body, f"The backend answered with status {response.status_code}.")


def answer(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an accepted response."""
    told = accepted(response).json()
    if not isinstance(told, dict):
        raise BackendFault("The backend's answer can't be understood.")
    return told


def lost(error: Exception) -> BackendLost:
    """What the user is told when the connection broke."""
    match error:
        case httpx.ConnectError():
            reason = "its process is gone"
        case httpx.TimeoutException():
            reason = "it did not answer in time"
        case _:
            reason = "the connection to it broke"
    return BackendLost(f"The AI stopped ({reason}).")
