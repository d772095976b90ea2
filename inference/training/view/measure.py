"""What the exported network says about held-out pictures, head by head, as it stands in its manifest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.film_view import SEEN_VIEWS, FilmLook, ViewSeen
from inference.training.view.data import FRONTAL, LATERAL, NO_CHEST, ViewPictures

KNOWN_SOURCES = ("real nih", "real nih_64px", "real kermany_paediatric", "real hannover")
_SEED = 3


def measured(look: FilmLook, pictures: ViewPictures) -> dict[str, Any]:
    """Every picture as it hangs, then every chest film turned, inverted or mirrored by lot."""
    upright = [look.look(one) for one in pictures.grey]
    chest = pictures.pick(pictures.is_chest)
    return {
        "view": view_table(pictures, upright),
        "pa_against_ap": _projection(pictures, upright),
        "false_words_about_upright_films": _false_words(pictures, upright),
        "hung_wrongly": hung_wrongly(look, chest),
    }


def view_table(pictures: ViewPictures, said: list[ViewSeen]) -> dict[str, dict[str, int]]:
    """For each kind of picture and its stated view: how many are seen as what."""
    rows: dict[str, dict[str, int]] = {}
    for group, view, one in zip(pictures.group, pictures.view, said, strict=True):
        kind = "scene" if group.startswith("scene") else str(group)
        stated = "frontal" if view == FRONTAL else SEEN_VIEWS[view]
        name = f"{kind}, {stated}" if kind.startswith("real") and view != LATERAL else kind
        row = rows.setdefault(name, dict.fromkeys(SEEN_VIEWS, 0))
        row[one.view] += 1
    return dict(sorted(rows.items()))


def _projection(pictures: ViewPictures, said: list[ViewSeen]) -> dict[str, dict[str, float]]:
    """PA against AP among films that are seen as frontal: all, and those where the network is sure."""
    frontal = np.array([one.is_frontal for one in said]) & (pictures.view >= 0) & (pictures.view < LATERAL)
    right = np.array([one.view == SEEN_VIEWS[view] for one, view in zip(said, pictures.view, strict=True)])
    sure = np.array([one.is_sure_of_projection for one in said])
    known = np.isin(pictures.group, KNOWN_SOURCES)
    groups = {str(name): frontal & (pictures.group == name) for name in sorted(set(pictures.group[frontal]))}
    groups |= {"known sources": frontal & known, "other sources": frontal & ~known}
    return {name: _shares(right, sure, here) for name, here in groups.items()}


def _shares(right: NDArray[np.bool_], sure: NDArray[np.bool_], here: NDArray[np.bool_]) -> dict[str, float]:
    found = {"n": int(here.sum()), "right": _mean(right[here]), "sure": _mean(sure[here])}
    return found | {"right_where_sure": _mean(right[here & sure])}


def _false_words(pictures: ViewPictures, said: list[ViewSeen]) -> dict[str, dict[str, float]]:
    """Shares of films that hang as usual and are called turned, inverted or mirrored."""
    found = {}
    for name in sorted({str(group) for group in pictures.group[pictures.is_chest]}):
        here = [one for one, group in zip(said, pictures.group, strict=True) if group == name]
        found[name] = {
            "n": len(here),
            "turned": _mean([one.quarter_turns != 0 for one in here]),
            "inverted": _mean([one.is_inverted for one in here]),
            "mirrored": _mean([one.is_mirrored for one in here]),
        }
    return found


def hung_wrongly(look: FilmLook, chest: ViewPictures) -> dict[str, Any]:
    """Turned (with the confusion matrix), inverted and mirrored films, each by itself: how often it is seen."""
    rng = np.random.default_rng(_SEED)
    turns = rng.integers(0, 4, len(chest))
    matrix = np.zeros((4, 4), int)
    kinds: dict[str, dict[str, list[bool]]] = {}
    for grey, view, group, turn in zip(chest.grey, chest.view, chest.group, turns, strict=True):
        seen = look.look(np.ascontiguousarray(np.rot90(grey, -turn)))
        matrix[turn, int(np.argmax([seen.scores[f"turned {number}"] for number in range(4)]))] += 1
        kind = kinds.setdefault(str(group), {"turn_right": [], "inverted_seen": [], "mirrored_seen": []})
        kind["turn_right"].append(seen.quarter_turns == turn)
        kind["inverted_seen"].append(look.look(255 - grey).is_inverted)
        if view not in (LATERAL, NO_CHEST):
            kind["mirrored_seen"].append(look.look(np.ascontiguousarray(grey[:, ::-1])).is_mirrored)
    return {
        "turns_rows_true_columns_likeliest": matrix.tolist(),
        "by_kind": {
            name: {"n": len(kind["turn_right"])}
            | {what: _mean(values) for what, values in kind.items() if values}
            for name, kind in sorted(kinds.items())
        },
    }


def _mean(values: Any) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0
