"""The result as a table that a person reads. Pure."""

from __future__ import annotations

from typing import Any


def table(result: dict[str, Any]) -> str:
    """Machine, every case with its budget, the comparison, and what could not be measured."""
    on = result["machine"]
    lines = [f"{on['cpu']}, {on['cores']} cores, load {on['load_at_start'][0]}; {on['system']}", ""]
    lines += _rows(
        ("", "median", "p95", "budget", "", "n"),
        [
            (
                case["title"],
                f"{case['median']:g} {case['unit']}",
                f"{case['p95']:g}",
                "" if case["budget"] is None else f"{case['budget']:g}",
                {True: "kept", False: "MISSED", None: ""}[case["met"]],
                f"{case['n']}",
            )
            for case in result["cases"]
        ],
    )
    if result["beside"]["cases"]:
        lines += ["", *_beside(result["beside"])]
    lines += [f"not measured: {group}: {why}" for group, why in result["failed"].items()]
    return "\n".join(lines)


def markdown(result: dict[str, Any]) -> str:
    """The same for docs/benchmarks.md: what has a budget, then the comparison."""
    on = result["machine"]
    lines = [
        f"Measured {result['began'][:10]} on {on['cpu']}, {on['cores']} cores, Python {on['python']},"
        f" PySide6 {on['pyside6']}; load {on['load_at_start'][0]:g} at the start, {on['load_at_end'][0]:g} at the end.",
        "",
        "| case | median | p95 | budget | |",
        "|---|--:|--:|--:|---|",
    ]
    for case in result["cases"]:
        budget = "" if case["budget"] is None else f"{case['budget']:g}"
        verdict = {True: "kept", False: "**missed**", None: ""}[case["met"]]
        lines.append(
            f"| {case['title']} | {case['median']:g} {case['unit']} | {case['p95']:g} | {budget} | {verdict} |"
        )
    beside = result["beside"]
    if beside["cases"]:
        lines += ["", f"| beside {beside['peer']} (medians) | Sidelight | peer | |", "|---|--:|--:|---|"]
        for case in beside["cases"]:
            verdict = f"{case['ratio']:.2g} × quicker" if case["leads"] else "**behind**"
            lines.append(
                f"| {case['title']} | {case['ours']:g} {case['unit']} | {case['theirs']:g} | {verdict} |"
            )
    return "\n".join(lines)


def _beside(beside: dict[str, Any]) -> list[str]:
    return _rows(
        (f"beside {beside['peer']}", "Sidelight", "peer", "ratio", ""),
        [
            (
                case["title"],
                f"{case['ours']:g} {case['unit']}",
                f"{case['theirs']:g}",
                f"{case['ratio']:g}",
                "leads" if case["leads"] else "BEHIND",
            )
            for case in beside["cases"]
        ],
    )


def _rows(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    ]
