"""A site's own studies, hundreds to some ten thousands, on a model of full size.

Only the instruction phase. The encoder stays as it is: it has seen far more films than one site has, and its features
of each film are computed once. The abstractor learns wholly, the language model by factors on its queries and values,
as published (m4cxr.md §8). A quarter of the published batch, so that a small set is still many steps.
"""

from __future__ import annotations

from inference.training.plan import LoraPlan
from inference.training.planning.recipes.form import PhaseRecipe, Recipe
from inference.training.planning.recipes.weights import SITE

RECIPE = Recipe(
    name="small-site",
    title="a site's own studies",
    why="The encoder is kept; the abstractor and low-rank factors of the language model learn.",
    phases=(
        PhaseRecipe(
            name="instruction",
            parts=("abstractor", "lora"),
            weights=SITE,
            batch=16,
            learning_rate=1e-4,
            weight_decay=1e-4,
            warm_up=50,
            draws_of_a_study=12,
            steps=(60, 6000),
            patience=4,
            evaluations=8,
            lora=LoraPlan(rank=8, alpha=32.0, dropout=0.05, projections=("q_proj", "v_proj")),
        ),
    ),
)
