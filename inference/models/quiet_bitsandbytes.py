"""bitsandbytes, imported late and without the lines that would only frighten a reader of the log."""

from __future__ import annotations

import logging


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

from bitsandbytes import functional, nn  # noqa: E402  # only after the filter is in place

__all__ = ["functional", "nn"]
