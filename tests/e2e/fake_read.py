"""`sidelight read` with a fake backend process: run as `fake_read.py read …` by tests, and by itself as `serve`.

FAKE_READ_LOG names a file that gets a line for each study that is begun; FAKE_READ_HANGS_AT the number of a study that
the process never gets through.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.factories.batches import FilmReadingBackend


class LoggedBackend(FilmReadingBackend):
    def begin(self, image: str) -> None:
        super().begin(image)
        with Path(os.environ["FAKE_READ_LOG"]).open("a") as log:
            log.write(image + "\n")


def main(words: list[str]) -> int:
    if words[0] == "serve":
        from inference.server.command import read_options, serve

        hangs_at = int(os.environ["FAKE_READ_HANGS_AT"])
        return serve(read_options(words[1:]), lambda _: lambda: LoggedBackend(hangs_at=hangs_at))
    from inference.read import command
    from inference.supervisor import BackendProcess

    serve_words = (sys.executable, __file__, "serve")
    command.BackendProcess = lambda *_, **__: BackendProcess(command=serve_words)  # type: ignore[misc]
    return command.main(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
