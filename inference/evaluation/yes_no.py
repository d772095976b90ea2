"""How sure the model is of each finding, for many films: P(Yes)/(P(Yes)+P(No)), as the reading engine asks it.

The questions about a film are branches of one sequence here, which gives the engine's numbers for less time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.backend import FINDINGS
from inference.models.m4cxr import M4cxr
from inference.preprocess import PictureProcessor
from inference.text import prompts
from inference.text.prompts import chat_text
from inference.text.tokenizer import M4cxrTokenizer
from inference.training.starter.language_stage import yes_no_ids
from inference.training.starter.packing import pack
from inference.training.starter.tasks import Branch

BATCH = 16


@torch.inference_mode()
def yes_probabilities(
    model: M4cxr,
    tokenizer: M4cxrTokenizer,
    processor: PictureProcessor,
    pictures: Sequence[NDArray[np.uint8]],
) -> NDArray[np.float64]:
    """(films, 14) probabilities of "yes" in LABELS order; the last is that the film has no finding.

    Args:
        pictures: (rows, columns) uint8 as a reader would see them.
    """
    questions = [*(prompts.is_present(name) for name in FINDINGS), prompts.ANY_FINDINGS]
    texts = [chat_text([("user", prompts.on_image(q)), ("assistant", "Yes.")]) for q in questions]
    sample = [Branch(text, 1.0, soft=index) for index, text in enumerate(texts)]
    batch = pack([sample], tokenizer)
    asked = torch.nonzero(batch.soft[0] >= 0)[:, 0]
    words = torch.tensor(yes_no_ids(tokenizer))
    place: Any = {"device": next(model.parameters()).device, "dtype": model.dtype}
    look = torch.zeros(batch.mask.shape).masked_fill(~batch.mask, -1e9).to(**place)
    ids, positions = batch.ids.to(place["device"]), batch.positions.to(place["device"])
    rows = []
    for begin in range(0, len(pictures), BATCH):
        part = pictures[begin : begin + BATCH]
        values = torch.from_numpy(np.stack([processor.pixel_values(picture) for picture in part])).to(**place)
        tokens = model.picture_tokens(values)
        language: Any = model.language_model
        hidden = language.model(
            inputs_embeds=model.embed(ids.expand(len(part), -1), tokens),
            attention_mask=look.expand(len(part), -1, -1, -1),
            position_ids=positions.expand(len(part), -1),
            use_cache=False,
        ).last_hidden_state
        pair = language.lm_head(hidden[:, asked])[..., words].double()
        rows.append(torch.softmax(pair, -1)[..., 0])
    found: NDArray[np.float64] = torch.cat(rows).cpu().numpy()
    found[:, -1] = 1 - found[:, -1]  # "Are there any findings?" is answered the other way round
    return found
