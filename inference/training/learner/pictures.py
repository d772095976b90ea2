"""A film's picture for the model that learns, prepared as the engine prepares it, and kept while it stays the same.

What a frozen encoder makes of a film never changes during a run: it is computed once, kept in memory within a limit,
and on disk in the run's own folder if the site allows it (`inference.feature_folder`: `off` keeps memory only).
Films are encoded one at a time, so that a film's features do not depend on its company, and a run that goes on after a
kill gets the same ones.
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
from inference.feature_folder import POLICY_VARIABLE
from inference.film_picture import model_picture
from inference.preprocess import PREPROCESSING_VERSION
from inference.training.learner.learner import Learner
from inference.training.rows import DataSet, KnownFilm, UnreadableFilm
from viewer.core.synthetic_mark import look

MOST_CROP_BYTES = 512 << 20
MOST_FEATURE_BYTES = 1 << 30
MOST_DISK_BYTES = 32 << 30


class Pictures:
    """Opens, crops and encodes films.

    Args:
        learner: Its stage says how far a picture can be kept.
        datasets: A sample's `source` names one of them.
        folder: For features on disk; None keeps memory only.
        takes_synthetic: Films that say of themselves that they are synthetic (0008,001C) are let in.
    """

    def __init__(
        self,
        learner: Learner,
        datasets: Sequence[DataSet],
        folder: Path | None = None,
        *,
        takes_synthetic: bool = False,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._learner, self._processor = learner, learner.processor()
        self._sources = {dataset.name: dataset for dataset in datasets}
        self._takes_synthetic = takes_synthetic
        self._crops: Shelf[NDArray[np.uint8]] = Shelf(MOST_CROP_BYTES, lambda crop: crop.nbytes)
        self._encoded: Shelf[Tensor] = Shelf(MOST_FEATURE_BYTES, lambda rows: rows.nbytes)
        self._hashes: dict[tuple[str, str], str] = {}
        self._folder = None if environment.get(POLICY_VARIABLE) == "off" else folder
        self._store = self._opened_store() if self._folder and learner.stage != "pixels" else None
        self.encoder_calls = 0

    def pixel_values(self, source: str, film: KnownFilm) -> Tensor:
        """(3, side, side) float32, three equal channels that share their memory."""
        return self._values(self.crop(source, film))

    def crop(self, source: str, film: KnownFilm) -> NDArray[np.uint8]:
        """The square that the model sees, (side, side) uint8.

        Raises:
            UnreadableFilm: It can't be opened, or it is synthetic and such films were not asked for.
            InvalidFilm: It can't be shown.
        """
        digest = self._hashes.get((source, film.key))
        crop = None if digest is None else self._crops.get(digest)
        if crop is None:
            digest, crop = self._opened(source, film)
            self._crops.put(digest, crop)
        return crop

    def kept(self, source: str, film: KnownFilm) -> Tensor:
        """What the frozen part of the eyes makes of a film: features (patches, d) or rows (image_tokens, width)."""
        digest = self._hashes.get((source, film.key))
        found = None if digest is None else self._encoded.get(digest)
        if found is not None:
            return found
        digest, crop = self._opened(source, film)
        found = self._encoded.get(digest)
        if found is None:
            found = self._from_disk(digest)
        if found is None:
            found = self._learner.encoded(self._values(crop)[None])[0].to("cpu")
            self.encoder_calls += 1
            if self._store is not None:
                self._store.put(digest, found)
        self._encoded.put(digest, found)
        return found

    def wipe(self) -> None:
        """Take the features away from the disk: the run needs them no more."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._store = None

    def _values(self, crop: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(self._processor.table[crop]).expand(3, -1, -1)

    def _opened(self, source: str, film: KnownFilm) -> tuple[str, NDArray[np.uint8]]:
        """The hash of a film's square, and the square: whatever a source says, other levels are another film."""
        opened = self._sources[source].open_film(film)
        if opened.is_synthetic and not self._takes_synthetic:
            raise UnreadableFilm(f"{film.key} says that it is synthetic; such films are not learnt from.")
        grey = model_picture(opened).grey
        if not self._takes_synthetic and look(grey) is not None:
            raise UnreadableFilm(
                f"{film.key} holds the watermark of synthetic films; such films are not learnt from."
            )
        crop = self._processor.crop(grey)
        digest = hashlib.sha256(crop.tobytes()).hexdigest()
        self._hashes[source, film.key] = digest
        return digest, crop

    def _from_disk(self, digest: str) -> Tensor | None:
        return None if self._store is None else self._store.get(digest, self._shape(), self._dtype())

    def _shape(self) -> tuple[int, int]:
        config = self._learner.core.config
        if self._learner.stage == "features":
            return (config.grid_side**2, int(config.vision["hidden_size"]))
        return (config.image_tokens, config.abstractor.output_hidden_size)

    def _dtype(self) -> torch.dtype:
        return torch.bfloat16 if self._learner.precision == "bfloat16" else torch.float32

    def _opened_store(self) -> FeatureStore:
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        return FeatureStore(self._folder, self._maker(), MOST_DISK_BYTES)

    def _maker(self) -> str:
        """Everything but the film that features depend on."""
        learner, processor = self._learner, self._processor
        return "\n".join(
            (
                eyes_sha256(learner),
                PREPROCESSING_VERSION,
                f"{processor.side} {processor.mean} {processor.std}",
                f"{learner.stage} {learner.precision} {learner.device.type} {torch.__version__}",
            )
        )


def eyes_sha256(learner: Learner) -> str:
    """Over the weights of vision encoder and abstractor as they stand now."""
    digest = hashlib.sha256()
    for module in (learner.core.vision_model, learner.core.abstractor):
        for name, tensor in module.state_dict().items():
            digest.update(name.encode())
            digest.update(
                tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
            )
    return digest.hexdigest()
