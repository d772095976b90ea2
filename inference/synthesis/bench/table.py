"""The bench's numbers as Markdown, with what they mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ORIENTATION = (
    "MedXChat's published FID of 43.46 is Inception's on MIMIC-CXR, and no number here is comparable with it: other "
    "network, other films, other count."
)


def markdown(result: Mapping[str, Any]) -> str:
    """All tables."""
    lines = [*_head(result)]
    for view in ("frontal", "lateral"):
        for space, rows in result.get(view, {}).items():
            lines += ["", f"**{view.capitalize()} films, {space}**", "", *_distances(rows)]
    lines += ["", "**View**", "", *_views(result), "", "**Labels and text**", "", *_labels(result)]
    return "\n".join([*lines, "", ORIENTATION]) + "\n"


def _head(result: Mapping[str, Any]) -> list[str]:
    on, against = result["machine"], result["against"]
    return [
        f"Generator {result['pack']}, {result['steps']} steps, guidance {result['guidance']:g}; {result['films']} "
        f"films of {result['side']} × {result['side']} drawn, {result['seconds_per_film']:g} s each on {on['cpu']}, "
        f"{on['cores']} cores (load {on['load_at_start'][0]:g}). Frontal films are held against {against['frontal']}, "
        f"lateral ones against {against['lateral']}.",
    ]


def _distances(rows: Mapping[str, Any]) -> list[str]:
    if not rows:
        return ["Too few films to say anything."]
    first = next(iter(rows.values()))
    lines = [
        "| set | films | FID | KID × 1000 | precision | recall | density | coverage |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, one in rows.items():
        around = one["around"]
        shares = " | ".join(f"{around[key]:.2f}" for key in ("precision", "recall", "density", "coverage"))
        kid = f"{one['kid']['mean'] * 1000:.3g} ± {one['kid']['spread'] * 1000:.2g}"
        lines.append(f"| {name} | {one['made']} | {one['fid']:.3g} | {kid} | {shares} |")
    return [*lines, "", f"Against {first['real']} films, {first['features']} features."]


def _views(result: Mapping[str, Any]) -> list[str]:
    view, real = result["view"], result["view_of_the_real"]
    lines = ["| asked | seen |", "|---|---|"]
    for asked, seen in view["asked_and_seen"].items():
        said = ", ".join(f"{number} {name}" for name, number in sorted(seen.items(), key=lambda one: -one[1]))
        lines.append(f"| {asked} ({sum(seen.values())} films) | {said} |")
    lines += [
        "",
        f"Frontal or lateral as asked: {_share(view['frontal_or_lateral'])}. PA or AP as asked, of the films seen as "
        f"frontal: {_share(view['pa_or_ap'])}; on the films that these are held against, where the same network sees "
        f"what their source states: {_share(real['pa_or_ap'])}. Upright and not inverted: "
        f"{_share(view['hangs_right'])}.",
    ]
    return lines


def _labels(result: Mapping[str, Any]) -> list[str]:
    found = result["label_agreement"]
    lines = [
        "| asked | films | seen with the text | seen without | AUROC against twins |",
        "|---|--:|--:|--:|--:|",
    ]
    for one in found["labels"]:
        lines.append(
            f"| {one['label']} | {one['films']} | {one['asked']:.0%} | {one['twins']:.0%} | {one['auroc']:.2f} |"
        )
    means = (_share(found[key]) for key in ("asked", "twins"))
    return [
        *lines,
        f"| all | {found['prompts']} | {' | '.join(means)} | |",
        "",
        f"Label agreement above the same generator without a text, same seeds: {_points(found['difference'])}. A label "
        f"counts as seen where {result['classifier']} would call one of five real films without it positive.",
        "",
        "Film and text belong together (a film fits its own text better than another prompt's, by the same "
        f"classifier's labels; 0.5 is chance): {_number(result['alignment'])}, of the twins "
        f"{_number(result['alignment_of_twins'])}, of the films that are held against them with their own labels "
        f"{_number(result['alignment_of_the_real'])}.",
    ]


def _share(one: Mapping[str, float] | None) -> str:
    return "–" if one is None else f"{one['value']:.0%} ({one['low']:.0%} to {one['high']:.0%})"


def _points(one: Mapping[str, float]) -> str:
    numbers: Iterable[str] = (f"{100 * one[key]:+.0f}" for key in ("value", "low", "high"))
    value, low, high = numbers
    return f"{value} points ({low} to {high})"


def _number(one: Mapping[str, float] | None) -> str:
    return "–" if one is None else f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})"
