"""Names for patients and studies that say nothing to anybody who has not this installation's secret."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE_NAME = "secret"
_BYTES = 32


def installation_secret(folder: Path) -> bytes:
    """The secret of this installation, made at the first call; readable by its owner only.

    Raises:
        OSError: The folder can't be read or written.
    """
    file = folder / FILE_NAME
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
    return bytes.fromhex(file.read_text("ascii"))


def pseudonym(secret: bytes, kind: str, *parts: str) -> str:
    """The same for the same parts, 32 hex digits. `kind` keeps a patient and a study of one number apart."""
    told = "\x1f".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(secret, told, hashlib.sha256).hexdigest()[:32]
