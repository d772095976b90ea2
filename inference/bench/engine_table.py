"""The result as a table that a person reads. Pure."""

from __future__ import annotations

from typing import Any


def table(result: dict[str, Any]) -> str:
    """For the terminal: every case of every precision, then decoding, cancelling and fidelity."""
    on = result["machine"]
    lines = [
        f"{on['cpu']}, {on['cores']} cores ({result['threads']} threads), load {on['load_at_start'][0]}; "
        f"memory read at {result['read_gb_per_s']:g} GB/s",
        f"{result['subject']}; {result['image_tokens']} tokens a film; plain way: {result['plain_way']}",
    ]
    for row in result["rows"]:
        lines += ["", row["runtime"], *(_line(case) for case in row["cases"]), *_notes(row)]
    return "\n".join(lines)


def markdown(result: dict[str, Any]) -> str:
    """For docs/benchmarks.md."""
    on = result["machine"]
    lines = [
        f"Measured {result['began'][:10]} on {on['cpu']}, {on['cores']} cores, Python {on['python']}, "
        f"torch {result['torch']}, transformers {result['transformers']}; load {on['load_at_start'][0]:g} at the "
        f"start, {on['load_at_end'][0]:g} at the end; memory read at {result['read_gb_per_s']:g} GB/s. "
        f"{result['subject'].capitalize()}.",
    ]
    for row in result["rows"]:
        lines += [
            "",
            f"| {row['runtime']} | Sidelight | plain way | ratio | promised |",
            "|---|--:|--:|--:|---|",
        ]
        for case in row["cases"]:
            lines.append(
                f"| {case['title']} | {case['ours']:g} {case['unit']} | {case['plain']:g} | "
                f"{case['ratio']:.3g} × | {_verdict(case)} |"
            )
        lines += ["", " ".join(f"{note}." for note in _notes(row))]
    return "\n".join(lines)


def _line(case: dict[str, Any]) -> str:
    times = f"{case['ours']:>9.4g} {case['unit']:<2}  plain {case['plain']:>9.4g}  {case['ratio']:>6.3g} x"
    return f"  {case['title']:<58} {times}  {_verdict(case)}".rstrip()


def _verdict(case: dict[str, Any]) -> str:
    if case["bar"] is None:
        return ""
    return f"≥ {case['bar']:g}: {'kept' if case['met'] else 'MISSED'}"


def _notes(row: dict[str, Any]) -> list[str]:
    decode, cancel = row["decode"], row["cancel"]
    reading = row["cases"][0]["facts"]
    question = next(case["facts"] for case in row["cases"] if case["id"] == "question")
    notes = [
        f"{decode['tokens_per_s']:g} tokens/s, {decode['share_of_bandwidth']:.0%} of what reading the weights allows",
        f"Stop: {cancel['further_tokens']} further tokens, {cancel['ms_median']:g} ms "
        f"(largest {cancel['ms_largest']:g})",
        f"Film encoded {reading['encoder_calls']['ours']} x in a reading, plain {reading['encoder_calls']['plain']} x; "
        f"{question['encoder_calls']} x for the second question",
        f"Same tokens as the plain way: {'yes' if reading['same_tokens'] and question['same_tokens'] else 'no'}",
    ]
    return [f"  {note}" for note in notes] + [f"  {name}: {value}" for name, value in row["fidelity"].items()]
