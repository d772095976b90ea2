"""The networks that look at films for the bench: feature spaces, and the classifier of real films.

No network is downloaded. The starter's encoder is always there; where the pack of M4CXR is installed its encoder,
RAD-DINO, looks as well; Inception, or any other network, where its weights are at hand as an ONNX file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from inference.devices import choose_device
from inference.errors import InvalidRequest
from inference.evaluation.ask_site import open_model
from inference.evaluation.yes_no import yes_probabilities
from inference.models.m4cxr import M4cxr
from inference.packs import find_pack
from inference.packs.installed import installed
from inference.preprocess import PictureProcessor
from inference.synthesis.bench.measure import Space
from inference.text.tokenizer import M4cxrTokenizer

Features = NDArray[np.float64]
BATCH = 8


@dataclass(frozen=True, slots=True)
class Reader:
    """A model that reads real films: its encoder is a feature space, its answers are the labels that it sees."""

    title: str
    model: M4cxr
    tokenizer: M4cxrTokenizer
    processor: PictureProcessor

    @torch.inference_mode()
    def features(self, films: NDArray[np.uint8]) -> Features:
        """The mean of the encoder's places."""
        rows = []
        place = next(self.model.parameters()).device
        for begin in range(0, len(films), BATCH):
            part = films[begin : begin + BATCH]
            values = torch.from_numpy(np.stack([self.processor.pixel_values(one) for one in part]))
            rows.append(self.model.visual_features(values.to(place)).float().mean(1).cpu().numpy())
        return np.concatenate(rows).astype(np.float64)

    def scores(self, films: NDArray[np.uint8]) -> Features:
        """(films, 14) probability of each label, in the order of LABELS."""
        return yes_probabilities(self.model, self.tokenizer, self.processor, list(films))


def open_reader(pack: str | None = None) -> Reader:
    """The starter, or the pack of this id. Raises ModelNotInstalled and PackRefused as `find_pack`."""
    found = find_pack(pack)
    model, tokenizer, processor = open_model(found, choose_device("auto").name)
    title = f"{found.manifest.id} {found.manifest.version}"
    return Reader(title, model, tokenizer, processor)


def installed_spaces() -> list[Space]:
    """RAD-DINO, where a pack that holds it is installed."""
    for about in installed():
        if about.id.startswith("m4cxr"):
            reader = open_reader(about.id)
            return [Space(f"RAD-DINO (of {reader.title})", reader.features)]
    return []


def onnx_space(told: str) -> Space:
    """A network in an ONNX file: `NAME=FILE`, for instance `Inception=pt_inception-2015-12-05.onnx`.

    It takes (films, 3, side, side) in -1..1, as Inception does, and its first output holds a row for each film.

    Raises:
        InvalidRequest: There is no such file, or it is no such network.
    """
    name, equals, file = told.partition("=")
    if not equals or not Path(file).is_file():
        raise InvalidRequest(f"“{told}” names no network; write NAME=FILE.onnx.")
    import onnxruntime

    try:
        session: Any = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        entry = session.get_inputs()[0]
        side = entry.shape[-1] if isinstance(entry.shape[-1], int) else 299
    except Exception as error:  # onnxruntime's own errors share no base that it exports
        raise InvalidRequest(f"{file} can't be run: {error}") from error

    def features(films: NDArray[np.uint8]) -> Features:
        rows = []
        for begin in range(0, len(films), BATCH):
            part = np.stack([_three_channels(one, side) for one in films[begin : begin + BATCH]])
            rows.append(session.run(None, {entry.name: part})[0].reshape(len(part), -1))
        return np.concatenate(rows).astype(np.float64)

    return Space(name, features)


def _three_channels(film: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    small = Image.fromarray(film).resize((side, side), Image.Resampling.BILINEAR)
    grey = np.asarray(small, np.float32) / 127.5 - 1
    return np.repeat(grey[None], 3, axis=0)


def spaces_of(reader: Reader, files: Sequence[str]) -> list[Space]:
    """All spaces that are at hand here."""
    own = Space(f"encoder of {reader.title}", reader.features)
    return [own, *installed_spaces(), *(onnx_space(file) for file in files)]
