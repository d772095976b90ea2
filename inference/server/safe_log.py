"""Logs that can be shown to anyone: what failed and where, never the words or values involved."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType


def where_it_failed(error: BaseException) -> str:
    """Class names and source lines of `error` and what caused it. Its message is left out: it may quote a report."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 8:
        parts.append(f"{type(cause).__name__}\n" + "".join(traceback.format_tb(cause.__traceback__)))
        cause = cause.__cause__ or cause.__context__
    return "caused by ".join(parts)


class TextFreeFormatter(logging.Formatter):
    """Formats log records, exceptions without their messages."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return where_it_failed(ei[1]) if ei[1] is not None else ""


def log_to_stderr() -> None:
    """Send all loggers of this process to stderr through the formatter above."""
    handler = logging.StreamHandler()
    handler.setFormatter(TextFreeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for provoked in ("uvicorn.error", "asyncio"):  # a stranger's nonsense must not fill the disk with lines
        logging.getLogger(provoked).setLevel(logging.ERROR)
