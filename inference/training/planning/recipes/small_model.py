"""A site's own studies on a small model, the bundled starter for instance.

A small model has little to lose and its factors little room: they sit on all projections, and learn faster than those
of a large one.
"""

from __future__ import annotations

from inference.training.plan import LoraPlan
from inference.training.planning.recipes.form import PhaseRecipe, Recipe
from inference.training.planning.recipes.weights import SITE

RECIPE = Recipe(
    name="small-model",
    title="a site's own studies, on a small model",
    why="The encoder is kept; the abstractor and low-rank factors of the language model learn, at a higher rate.",
    phases=(
        PhaseRecipe(
            name="instruction",
            parts=("abstractor", "lora"),
            weights=SITE,
            batch=16,
            learning_rate=5e-4,
            weight_decay=1e-2,
            warm_up=20,
            draws_of_a_study=12,
            steps=(60, 3000),
            patience=4,
            evaluations=8,
            lora=LoraPlan(
                rank=8,
                alpha=16.0,
                dropout=0.05,
                projections=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
            ),
        ),
    ),
)
