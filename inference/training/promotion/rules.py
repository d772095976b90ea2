"""The gate: may an adapter take the base's place? Pure; every rule says in words what it saw. Spec §9.7.

The burden is on the adapter, for refusing it costs nothing (the base goes on reading) and accepting a bad one costs
patients. So it must be *shown* to be better overall: the paired 95 % interval of the macro AUROC's change lies above
zero. For harm no proof is asked, since a site's few dozen held-out patients could never give one. Two bounds instead,
for each guarded number:

- what was measured may not be worse by more than a margin, proven or not: harm is taken at face value;
- a much worse loss must be excluded by the paired interval: with so few cases that it can't be, nobody knows.

Both intervals are paired by patient and therefore much narrower than those of the two models by themselves. A finding
with fewer than eight patients of either kind has no usable interval; it can't be guarded, and the decision names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inference.backend import FINDINGS
from inference.evaluation.site import Comparison, Difference


@dataclass(frozen=True, slots=True)
class Margin:
    """How much worse a number may be: as measured, and as far as the interval reaches."""

    measured: float
    excluded: float


@dataclass(frozen=True, slots=True)
class Margins:
    """The gate's bounds. A site may make them tighter.

    Those of rates and of F1 are wider: they hang on thresholds, which a site's few validation patients place roughly.
    What the model knows is guarded by the AUROC of each finding, which no threshold moves.
    """

    finding: Margin = Margin(0.05, 0.15)  # AUROC of one finding
    boxes: Margin = Margin(0.05, 0.15)  # mean IoU
    finding_list: Margin = Margin(0.10, 0.30)  # micro F1 at the pack's decisions
    false_positives: Margin = Margin(0.10, 0.30)  # share of films without finding with one called
    reports: Margin = Margin(0.10, 0.30)  # 14-label micro F1
    copied: Margin = Margin(0.10, 0.30)  # likeness with the prior's report
    least_patients: int = 20


MARGINS = Margins()


@dataclass(frozen=True, slots=True)
class SelfTestSaid:
    """How the adapter behaves on the pack's own questions about drawn pictures."""

    keeps_form: bool  # yes and no questions are answered with yes or no
    sees: bool  # a blank picture changes its answers
    words: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule and what it saw. `kept` None: it could not be judged, which does not refuse by itself."""

    name: str
    kept: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided, rule by rule."""

    accepted: bool
    rules: tuple[Rule, ...]

    @property
    def words(self) -> str:
        """One sentence for the history and the panel: the reason, with its numbers."""
        if self.accepted:
            first = next(rule for rule in self.rules if rule.name == OVERALL)
            return f"Accepted: {first.said}"
        return "Refused: " + " ".join(rule.said for rule in self.rules if rule.kept is False)


OVERALL = "better overall"


def decide(
    compared: Comparison,
    self_test: SelfTestSaid,
    guarded: Sequence[str] = (),
    margins: Margins = MARGINS,
    not_assessed: Sequence[str] = (),
) -> Decision:
    """The decision on an adapter.

    Args:
        compared: Base and adapter on the same held-out patients.
        self_test: How the adapter answers the pack's self-test.
        guarded: Findings that must not get worse; empty: all that can be judged.
        margins: The bounds.
        not_assessed: Findings that readings do not name, with the adapter no more than with the base.
    """
    rules = (
        *_rules(compared, self_test, guarded or FINDINGS, margins),
        *_unseen(compared, not_assessed),
    )
    return Decision(all(rule.kept is not False for rule in rules), rules)


def _rules(
    compared: Comparison, self_test: SelfTestSaid, guarded: Sequence[str], margins: Margins
) -> Iterator[Rule]:
    enough = compared.patients >= margins.least_patients
    told = f"{compared.patients} held-out patients; at least {margins.least_patients} are needed."
    yield Rule("enough patients", enough, told)
    yield _overall(compared)
    for label in guarded:
        title = f"AUROC of {label}"
        yield _not_worse(label, title, compared.get(f"auroc/{label}"), margins.finding)
    for name, title, margin in (
        ("micro_f1", "F1 of the finding list", margins.finding_list),
        ("false_positives", "Films without finding on which one is called", margins.false_positives),
        ("box/iou", "Mean IoU of boxes", margins.boxes),
        ("report/micro_f1", "14-label F1 of the reports", margins.reports),
        ("report/copied_prior", "Likeness of drafts with the prior's report", margins.copied),
    ):
        yield _not_worse(name, title, compared.get(name), margin)
    yield Rule("self-test", self_test.keeps_form and self_test.sees, self_test.words)


def _unseen(compared: Comparison, not_assessed: Sequence[str]) -> Iterator[Rule]:
    """What was judged here, but no reading will show."""
    judged = {one.name for one in compared.differences if one.change is not None}
    if hidden := [label for label in not_assessed if f"auroc/{label}" in judged]:
        said = (
            f"The base does not assess {', '.join(hidden)}: no reading with this adapter names that either, "
            "whatever was learnt of it."
        )
        yield Rule("not assessed", None, said)


def _overall(compared: Comparison) -> Rule:
    macro = compared.get("macro_auroc")
    if macro is None or macro.change is None or macro.low is None or macro.high is None:
        why = macro.why_not if macro is not None and macro.why_not else "it could not be computed"
        said = f"Macro AUROC can't be judged ({why}); hold out more patients of both kinds."
        return Rule(OVERALL, False, said)
    said = (
        f"Macro AUROC went from {macro.before:.3f} to {macro.after:.3f} ({_change(macro)}, {macro.n} films of "
        f"{macro.patients} patients)"
    )
    if macro.low > 0:
        return Rule(OVERALL, True, f"{said}: better, and not by chance.")
    if macro.high < 0:
        return Rule(OVERALL, False, f"{said}: worse.")
    least = (macro.high - macro.low) / 2
    said += f": not shown to be better. With these patients a gain below about {least:.2f} can't be told from chance."
    return Rule(OVERALL, False, said)


def _not_worse(name: str, title: str, one: Difference | None, margin: Margin) -> Rule:
    if one is None or one.change is None or one.low is None or one.high is None:
        why = one.why_not if one is not None and one.why_not else "no cases"
        return Rule(name, None, f"{title}: not judged ({why}).")
    loss = one.change if one.smaller_is_better else -one.change
    worst = one.high if one.smaller_is_better else -one.low
    said = f"{title} went from {one.before:.3f} to {one.after:.3f} ({_change(one)}, n {one.n})"
    if loss > margin.measured:
        return Rule(name, False, f"{said}: worse by more than {margin.measured:.2f}.")
    if worst > margin.excluded:
        return Rule(name, False, f"{said}: a loss of {margin.excluded:.2f} can't be excluded.")
    return Rule(name, True, f"{said}: not worse.")


def _change(one: Difference) -> str:
    return f"{one.change:+.3f}, 95 % interval {one.low:+.3f} to {one.high:+.3f}"
