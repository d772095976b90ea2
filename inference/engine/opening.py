"""Opens a pack in a precision that its findings survive.

Weights that are rounded here, at load, are held to the model's own answers in float32 before they are used: the same
phantom films, computed by code, through the same questions. What agrees too little is refused with a message, and the
next larger precision is tried. The outcome is remembered for the pack, the precision and the library versions. A pack
that came quantised has no float32 on this computer; it is held to the float32 probabilities of its self-test instead,
and so is a model whose float32 form does not fit into memory.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable

from inference.devices import choose_device, machine
from inference.engine.engine import M4cxrBackend
from inference.engine.loading import best_precision, stored_scheme, weights_folder
from inference.engine.precision_check import Outcome, compared, conditions, known, remember
from inference.engine.session import Gate
from inference.errors import InvalidRequest, OutOfMemory, PrecisionRefused
from inference.models.checkpoint import CONFIG, read_json
from inference.models.config import M4cxrConfig
from inference.models.sizes import PartSizes, part_sizes
from inference.packs import Pack
from inference.precision import QUANTISED, Precision, computable, tried_after, weight_bytes

logger = logging.getLogger(__name__)

REFERENCE_SHARE = 0.8
"""Of the free memory that float32 weights may take to be compared with."""


def open_backend(
    pack: Pack, *, device: str = "auto", precision: Precision | None = None, gate: Gate | None = None
) -> M4cxrBackend:
    """The engine with a pack, ready to read.

    Args:
        pack: An opened (verified) pack.
        device: "cpu", "cuda" or "auto".
        precision: What the user wants; None = what the device computes best.
        gate: As `M4cxrBackend` takes it.

    Raises:
        InvalidRequest: The device does not compute this precision, or the pack has another one.
        PrecisionRefused: No precision could be used.
        OutOfMemory: The smallest of them does not fit.
        PackRefused, PackQuarantined: As `M4cxrBackend` says.
    """
    about, stored = choose_device(device), stored_scheme(pack)
    sizes = part_sizes(M4cxrConfig.from_json(read_json(weights_folder(pack) / CONFIG)))
    kind = machine(about).kind
    if precision is not None and precision not in (offered := computable(kind, stored)):
        raise InvalidRequest(
            f"“{pack.manifest.id}” can't be used in {precision} on {about.title}; choose {', '.join(offered)}."
        )
    first = precision or best_precision(pack, about, sizes)
    refused: PrecisionRefused | OutOfMemory | None = None
    for tried in (first, *tried_after(first, kind, stored)):
        try:
            backend = M4cxrBackend(pack, device=about.name, gate=gate, precision=tried)
            if tried in QUANTISED and stored is None:
                _hold_to_float32(pack, backend, tried, sizes)
            return backend
        except PrecisionRefused as error:
            refused = error
            logger.warning("%s The next larger precision is used.", error)
        except OutOfMemory:
            if refused is None:
                raise
            raise refused from None  # what would fit gives wrong findings: that is what the user must know
    raise refused or PrecisionRefused(f"“{pack.manifest.id}” can't be used in {first}.")


def _hold_to_float32(pack: Pack, backend: M4cxrBackend, precision: Precision, sizes: PartSizes) -> None:
    told = conditions(precision, backend.libraries)
    outcome = known(pack.sha256, told)
    if outcome is None:
        outcome = _compared(backend, lambda: M4cxrBackend(pack, precision="float32", gate=None), sizes)
        if outcome is None:
            logger.warning(
                "“%s” is too large to be compared with float32 here; its self-test was passed.", pack.manifest.id
            )
            return
        remember(pack.sha256, told, outcome)
    if not outcome.is_good_enough:
        raise PrecisionRefused(f"“{pack.manifest.title}” can't be used in {precision}: {outcome.in_words}.")


def _compared(
    backend: M4cxrBackend, float32: Callable[[], M4cxrBackend], sizes: PartSizes
) -> Outcome | None:
    """None if float32 does not fit."""
    needed = weight_bytes(sizes.as_model_size, "float32", is_cuda=False)
    if needed > REFERENCE_SHARE * choose_device("cpu").free_bytes:
        return None
    reference = float32()
    outcome = compared(backend, reference)
    del reference
    gc.collect()
    return outcome
