"""A finished run on the site's held-out patients: base and adapter asked the same, compared, and put to the gate.

Writes RUN/evaluation.json (read by whoever shows the run), RUN/evaluation.md (for a person) and RUN/pack, the adapter
as a pack, ready to be activated. No film of these patients was trained on; of the validation patients only the
adapter's calibration and thresholds are fitted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inference.errors import InferenceError, PackRefused
from inference.evaluation.ask_site import Told, ask, named
from inference.evaluation.held_out import EVERYTHING, Asked
from inference.evaluation.site import Comparison, SiteScores, compare_answers, score_answers
from inference.evaluation.site_markdown import comparison_markdown, not_judged
from inference.packs import Pack, find_pack
from inference.plain import to_plain
from inference.training.plan import TrainingPlan
from inference.training.promotion.adapter_pack import About, adapter_id, adapter_name, write_adapter_pack
from inference.training.promotion.fitted_reading import fitted_reading
from inference.training.promotion.rules import MARGINS, Decision, Margins, decide
from inference.training.promotion.self_tested import self_tested
from inference.training.rows import DataSet, Split
from inference.training.run_folder import ADAPTER, EVALUATION, PLAN
from inference.training.splits import split_patients
from inference.training.watching import plan_of_run

PACK = "pack"
MARKDOWN = "evaluation.md"


class NothingTrained(InferenceError):
    """The run has no adapter (yet)."""

    remedy = "Wait until the run is done, or resume it: `sidelight train resume RUN`."


class NotJudged(InferenceError):
    """The run has no pack of its adapter yet: judging it makes one."""

    remedy = "`sidelight train evaluate RUN` makes it, once the run is done."


class NoRun(InferenceError):
    """The folder is none of a run."""

    remedy = "Name the folder that `sidelight train run RUN` was given; it holds plan.json."


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What evaluation.json holds, and the adapter's pack."""

    pack: Pack
    before: SiteScores
    after: SiteScores
    comparison: Comparison
    decision: Decision


def evaluate(
    run: Path,
    datasets: Sequence[DataSet] | None = None,
    asked: Asked = EVERYTHING,
    margins: Margins = MARGINS,
    tell: Told = lambda *_: None,
) -> Evaluation:
    """Ask base and adapter about the held-out patients, and decide.

    Args:
        run: A run's folder with an adapter.
        datasets: The plan's data, where they are open already.
        asked: How much is asked.
        margins: The gate's bounds.
        tell: Told how far it is.

    Raises:
        NoRun: The folder is none of a run.
        NothingTrained: The run has no adapter.
        PackRefused: Its base is not the one that it was trained on, or the adapter does not fit.
    """
    if not (run / PLAN).is_file():
        raise NoRun(f"{run} is no run's folder: it has no {PLAN}.")
    plan = plan_of_run(run)
    if not (run / ADAPTER).is_dir():
        raise NothingTrained("This run has no adapter yet.")
    base = base_of(plan)
    opened = tuple(datasets) if datasets is not None else _opened(plan)
    splits = split_patients(opened, plan.split)
    asked = replace(asked, takes_synthetic=plan.takes_synthetic, device=plan.device)
    about = About(_data_words(opened, splits), base.manifest.card, base.manifest.reading, {})
    draft = write_adapter_pack(run / ADAPTER, base, run / PACK, about)
    about = replace(about, reading=_fitted(base, draft, opened, splits, asked, tell))
    cases, said = self_tested(base, draft.folder)
    about = replace(about, self_test=cases)
    draft = write_adapter_pack(run / ADAPTER, base, run / PACK, about)
    before = ask(base, opened, splits, "test", asked, tell)
    after = ask(draft, opened, splits, "test", asked, tell)
    tell("scores", 0, 1)
    scored, compared = (score_answers(before), score_answers(after)), compare_answers(before, after)
    decision = decide(compared, said, plan.guarded, margins, base.manifest.not_assessed)
    final = write_adapter_pack(run / ADAPTER, base, run / PACK, _told(about, base, scored[1], compared))
    name = named(final)
    evaluation = Evaluation(
        final, scored[0], replace(scored[1], model=name), replace(compared, after=name), decision
    )
    _write(run, evaluation)
    return evaluation


