"""Opens a pack in a precision that its findings survive.

Weights that are rounded here, at load, are held to the model's own answers in float32 before they are used: the same
phantom films, computed by code, through the same questions. What agrees too little is refused with a message, and the
next larger precision is tried. The outcome is remembered for the pack, the precision and the library versions. A pack
that came quantised has no float32 on this computer; it is held to the float32 probabilities of its self-test instead,
and so is a model whose float32 form does not fit into memory.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.backend import FilmInput
from inference.devices import choose_device, machine
from inference.engine.engine import M4cxrBackend
from inference.engine.loading import best_precision, stored_scheme, weights_folder
from inference.engine.precision_check import (
    Outcome,
    check_films,
    compared,
    conditions,
    findings_of,
    known,
    remember,
)
from inference.engine.session import Gate, Verdict
from inference.errors import InvalidRequest, OutOfMemory, PrecisionRefused
from inference.gate import GateResult, load_gate
from inference.models.checkpoint import CONFIG, read_json
from inference.models.config import M4cxrConfig
from inference.models.sizes import PartSizes, part_sizes
from inference.packs import READER, Pack, check_architecture
from inference.plan import Companion
from inference.precision import (
    QUANTISED,
    Precision,
    computable,
    precisions_for,
    tried_after,
    weight_bytes,
)

logger = logging.getLogger(__name__)

REFERENCE_SHARE = 0.8
"""Of the free memory that float32 weights may take to be compared with."""


@dataclass(frozen=True, slots=True)
class _How:
    """What `M4cxrBackend` takes besides the pack, the device and the precision."""

    gate: Gate | None
    features: Path | None
    companions: tuple[Companion, ...]


def open_backend(
    pack: Pack,
    *,
    device: str = "auto",
    precision: Precision | None = None,
    gate: Gate | None = None,
    features: Path | None = None,
    companions: Sequence[Companion] = (),
) -> M4cxrBackend:
    """The engine with a pack, ready to read.

    Args:
        pack: An opened (verified) pack.
        device: "cpu", "cuda" or "auto".
        precision: What the user wants; None = what the device computes best.
        gate, features, companions: As `M4cxrBackend` takes them.

    Raises:
        InvalidRequest: The device does not compute this precision, or the pack has another one.
        PrecisionRefused: No precision could be used.
        OutOfMemory: Neither the first choice nor any smaller one fits; what the user wants is tried alone.
        PackRefused, PackQuarantined: As `M4cxrBackend` says.
        WrongPack: The pack draws; it does not read.
    """
    check_architecture(pack, READER)
    about, stored = choose_device(device), stored_scheme(pack)
    sizes = part_sizes(M4cxrConfig.from_json(read_json(weights_folder(pack) / CONFIG)))
    kind = machine(about).kind
    if precision is not None and precision not in (offered := computable(kind, stored)):
        raise InvalidRequest(
            f"“{pack.manifest.id}” can't be used in {precision} on {about.title}; choose {', '.join(offered)}."
        )
    first = precision or best_precision(pack, about, sizes, companions)
    how = _How(gate, features, tuple(companions))
    refused: PrecisionRefused | None = None
    for tried in (first, *tried_after(first, kind, stored)):
        try:
            return _opened(pack, about.name, tried, how, None if stored else sizes)
        except PrecisionRefused as error:
            refused = error
            logger.warning("%s A larger precision is tried.", error)
        except OutOfMemory as error:
            if refused is None:
                has_bfloat16 = machine(about).has_bfloat16
                smaller = precisions_for(sizes.total, kind, has_bfloat16=has_bfloat16, stored=stored)
                smaller = () if precision else smaller
                return _smaller(pack, about.name, smaller, first, how, sizes, error)
            break  # what would fit gives wrong findings: that is what the user must know
    assert refused is not None, "the first choice was tried"
    raise refused


def _smaller(
    pack: Pack,
    device: str,
    precisions: tuple[Precision, ...],
    first: Precision,
    how: _How,
    sizes: PartSizes,
    error: OutOfMemory,
) -> M4cxrBackend:
    """The backend in the largest precision below `first` that fits, and the reader told so; else raises `error`."""
    for tried in precisions[precisions.index(first) + 1 :] if first in precisions else ():
        try:
            backend = _opened(pack, device, tried, how, sizes)
        except (OutOfMemory, PrecisionRefused) as again:
            logger.warning("%s", again)
            continue
        backend.note(f"The model did not fit into memory in {first}; it was loaded in {tried} instead.")
        return backend
    raise error.with_traceback(None)


def _opened(
    pack: Pack,
    device: str,
    precision: Precision,
    how: _How,
    sizes: PartSizes | None,
) -> M4cxrBackend:
    """The backend, checked where its weights were rounded here (`sizes` is given)."""
    door = _Door(how.gate if how.gate is not None else load_gate())
    backend = M4cxrBackend(
        pack,
        device=device,
        gate=door,
        precision=precision,
        features=how.features,
        companions=how.companions,
    )
    if precision in QUANTISED and sizes is not None:
        _hold_to_float32(pack, backend, sizes)
    door.is_open = False
    return backend


class _Door:
    """The gate; it stands open until the check of the precision is over, for phantoms need not pass for patients."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.is_open = True

    def check(self, film: FilmInput, picture: NDArray[np.uint8], /) -> Verdict:
        return GateResult(True) if self.is_open else self._gate.check(film, picture)


def _hold_to_float32(pack: Pack, backend: M4cxrBackend, sizes: PartSizes) -> None:
    under = conditions(backend.precision, backend.device, backend.libraries)
    outcome = known(pack.sha256, under) or _compared(pack, backend, sizes)
    if outcome is None:
        logger.warning(
            "“%s” is too large to be compared with float32 here; its self-test stands alone.",
            pack.manifest.id,
        )
        return
    remember(pack.sha256, under, outcome)
    if not outcome.is_good_enough:
        raise PrecisionRefused(
            f"“{pack.manifest.title}” can't be used in {backend.precision}: {outcome.in_words}."
        )


def _compared(pack: Pack, backend: M4cxrBackend, sizes: PartSizes) -> Outcome | None:
    """None if float32 does not fit beside what is loaded."""
    needed = weight_bytes(sizes.as_model_size, "float32", is_cuda=False)
    if needed > REFERENCE_SHARE * choose_device("cpu").free_bytes:
        return None
    films = tuple(check_films())
    rounded = findings_of(backend, films)
    reference = M4cxrBackend(pack, precision="float32", gate=_Door(backend.gate))
    return compared(rounded, findings_of(reference, films))
