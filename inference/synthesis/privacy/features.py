"""What an encoder sees in pictures, as one row each: any function will do; by default the starter's encoder does.

A generator copies shapes, not grey levels alone; an encoder trained on films knows a chest again that was moved or
re-toned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.devices import choose_device
from inference.models.checkpoint import read_json
from inference.models.m4cxr import load_m4cxr
from inference.packs import DEFAULT_PACK, PREPROCESSOR, find_pack
from inference.preprocess import PictureProcessor

Pictures = Sequence[NDArray[np.uint8]]
Features = Callable[[Pictures], NDArray[np.float32]]
"""Pictures (rows, columns) uint8 to (pictures, d)."""
AT_ONCE = 16


def encoder_features(pack: str = DEFAULT_PACK, device: str = "cpu") -> Features:
    """The mean of a reading pack's patch features. Raises ModelNotInstalled, PackRefused."""
    found = find_pack(pack)
    folder: Path = (found.base or found).folder
    model = load_m4cxr(folder).to(choose_device(device).name).eval()
    processor = PictureProcessor.from_preprocessor_config(read_json(folder / PREPROCESSOR))

    @torch.no_grad()
    def features(pictures: Pictures) -> NDArray[np.float32]:
        rows = []
        for at in range(0, len(pictures), AT_ONCE):
            values = np.stack([processor.pixel_values(one) for one in pictures[at : at + AT_ONCE]])
            seen = model.visual_features(torch.from_numpy(values).to(model.device))
            rows.append(seen.float().mean(dim=1).cpu().numpy())
        return np.concatenate(rows).astype(np.float32)

    return features
