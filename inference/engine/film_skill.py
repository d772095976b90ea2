"""The `<Xray>` skill beside a reading model: asked apart, on words alone, with a memory of its own.

An adapter on the reading model would change its readings and all that is kept of them. So the skill never touches the
served model: a small one is loaded a second time with the adapter merged (the starter's language part: 16 MB); of a
large one the served weights are read through, with the low-rank factors added on the way (`engine.factors`), which
takes the factors' memory and nothing else. A large model in ONNX Runtime's int8 or int4 has no such way: there the
skill is not to be had, and the reader is told.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from pathlib import Path

from inference.backend import CancelToken
from inference.engine.branch import Pictures, Reader
from inference.engine.dialogue import Dialogue, Encodes
from inference.engine.factors import read_factors, through_factors
from inference.engine.runtime import LanguageModel
from inference.engine.torch_runtime import TorchLanguageModel
from inference.engine.usage import Usage
from inference.errors import PackRefused
from inference.models.checkpoint import ADAPTER_WEIGHTS, CONFIG, read_json
from inference.models.checkpoint_files import ADAPTER_CONFIG
from inference.models.config import M4cxrConfig
from inference.models.m4cxr import load_m4cxr
from inference.models.sizes import part_sizes
from inference.packs import BUNDLED, Pack
from inference.synthesis.dialogues.answer import Description, understood
from inference.text.prompts import Role

logger = logging.getLogger(__name__)

FOLDER, SKILL = "dialogue", "skill.json"
"""In a synthesis pack: a folder for each reading model that it can teach; in it, what the skill was taught with."""
MOST_COPIED = 60_000_000
"""Weights of a language model that are loaded a second time: 240 MB."""
MOST_TOKENS = 200


def find_skill(synthesis: Path, reader: Pack) -> Path | None:
    """The skill for a reading model: the synthesis pack's own, else the program's, else None."""
    return skill_folder(synthesis, reader) or skill_folder(BUNDLED, reader)


def skill_folder(synthesis: Path, reader: Pack) -> Path | None:
    """The skill in a folder that was made for exactly this reading model; None if there is none."""
    for config in sorted((synthesis / FOLDER).glob(f"*/{ADAPTER_CONFIG}")):
        try:
            told = json.loads(config.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if told.get("revision") in _serves(reader) and (config.parent / ADAPTER_WEIGHTS).is_file():
            return config.parent
    return None


def _serves(reader: Pack) -> Iterable[str]:
    """Manifests that a skill may name: the pack's own, and its base's, for an adapter of a site on a small model."""
    base = reader.base
    return (reader.sha256,) if base is None else (reader.sha256, base.sha256)


def check_skill(folder: Path) -> None:
    """Hold the weights to the SHA-256 that was written beside them. Raises PackRefused if they are others."""
    weights = folder / ADAPTER_WEIGHTS
    if read_json(folder / SKILL).get("sha256") != hashlib.sha256(weights.read_bytes()).hexdigest():
        raise PackRefused(f"{weights} is not the file that {SKILL} names.")


class FilmSkill:
    """What understands a wish for a film. Loaded at the first question that may be one; not thread-safe.

    Args:
        folder: From `skill_folder`.
        reader: The reading model's pack.
        served: Its language model as it serves; never changed.
        tokenizer: The reading model's.
    """

    def __init__(self, folder: Path, reader: Pack, served: LanguageModel, tokenizer: Encodes) -> None:
        self._folder, self._reader, self._served, self._tokenizer = folder, reader, served, tokenizer
        self._model: LanguageModel | None = None
        self.why_not = ""  # in words, once it turned out that it can't be had here

    def close(self) -> None:
        self._model = None

    def meant(
        self, question: str, before: tuple[tuple[Role, str], ...], cancel: CancelToken, usage: Usage
    ) -> Description | None:
        """The film that a question asks for; None where it asks for none.

        Args:
            question: The user's words.
            before: The last turns with a film, if there are any.

        Raises:
            InferenceCancelled: Within one token.
        """
        model = self._loaded()
        if model is None:
            return None
        said = self.said(question, before, cancel, usage, model)
        return understood(said)

    def said(
        self,
        question: str,
        before: tuple[tuple[Role, str], ...],
        cancel: CancelToken,
        usage: Usage,
        model: LanguageModel | None = None,
    ) -> str:
        """The model's own words: a description between tags, or that no picture is asked for."""
        model = model or self._loaded()
        if model is None:
            return ""
        dialogue = Dialogue(Reader(model, Pictures(), usage), self._tokenizer)
        turns: list[tuple[Role, str]] = [*before, ("user", question)]
        ids = dialogue.prompt(turns)
        if len(ids) + MOST_TOKENS > model.context_tokens:
            return ""
        branch = dialogue.start(ids)
        return "".join(dialogue.answer(branch, cancel, max_new_tokens=MOST_TOKENS))

    def _loaded(self) -> LanguageModel | None:
        if self._model is None and not self.why_not:
            try:
                self._model = self._load()
            except PackRefused as error:
                self.why_not = f"The synthesis pack's dialogue skill can't be used: {error}"
                logger.warning("%s", self.why_not)
        return self._model

    def _load(self) -> LanguageModel | None:
        check_skill(self._folder)
        base = self._reader.base or self._reader
        sizes = part_sizes(M4cxrConfig.from_json(read_json(base.folder / CONFIG)))
        if sizes.language <= MOST_COPIED and base.manifest.quantisation is None:
            merged = load_m4cxr(self._folder, base=base.folder, lean=True)
            return TorchLanguageModel(merged.language_model)
        if isinstance(self._served, TorchLanguageModel) and self._reader.base is None:
            return through_factors(self._served, read_factors(self._folder))
        self.why_not = (
            "Wishes for films are not understood by this model as it is loaded here "
            f"({self._served.precision}); use the Synthesis page."
        )
        return None
