"""All numbers of the recipe, in one place, with a reason for each that needs one. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import cos, pi


@dataclass(frozen=True, slots=True)
class Lesson:
    """How one stage learns: AdamW, gradients cut at 1, a warm-up, then half a cosine down to `floor`."""

    steps: int
    batch: int
    learning_rate: float
    seconds: float  # a step took, on one core of the machine that the bundled pack was made on; for --minutes
    warm_up: int = 50
    floor: float = 0.03  # share of the rate that is left at the end
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    average: float = 0.0  # of the weights' moving average, which is what is kept; 0: the weights themselves
    save_every: int = 50


@dataclass(frozen=True, slots=True)
class Sizes:
    """The networks. Small enough for 40 MB in half precision and for 20 seconds a film on two cores."""

    side: int = 256
    latent_channels: int = 8
    """Four were tried first: what the decoder blurs, no U-Net can draw."""
    autoencoder_width: int = 32
    encoder_blocks: tuple[int, ...] = (1, 2, 2, 3)
    decoder_blocks: tuple[int, ...] = (3, 2, 2, 1)
    unet_widths: tuple[int, ...] = (64, 128, 160)
    """The first level, of 32 x 32 places, has no attention: there it would be dearest."""
    heads: int = 4
    norm_groups: int = 16
    text_width: int = 192
    text_layers: int = 3
    text_inner: int = 512
    text_heads: int = 4
    words: int = 48
    """Word pieces of a prompt. Longer ones are cut: the starter's vocabulary has most words of a report whole."""


LESSONS = ("autoencoder", "decoder", "sharpness", "text", "base", "adapter")
SHARES: Mapping[str, float] = {
    "adults": 0.30,
    "clear adults": 0.10,
    "children": 0.06,
    "laterals": 0.17,
    "phantoms": 0.12,
    "pneumothorax": 0.04,
    "consolidation": 0.045,
    "edema": 0.055,
    "lung lesion": 0.045,
    "pleural effusion": 0.04,
    "cardiomegaly": 0.025,
}
"""Of the films drawn one by one, by kind; a finding's name: real films of adults with it. There are 12 to 68 of each,
among 1,276: drawn evenly they would be one in a hundred."""
PAINTED_SHARES: Mapping[str, float] = {
    "pneumothorax": 1.6,
    "consolidation": 1.0,
    "lung lesion": 1.0,
    "pleural effusion": 0.6,
    "cardiomegaly": 0.8,
}
"""Of the painted findings, each time its films: what is hard to see more often."""


@dataclass(frozen=True, slots=True)
class StarterSynthRecipe:
    """All settings of a run. The defaults are those of the bundled pack (docs/synthesis-training.md)."""

    seed: int = 0
    sources: tuple[str, ...] = ("nih", "hannover", "kermany_paediatric")
    """Of licence tier A. Not `nih_64px`: enlarged four times, its films would teach blur."""
    phantoms: int = 2900
    """Studies: a frontal film each, a third with a lateral one. No lateral film of tier A is real."""
    test_phantoms: int = 24  # only where there is no real film: the search for copies needs held-out ones
    sizes: Sizes = field(default_factory=Sizes)
    autoencoder: Lesson = field(
        default_factory=lambda: Lesson(
            1750, 8, 1e-3, seconds=1.0, warm_up=100, weight_decay=1e-4
        )  # batch: of whole films; parts of them come four times as many
    )
    decoder: Lesson = field(
        default_factory=lambda: Lesson(2300, 24, 8e-4, seconds=0.83, weight_decay=1e-4, average=0.995)
    )
    sharpness: Lesson = field(
        default_factory=lambda: Lesson(
            5000, 16, 3e-4, seconds=0.7, floor=0.05, weight_decay=1e-4, betas=(0.5, 0.95), average=0.995
        )  # betas: a critic that remembers long argues with what the decoder has given up
    )
    text: Lesson = field(
        default_factory=lambda: Lesson(5000, 64, 6e-4, seconds=0.58, warm_up=30, floor=0.01, save_every=250)
    )
    base: Lesson = field(
        default_factory=lambda: Lesson(
            10_000,
            16,
            6e-4,
            seconds=1.05,
            warm_up=60,
            floor=0.05,
            betas=(0.9, 0.99),
            average=0.995,  # of a short run: 0.998 held on to paler films
            save_every=100,
        )
    )
    adapter: Lesson = field(
        default_factory=lambda: Lesson(
            1000, 16, 6e-4, seconds=1.4, floor=0.05, betas=(0.9, 0.99), average=0.99
        )  # seconds: estimated from the base's
    )
    text_share: float = 0.3
    """Of the base's rate, for the text encoder: it comes with the facts of its captions and should keep them."""
    painted: bool = True
    """Learn from findings painted on real films as well (`painted`)."""
    pairs: int = 3
    """In each batch of base and adapter: a painted film and the film it was painted on, under the same noise. All that
    differs is the finding, and what the words have to bring about."""
    pair_noise: float = 0.2
    """Least noise of a pair, as a share: where a film is nearly drawn, its finding is no question any more."""
    stress: tuple[float, float] = (3.0, 1.5)
    """How much more an error counts where the paint is, on the painted film and on the one without."""
    shape_share: float = 0.55
    shape_levels: tuple[float, float] = (0.5, 0.92)
    """Of the noise levels, where a film's rough shape and contrast are decided, and how often they are drawn besides
    all levels evenly. Films were pale without: half of the spread of real latents (docs/synthesis-training.md)."""
    empty_captions: float = 0.10
    """Guidance without a classifier goes away from these: of labelled adults and of laterals only. Phantoms among them
    have more contrast than any film, and films that are drawn away from them have none."""
    bare_captions: float = (
        0.09  # the view alone: what is drawn for whoever names no finding; of the same films
    )
    tag_share: float = 0.35
    """Of the captions of labelled adults: no tag means such a film. All others always bear theirs."""
    alone_share: float = 0.6
    """Of films drawn for a finding: their captions name no other, as wishes do."""
    graded_share: float = 0.3
    """Of real findings: worded as moderate or severe, which no label says. Or "large" would mean a painted film."""
    steps: int = 16
    guidance: float = 2.0  # 3 and 5 were tried: fewer films of the asked view
    privacy_films: int = 64

    @property
    def lessons(self) -> dict[str, Lesson]:
        """Those that `--minutes` shares time among."""
        return {name: getattr(self, name) for name in LESSONS}


def shortened(recipe: StarterSynthRecipe, minutes: float) -> StarterSynthRecipe:
    """The recipe with its steps scaled so that all lessons together take about `minutes` on one core."""
    if not minutes > 0:
        raise ValueError(f"--minutes must be more than 0, got {minutes:g}.")
    share = 60 * minutes / sum(one.steps * one.seconds for one in recipe.lessons.values())
    scaled = {name: _scaled(one, share) for name, one in recipe.lessons.items()}
    return replace(recipe, **scaled)  # type: ignore[arg-type]  # every name is a Lesson's


def _scaled(lesson: Lesson, share: float) -> Lesson:
    steps = max(1, round(lesson.steps * share))
    return replace(lesson, steps=steps, warm_up=min(lesson.warm_up, max(1, steps // 10)))


def share_of_rate(lesson: Lesson, step: int) -> float:
    """The share of the learning rate at `step`, from 0. It depends on nothing else."""
    falling = 0.5 * (1 + cos(pi * step / lesson.steps))
    return min(1.0, (step + 1) / max(1, lesson.warm_up)) * (falling * (1 - lesson.floor) + lesson.floor)
