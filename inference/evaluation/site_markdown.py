"""An evaluation for a person: tables in Markdown, each number with its n and its interval. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.backend import RESEARCH_USE
from inference.evaluation.site import Comparison, Difference, Score, SiteScores

TITLES: tuple[tuple[str, str], ...] = (
    ("macro_auroc", "Macro AUROC (mean over the findings with enough cases)"),
    ("micro_f1", "Micro F1 of the finding list, at the pack's decisions"),
    ("macro_f1", "Macro F1 of the finding list"),
    ("calibration_error", "Calibration error (ECE)"),
    ("false_positives", "Films without finding on which one is called"),
    ("box/iou", "Boxes: mean IoU"),
    ("box/iou_over_half", "Boxes: IoU of at least 0.5"),
    ("box/hit_rate", "Boxes: centre inside the true box"),
    ("report/micro_f1", "Reports: 14-label micro F1 by our labeller"),
    ("report/macro_f1", "Reports: 14-label macro F1"),
    ("report/bleu_1", "Reports: BLEU-1"),
    ("report/bleu_4", "Reports: BLEU-4"),
    ("report/rouge_l", "Reports: ROUGE-L"),
    ("report/meteor", "Reports: METEOR"),
    ("report/copied_prior", "Reports: likeness with the prior's report"),
)
_BY_LABEL = ("auroc/", "ap/", "f1/", "calibration_error/")
_NOTE = (
    "Intervals are 95 %, from a bootstrap that draws patients. AUROC and AP compare films within their source only. "
    "A finding is judged from 8 patients with it and 8 without. Automatic scores are no clinical proof."
)


def scores_markdown(scores: SiteScores) -> str:
    """One model's scores."""
    head = f"# {scores.model.title} {scores.model.version} on held-out patients"
    lines = [head, "", *_about(scores.films, scores.patients, scores.left_out)]
    lines += _table(
        ("What", "Value", "95 % interval", "n", "Patients"),
        [_score_row(title, one) for name, title in TITLES if (one := scores.get(name))],
    )
    labels = [one.name.removeprefix("auroc/") for one in scores.scores if one.name.startswith("auroc/")]
    rows = []
    for label in labels:
        found = [scores.get(kind + label) for kind in _BY_LABEL]
        first = found[0]
        assert first is not None, "the label was named by it"
        cases = f"{first.positives} of {first.n}"
        rows.append((label, cases, *(_short(one) for one in found)))
    lines += ["", "## By finding", ""]
    lines += _table(("Finding", "Films with it", "AUROC", "AP", "F1", "ECE"), rows)
    lines += _slice_lines([one for one in scores.scores if "[" in one.name])
    return "\n".join(lines) + "\n"


def comparison_markdown(compared: Comparison, left_out: Sequence[str] = ()) -> str:
    """What changed from one model to the other."""
    one, other = compared.before, compared.after
    lines = [
        f"# {other.title} {other.version}, against {one.version}",
        "",
        *_about(compared.films, compared.patients, left_out),
    ]
    titled = [(title, found) for name, title in TITLES if (found := compared.get(name))]
    by_label = [
        (found.name.removeprefix("auroc/"), found)
        for found in compared.differences
        if found.name.startswith("auroc/")
    ]
    sliced = [(_slice_name(found.name), found) for found in compared.differences if "[" in found.name]
    lines += _changes(titled)
    lines += ["", "## AUROC by finding", "", *_changes(by_label)]
    if sliced:
        lines += ["", "## Macro AUROC by slice", "", *_changes(sliced)]
    return "\n".join(lines) + "\n"


def not_judged(reasons: Sequence[tuple[str, str]]) -> str:
    """Names with why each can't be judged, those with the same reason together; empty where there is none."""
    together: dict[str, list[str]] = {}
    for name, why in reasons:
        together.setdefault(why, []).append(name)
    told = "; ".join(f"{', '.join(names)} ({why})" for why, names in together.items())
    return f"Not judged: {told}." if told else ""


def _changes(rows: Sequence[tuple[str, Difference]]) -> list[str]:
    """A table of what was judged, then what was not."""
    judged = [(title, one) for title, one in rows if one.change is not None]
    lines = _table(_CHANGED, [_difference_row(title, one) for title, one in judged]) if judged else []
    rest = not_judged([(title, one.why_not) for title, one in rows if one.change is None])
    return [*lines, "", rest] if rest and lines else [*lines, rest] if rest else lines


_CHANGED = ("What", "Before", "After", "Change", "95 % interval", "p", "n", "Patients", "With it")


def _about(films: int, patients: int, left_out: Sequence[str]) -> list[str]:
    lines = [f"{films} films of {patients} patients that the adapter never saw. {_NOTE}", ""]
    if left_out:
        lines += [f"Left out: {'; '.join(left_out)}.", ""]
    return [*lines, RESEARCH_USE, ""]


def _score_row(title: str, one: Score) -> tuple[str, ...]:
    if one.value is None:
        return (title, f"not judged: {one.why_not}", "", str(one.n), str(one.patients))
    return (title, _number(one.value), _interval(one.low, one.high), str(one.n), str(one.patients))


def _difference_row(title: str, one: Difference) -> tuple[str, ...]:
    assert one.change is not None, "only what was judged has a row"
    p = "" if one.p is None else f"{one.p:.3f}"
    arrow = f"{one.change:+.3f}"
    span = _interval(one.low, one.high, "+.3f")
    positives = "" if one.positives is None else str(one.positives)
    numbers = (_number(one.before), _number(one.after), arrow, span, p)
    return (title, *numbers, str(one.n), str(one.patients), positives)


def _short(one: Score | None) -> str:
    if one is None:
        return "not assessed by the pack"
    if one.value is None:
        return "not judged"
    return f"{_number(one.value)} ({_interval(one.low, one.high)})"


def _slice_lines(sliced: Sequence[Score]) -> Iterator[str]:
    if not sliced:
        return
    yield from ("", "## Macro AUROC by slice", "")
    rows = [_score_row(_slice_name(one.name), one) for one in sliced]
    yield from _table(("Slice", "Value", "95 % interval", "n", "Patients"), rows)


def _slice_name(name: str) -> str:
    return name.partition("[")[2].rstrip("]").replace("=", ": ")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---"] * len(head)
    return [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in (head, rule, *rows)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None, form: str = ".3f") -> str:
    return "" if low is None or high is None else f"{low:{form}} to {high:{form}}"
