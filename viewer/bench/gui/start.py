"""`python -m viewer.bench.gui.start OUT [options of the viewer]`: starts the viewer as a user does, then ends it.

Writes to OUT when the first viewport had painted, by the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main(words: list[str]) -> int:
    """Run the viewer until its window has painted."""
    out, *options = words
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QPaintEvent

    from viewer.ui.viewport import Viewport

    original = Viewport.paintEvent

    def timed(self: Viewport, event: QPaintEvent) -> None:
        original(self, event)
        if not Path(out).exists():
            Path(out).write_text(repr(time.monotonic()), "ascii")
            QTimer.singleShot(0, self.window().close)

    Viewport.paintEvent = timed  # type: ignore[method-assign]  # the clock stands behind the real thing
    from viewer.cli import main as run

    return run(options)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
