"""What the bench asks a generator to draw. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.backend import FilmView
from inference.synthesis.bench.films import KnownFilms
from inference.synthesis.wish import FilmWish
from inference.training.rows import LABELS

NO_FINDING_TEXT = "No finding."
CHILD_TEXT = "Child."
TEXTS: Mapping[str, tuple[str, ...]] = {
    "cardiomegaly": ("Severe cardiomegaly.", "The heart is enlarged."),
    "pleural effusion": ("Large right pleural effusion.", "Large left pleural effusion."),
    "pneumothorax": ("Large right pneumothorax.", "Large left pneumothorax."),
    "consolidation": ("Consolidation in the right lower lobe.", "Consolidation in the left lung."),
    "edema": ("Severe pulmonary edema.", "Pulmonary edema."),
    "lung lesion": ("Mass in the right upper lobe.", "Large mass in the left lung."),
    "no finding": (NO_FINDING_TEXT, "The lungs are clear. The heart is normal in size."),
}
"""MedXChat's six categories (consolidation for "consolidation or pneumonia") and the heart; two wordings of each."""
FRONTAL_SEED, LATERAL_SEED, LABEL_SEED = 1_000, 2_000, 3_000


@dataclass(frozen=True, slots=True)
class LabelPrompt:
    """A wish that names one label, and its twin: the same seed and view, no text."""

    column: int  # of LABELS
    wish: FilmWish

    @property
    def twin(self) -> FilmWish:
        return replace(self.wish, text="")


def like_the_real(films: KnownFilms, base: FilmWish) -> list[FilmWish]:
    """For each real film a wish for one of the same view with the same findings: sets of a kind are compared."""
    return [
        replace(base, text=text_of(row, is_child=child), view=_view(view), seed=FRONTAL_SEED + number)
        for number, (row, view, child) in enumerate(
            zip(films.labels, films.views, films.is_child, strict=True)
        )
    ]


def text_of(labels: NDArray[np.int8], *, is_child: bool = False) -> str:
    """The labels in plain words: what is present, or that nothing is; empty where nothing is known."""
    present = [name for name, value in zip(LABELS[:-1], labels, strict=False) if value == 1]
    said = [f"{name.capitalize()}." for name in present]
    if not said and labels[-1] == 1:
        said = [NO_FINDING_TEXT]
    return " ".join([*said, CHILD_TEXT] if is_child else said)


def laterals(count: int, base: FilmWish) -> list[FilmWish]:
    """Lateral films, with and without findings in turn."""
    texts = ("", NO_FINDING_TEXT, *(texts[0] for name, texts in TEXTS.items() if name != "no finding"))
    return [
        replace(base, text=texts[number % len(texts)], view="lateral", seed=LATERAL_SEED + number)
        for number in range(count)
    ]


def label_prompts(seeds: int, base: FilmWish) -> list[LabelPrompt]:
    """Every label with the same seeds; PA and AP, and the two wordings, in turn."""
    return [
        LabelPrompt(
            LABELS.index(label),
            replace(
                base,
                text=texts[number // 2 % len(texts)],
                view="AP" if number % 2 else "PA",
                seed=LABEL_SEED + number,
            ),
        )
        for label, texts in TEXTS.items()
        for number in range(seeds)
    ]


def _view(name: str) -> FilmView:
    return "AP" if name == "AP" else "PA"
