"""What the privacy report says, as plain data, and in words. No torch.

RUN/privacy.json    everything, with the names of films: it stays with the site
RUN/privacy.md      the same for a person
RUN/privacy.png     each suspicious drawn film beside the film that it is nearest to: patients' films, so it stays
PACK/privacy.json   the verdict with its numbers, without films and words; bound to the weights by their hash
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from inference.plain import to_plain

PRIVACY, PRIVACY_WORDS, PRIVACY_PAIRS = "privacy.json", "privacy.md", "privacy.png"
NETWORKS = ("unet", "control", "text_encoder", "vae")
"""Folders of a pack whose weights decide what it draws."""
FORMAT = 1

Verdict = Literal["clean", "refused"]


@dataclass(frozen=True, slots=True)
class MeasureTold:
    """One way of looking: low-resolution correlation, or the encoder's features."""

    floor: float  # the lowest ratio of nearest to next distances among held-out real films
    threshold: float  # below it a drawn film is called a copy
    lowest_drawn: float
    median_drawn: float
    median_held_out: float
    copies: int
    below_floor: int
    chance: float  # of as many below the floor, were the drawn films real ones
    leaked_held_out: int  # held-out films that are in the training films as well


@dataclass(frozen=True, slots=True)
class Pair:
    """A drawn film and the training film that it is nearest to."""

    drawn: int  # its number, from 0
    film: str  # name of the training film, as the site's data have it
    measure: str
    ratio: float
    correlation: float  # of the two at low resolution
    is_copy: bool
    kind: str = ""  # which prompt it was drawn with: training, held out, view alone


@dataclass(frozen=True, slots=True)
class PromptsTold:
    """d_mem (Wen et al. 2024): how far a prompt moves the prediction from that of no words, in the mean over levels."""

    training: int
    held_out: int
    median_training: float
    median_held_out: float
    highest_held_out: float
    threshold: float
    above: tuple[int, ...]  # numbers of the training prompts above the threshold
    highest_training: float


@dataclass(frozen=True, slots=True)
class PrivacyReport:
    verdict: Verdict
    reasons: tuple[str, ...]  # sentences; why it was refused, or what was looked at
    weights_sha256: str  # of the pack's networks, from `weights_of`
    drawn: int
    training_films: int
    held_out_films: int
    measures: Mapping[str, MeasureTold]
    prompts: PromptsTold | None = None
    pairs: tuple[Pair, ...] = ()  # the nearest first; in the site's own report only
    notes: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)  # COPY and the other numbers that decided
    at: str = ""  # UTC, ISO
    program: str = ""
    format: int = FORMAT

    @property
    def is_clean(self) -> bool:
        return self.verdict == "clean"


def weights_of(folder: Path) -> str:
    """SHA-256 over the weight files of a pack's networks: what a report speaks of, and no other."""
    digest = hashlib.sha256()
    for name in NETWORKS:
        for file in sorted((folder / name).glob("*.safetensors")):
            digest.update(f"{name}/{file.name}\n".encode())
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def for_the_pack(report: PrivacyReport) -> PrivacyReport:
    """Without films and words: what may leave the site."""
    return replace(report, pairs=(), notes=())


def write_report(path: Path, report: PrivacyReport) -> None:
    """As JSON, readable by this user alone, in one rename."""
    write_private(path, (json.dumps(to_plain(report), indent=2, ensure_ascii=False) + "\n").encode())


def write_private(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.replace(path)


def in_words(report: PrivacyReport) -> str:
    """Markdown for a person who has to answer for the release."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: PrivacyReport) -> Iterator[str]:
    yield "# Privacy report of a film generator"
    yield ""
    verdict = (
        "**Clean**: no film that was drawn is a copy of a film it learnt from."
        if report.is_clean
        else ("**Refused**: this generator must not be given away, nor installed.")
    )
    yield verdict
    yield ""
    yield from (f"- {reason}" for reason in report.reasons)
    yield ""
    yield (
        f"{report.drawn} films were drawn and held against all {report.training_films} films that were learnt from; "
        f"{report.held_out_films} real films that were not learnt from show how near films come by chance. "
        "Real films were compared as the generator's autoencoder gives them back: as it would draw them by heart."
    )
    yield ""
    yield "| measure | lowest held out | copy below | lowest drawn | median drawn | median held out | copies |"
    yield "|---|---|---|---|---|---|---|"
    for name, told in report.measures.items():
        yield (
            f"| {name} | {told.floor:.3f} | {told.threshold:.3f} | {told.lowest_drawn:.3f} | {told.median_drawn:.3f} "
            f"| {told.median_held_out:.3f} | {told.copies} |"
        )
    yield ""
    yield (
        "The numbers are ratios: the distance to the nearest training film over the mean distance to the next ones. "
        "1: no film stands out. Near 0: one film is there again."
    )
    if report.prompts is not None:
        yield ""
        yield from _prompt_lines(report.prompts)
    if report.pairs:
        yield ""
        yield "| drawn film | nearest training film | by | ratio | correlation | prompt |"
        yield "|---|---|---|---|---|---|"
        for pair in report.pairs:
            mark = "**copy** " if pair.is_copy else ""
            yield (
                f"| {pair.drawn} | {mark}{pair.film} | {pair.measure} | {pair.ratio:.3f} | {pair.correlation:.3f} "
                f"| {pair.kind} |"
            )
        yield ""
        yield (
            "privacy.png shows these pairs, drawn film on the left. It shows patients' films: it stays where they are."
        )
    if report.notes:
        yield ""
        yield from (f"- {note}" for note in report.notes)
    yield ""
    yield (
        "What this can't say: that nothing else was learnt by heart. It looked at the films that it drew, and at "
        "prompts that it was given. Whoever gives a generator away that learnt from patients decides that by the "
        "site's own rules as well."
    )


def _prompt_lines(told: PromptsTold) -> Iterator[str]:
    yield (
        f"Prompts (d_mem): in the median {told.median_training:.3f} for {told.training} prompts of training films and "
        f"{told.median_held_out:.3f} for {told.held_out} of held-out films; the highest "
        f"{told.highest_training:.3f} and {told.highest_held_out:.3f}. "
        f"{len(told.above)} prompts of training films are above {told.threshold:.3f}."
    )
