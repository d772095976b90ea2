"""The pieces of a generator's training run: sources, split, films with words, latents, and the learner on its pack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.errors import PackRefused
from inference.packs import GENERATOR, find_pack
from inference.synthesis.networks import Networks, load_networks
from inference.synthesis.training.collate import FilmCollator
from inference.synthesis.training.draws import FilmOrder, validation_samples
from inference.synthesis.training.latents import Latents
from inference.synthesis.training.learner import FilmLearner
from inference.synthesis.training.plan_file import check_drawing, synthesis_of
from inference.synthesis.training.rows import Picture, WordedFilms, worded_films
from inference.synthesis.training.views import Look
from inference.synthesis.training.watch import FilmWatch
from inference.training.loop.course import Material
from inference.training.plan import TrainingPlan
from inference.training.rows import DataSet, Split
from inference.training.sources import open_data
from inference.training.splits import split_patients

FEATURES = "features"


class SynthesisCourse:
    """What `plan` names, opened when it is first asked for.

    Raises:
        PlanRefused: The plan was edited to something that can't be run; the message names the field.
    """

    def __init__(self, plan: TrainingPlan, folder: Path) -> None:
        check_drawing(plan)
        self.plan, self._folder = plan, folder

    def learner(self, number: int, begin: Path | None, device: str) -> FilmLearner:  # noqa: ARG002  # one phase
        """The base afresh, with the plan's part learning. The same plan gives the same start."""
        plan = self.plan
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            return FilmLearner(self.networks(device), plan.phases[number], synthesis_of(plan), plan.precision)

    def material(self, number: int, learner: FilmLearner) -> Material:
        plan, phase = self.plan, self.plan.phases[number]
        latents = self.latents(learner.networks, self._folder / FEATURES)
        films = self.films(latents.picture)
        return Material(
            FilmOrder(films.films["train"], phase, synthesis_of(plan), plan.seed),
            FilmCollator(latents, learner.levels.count, plan.seed),
            validation_samples(films.films["val"], plan.seed),
            FilmWatch(learner),
            films.notes(),
            latents.wipe,
        )

    def networks(self, device: str) -> Networks:
        """The plan's base, in float32: what learns is never rounded."""
        pack = find_pack(self.plan.pack, GENERATOR)
        if self.plan.pack_sha256 not in ("", pack.sha256):
            refused = PackRefused(f"The pack “{self.plan.pack}” is not the one that was planned with.")
            refused.remedy = "Make a new plan, or install the version that the plan names."
            raise refused
        return load_networks(pack, device=torch.device(device).type, precision="float32")

    def latents(self, networks: Networks, folder: Path | None = None) -> Latents:
        """Opens and encodes the run's films."""
        return Latents(networks, self.datasets, folder, takes_synthetic=self.plan.takes_synthetic)

    def films(self, picture: Picture) -> WordedFilms:
        """All films that can be learnt from, by side of the split; `picture` opens one for the view classifier."""
        look = view_classifier() if synthesis_of(self.plan).asks_classifier else None
        return worded_films(
            self.datasets,
            self.splits,
            look=look,
            picture=picture,
            takes_synthetic=self.plan.takes_synthetic,
        )

    @cached_property
    def datasets(self) -> tuple[DataSet, ...]:
        return tuple(open_data(spec) for spec in self.plan.data)

    @cached_property
    def splits(self) -> Mapping[str, Split]:
        return split_patients(self.datasets, self.plan.split)


def view_classifier() -> Look:
    """The bundled classifier as a question; what hangs wrongly or is no chest film is not learnt from."""
    from inference.film_view import look_at_view

    def look(picture: NDArray[np.uint8]) -> str:
        seen = look_at_view(picture)
        return "" if seen.quarter_turns or seen.is_inverted or seen.is_mirrored else seen.view

    return look
