"""A generator's training plan: made from few wishes, and looked at again after a person has edited it. No torch."""

from __future__ import annotations

from typing import Literal, get_args

from inference.training.plan import LoraPlan, Part, PhasePlan, SynthesisPlan, TrainingPlan
from inference.training.planning.plan_file import PlanRefused

Way = Literal["adapter", "full", "lora"]
WAYS: tuple[Way, ...] = get_args(Way)
PARTS: dict[frozenset[Part], Way] = {
    frozenset({"control"}): "adapter",
    frozenset({"unet"}): "full",
    frozenset({"unet", "text_encoder"}): "full",
    frozenset({"lora"}): "lora",
}
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
RATES: dict[Way, float] = {"adapter": 1e-4, "full": 1e-4, "lora": 2e-4}
"""diffusers' own recipes for Stable Diffusion take 1e-5 for ControlNet and whole U-Nets on millions of pictures; a site
has thousands, and a small base."""


def draft_plan(
    way: Way,
    pack: str,
    pack_sha256: str,
    data: tuple[str, ...],
    *,
    steps: int,
    batch: int,
    device: str,
    seed: int = 0,
    micro_batch: int = 0,
    learning_rate: float = 0.0,
    with_text_encoder: bool = False,
    takes_synthetic: bool = False,
    synthesis: SynthesisPlan | None = None,
) -> TrainingPlan:
    """A plan of one phase.

    Raises:
        PlanRefused: A wish can't be carried out; the message names the field.
    """
    parts: tuple[Part, ...] = {
        "adapter": ("control",),
        "lora": ("lora",),
        "full": ("unet", "text_encoder") if with_text_encoder else ("unet",),
    }[way]
    phase = PhasePlan(
        name="drawing",
        parts=parts,
        tasks={},
        steps=steps,
        batch=batch,
        micro_batch=micro_batch or min(batch, 4 if device == "cpu" else batch),
        learning_rate=learning_rate or RATES[way],
        weight_decay=0.01,
        warm_up=min(200, steps // 10),
        lora=LoraPlan(16, 16.0, 0.0, ATTENTION) if way == "lora" else None,
        evaluate_every=max(1, steps // 10),
        save_every=max(1, min(100, steps // 10)),
    )
    plan = TrainingPlan(
        pack=pack,
        pack_sha256=pack_sha256,
        data=data,
        phases=(phase,),
        precision="bfloat16" if device == "cuda" else "float32",
        device=device,
        seed=seed,
        takes_synthetic=takes_synthetic,
        synthesis=synthesis or SynthesisPlan(),
    )
    check_drawing(plan)
    return plan


def synthesis_of(plan: TrainingPlan) -> SynthesisPlan:
    """Raises PlanRefused: it is no generator's plan."""
    if plan.synthesis is None:
        raise PlanRefused("plan.synthesis must be given: without it this is no plan for a film generator.")
    return plan.synthesis


def way_of(plan: TrainingPlan) -> Way:
    """Raises PlanRefused: its parts can't learn together."""
    found = PARTS.get(frozenset(plan.phases[0].parts))
    if found is None:
        allowed = "; ".join(", ".join(sorted(parts)) for parts in PARTS)
        raise PlanRefused(f"plan.phases[0].parts must be one of: {allowed}.")
    return found


def check_drawing(plan: TrainingPlan) -> None:
    """Look at every value that a person may have edited and only a generator's plan has.

    Raises:
        PlanRefused: The message names the field and what is allowed.
    """
    asked = synthesis_of(plan)
    if len(plan.phases) != 1:
        raise PlanRefused("plan.phases must be a list of one phase: a generator is trained in one.")
    phase = plan.phases[0]
    way = way_of(plan)
    for name, is_so, allowed in (
        ("phases[0].name", phase.name == "drawing", "drawing"),
        (
            "phases[0].lora",
            (way == "lora") == (phase.lora is not None),
            "given where parts is lora, else null",
        ),
        ("phases[0].metric", phase.metric == "loss", "loss"),
        ("storage", plan.storage == "full", "full: rounded weights can't learn"),
        ("synthesis.empty_captions", 0 <= asked.empty_captions < 1, "a share from 0 up to 1; usual is 0.1"),
        ("synthesis.ema", 0 < asked.ema < 1, "a number between 0 and 1; usual is 0.9995"),
        ("synthesis.snr_gamma", 0 <= asked.snr_gamma <= 1000, "0 for none, or a number; usual is 5"),
        ("synthesis.variants", 1 <= asked.variants <= 16, "a whole number from 1 to 16"),
        ("synthesis.privacy_films", 8 <= asked.privacy_films <= 10_000, "a whole number from 8 on"),
    ):
        if not is_so:
            raise PlanRefused(f"plan.{name} must be {allowed}.")
