"""Proposes a plan: looks at the data, the pack and this machine, and lets one step run where that is quick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from inference.errors import InvalidRequest
from inference.training.plan import Part, SplitPlan, TrainingPlan
from inference.training.planning.draft import Draft, draft, learning
from inference.training.planning.fingerprint import fingerprint
from inference.training.planning.ground import Ground
from inference.training.planning.machine import TrainingMachine
from inference.training.planning.plan_file import PARTS, check_plan
from inference.training.planning.recipes import RECIPES
from inference.training.rounded_packs import check_rounding
from inference.training.rows import DataSet
from inference.training.splits import split_patients

if TYPE_CHECKING:
    from inference.models.sizes import PartSizes
    from inference.packs import Pack

SMALL = 100_000_000
"""Weights up to which a model is small: other rates, and a step is measured without being asked for."""


class Wish(Protocol):
    """What a person decides about a plan; None and empty leave it to the planner."""

    @property
    def data(self) -> tuple[str, ...]: ...
    @property
    def pack(self) -> str: ...
    @property
    def hours(self) -> float | None: ...
    @property
    def parts(self) -> tuple[Part, ...] | None: ...
    @property
    def seed(self) -> int: ...
    @property
    def takes_synthetic(self) -> bool: ...


def propose(
    wish: Wish,
    datasets: Sequence[DataSet],
    *,
    recipe: str = "",
    device: str = "auto",
    measures: bool | None = None,
    machine: TrainingMachine | None = None,
    split: SplitPlan | None = None,
) -> TrainingPlan:
    """A plan for these data on this machine.

    Args:
        wish: See `Wish`; `data` are the sources as they were named.
        datasets: The same, read.
        recipe: One of RECIPES; empty takes the one for the pack's size.
        device: auto, cpu or cuda.
        measures: Let a few samples through the model to know how long a step takes; None does so for small models.
        machine: Instead of this one: for tests, and to plan for another.
        split: Shares of patients that are kept aside.

    Raises:
        NothingToLearn: The data feed no task.
        ModelNotInstalled: There is no such pack.
        InvalidRequest: A wish can't be met as it stands.
        PackRefused: What is to learn can't, on weights as the pack has them on the disk.
    """
    from inference.training.planning.machine import this_machine

    if wish.hours is not None and not wish.hours > 0:
        raise InvalidRequest(f"{wish.hours:g} hours is no time; name more than 0, or leave it out.")
    pack = _base(wish.pack)
    sizes, image_tokens, length_of = _model(pack)
    chosen, parts = RECIPES[_recipe(recipe, sizes.total)], _parts(wish.parts)
    check_rounding(pack, {part for phase in learning(chosen, parts) for part in phase.parts})
    shares = split or SplitPlan()
    splits = split_patients(datasets, shares)
    data = fingerprint(datasets, splits, length_of, image_tokens, takes_synthetic=wish.takes_synthetic)
    where = machine or this_machine(device)
    ground = Ground(
        data=data,
        sizes=sizes,
        image_tokens=image_tokens,
        machine=where,
        recipe=chosen,
        parts=parts,
        hours=wish.hours,
    )
    drafted = _plan(wish, pack, draft(ground), where, shares)
    if machine is not None or not (sizes.total < SMALL if measures is None else measures):
        return drafted
    from inference.training.planning.measure import measured_paces

    paces = measured_paces(drafted, datasets)
    return _plan(wish, pack, draft(replace(ground, paces=paces)), where, shares)


def _base(name: str) -> Pack:
    """The pack that is trained on: an adapter's base."""
    from inference.packs import find_pack

    pack = find_pack(name or None)
    return pack.base or pack


def _model(pack: Pack) -> tuple[PartSizes, int, Callable[[str], int]]:
    from inference.models.checkpoint import read_json
    from inference.models.config import M4cxrConfig
    from inference.models.sizes import part_sizes
    from inference.packs import CONFIG, TOKENIZER
    from inference.text.tokenizer import M4cxrTokenizer

    config = M4cxrConfig.from_json(read_json(pack.folder / CONFIG))
    tokenizer = M4cxrTokenizer(pack.folder / TOKENIZER, config.image_tokens)
    return part_sizes(config), config.image_tokens, lambda text: len(tokenizer.encode_prompt(text))


def _recipe(name: str, weights: int) -> str:
    if not name:
        return "small-model" if weights < SMALL else "small-site"
    if name not in RECIPES:
        raise InvalidRequest(f"There is no recipe “{name}”; there are {', '.join(RECIPES)}.")
    return name


def _parts(parts: tuple[Part, ...] | None) -> tuple[Part, ...] | None:
    """Raises InvalidRequest: one is unknown, or none is named."""
    if parts is None:
        return None
    if not parts:
        raise InvalidRequest(f"At least one part must learn: {', '.join(PARTS)}.")
    if unknown := [part for part in parts if part not in PARTS]:
        raise InvalidRequest(f"“{unknown[0]}” is no part; there are {', '.join(PARTS)}.")
    return parts


def _plan(
    wish: Wish, pack: Pack, drafted: Draft, machine: TrainingMachine, shares: SplitPlan
) -> TrainingPlan:
    plan = TrainingPlan(
        pack=_name_of(pack),
        pack_sha256=pack.sha256,
        data=tuple(wish.data),
        phases=drafted.phases,
        split=shares,
        precision=drafted.precision,
        storage=drafted.storage,
        device=machine.kind,
        seed=wish.seed,
        takes_synthetic=wish.takes_synthetic,
        expected=drafted.expected,
    )
    check_plan(plan)
    return plan


def _name_of(pack: Pack) -> str:
    """The id under which the pack is found again; its folder where another pack has the id."""
    from inference.errors import InferenceError
    from inference.packs import find_pack

    try:
        found = find_pack(pack.manifest.id)
    except InferenceError:
        return str(pack.folder.resolve())
    return pack.manifest.id if found.sha256 == pack.sha256 else str(pack.folder.resolve())
