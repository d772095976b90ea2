"""`python -m inference.training.sources.labeller_command --data DIR`: how well the rule labeller reads reports.

Against the collection's own MeSH coding, mapped to the 14 names (`reports/indiana_reports.jsonl`, see the data's
README.md): people coded what they thought worth coding, for another purpose, and denied nothing. A label counts as
read if the report states it; with `--uncertain` also if it leaves it open. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.text.labels import PRESENT, UNCERTAIN, label_report
from inference.training.rows import LABELS

NOT_CODED = "No Indexing"


@dataclass(frozen=True, slots=True)
class CodedReport:
    """A report's words, and what a person coded of it: positives only."""

    id: str
    text: str
    coded: frozenset[str]  # of LABELS


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of one label: by both, by the labeller alone, by the coder alone."""

    both: int
    only_read: int
    only_coded: int

    @property
    def precision(self) -> float:
        return _share(self.both, self.both + self.only_read)

    @property
    def recall(self) -> float:
        return _share(self.both, self.both + self.only_coded)

    @property
    def f1(self) -> float:
        return _share(2 * self.both, 2 * self.both + self.only_read + self.only_coded)


def coded_reports(file: Path) -> Iterator[CodedReport]:
    """The reports that somebody coded.

    Raises:
        OSError, ValueError, KeyError: The file is not there, or is no such file.
    """
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            told = json.loads(line)
            if NOT_CODED not in told["mesh_major"]:
                text = f"{told['findings']}\n{told['impression']}"
                yield CodedReport(told["id"], text, frozenset(name.lower() for name in told["labels"]))


def agreement(reports: Iterable[CodedReport], counts_uncertain: bool = False) -> Mapping[str, Agreement]:
    """What labeller and coders agree on, by label."""
    counted = (PRESENT, UNCERTAIN) if counts_uncertain else (PRESENT,)
    cells = {name: [0, 0, 0] for name in LABELS}
    for report in reports:
        read = {name for name, value in label_report(report.text).items() if value in counted}
        for name in LABELS:
            is_read, is_coded = name in read, name in report.coded
            if is_read or is_coded:
                cells[name][0 if is_read and is_coded else 1 if is_read else 2] += 1
    return {name: Agreement(*counts) for name, counts in cells.items()}


def table(scores: Mapping[str, Agreement]) -> Iterator[str]:
    """Lines of Markdown, with the mean over labels that were coded at all and the sum over all."""
    yield "| label | coded | read | precision | recall | F1 |"
    yield "|---|---|---|---|---|---|"
    for name, one in scores.items():
        yield _line(name, one)
    coded_at_all = [one for one in scores.values() if one.both + one.only_coded]
    counts = ((one.both, one.only_read, one.only_coded) for one in scores.values())
    both, only_read, only_coded = (sum(part) for part in zip(*counts, strict=True))
    yield _line("all together", Agreement(both, only_read, only_coded))
    yield f"| mean of the labels | | | | | {_share(sum(one.f1 for one in coded_at_all), len(coded_at_all)):.2f} |"


def _line(name: str, one: Agreement) -> str:
    coded, read = one.both + one.only_coded, one.both + one.only_read
    return f"| {name} | {coded} | {read} | {one.precision:.2f} | {one.recall:.2f} | {one.f1:.2f} |"


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: the table was printed. 2: there are no such reports."""
    parser = argparse.ArgumentParser(prog="labeller_command", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with reports/indiana_reports.jsonl")
    parser.add_argument("--half", choices=("odd", "even"), help="only reports whose number is odd, or even")
    parser.add_argument("--uncertain", action="store_true", help="count what is left open as stated")
    options = parser.parse_args(argv)
    try:
        reports = tuple(coded_reports(options.data / "reports" / "indiana_reports.jsonl"))
    except (OSError, ValueError, KeyError) as error:
        print(f"The reports can't be read: {error}", file=sys.stderr)
        return 2
    if options.half:
        reports = tuple(
            one for one in reports if int(one.id.removeprefix("CXR")) % 2 == (options.half == "odd")
        )
    print(f"{len(reports):,} coded reports")
    for line in table(agreement(reports, options.uncertain)):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
