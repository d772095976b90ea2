"""What the frozen VAE makes of a film: computed once, kept in memory within a limit and on disk in the run's folder.

A latent is no picture, but one can be made from it again: the folder is for this user's eyes only, a site may forbid
it (`inference.feature_folder`: `off`), and it is gone when the run is done.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.engine.feature_store import FeatureStore
from inference.engine.shelf import Shelf
from inference.errors import InvalidRequest
from inference.feature_folder import POLICY_VARIABLE
from inference.film_picture import PICTURE_VERSION, model_picture
from inference.synthesis.generator import fit
from inference.synthesis.networks import Networks, to_bytes, to_network
from inference.training.rows import DataSet, KnownFilm, UnreadableFilm

MOST_MEMORY = 1 << 30
MOST_DISK = 64 << 30


class Latents:
    """Opens, squares and encodes films, one at a time: a latent doesn't depend on its company.

    Args:
        networks: Its VAE encodes; it never learns here.
        datasets: A film's `source` names one of them.
        folder: For latents on disk; None keeps memory only.
        takes_synthetic: Films that say that they are synthetic (0008,001C) are let in.
    """

    def __init__(
        self,
        networks: Networks,
        datasets: Sequence[DataSet],
        folder: Path | None = None,
        *,
        takes_synthetic: bool = False,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._networks, self._takes_synthetic = networks, takes_synthetic
        self._sources = {dataset.name: dataset for dataset in datasets}
        self._kept: Shelf[Tensor] = Shelf(MOST_MEMORY, lambda latent: latent.nbytes)
        self._folder = None if environment.get(POLICY_VARIABLE) == "off" else folder
        self._store = self._opened() if self._folder is not None else None
        self.encoder_calls = 0

    def picture(self, source: str, film: KnownFilm) -> NDArray[np.uint8]:
        """As the reader sees it, (rows, columns).

        Raises:
            UnreadableFilm: It can't be opened, or it is synthetic and such films were not asked for.
            InvalidFilm: It can't be shown.
        """
        opened = self._sources[source].open_film(film)
        if opened.is_synthetic and not self._takes_synthetic:
            raise UnreadableFilm(f"{film.key} says that it is synthetic; such films are not learnt from.")
        return model_picture(opened).grey

    def square(self, source: str, film: KnownFilm, variant: int = 0) -> NDArray[np.uint8]:
        """What the generator learns of a film, (rows, columns) of its own size.

        Args:
            source: Name of the film's data set.
            film: The film.
            variant: 0 as it is; others are a little closer and re-toned, the same for each number. Never mirrored:
                the heart would change its side.
        """
        facts = self._networks.facts
        picture = self.picture(source, film)
        if variant:
            lot = np.random.default_rng([variant, *hashlib.sha256(film.key.encode()).digest()[:8]])
            picture = varied(picture, lot)
        try:
            return np.array(fit(picture, facts.rows, facts.columns))  # its own memory: torch writes to it
        except InvalidRequest as error:
            raise UnreadableFilm(f"{film.key} can't be made square.") from error

    def latent(self, source: str, film: KnownFilm, variant: int = 0) -> Tensor:
        """(channels, rows, columns) float32 on the CPU, as the U-Net sees it without noise."""
        name = hashlib.sha256(f"{source}\n{film.key}\n{variant}".encode()).hexdigest()
        found = self._kept.get(name)
        if found is None:
            found = self._from_disk(name)
            if found is None:
                square = self.square(source, film, variant)
                found = encoded(self._networks, square[None])[0]
                self.encoder_calls += 1
                if self._store is not None:
                    self._store.put(name, found.flatten(1))
            self._kept.put(name, found)
        return found

    def wipe(self) -> None:
        """Take the latents away from the disk: the run needs them no more."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._store = None

    def _from_disk(self, name: str) -> Tensor | None:
        if self._store is None:
            return None
        channels, rows, columns = self._networks.latent_shape
        flat = self._store.get(name, (channels, rows * columns), torch.float32)
        return None if flat is None else flat.reshape(channels, rows, columns)

    def _opened(self) -> FeatureStore:
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        facts = self._networks.facts.model_dump_json()
        maker = f"{weights_sha256(self._networks.vae)}\n{facts}\n{PICTURE_VERSION}\n{torch.__version__}"
        return FeatureStore(self._folder, maker, MOST_DISK)


@torch.no_grad()
def encoded(networks: Networks, squares: NDArray[np.uint8]) -> Tensor:
    """Latents (films, channels, rows, columns) float32 on the CPU of squares (films, rows, columns).

    Of a VAE that gives a distribution its middle is taken: what it adds by lot is far below the least noise level.
    """
    pictures = torch.cat([to_network(square) for square in squares])
    return networks.encode(pictures.to(networks.device)).float().cpu()


def given_back(networks: Networks, square: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A square (rows, columns) as the VAE gives it back: what a generator that knows it by heart would draw."""
    with torch.inference_mode():
        return to_bytes(networks.decode(encoded(networks, square[None]).to(networks.device)))


def varied(picture: NDArray[np.uint8], lot: np.random.Generator) -> NDArray[np.uint8]:
    """The picture a tenth closer at most, its contrast and brightness a little off; never mirrored."""
    rows, columns = picture.shape
    share = lot.uniform(0.9, 1.0)
    height, width = max(1, int(share * rows)), max(1, int(share * columns))
    top, left = int(lot.integers(0, rows - height + 1)), int(lot.integers(0, columns - width + 1))
    part = picture[top : top + height, left : left + width].astype(np.float32)
    grey = (part - 128) * lot.uniform(0.93, 1.07) + 128 + lot.uniform(-8, 8)
    return np.asarray(grey.clip(0, 255).round(), dtype=np.uint8)


def weights_sha256(module: torch.nn.Module) -> str:
    """Over all weights of a module as they stand."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
