"""An examination in words, for a terminal or a panel: the counts, then each kind with its first rows and its remedy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from inference.training.examine.faults import FORBIDDING, TITLES, Counts, Examination, Fault
from inference.training.rows import LABELS

SHOWN = 5
"""Rows of a kind that are printed; the JSON form has all."""


def in_words(examination: Examination, shown: int = SHOWN) -> str:
    """Plain text, lines up to about 120 characters; long rows are not broken."""
    lines = [*_counts(examination), ""]
    for kind, faults in examination.by_kind().items():
        mark = " – must be mended" if kind in FORBIDDING else ""
        lines.append(f"{TITLES[kind]}: {len(faults)}{mark}")
        lines += _of_kind(faults, shown)
        lines.append("")
    lines += [f"Left out: {one}" for one in examination.left_out]
    lines += [f"Not looked at: {one}" for one in examination.not_looked_at]
    lines.append(_verdict(examination))
    return "\n".join(lines)


def _of_kind(faults: tuple[Fault, ...], shown: int) -> Iterator[str]:
    """Rows of which the same is said stand together: what is wrong once, then the rows, then the remedy."""
    several = len({fault.source for fault in faults}) > 1
    alike: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        alike[fault.what].append(fault)
    for what, those in list(alike.items())[:shown]:
        rows = [f"{one.source}: {one.row}" if several and one.source else one.row for one in those[:shown]]
        if len(those) == 1:
            yield f"  {rows[0]}: {what}"
            continue
        more = f" and {len(those) - shown} more" if len(those) > shown else ""
        yield f"  {what}"
        yield f"    {', '.join(rows)}{more}"
    if len(alike) > shown:
        yield f"  … and {sum(len(those) for those in list(alike.values())[shown:])} more"
    for remedy in dict.fromkeys(those[0].remedy for those in list(alike.values())[:shown]):
        yield f"  → {remedy}"


def _counts(examination: Examination) -> Iterator[str]:
    counts = examination.counts
    splits = [split for split in ("train", "val", "test") if counts.studies.get(split)]
    yield f"Sources: {', '.join(examination.sources)}"
    yield "Studies: " + ", ".join(
        f"{split} {counts.studies[split]} ({counts.patients.get(split, 0)} patients)" for split in splits
    )
    yield f"Films: {counts.films}, opened {counts.films_opened}, in {examination.seconds:.0f} s"
    yield f"With a report: {counts.with_report}; with boxes: {counts.with_boxes}"
    for split in splits:
        views = counts.views.get(split, {})
        yield f"Views, {split}: " + ", ".join(f"{view} {number}" for view, number in sorted(views.items()))
    if counts.lengths is not None:
        length = counts.lengths
        yield (
            f"Length in {length.unit}: median {length.median}, 99 % up to {length.percentile_99}, "
            f"longest {length.longest}"
        )
    yield from _label_table(counts, splits)


def _label_table(counts: Counts, splits: list[str]) -> Iterator[str]:
    known = [label for label in LABELS if any(label in counts.labels.get(split, {}) for split in splits)]
    if not known:
        return
    yield "Labels, present / absent / uncertain:"
    yield "  " + " " * 28 + "".join(f"{split:>20}" for split in splits)
    for label in known:
        cells = "".join(f"{_cell(counts.labels.get(split, {}).get(label, {})):>20}" for split in splits)
        yield f"  {label:<28}{cells}"


def _cell(known: Mapping[str, int]) -> str:
    return " / ".join(str(known.get(word, 0)) for word in ("present", "absent", "uncertain"))


def _verdict(examination: Examination) -> str:
    if not examination.faults:
        return "No fault found."
    faults = f"{len(examination.faults)} fault{'s' if len(examination.faults) > 1 else ''}"
    must = len(examination.must_be_mended)
    return f"{faults} of {len(examination.by_kind())} kinds; {must} must be mended before training."
