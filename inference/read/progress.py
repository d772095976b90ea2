"""How a run says how far it is: words on stderr for people, JSON lines on stdout for scripts (docs/batch.md)."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO


@dataclass
class Teller:
    """Where progress goes.

    Args:
        is_quiet: No words but those about what could not be read.
        events: Gets one JSON line per event; None for none.
    """

    is_quiet: bool = False
    events: TextIO | None = None

    def say(self, line: str) -> None:
        """What must be known, also when quiet."""
        shown = line.encode("utf-8", "backslashreplace").decode()  # a file name may be no UTF-8
        print(shown, file=sys.stderr, flush=True)  # noqa: T201

    def tell(self, line: str) -> None:
        """How far it is."""
        if not self.is_quiet:
            self.say(line)

    def event(self, name: str, **fields: Any) -> None:
        """One line for scripts. A reader who went away does not stop the reading."""
        if self.events is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"event": name, "at": now, **fields})
        try:
            self.events.write(line + "\n")
            self.events.flush()
        except OSError:
            self.events = None
