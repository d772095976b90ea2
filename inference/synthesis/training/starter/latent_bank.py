"""Stage 3: what the trained encoder makes of every film, once, and the mean and spread of its channels.

Real films come four times, as they are and three times a little closer and re-toned: there are few of them. A painted
film comes with the one it was painted on, under the same crop. Latents are kept in the
run's folder: pictures of patients can be made from them again, as from the squares beside them.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.synthesis.generator import fit
from inference.synthesis.training.latents import varied, weights_sha256
from inference.synthesis.training.starter.architecture import DOWN, to_grid
from inference.synthesis.training.starter.learning import in_sixteen_bits
from inference.synthesis.training.starter.squares import Grey, Squares
from inference.synthesis.training.starter.taught import TaughtFilm
from inference.training.loop.schedule import seed_of

logger = logging.getLogger(__name__)

VARIANTS = 4
AT_ONCE = 32


@dataclass(frozen=True, slots=True, eq=False)
class LatentBank:
    """Latents of all films, as the encoder gives them, in float16; `latent` gives them as the U-Net sees them."""

    real: NDArray[np.float16]  # (variants, films, channels, rows, columns)
    phantoms: NDArray[np.float16]  # (films, channels, rows, columns)
    painted: NDArray[np.float16]  # the same
    unpainted: NDArray[np.float16]  # the same: what each painted film was before
    mean: NDArray[np.float32]  # (channels,)
    std: NDArray[np.float32]

    def latent(self, film: TaughtFilm, variant: int) -> Tensor:
        """(channels, rows, columns) float32, each channel of mean 0 and spread 1 over all films."""
        once = {"phantom": self.phantoms, "painted": self.painted}
        raw = self.real[variant, film.row] if film.kind == "real" else once[film.kind][film.row]
        return self._evened(raw)

    def without_paint(self, film: TaughtFilm) -> Tensor:
        """As `latent`, of the real film under the painted one."""
        return self._evened(self.unpainted[film.row])

    def _evened(self, raw: NDArray[np.float16]) -> Tensor:
        return torch.from_numpy((raw.astype(np.float32) - self.mean[:, None, None]) / self.std[:, None, None])


def make_latents(vae: Any, squares: Squares, state: Path, seed: int) -> LatentBank:
    """Encode all films, or read what was encoded by just this encoder of just these films."""
    file = state / "latents.npz"
    key = hashlib.sha256(f"{weights_sha256(vae.encoder)}\n{squares.fingerprint}\n{seed}".encode()).hexdigest()
    found = _read(file, key)
    if found is None:
        logger.info("latents: of %d films", len(squares.films))
        found = _encoded_all(vae, squares, seed)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part.npz")
        kinds = dict(zip(KINDS, found, strict=True))
        np.savez(partial, key=np.array(key), allow_pickle=False, **kinds)
        partial.replace(file)
    real, phantoms, painted, unpainted = found
    mean, std = _spread(real, phantoms)
    logger.info("latents: mean %s, spread %s", mean.round(2), std.round(2))
    return LatentBank(real, phantoms, painted, unpainted, mean, std)


KINDS = ("real", "phantoms", "painted", "unpainted")
Four = tuple[NDArray[np.float16], NDArray[np.float16], NDArray[np.float16], NDArray[np.float16]]


def _read(file: Path, key: str) -> Four | None:
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as kept:
        if str(kept["key"]) != key:
            return None
        return kept["real"], kept["phantoms"], kept["painted"], kept["unpainted"]


def _encoded_all(vae: Any, squares: Squares, seed: int) -> Four:
    closer = (_closer(squares.real, seed, f"variant {number}") for number in range(1, VARIANTS))
    before = squares.real[[film.on for film in squares.films if film.kind == "painted"]]
    return (
        np.stack([_encoded(vae, some) for some in (squares.real, *closer)]),
        _encoded(vae, squares.phantoms),
        _encoded(
            vae, _closer(squares.painted, seed, "painted")
        ),  # several of one film: each lies a little elsewhere
        _encoded(vae, _closer(before, seed, "painted")),
    )


def _closer(squares: Grey, seed: int, name: str) -> Grey:
    return (
        np.stack([_variant(one, seed, name, row) for row, one in enumerate(squares)])
        if len(squares)
        else squares
    )


def _variant(square: Grey, seed: int, name: str, row: int) -> Grey:
    side = len(square)
    return fit(varied(square, np.random.default_rng(seed_of(seed, name, row))), side, side)


@torch.no_grad()
def _encoded(vae: Any, squares: Grey) -> NDArray[np.float16]:
    if not len(squares):
        side = squares.shape[-1] // DOWN
        return np.zeros((0, int(vae.config["latent_channels"]), side, side), np.float16)
    parts = []
    for at in range(0, len(squares), AT_ONCE):
        with in_sixteen_bits():
            latents: Tensor = vae.encode(to_grid(squares[at : at + AT_ONCE])).latents
        parts.append(latents.float().numpy().astype(np.float16))
    return np.concatenate(parts)


def _spread(
    real: NDArray[np.float16], phantoms: NDArray[np.float16]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and spread of each channel over all films as they are, in sums of films: not all in float32 at once."""
    films = [one for some in (real[0], phantoms) for one in some]
    means = np.array([one.mean((1, 2), dtype=np.float64) for one in films])
    squares = np.array([np.square(one.astype(np.float64)).mean((1, 2)) for one in films])
    mean = means.mean(0)
    spread = np.sqrt(np.maximum(squares.mean(0) - mean**2, 1e-8))
    return mean.astype(np.float32), spread.astype(np.float32)
