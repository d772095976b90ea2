"""A plan for the bundled starter and a site's small folder: the data looked at, the pack named, the reasons told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from training_data import data_set, study

import inference.packs
from inference.errors import InvalidRequest, ModelNotInstalled, PackRefused
from inference.packs import find_pack
from inference.packs.manifest import Quantisation
from inference.plan import GIB
from inference.training.plan import Part
from inference.training.planning import propose
from inference.training.planning.machine import TrainingMachine
from inference.training.rows import Trouble

TWO_CORES = TrainingMachine("cpu", "CPU, 2 cores", 8 * GIB, 6 * GIB, cores=2)
LABELS = {"cardiomegaly": "present", "edema": "absent"}
SITE = data_set(
    "site",
    *(
        study(f"s{i}", findings="The heart is large.", labels=LABELS, label_source="report")
        for i in range(80)
    ),
    troubles=(Trouble("rows:9", "no film", "Add it."),),
)


@dataclass(frozen=True)
class Wished:
    data: tuple[str, ...] = ("folder:/data/chest",)
    pack: str = "starter"
    hours: float | None = None
    parts: tuple[Part, ...] | None = None
    seed: int = 3
    takes_synthetic: bool = False


def proposed(wish: Wished, **settings: Any) -> Any:
    return propose(wish, [SITE], machine=TWO_CORES, **settings)


def test_the_plan_names_the_pack_the_data_and_what_is_kept_aside() -> None:
    plan = proposed(Wished())

    assert (plan.pack, plan.pack_sha256) == ("starter", find_pack("starter").sha256)
    assert (plan.data, plan.seed, plan.device) == (("folder:/data/chest",), 3, "cpu")
    assert sum(plan.expected.studies.values()) == 80
    assert set(plan.phases[0].tasks) == {"report_single", "classification", "yes_no"}
    assert 64 <= plan.phases[0].max_length < 400


def test_the_plan_says_what_is_too_little_and_what_could_not_be_taken() -> None:
    reasons = proposed(Wished()).expected.reasons

    assert any("held out (test), at least 30 are wanted" in reason for reason in reasons)
    assert any(reason.startswith("1 row could not be taken") for reason in reasons)
    assert any("a guess" in reason for reason in reasons)


def test_a_pack_that_is_not_here_is_said_so() -> None:
    with pytest.raises(ModelNotInstalled):
        proposed(Wished(pack="nowhere"))


def test_an_unknown_recipe_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InvalidRequest, match="There is no recipe “secret”; there are small-site, small-model"
    ):
        proposed(Wished(), recipe="secret")


def test_no_part_to_learn_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="At least one part must learn"):
        proposed(Wished(parts=()))


@pytest.fixture
def _lies_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = find_pack("starter")
    told = whole.manifest.model_copy(update={"quantisation": Quantisation(scheme="nf4")})
    monkeypatch.setattr(inference.packs, "find_pack", lambda name=None: replace(whole, manifest=told))


@pytest.mark.usefixtures("_lies_rounded")
@pytest.mark.parametrize("wished", [Wished(), Wished(parts=("lora",)), Wished(parts=("language",))])
def test_a_pack_that_lies_rounded_on_the_disk_is_refused_before_anything_is_planned(wished: Wished) -> None:
    with pytest.raises(PackRefused, match=r"“starter” lie rounded on the disk \(nf4\)") as refused:
        proposed(wished)

    assert "--precision bfloat16" in refused.value.remedy
    assert "--parts abstractor" in refused.value.remedy


@pytest.mark.usefixtures("_lies_rounded")
def test_what_the_remedy_offers_for_a_rounded_pack_can_be_planned() -> None:
    assert proposed(Wished(parts=("abstractor",))).phases[-1].parts == ("abstractor",)
