"""The numbers as tables: what is shown beside the charts, and what is exported. No names stand in them. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from plugin.dashboard.numbers import FindingNumbers, SiteNumbers
from plugin.dashboard.share import FEWEST_FOR_MEDIAN, FEWEST_FOR_SHARE, Middle, Share

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the heads of its columns, and rows as long as they."""

    title: str
    head: Row
    rows: tuple[Row, ...]


def tables_of(numbers: SiteNumbers) -> tuple[Table, ...]:
    return (_findings(numbers), _reports(numbers), _weeks(numbers))


def as_csv(tables: Sequence[Table]) -> str:
    """All tables in one file, each under its title; counts are left as counts."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for table in tables:
        writer.writerow([table.title])
        writer.writerow(table.head)
        writer.writerows(table.rows)
        writer.writerow([])
    writer.writerow([footnote()])
    return out.getvalue()


def footnote() -> str:
    return (
        f"Shares with their 95 % interval (Wilson), from {FEWEST_FOR_SHARE} cases on; medians with the middle half, "
        f"from {FEWEST_FOR_MEDIAN} on. Read from this computer's audit log."
    )


def _findings(numbers: SiteNumbers) -> Table:
    head = (
        "Finding",
        "Accepted",
        "Edited",
        "Rejected",
        "Untouched",
        "Acceptance",
        "Added by reader",
        "Missed",
        "Why",
    )
    shown = (*numbers.findings, numbers.all_findings) if numbers.findings else ()
    return Table("Findings", head, tuple(_finding(one) for one in shown))


def _finding(one: FindingNumbers) -> Row:
    why = ", ".join(f"{reason} {count}" for reason, count in one.reasons)
    counts = (one.accepted, one.edited, one.rejected, one.untouched)
    return (one.label, *map(str, counts), one.acceptance.text, str(one.added), one.missed.text, why)


def _reports(numbers: SiteNumbers) -> Table:
    rows = (
        ("Sentences changed in a draft", numbers.edits.mean_text, str(numbers.edits.of)),
        _share("Drafts with a changed sentence", numbers.reports_changed),
        *(_middle(f"Time to signature, {one.group}", one.seconds, "s") for one in numbers.times),
        ("Alerts before signing", numbers.alerts.mean_text, str(numbers.alerts.of)),
        _share("Reports with an alert", numbers.reports_with_alert),
    )
    return Table("Reports", ("What", "Value", "Reports"), rows if numbers.reports else ())


def _middle(name: str, middle: Middle, unit: str = "") -> Row:
    return (name, middle.text(unit), str(middle.of))


def _share(name: str, share: Share) -> Row:
    return (name, share.text, str(share.of))


def _weeks(numbers: SiteNumbers) -> Table:
    head = ("Week", "Model", "Reports", "Judged findings", "Acceptance", "Sentences changed")
    rows = tuple(
        (
            week.title,
            week.pack or "not known",
            str(week.reports),
            str(week.acceptance.of),
            week.acceptance.text,
            week.edits.mean_text,
        )
        for week in numbers.weeks
    )
    return Table("Weeks", head, rows)
