"""The real panel with a reader who never stops typing, in a process that is there to be killed.

Started by test_killed_while_typing. It imports everything once and then forks a window for every line on its standard
input, so that a life costs a fraction of a second. Every key is stamped into a file before it counts as typed: what
`write` has taken is kept by the system, whatever happens to the process.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]

from gui.plugin.fake_host import FakeHost, film, hanging, study  # noqa: E402 - the path comes first
from gui.plugin.scripted_backend import ScriptedDoor  # noqa: E402
from PySide6.QtCore import Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from inference.backend import TextDelta  # noqa: E402
from plugin.activation import install  # noqa: E402
from plugin.controller import Controller  # noqa: E402
from plugin.records import draft_format  # noqa: E402
from plugin.settings import PanelSettings  # noqa: E402
from plugin.study_films import study_key  # noqa: E402

ANNA = hanging(study("1.2.1", film("1")))
KEY = study_key(ANNA)
KEY_MS = 50
"""Twenty keys a second: nobody types so fast, and there is no pause that a saver could wait for."""


def typed_text(length: int) -> str:
    """The first characters of the only report that this reader ever writes: every place in it is told apart."""
    words = (f"observation{number} " for number in range(length))
    return "".join(words)[:length]


class Typist:
    """Types on from wherever the report stands, while a model drafts and the AI is shown and hidden."""

    def __init__(self, stamps: Path) -> None:
        self._stamps = os.open(stamps, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.host, self.door = FakeHost(ANNA), ScriptedDoor()
        install(self.host, self.door, PanelSettings(mode="concurrent"))
        self.panel = self.host.panels["reading"]
        self.panel.resize(400, 1000)
        self.panel.show()
        self._keys = 0
        self._timer = QTimer(interval=KEY_MS)
        self._timer.timeout.connect(self._type)
        self._wait = QTimer(interval=5)
        self._wait.timeout.connect(self._begin)
        self._wait.start()

    def _begin(self) -> None:
        """A reader begins when the study is open: after what was kept of it has come."""
        if KEY in self.panel.findChild(Controller)._expected:
            return
        self._wait.stop()
        self._stamp(f"opened {len(self._text())}")
        self._timer.start()

    def _text(self) -> str:
        return self.panel.drafts.report.toPlainText()

    def _type(self) -> None:
        editor, before = self.panel.drafts.report, self._text()
        QTest.keyClick(editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        letter = typed_text(len(before) + 1)[-1]
        QTest.keyClicks(editor, letter)
        assert self._text() == before + letter, "the panel did not take the key"
        self._stamp(f"{len(before) + 1} {time.monotonic_ns()}")
        self._keys += 1
        if self._keys == 3:
            QTest.mouseClick(self.panel.run_bar.read_button, Qt.MouseButton.LeftButton)
        if self._keys % 29 == 0:
            self.host.actions["hide_ai"].run()  # a line in the audit log
        for run in self.door.runs[-1:]:
            run.send(TextDelta("word "))

    def _stamp(self, line: str) -> None:
        os.write(self._stamps, f"{line}\n".encode())


def live(stamps: Path) -> None:
    """One window, until it is killed."""
    app = QApplication([])
    typist = Typist(stamps)
    app.exec()
    del typist


def main() -> None:
    draft_format.warm_up()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(Path(line.strip()))
            os._exit(1)  # a life ends by a kill, never by itself
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
