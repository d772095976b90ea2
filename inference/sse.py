"""Server-Sent Events as bytes, both directions (WHATWG HTML, 9.2). Only what our stream uses."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LINE_BYTES = (
    16 * 1024 * 1024
)  # far over any event of ours; a stream without line ends must not fill memory
HEARTBEAT = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    id: str
    event: str
    data: str


def format_event(number: int, event: str, data: str) -> bytes:
    """One event; `data` must be a single line, which JSON is."""
    return f"id: {number}\nevent: {event}\ndata: {data}\n\n".encode()


class SseParser:
    """Turns chunks of a stream, cut anywhere, into events. Comments and unknown fields are skipped."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that `chunk` completes.

        Raises:
            ValueError: The stream is not UTF-8, or a line is absurdly long.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise ValueError("The event stream has a line without end.")
        events = []
        for line in lines:
            event = self._line(line.removesuffix(b"\r").decode())
            if event is not None:
                events.append(event)
        return events

    def _line(self, line: str) -> ServerSentEvent | None:
        if line:
            name, _, value = line.partition(":")
            if name in ("id", "event", "data"):
                value = value.removeprefix(" ")
                if name == "data" and "data" in self._fields:
                    value = f"{self._fields['data']}\n{value}"
                self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        return ServerSentEvent(fields.get("id", ""), fields.get("event", "message"), fields["data"])
