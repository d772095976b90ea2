"""Films to picture rows for the language model. Each film goes through the vision encoder once."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.backend import CancelToken, FilmInput
from inference.engine.branch import stop_if_cancelled
from inference.engine.feature_store import FeatureStore
from inference.engine.room import Room
from inference.engine.shelf import Shelf
from inference.engine.usage import Usage
from inference.film_picture import ModelPicture, model_picture
from inference.models.m4cxr import M4cxr
from inference.preprocess import PictureProcessor

PICTURES_KEPT = 8  # rendered films, up to 16 MB each
ROWS_KEPT = 256  # 2.8 MiB each in 16 bit at full size


class Eyes:
    """Renders and encodes films, and remembers the results by the film's hash, in memory and where allowed on disk."""

    def __init__(
        self, model: M4cxr, processor: PictureProcessor, room: Room, store: FeatureStore | None = None
    ) -> None:
        self._model = model
        self._room, self._store = room, store
        self._processor = processor
        self._pictures: Shelf[ModelPicture] = Shelf(PICTURES_KEPT)
        self._rows: Shelf[Tensor] = Shelf(ROWS_KEPT)

    def picture(self, film: FilmInput) -> ModelPicture:
        """The film as the model sees it. Raises InvalidFilm if it can't be shown."""
        known = self._pictures.get(film.image_sha256)
        if known is None:
            known = model_picture(film)
            self._pictures.put(film.image_sha256, known)
        return known

    @torch.inference_mode()
    def rows(self, film: FilmInput, usage: Usage, cancel: CancelToken) -> Tensor:
        """Abstractor rows (image_tokens, width) of a film; encoded at the first call, remembered after it."""
        stop_if_cancelled(cancel)  # first: what runs meanwhile may encode this very film
        known = self._rows.get(film.image_sha256)
        if known is not None:
            return known
        rows = self._stored(film.image_sha256)
        if rows is None:
            grey = self.picture(film).grey
            rows = self._room.attempt(lambda: self.encode(grey))
            usage.encoder_calls += 1
            if self._store is not None:
                self._store.put(film.image_sha256, rows)
        self._rows.put(film.image_sha256, rows)
        return rows

    @torch.inference_mode()
    def known_features(self, image_sha256: str) -> tuple[float, ...]:
        """The mean over a film's rows, if it was encoded before; empty if not. Nothing is computed for it."""
        rows = self._rows.get(image_sha256)
        rows = self._stored(image_sha256) if rows is None else rows
        return () if rows is None else tuple(rows.float().mean(0).tolist())

    def _stored(self, image_sha256: str) -> Tensor | None:
        if self._store is None:
            return None
        config = self._model.config
        shape = (config.image_tokens, config.abstractor.output_hidden_size)
        rows = self._store.get(image_sha256, shape, self._model.dtype)
        return None if rows is None else rows.to(self._model.device)

    @torch.inference_mode()
    def encode(self, grey: NDArray[np.uint8]) -> Tensor:
        """Abstractor rows (image_tokens, width) of a picture (rows, columns); nothing is remembered."""
        pixels = torch.from_numpy(self._processor.pixel_values(grey))
        return self._model.picture_tokens(pixels.unsqueeze(0).to(self._model.device))[0]

    def forget(self, image_sha256: str) -> None:
        self._pictures.drop(image_sha256)
        self._rows.drop(image_sha256)

    def clear(self) -> None:
        """Free everything, after the device ran out of memory for instance."""
        self._pictures.clear()
        self._rows.clear()
