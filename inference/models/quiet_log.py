"""Import this before anything that may bring bitsandbytes along: diffusers and transformers do."""

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
