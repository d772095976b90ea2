"""The two small files that a pack needs beside weights, found in a repository or built from what is there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inference.errors import PackRefused
from inference.models.checkpoint import read_json
from inference.models.config import M4cxrConfig
from inference.packs.files import check_kind
from inference.preprocess import PictureProcessor
from inference.text.sentencepiece_file import tokenizer_from_sentencepiece
from inference.text.tokenizer import M4cxrTokenizer

logger = logging.getLogger(__name__)

TOKENIZER_JSON = "tokenizer.json"
SENTENCEPIECE = "tokenizer.model"
PREPROCESSOR = "preprocessor_config.json"
PROCESSOR = "processor_config.json"


def tokenizer_json(folder: Path, base: Path | None, config: M4cxrConfig) -> bytes:
    """A `tokenizer.json` that splits text as the model was trained (m4cxr.md §3.2).

    The repository's own, where it does; else one that is built from its `tokenizer.model`.

    Raises:
        PackRefused: There is neither, or it does not split as it should, or has more pieces than the model.
    """
    why = f"{folder} has neither {TOKENIZER_JSON} nor {SENTENCEPIECE}."
    for path in _there(folder, base, TOKENIZER_JSON, SENTENCEPIECE):
        try:
            if path.name == TOKENIZER_JSON:
                check_kind(path)
                content = path.read_bytes()
            else:
                content = tokenizer_from_sentencepiece(path)
            tokenizer = M4cxrTokenizer(content, config.image_tokens)
        except PackRefused as error:
            why = f"{path}: {error}"
            logger.info("Not used: %s", why)
            continue
        if tokenizer.vocabulary_size > int(config.language["vocab_size"]):
            why = f"{path} has {tokenizer.vocabulary_size} pieces, the model {config.language['vocab_size']}."
            continue
        return content
    refused = PackRefused(why)
    refused.remedy = f"Put the model's own {SENTENCEPIECE} (Mistral-7B-Instruct-v0.2) into {folder}."
    raise refused


def preprocessor_config(folder: Path, base: Path | None, config: M4cxrConfig) -> dict[str, Any]:
    """What the pack's `preprocessor_config.json` says: the repository's own, or RAD-DINO's constants.

    The mean and deviation in `config.json` are CLIP's defaults, were never used, and are not read (m4cxr.md §2).

    Raises:
        PackRefused: The repository asks for other steps than this program computes, or for another size.
    """
    for path in _there(folder, base, PREPROCESSOR, PROCESSOR):
        told = read_json(path)
        told = told.get("image_processor", told)
        if "size" not in told and "image_mean" not in told:  # a processor without any word about pictures
            continue
        processor = PictureProcessor.from_preprocessor_config(told)
        if processor.side != config.image_side:
            raise PackRefused(
                f"{path} makes pictures of {processor.side}, the model takes {config.image_side}."
            )
        return processor.to_preprocessor_config()
    return PictureProcessor(config.image_side).to_preprocessor_config()


def _there(folder: Path, base: Path | None, *names: str) -> Iterator[Path]:
    for root in (folder, base):
        for name in names:
            if root is not None and (root / name).is_file():
                yield root / name
