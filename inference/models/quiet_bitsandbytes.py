"""bitsandbytes, imported late and without the lines that would only frighten a reader of the log."""

from __future__ import annotations

import logging

from inference.errors import PackRefused


class _Harmless(logging.Filter):
    """Drops two lines that bitsandbytes writes on every CPU, and changes nothing else.

    "Failed to load CPU gemm_4bit_forward … No module named 'kernels'": an optional package from a hub, never wanted
    here; its own kernel takes the work. "inputs will be cast …": how int8 works in it, once for every layer.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return (
            "gemm_4bit_forward from kernels-community" not in text and "inputs will be cast from" not in text
        )


for _name in ("bitsandbytes.backends.cpu.ops", "bitsandbytes.autograd._functions"):
    logging.getLogger(_name).addFilter(_Harmless())

try:
    from bitsandbytes import functional, nn  # only after the filter is in place
except ImportError as _error:  # there is none for macOS, for instance
    raise PackRefused(
        "These weights need bitsandbytes, which this computer does not have; convert the pack to int8 for its CPU."
    ) from _error

__all__ = ["functional", "nn"]
