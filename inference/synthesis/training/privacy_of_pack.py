"""The privacy report of any generator's pack, held against the data that it was trained with."""

from __future__ import annotations

from pathlib import Path

from inference.devices import choose_device
from inference.errors import InvalidRequest
from inference.packs import GENERATOR, MANIFEST, find_pack, write_manifest
from inference.packs.store import BUNDLED, Pack
from inference.plain import to_plain
from inference.synthesis.networks import load_networks
from inference.synthesis.privacy.features import encoder_features
from inference.synthesis.privacy.measure import Tell
from inference.synthesis.privacy.report import PrivacyReport, for_the_pack
from inference.synthesis.training.course import SynthesisCourse
from inference.synthesis.training.finish import look_for_copies, put_report_into, real_films, write_files
from inference.synthesis.training.plan_file import draft_plan


def privacy_of_pack(
    name: str,
    data: tuple[str, ...],
    out: Path,
    *,
    device: str = "auto",
    encoder: str | None = "starter",
    films: int = 64,
    seed: int = 0,
    into_pack: bool = False,
    tell: Tell = lambda *_: None,
) -> PrivacyReport:
    """Write `out`/privacy.json, .md and .png.

    Args:
        name: A generator's id or folder.
        data: KIND:PATH; the films that are not held out in them count as those it was trained with.
        out: An existing folder.
        encoder: Reading pack that compares films besides low-resolution correlation; None leaves it out.
        into_pack: Put the verdict into the pack, if it is clean.

    Raises:
        InvalidRequest: The pack comes with the program and is not changed.
        ValueError: There are too few films to compare with.
    """
    pack = find_pack(name, GENERATOR)
    if into_pack and pack.folder.parent == BUNDLED:
        raise InvalidRequest(f"“{pack.manifest.id}” comes with the program; nothing is written into it.")
    chosen = choose_device(device).name
    # A plan that is never run: it names data and split as a training would.
    plan = draft_plan("adapter", name, pack.sha256, data, steps=1, batch=1, device=chosen, seed=seed)
    course = SynthesisCourse(plan, out)
    networks = load_networks(pack, device=chosen)
    latents = course.latents(networks)
    found = course.films(latents.picture).films
    measured = look_for_copies(
        networks,
        pack.folder,
        real_films(found["train"], latents, seed),
        real_films((*found["val"], *found["test"]), latents, seed),
        count=films,
        features=None if encoder is None else encoder_features(encoder, chosen),
        seed=seed,
        tell=tell,
    )
    write_files(out, measured)
    if into_pack and measured.report.is_clean:
        _put_into(pack, measured.report)
    return measured.report


def _put_into(pack: Pack, report: PrivacyReport) -> None:
    put_report_into(pack.folder, report)
    about = pack.manifest.model_dump(mode="json", exclude={"files", "schema_version"}, exclude_none=True)
    scores = {**about.get("scores", {}), "privacy": to_plain(for_the_pack(report))}
    (pack.folder / MANIFEST).unlink()
    write_manifest(pack.folder, {**about, "scores": scores})
