"""The site's numbers: what is shown, worked out from the stories of its studies. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inference.backend import FINDINGS
from plugin.dashboard.reading_lines import REASONS, StudyStory, whole
from plugin.dashboard.share import Middle, Share, middle_of

_TOUCHED = ("edited", "human", "dropped")
LONGEST_READING_S = 3600.0
"""A study that was left open over lunch was not read for so long; it stays out of the times."""


@dataclass(frozen=True, slots=True)
class FindingNumbers:
    """What became of one finding, over all studies."""

    label: str
    accepted: int = 0
    edited: int = 0
    rejected: int = 0
    untouched: int = 0  # in signed reports, without a verdict
    added: int = 0  # by the reader: the model had not told it
    reasons: tuple[tuple[str, int], ...] = ()  # of the rejections, in the order of AI-9

    @property
    def judged(self) -> int:
        return self.accepted + self.edited + self.rejected

    @property
    def acceptance(self) -> Share:
        """Accepted as it was, of all that a reader judged."""
        return Share(self.accepted, self.judged)

    @property
    def missed(self) -> Share:
        """Added by the reader, of all that stood in the end: the model's misses, as far as readers found them."""
        return Share(self.added, self.added + self.accepted + self.edited)


@dataclass(frozen=True, slots=True)
class TimeNumbers:
    """Seconds from the first sight of a study to its signature."""

    group: str
    seconds: Middle


@dataclass(frozen=True, slots=True)
class WeekNumbers:
    """One ISO week with one pack's version."""

    year: int
    week: int
    pack: str
    reports: int
    acceptance: Share
    edits: Middle  # sentences that the reader changed, for each report

    @property
    def title(self) -> str:
        return f"{self.year}-W{self.week:02d}"


@dataclass(frozen=True, slots=True)
class SiteNumbers:
    """All that the dashboard shows."""

    studies: int = 0
    reports: int = 0
    findings: tuple[FindingNumbers, ...] = ()
    edits: Middle = field(default_factory=Middle)
    reports_changed: Share = field(default_factory=Share)  # at least one sentence of the draft was changed
    times: tuple[TimeNumbers, ...] = ()
    alerts: Middle = field(default_factory=Middle)
    reports_with_alert: Share = field(default_factory=Share)
    weeks: tuple[WeekNumbers, ...] = ()

    @property
    def all_findings(self) -> FindingNumbers:
        """All findings as one row."""
        total = {
            name: sum(getattr(one, name) for one in self.findings)
            for name in ("accepted", "edited", "rejected", "untouched", "added")
        }
        reasons = Counter[str]()
        for one in self.findings:
            reasons.update(dict(one.reasons))
        return FindingNumbers("all findings", **total, reasons=_in_order(reasons))


def site_numbers(told: Mapping[str, StudyStory]) -> SiteNumbers:
    """The numbers of all studies."""
    signed = [story for story in told.values() if story.signed is not None]
    with_draft = [story for story in signed if whole(_details(story).get("draft_length"))]
    checked = [story.alerts for story in signed if story.alerts is not None]
    edits = [_edits(story) for story in with_draft]
    return SiteNumbers(
        studies=len(told),
        reports=len(signed),
        findings=_findings(told.values()),
        edits=middle_of(edits),
        reports_changed=Share(sum(one > 0 for one in edits), len(edits)),
        times=_times(signed),
        alerts=middle_of(checked),
        reports_with_alert=Share(sum(one > 0 for one in checked), len(checked)),
        weeks=_weeks(signed),
    )


def _findings(told: Iterable[StudyStory]) -> tuple[FindingNumbers, ...]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for story in told:
        for label, (verdict, reason) in story.verdicts.items():
            counts[label][verdict] += 1
            if verdict == "rejected":
                reasons[label][reason if reason in REASONS else "other"] += 1
        if story.signed is not None:
            for label in set(story.present) - set(story.verdicts):
                counts[label]["untouched"] += 1
        for label, times in story.added.items():
            counts[label]["added"] += times
    order = {label: at for at, label in enumerate(FINDINGS)}
    labels = sorted((one for one in counts if counts[one].total()), key=lambda one: (order.get(one, 99), one))
    return tuple(
        FindingNumbers(
            label,
            **{
                name: counts[label][name] for name in ("accepted", "edited", "rejected", "untouched", "added")
            },
            reasons=_in_order(reasons[label]),
        )
        for label in labels
    )


def _in_order(reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple((reason, reasons[reason]) for reason in REASONS if reasons[reason])


def _times(signed: Sequence[StudyStory]) -> tuple[TimeNumbers, ...]:
    """By reading mode, then with and without a draft. Those that took an hour and more are left out."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for story in signed:
        details = _details(story)
        seconds = details.get("seconds")
        if (
            isinstance(seconds, bool)
            or not isinstance(seconds, int | float)
            or not 0 < seconds < LONGEST_READING_S
        ):
            continue
        groups["all reports"].append(float(seconds))
        if isinstance(mode := details.get("mode"), str) and mode:
            groups[f"mode: {mode}"].append(float(seconds))
        has_draft = whole(details.get("draft_length")) > 0
        groups["with a draft" if has_draft else "without a draft"].append(float(seconds))
    return tuple(TimeNumbers(group, middle_of(groups[group])) for group in sorted(groups, key=_group_order))


def _group_order(group: str) -> tuple[int, str]:
    known = ("all reports", "with a draft", "without a draft")
    return (known.index(group) if group in known else len(known), group)


def _weeks(signed: Sequence[StudyStory]) -> tuple[WeekNumbers, ...]:
    groups: defaultdict[tuple[int, int, str], list[StudyStory]] = defaultdict(list)
    for story in signed:
        if story.day is not None:
            year, week, _ = story.day.isocalendar()
            groups[year, week, story.pack].append(story)
    return tuple(_week(key, groups[key]) for key in sorted(groups))


def _week(key: tuple[int, int, str], told: Sequence[StudyStory]) -> WeekNumbers:
    verdicts = [verdict for story in told for verdict, _ in story.verdicts.values()]
    drafted = [story for story in told if whole(_details(story).get("draft_length"))]
    acceptance = Share(verdicts.count("accepted"), len(verdicts))
    return WeekNumbers(*key, len(told), acceptance, middle_of([_edits(story) for story in drafted]))


def _edits(story: StudyStory) -> int:
    """Sentences that the reader changed, wrote or dropped, in a report that began as a draft."""
    sentences = _details(story).get("sentences")
    return sum(whole(sentences.get(kind)) for kind in _TOUCHED) if isinstance(sentences, Mapping) else 0


def _details(story: StudyStory) -> Mapping[str, Any]:
    return story.signed if story.signed is not None else {}
