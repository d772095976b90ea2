"""Holds a loaded model to its pack's self-test, before its first reading on this machine."""

from __future__ import annotations

import json
import logging
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.backend import CancelToken
from inference.engine.dialogue import Dialogue
from inference.errors import PackQuarantined, PrecisionRefused
from inference.models.m4cxr import M4cxr, load_m4cxr
from inference.packs import PREPROCESSOR, TOKENIZER, Pack, trust
from inference.packs.self_test import Step, failure
from inference.precision import QUANTISED
from inference.preprocess import PictureProcessor
from inference.text.prompts import chat_text
from inference.text.tokenizer import M4cxrTokenizer

logger = logging.getLogger(__name__)

FLOATS = ("float32", "float16", "bfloat16")


class Tested:
    """The engine's own eyes and language model, asked as the readings ask them.

    Args:
        encode: A grey picture (rows, columns) uint8 to the rows that stand for it, (image_tokens, width).
        new_dialogue: An empty conversation.
        eos_id: The stop token.
    """

    def __init__(
        self,
        encode: Callable[[NDArray[np.uint8]], Tensor],
        new_dialogue: Callable[[], Dialogue],
        eos_id: int,
    ) -> None:
        self._encode, self._new_dialogue, self.eos_id = encode, new_dialogue, eos_id

    def steps(self, picture: NDArray[np.uint8], prompt: str, ids: Sequence[int | None]) -> list[Step]:
        """See `inference.packs.self_test.Looks`."""
        dialogue, cancel = self._new_dialogue(), CancelToken()
        dialogue.pictures.add("self-test", self._encode(picture))
        branch = dialogue.start(dialogue.prompt([("user", prompt)], ["self-test"]))
        steps = []
        for id_ in ids:
            logits = dialogue.reader.feed(branch, cancel)
            steps.append(step_of(logits, id_))
            if id_ is not None:
                branch.ids.append(id_)
        return steps


def step_of(logits: Tensor, id_: int | None) -> Step:
    """What logits (vocabulary,) say about `id_`, or about the id that they put first."""
    first, second = logits.topk(2).values.tolist()
    choice = int(logits.argmax())
    probability = float(logits.float().softmax(-1)[choice if id_ is None else id_])
    return Step(choice, first - second, probability)


class Reference:
    """A model in float32 on the CPU, computed by transformers alone: what cases are written with.

    Nothing of the engine's own (caches, batches, our loop over the layers) is between the weights and the answer.

    Args:
        model: In float32.
        folder: Holds its tokenizer and its preprocessor's config.
    """

    def __init__(self, model: M4cxr, folder: Path) -> None:
        self._model = model
        self._tokenizer = M4cxrTokenizer(folder / TOKENIZER, model.config.image_tokens)
        told = json.loads((folder / PREPROCESSOR).read_text(encoding="utf-8"))
        self._processor = PictureProcessor.from_preprocessor_config(told)
        self.eos_id = self._tokenizer.eos_id

    @classmethod
    def of(cls, folder: Path, base: Path | None = None) -> Reference:
        """The model in a pack's folder; `base` is the folder below an adapter."""
        return cls(load_m4cxr(folder, base=base), folder)

    @torch.inference_mode()
    def steps(self, picture: NDArray[np.uint8], prompt: str, ids: Sequence[int | None]) -> list[Step]:
        """See `inference.packs.self_test.Looks`."""
        asked = self._tokenizer.encode_prompt(chat_text([("user", prompt)]))
        given = [id_ for id_ in ids[:-1] if id_ is not None]
        pixels = torch.from_numpy(self._processor.pixel_values(picture)).unsqueeze(0)
        rows = self._model.embed(torch.tensor([[*asked, *given]]), self._model.picture_tokens(pixels))
        hidden = self._model.hidden(rows)[
            0, len(asked) - 1 :
        ]  # the head is large, and needed at the end only
        logits = self._model.language_model.lm_head(hidden)
        return [step_of(one, id_) for one, id_ in zip(logits, ids, strict=True)]


def hold_to_self_test(pack: Pack, model: Tested, precision: str, device: str) -> None:
    """Run the pack's self-test unless it was passed before under the same conditions.

    Args:
        pack: Its manifest has the cases.
        model: What was loaded from it.
        precision: How the language model's weights are held.
        device: The device, by its title.

    Raises:
        PackQuarantined: It failed, and is now in quarantine.
        PrecisionRefused: It failed, but was rounded to `precision` here only: the pack itself may be well.
    """
    cases, stored = pack.manifest.self_test, pack.manifest.quantisation
    if stored is not None and precision in FLOATS:
        precision = stored.scheme
    if not cases:
        logger.warning("The pack “%s” brings no self-test.", pack.manifest.id)
        return
    conditions = {
        "precision": precision,
        "device": device,
        "torch": torch.__version__,
        "transformers": version("transformers"),
        "machine": platform.machine(),
    }
    if trust.has_passed(pack.sha256, conditions):
        return
    reason = failure(cases, model, precision, pack.manifest.self_test_tolerance)
    if reason is None:
        trust.note_passed(pack.sha256, conditions)
        return
    if stored is None and precision in QUANTISED:
        raise PrecisionRefused(f"“{pack.manifest.title}” can't be used in {precision}: {reason}.")
    trust.quarantine(pack.sha256, reason, conditions)
    raise PackQuarantined(pack.manifest.id, pack.manifest.version, reason)
