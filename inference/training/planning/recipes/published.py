"""The two published phases of M4CXR (m4cxr.md §8), for whoever has the published data and the cards for it.

1. The abstractor alone, on single films and their reports, without a question.
2. All tasks at their published weights: abstractor and encoder wholly, factors on the language model's queries and
   values.
"""

from __future__ import annotations

from inference.training.mix.published import GROUPS
from inference.training.plan import LoraPlan
from inference.training.planning.recipes.form import PhaseRecipe, Recipe

RECIPE = Recipe(
    name="published",
    title="the published training",
    why="First the abstractor on reports alone; then abstractor, encoder and low-rank factors on all tasks.",
    phases=(
        PhaseRecipe(
            name="abstractor",
            parts=("abstractor",),
            weights={"reports": {"report_only": 1.0}, "understanding": {}, "questions": {}},
            batch=256,
            learning_rate=3e-4,
            weight_decay=1e-2,
            warm_up=500,
            draws_of_a_study=6,
            steps=(100, 10_000),
            patience=20,
        ),
        PhaseRecipe(
            name="instruction",
            parts=("abstractor", "vision", "lora"),
            weights=GROUPS,
            batch=64,
            learning_rate=1e-4,
            weight_decay=1e-4,
            warm_up=500,
            draws_of_a_study=12,
            steps=(100, 100_000),
            patience=20,
            evaluations=40,
            lora=LoraPlan(rank=8, alpha=32.0, dropout=0.05, projections=("q_proj", "v_proj")),
        ),
    ),
)
