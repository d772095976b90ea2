"""From a run that has ended to a pack: write it aside, look for copies of its films, keep it if there are none.

The report is made with the very files of the pack, rounded as they are, and bound to them by their hash.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from inference.packs import GENERATOR, Pack, find_pack, open_pack, write_manifest
from inference.packs.files import sha256_of
from inference.plain import to_plain
from inference.synthesis.facts import read_facts
from inference.synthesis.generator import Generator
from inference.synthesis.networks import Networks
from inference.synthesis.privacy.features import Features, encoder_features
from inference.synthesis.privacy.gate import ReleaseRefused
from inference.synthesis.privacy.measure import Measured, RealFilm, Tell, measure
from inference.synthesis.privacy.prompts import pulls
from inference.synthesis.privacy.report import (
    NETWORKS,
    PRIVACY,
    PRIVACY_PAIRS,
    PRIVACY_WORDS,
    PrivacyReport,
    for_the_pack,
    in_words,
    weights_of,
    write_private,
    write_report,
)
from inference.synthesis.privacy.sheet import contact_sheet
from inference.synthesis.training.course import SynthesisCourse
from inference.synthesis.training.latents import Latents, given_back
from inference.synthesis.training.plan_file import synthesis_of, way_of
from inference.synthesis.training.rows import WordedFilm, WordedFilms
from inference.synthesis.training.trained import trained_learner, write_folder
from inference.synthesis.wish import without_view_sentence
from inference.training.loop.schedule import seed_of
from inference.training.plan import TrainingPlan
from inference.training.planning.plan_file import read_plan
from inference.training.run_folder import PLAN

PACK = "pack"
CANDIDATE = ".candidate"
WAYS = {
    "adapter": "an adapter beside its frozen U-Net (CXR-SD)",
    "full": "its U-Net, fine-tuned whole",
    "lora": "LoRA factors on its U-Net's attention, added into its weights",
}


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a run: its report, and the pack where the report allows one."""

    report: PrivacyReport
    pack: Pack | None


def finish(
    run: Path,
    id: str,
    title: str = "",
    *,
    course: SynthesisCourse | None = None,
    features: Features | str | None = "starter",
    films: int = 0,
    tell: Tell = lambda *_: None,
) -> Finished:
    """Make RUN/privacy.* and, if they are clean, RUN/pack.

    Args:
        run: A generator's run that has ended.
        id: Of the pack.
        title: Of the pack; empty: made from the base's.
        course: Instead of the plan's own.
        features: What looks at the films besides low-resolution correlation: a reading pack's id, a function, or None.
        films: To draw, instead of the plan's number.

    Raises:
        RunNotReady: The run has not ended yet.
        ValueError: There are too few films to compare with.
    """
    plan = read_plan(run / PLAN)
    course = course or SynthesisCourse(plan, run)
    learner = trained_learner(course.learner(0, None, plan.device), run)
    base = find_pack(plan.pack, GENERATOR)
    candidate = run / CANDIDATE
    shutil.rmtree(candidate, ignore_errors=True)
    write_folder(learner, base.folder, candidate)
    latents = course.latents(learner.networks)
    found = course.films(latents.picture)
    networks = Networks(candidate, read_facts(candidate), device=plan.device)
    measured = look_for_copies(
        networks,
        candidate,
        real_films(found.films["train"], latents, plan.seed),
        real_films((*found.films["val"], *found.films["test"]), latents, plan.seed),
        count=films or synthesis_of(plan).privacy_films,
        features=encoder_features(features, plan.device) if isinstance(features, str) else features,
        seed=plan.seed,
        tell=tell,
    )
    write_files(run, measured)
    if not measured.report.is_clean:
        shutil.rmtree(candidate)
        return Finished(measured.report, None)
    return Finished(measured.report, _released(run, candidate, plan, base, found, measured.report, id, title))


def look_for_copies(
    networks: Networks,
    folder: Path,
    training: Sequence[RealFilm],
    held_out: Sequence[RealFilm],
    *,
    count: int,
    features: Features | None,
    seed: int = 0,
    tell: Tell = lambda *_: None,
) -> Measured:
    """The privacy report of the generator in `folder`, whose networks are loaded."""
    facts = networks.facts
    generator = Generator(networks)
    return measure(
        training,
        held_out,
        generator.draw,
        features,
        lambda prompts: pulls(networks, prompts, seed),
        weights_of(folder),
        shown=lambda square: given_back(networks, square),
        count=count,
        seed=seed,
        steps=facts.steps,
        guidance=facts.guidance,
        program=f"Sidelight {version('sidelight')}",
        tell=tell,
    )


