"""What the user chose, kept over restarts: one JSON object of plain values, written whole and atomically.

Keys are "part.name" ("hanging.current_side"). A file that can't be read is set aside, never overwritten: the user is
told and the defaults hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from viewer.core.places import settings_folder

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
FILE_NAME = "settings.json"


class Settings:
    """Reads once, writes at every change. Used from the GUI thread only."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or settings_folder() / FILE_NAME
        self._values: dict[str, Value] = {}
        self.problem = ""
        """Why the file was not used or not written, in words for the reader; empty where all is well."""
        self._read()

    def text(self, key: str, default: str = "") -> str:
        value = self._values.get(key)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool = False) -> bool:
        value = self._values.get(key)
        return value if isinstance(value, bool) else default

    def number(self, key: str, default: float = 0.0) -> float:
        value = self._values.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else default

    def value(self, key: str) -> Value:
        """Whatever stands there, a copy where it is a list or an object; None where nothing does."""
        stored: Value = json.loads(json.dumps(self._values.get(key)))
        return stored

    def set(self, key: str, value: Value) -> None:
        """Keep `value` under `key`; None takes the key away. A disk that refuses is noted in `problem`."""
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = json.loads(json.dumps(value))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, json.dumps(self._values, indent=2, ensure_ascii=False, sort_keys=True))
        except OSError as error:
            self.problem = f"The settings could not be kept in {self._file}: {error.strerror or error}."

    def _read(self) -> None:
        try:
            read = json.loads(self._file.read_text("utf-8"))
            if not isinstance(read, dict):
                raise ValueError("it is no JSON object")
            self._values = read
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            aside = self._file.with_suffix(".unreadable.json")
            with contextlib.suppress(OSError):
                self._file.replace(aside)
            self.problem = (
                f"The settings file could not be read ({error}). It was kept as {aside}; defaults hold."
            )


def write_whole(file: Path, text: str) -> None:
    """Replace the file's content so that a kill at any moment leaves the old or the new text, never a part.

    Raises:
        OSError: The folder or the disk refuses; the old file is untouched.
    """
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
