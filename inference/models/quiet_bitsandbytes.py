"""bitsandbytes, imported late and without the lines that would only frighten a reader of the log."""

from __future__ import annotations

import inference.models.quiet_log  # noqa: F401  # the filter is in place before bitsandbytes is imported
from inference.errors import PackRefused

try:
    from bitsandbytes import functional, nn
except ImportError as _error:  # there is none for macOS, for instance
    raise PackRefused(
        "These weights need bitsandbytes, which this computer does not have; convert the pack to int8 for its CPU."
    ) from _error

__all__ = ["functional", "nn"]
