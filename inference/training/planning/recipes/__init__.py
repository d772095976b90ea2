"""Recipes: what is learnt, how fast and how long. Each is a short file that is read from top to bottom.

A recipe knows no machine. What fits where, and how long it takes, `inference.training.planning` works out.
"""

from __future__ import annotations

from collections.abc import Mapping

from inference.training.planning.recipes import published, small_model, small_site
from inference.training.planning.recipes.form import PhaseRecipe, Recipe

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe for recipe in (small_site.RECIPE, small_model.RECIPE, published.RECIPE)
}

__all__ = ["RECIPES", "PhaseRecipe", "Recipe"]