def base_of(plan: TrainingPlan) -> Pack:
    """The pack that a run was trained on. Raises PackRefused where another one is here now."""
    base = find_pack(plan.pack)
    if base.sha256 != plan.pack_sha256:
        raise PackRefused(
            f"The run was trained on a “{base.manifest.id}” whose manifest has the SHA-256 "
            f"{plan.pack_sha256[:12]}…; here is version {base.manifest.version} with {base.sha256[:12]}…. "
            "An adapter works on its own base only: train again on this one."
        )
    return base


def is_current(run: Path, told: Mapping[str, Any]) -> bool:
    """True if evaluation.json is about the adapter that lies in the run now, on the base that is here."""
    base = base_of(plan_of_run(run))
    return bool(told.get("adapter") == adapter_id(adapter_name(run / ADAPTER, base), base))


def _fitted(
    base: Pack,
    adapter: Pack,
    datasets: Sequence[DataSet],
    splits: Mapping[str, Split],
    asked: Asked,
    tell: Told,
) -> dict[str, Any]:
    only_films = replace(asked, most_boxed_films=0, most_drafts=0)
    before = ask(base, datasets, splits, "val", only_films, tell)
    after = ask(adapter, datasets, splits, "val", only_films, tell)
    return fitted_reading(base.manifest.reading, before, after)


def _told(about: About, base: Pack, scores: SiteScores, compared: Comparison) -> About:
    macro = compared.get("macro_auroc")
    lines = [base.manifest.card, "", f"Site adapter on top: {about.training_data}"]
    if macro is not None and macro.change is not None:
        lines.append(
            f"On {macro.n} films of {macro.patients} held-out patients of this site its macro AUROC is "
            f"{macro.after:.3f}; the base alone has {macro.before:.3f} (change {macro.change:+.3f}, 95 % interval "
            f"{macro.low:+.3f} to {macro.high:+.3f})."
        )
    told = {one.name: to_plain(one) for one in scores.scores if one.value is not None}
    card = "\n".join(lines)
    return replace(about, card=card, scores={**base.manifest.scores, "site_held_out": told})


def _data_words(datasets: Sequence[DataSet], splits: Mapping[str, Split]) -> str:
    """How many studies of which sources; no path and no name of a patient."""
    parts = []
    for dataset in datasets:
        learnt = [study for study in dataset.studies if splits.get(study.patient) == "train"]
        patients = len({study.patient for study in learnt})
        parts.append(f"{len(learnt)} studies of {patients} patients ({dataset.name})")
    return f"{', '.join(parts)} of this site."


def _opened(plan: TrainingPlan) -> tuple[DataSet, ...]:
    from inference.training.sources import open_data

    return tuple(open_data(spec) for spec in plan.data)


def _write(run: Path, found: Evaluation) -> None:
    failed = [rule.said for rule in found.decision.rules if rule.kept is False]
    kept = [rule.said for rule in found.decision.rules if rule.kept]
    told = {
        "format": 1,
        "adapter": found.pack.manifest.id,
        "before": to_plain(found.before),
        "after": to_plain(found.after),
        "comparison": to_plain(found.comparison),
        "gate": {
            "accepted": found.decision.accepted,
            "words": found.decision.words,
            "reasons": failed or kept,
            "rules": to_plain(found.decision.rules),
        },
    }
    _replace(run / EVALUATION, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    _replace(run / MARKDOWN, evaluation_markdown(found))


def evaluation_markdown(found: Evaluation) -> str:
    """The decision, rule by rule, then the tables."""
    marks = {True: "kept", False: "**broken**", None: "not judged"}
    rules = [f"- {marks[rule.kept]}: {rule.said}" for rule in found.decision.rules if rule.kept is not None]
    silent = [(rule.name, _why(rule.said)) for rule in found.decision.rules if rule.kept is None]
    unguarded = ["", not_judged(silent), ""] if silent else [""]
    verdict = "accepts this adapter" if found.decision.accepted else "refuses this adapter"
    head = [f"The gate **{verdict}**.", "", *rules, *unguarded]
    tables = comparison_markdown(found.comparison, found.after.left_out)
    title, _, rest = tables.partition("\n")
    return "\n".join([title, "", *head]) + rest


def _why(said: str) -> str:
    """What stands in brackets behind “not judged”."""
    return said.rpartition("not judged (")[2].rstrip(").")


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
