"""Do a model's findings survive a precision? The same phantom films, asked of both, counted; what came out is kept.

The films are computed, so the check needs no data and is the same everywhere. It asks whether rounding changed the
model's mind, not whether the model is right.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch

from inference.backend import Backend, CancelToken, Classify, FilmInput, Finding, StudyFilm, StudyInput
from inference.pack_notes import read_note, write_note
from viewer.core.study import PixelDescription

LEAST_AGREEMENT = 0.98
"""Share of findings whose state must be the same (backend.md §11)."""
FILMS = 8
"""13 findings on each, if the pack judges them all: two may differ, three may not."""
FILM_SIZE = (320, 320)
CHECK_VERSION = "1"
"""Of the films and of how findings are asked for; another one asks again."""

_STUDY = "precision-check"
_KIND = "precision-checks"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a precision's findings compare with those of float32."""

    asked: int  # findings over all films
    differing: int  # whose state is another one
    unusable: int  # without a probability, or with one that is no number
    largest_shift: float  # of a probability

    @property
    def agreement(self) -> float:
        return 1 - self.differing / max(self.asked, 1)

    @property
    def is_good_enough(self) -> bool:
        return self.asked > 0 and self.unusable == 0 and self.agreement >= LEAST_AGREEMENT

    @property
    def in_words(self) -> str:
        """What was found, for the log and for the user."""
        if self.unusable:
            return f"{self.unusable} of {self.asked} probabilities on phantom films are no numbers"
        return f"{self.agreement:.1%} of {self.asked} findings on phantom films are those of float32"


def check_films(count: int = FILMS) -> Iterator[FilmInput]:
    """Frontal phantom films, the same ones always; every second one shows findings."""
    from inference.phantom import project, sample_case  # scipy takes a while to import

    for seed in range(count):
        findings = None if seed % 2 else frozenset(_SHOWN[seed // 2 % len(_SHOWN)])
        picture = project(sample_case(9_000 + seed, findings=findings), "PA", FILM_SIZE).picture
        grey = np.rint(picture * 255).astype(np.uint8)
        name = hashlib.sha256(grey.tobytes()).hexdigest()
        yield FilmInput(name, grey, PixelDescription(rows=FILM_SIZE[0], columns=FILM_SIZE[1]))


_SHOWN = (
    ("cardiomegaly", "pleural effusion"),
    ("pneumothorax", "support devices"),
    ("consolidation",),
    ("edema", "lung lesion"),
)


def findings_of(backend: Backend, films: Sequence[FilmInput]) -> list[Finding]:
    """All findings of all films, each film a study of its own."""
    found: list[Finding] = []
    for film in films:
        backend.put_film(film)
        backend.put_study(StudyInput(_STUDY, (StudyFilm(film.image_sha256),)))
        events = backend.run(Classify(_STUDY), CancelToken())
        found += [event for event in events if isinstance(event, Finding)]
        backend.forget_study(_STUDY)
    return [one for one in found if one.presence != "not assessed"]


def compared(rounded: Sequence[Finding], exact: Sequence[Finding]) -> Outcome:
    """Count over the same films' findings; `exact` is float32's."""
    known = {(one.image, one.label): one for one in rounded}
    pairs = [(known.get((one.image, one.label)), one) for one in exact]
    shifts = [abs(_number(ours) - _number(theirs)) for ours, theirs in pairs]
    return Outcome(
        asked=len(pairs),
        differing=sum(ours is None or ours.presence != theirs.presence for ours, theirs in pairs),
        unusable=sum(math.isnan(shift) for shift in shifts),
        largest_shift=max((shift for shift in shifts if not math.isnan(shift)), default=0.0),
    )


def _number(finding: Finding | None) -> float:
    return math.nan if finding is None or finding.confidence is None else finding.confidence


# ── what is remembered ──────────────────────────────────────────────────────────────────────────────────────────


def conditions(precision: str, device: str, libraries: Mapping[str, str]) -> dict[str, str]:
    """Under which an outcome holds; any other precision, device or version asks again."""
    versions = {"torch": str(torch.__version__), **libraries}
    return {"precision": precision, "device": device, "check": CHECK_VERSION, **versions}


def known(pack_sha256: str, under: Mapping[str, str]) -> Outcome | None:
    """What was found before for this pack under the same conditions; None if nothing was, or it can't be read."""
    for entry in _entries(pack_sha256):
        if entry.get("conditions") == dict(under):
            try:
                return Outcome(**entry["outcome"])  # type: ignore[arg-type]  # TypeError is answered
            except (KeyError, TypeError):
                return None
    return None


def remember(pack_sha256: str, under: Mapping[str, str], outcome: Outcome) -> None:
    """Keep an outcome, in one rename. Where nothing can be written, the next start checks again."""
    others = [entry for entry in _entries(pack_sha256) if entry.get("conditions") != dict(under)]
    kept = [*others, {"conditions": dict(under), "outcome": asdict(outcome)}][-20:]
    write_note(_KIND, pack_sha256, kept)


def _entries(pack_sha256: str) -> list[dict[str, object]]:
    told = read_note(_KIND, pack_sha256)
    return [entry for entry in told if isinstance(entry, dict)] if isinstance(told, list) else []
