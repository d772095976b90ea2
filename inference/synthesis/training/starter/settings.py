"""All numbers of the recipe, in one place, with a reason for each that needs one. No torch."""

from __future__ import annotations

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
            average=0.998,  # of a short run: 0.9999 would still hold its noise at the end
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
    empty_captions: float = 0.1  # guidance without a classifier
    tag_share: float = 0.92  # of the captions; the others are for whoever asks without a tag
    steps: int = 16
    guidance: float = 2.0  # 3 and 5 were tried: fewer films of the asked view
    privacy_films: int = 64

    @property
    def lessons(self) -> dict[str, Lesson]:
        """Those that `--minutes` shares time among."""
        return {name: getattr(self, name) for name in ("autoencoder", "decoder", "text", "base", "adapter")}


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
