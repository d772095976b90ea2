"""`sidelight train doctor`: opens the sources, examines them, prints what was found."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from inference.errors import InferenceError

if TYPE_CHECKING:
    from inference.text.tokenizer import M4cxrTokenizer
    from inference.training.rows import DataSet, Split
    from inference.training.samples import Sample

NO_FAULT, FAULTS, CANNOT_LOOK = 0, 1, 2
EXAMPLES = 40
"""Conversations of each task that are looked at beside the plain one of every study."""


def show(
    specs: Sequence[str],
    json_file: Path | None = None,
    pack: str | None = None,
    *,
    shown: int | None = None,
    open_films: bool = True,
    out: TextIO | None = None,
    told: TextIO | None = None,
) -> int:
    """Examine sources and print the answer.

    Args:
        specs: Sources as KIND:PATH.
        json_file: The whole examination is written there as well.
        pack: The base pack's id or folder: its tokenizer counts what would be cut off.
        shown: Rows printed of each kind.
        out: Where the answer goes (standard output), `told` where progress goes (standard error).

    Returns:
        0: no fault. 1: faults. 2: a source or the pack can't be opened; the message says what to do.
    """
    from inference.training.examine import SHOWN, examine, in_words
    from inference.training.sources import open_data
    from inference.training.splits import split_patients

    out, told = out or sys.stdout, told or sys.stderr
    try:
        if json_file is not None:
            _check_writable(json_file)
        datasets = [open_data(spec) for spec in specs]
        tokenizer = _tokenizer(pack) if pack is not None else None
        splits = split_patients(datasets)
        examination = examine(
            datasets,
            splits,
            None,
            tokenizer,
            samples=_samples(datasets, splits, tokenizer) if tokenizer is not None else (),
            progress=_Counter(told),
            open_films=open_films,
        )
        if json_file is not None:
            json_file.write_text(examination.to_json(), encoding="utf-8")
    except InferenceError as error:
        print(f"sidelight train doctor: {error} {error.remedy}", file=told)
        return CANNOT_LOOK
    except (OSError, ValueError) as error:
        print(f"sidelight train doctor: {error}", file=told)
        return CANNOT_LOOK
    print(in_words(examination, SHOWN if shown is None else shown), file=out)
    return FAULTS if examination.faults else NO_FAULT


def _check_writable(file: Path) -> None:
    """Before the films are looked at, which may take an hour. Raises SourceRefused."""
    from inference.training.sources.tables import SourceRefused

    place = file if file.exists() else file.parent
    if file.is_dir() or not os.access(place, os.W_OK):
        raise SourceRefused(
            f"{file} can't be written.", "Name a file in a folder that exists, where you may write."
        )


def _samples(
    datasets: Sequence[DataSet], splits: Mapping[str, Split], tokenizer: M4cxrTokenizer
) -> tuple[Sample, ...]:
    """Some conversations of every task, as a run would draw them; none where nothing can be learnt."""
    from inference.training.mix import NothingToLearn, mix_of_all

    try:
        mix = mix_of_all(datasets, splits, image_tokens=tokenizer.image_tokens)
    except NothingToLearn:
        return ()
    return tuple(sample for task in mix.tasks for sample in mix.examples(task, EXAMPLES))


def _tokenizer(name: str) -> M4cxrTokenizer:
    """Raises: InferenceError, if there is no such pack or it is refused."""
    import json

    from inference.models.config import M4cxrConfig
    from inference.packs.store import CONFIG, TOKENIZER, find_pack
    from inference.text.tokenizer import M4cxrTokenizer

    pack = find_pack(name)
    folder = (pack.base or pack).folder
    config = M4cxrConfig.from_json(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    return M4cxrTokenizer(folder / TOKENIZER, config.image_tokens)


class _Counter:
    """Films done on one line of a terminal; in a log file, a line for every tenth of them."""

    def __init__(self, told: TextIO) -> None:
        self._told, self._last = told, -1

    def __call__(self, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 10
        if self._told.isatty():
            print(
                f"\rlooked at {done} of {total} films",
                end="\n" if done == total else "",
                file=self._told,
                flush=True,
            )
        elif tenth > self._last:
            self._last = tenth
            print(f"looked at {done} of {total} films", file=self._told, flush=True)
