"""Why an object was not written, in words for the reader."""

from __future__ import annotations


class NotWritten(Exception):
    """Nothing was written. `reason` says why and, where a header is at fault, names the attribute."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