def real_films(films: Iterable[WordedFilm], latents: Latents, seed: int) -> list[RealFilm]:
    """Films as the privacy report takes them: opened only when they are looked at."""

    def opener(film: WordedFilm) -> Callable[[], Any]:
        return lambda: latents.square(film.source, film.film)

    return [
        RealFilm(film.name, film.view, without_view_sentence(film.prompt(_lot(seed, film))), opener(film))
        for film in films
    ]


def write_files(run: Path, measured: Measured) -> None:
    """RUN/privacy.json, .md and .png, for this user's eyes only."""
    write_report(run / PRIVACY, measured.report)
    write_private(run / PRIVACY_WORDS, in_words(measured.report).encode())
    write_private(run / PRIVACY_PAIRS, contact_sheet(measured.report.pairs, measured.pairs))


def put_report_into(folder: Path, report: PrivacyReport) -> None:
    """Write a pack's own privacy.json: the verdict and its numbers, no film and no words.

    Raises:
        ReleaseRefused: The report says no.
    """
    if not report.is_clean:
        raise ReleaseRefused(report.reasons[0])
    write_report(folder / PRIVACY, for_the_pack(report))


def _released(
    run: Path,
    candidate: Path,
    plan: TrainingPlan,
    base: Pack,
    found: WordedFilms,
    report: PrivacyReport,
    id: str,
    title: str,
) -> Pack:
    put_report_into(candidate, report)
    about = _about(plan, base, found, report)
    title = title or f"{base.manifest.title}, trained here"
    write_manifest(candidate, {**about, "id": id, "title": title})
    place = run / PACK
    shutil.rmtree(place, ignore_errors=True)
    candidate.rename(place)
    return open_pack(place)


def _about(plan: TrainingPlan, base: Pack, found: WordedFilms, report: PrivacyReport) -> Mapping[str, Any]:
    phase, learnt = plan.phases[0], found.films["train"]
    kinds = ", ".join(sorted({spec.partition(":")[0] for spec in plan.data}))
    views = {view: sum(film.view == view for film in learnt) for view in ("PA", "AP", "lateral")}
    told = ", ".join(f"{count} {view}" for view, count in views.items() if count)
    way = WAYS[way_of(plan)]
    data = f"{len(learnt)} films ({told}) from sources of the kind {kinds}, with their cleaned reports or labels."
    return {
        "version": "0.1.0",
        "architecture": GENERATOR,
        "tasks": base.manifest.tasks,
        "licence": {
            "id": base.manifest.licence.id,
            "text": f"{base.manifest.licence.text}\n\n{_SITE}",
            "research_only": True,
        },
        "intended_use": "To draw synthetic chest films for teaching and tests of programs. Never for diagnosis.",
        "training_data": f"Base: {base.manifest.training_data}\nTrained further here: {data}",
        "card": (
            f"Trained from “{base.manifest.title}” {base.manifest.version}: {way}; {phase.steps} steps of "
            f"{phase.batch} films. {report.reasons[0]} How good its films are was not measured here: `sidelight bench "
            "synthesis` does that."
        ),
        "scores": {"privacy": to_plain(replace(for_the_pack(report), reasons=()))},
        "precision": "float16",
        "source": "Trained by `sidelight train synthesis`; recipe in inference/synthesis/training.",
        "origins": [
            {
                "role": "base",
                "source": f"{base.manifest.id} {base.manifest.version}",
                "files": _hashes(base.folder),
            }
        ],
    }


_SITE = (
    "This pack was trained further on a site's own films and reports. Whether it may be passed on is for that site to "
    "decide, by its own rules for data that were made from patients' data."
)


def _hashes(folder: Path) -> dict[str, str]:
    files = (file for name in NETWORKS for file in sorted((folder / name).glob("*.safetensors")))
    return {file.relative_to(folder).as_posix(): sha256_of(file) for file in files}


def _lot(seed: int, film: WordedFilm) -> Random:
    return Random(seed_of(seed, "words", film.name))  # noqa: S311  # not cryptography
