"""`sidelight packs list | verify | plan | install | remove | convert | fetch`: the models of this computer.

Exit codes: 0 good, 1 a pack is missing or refused, 2 the command line was not understood.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inference.errors import InferenceError, ModelNotInstalled, PackError
from inference.packs import convert_command, fetch, trust
from inference.packs.consent import agrees
from inference.packs.install import install, opened_source, removable, remove
from inference.packs.manifest import GENERATOR, json_schema
from inference.packs.store import (
    Pack,
    installed_packs,
    open_pack,
    pack_folders,
    user_packs_dir,
)

if TYPE_CHECKING:
    from inference.two_models import GeneratorSize


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    options = _parser().parse_args(None if argv is None else list(argv))
    try:
        return int(options.run(options))
    except InferenceError as error:
        print(f"sidelight packs: {error}\n{error.remedy}", file=sys.stderr)
    except OSError as error:
        print(f"sidelight packs: {error}", file=sys.stderr)
    return 1


def _list(_: argparse.Namespace) -> int:
    is_sound = True
    for folder in installed_packs():
        try:
            pack = open_pack(folder)
        except PackError as error:
            is_sound = False
            print(f"{folder.name}  REFUSED: {error}")
            continue
        print(f"{_line(pack)}  {_tested(pack)}")
        if (found := trust.quarantine_of(pack.sha256)) is not None:
            is_sound = False
            print(f"  QUARANTINE since {found.since}: {found.reason}.")
            print(f"  It is not used. `sidelight packs verify {pack.manifest.id}` tests it again.")
    return 0 if is_sound else 1


def _tested(pack: Pack) -> str:
    if not pack.manifest.self_test:
        return "brings no self-test"
    if trust.quarantine_of(pack.sha256) is not None:
        return "self-test FAILED"
    return "self-test passed here" if trust.has_ever_passed(pack.sha256) else "self-test not run here yet"


def _verify(options: argparse.Namespace) -> int:
    for folder in _named(options.pack) if options.pack else list(installed_packs()):
        pack = open_pack(folder, whole=True)
        print(f"{_line(pack)}\n  intact: {len(pack.manifest.files)} files, SHA-256 as in its manifest")
        if options.self_test or trust.quarantine_of(pack.sha256) is not None:
            _test_again(pack)
    return 0


def _named(name: str) -> list[Path]:
    """The folder that counts for an id or path, though it may be in quarantine."""
    folders = pack_folders(name)
    if not folders:
        raise ModelNotInstalled(name, user_packs_dir())
    return folders[:1]


def _test_again(pack: Pack) -> None:
    """Load the pack and ask its questions, whatever was known about it. Raises PackQuarantined if it fails."""
    from inference.engine.opening import open_backend  # torch takes a second

    if not pack.manifest.self_test:
        print("  no self-test: its manifest brings none")
        return
    trust.forget(pack.sha256)
    backend = open_backend(pack)
    asked = len(pack.manifest.self_test)
    print(f"  self-test passed: {asked} questions, in {backend.precision} on {backend.device}")


def _install(options: argparse.Namespace) -> int:
    from inference.synthesis.privacy.gate import check_release

    with opened_source(options.source) as folder:
        manifest = open_pack(folder).manifest
        size = sum(file.size for file in manifest.files) / 2**20
        print(f"{manifest.title} {manifest.version}, {size:.0f} MiB, licence {manifest.licence.id}")
        print(manifest.licence.text)
        if told := check_release(folder, manifest):
            print(f"\n{told}")
        pack = install(folder, replace=options.replace)
    print(f"Installed as “{pack.manifest.id}” in {pack.folder}.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    folders = removable(options.pack)
    for folder in folders:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
        print(f"{folder}  {size:.0f} MiB")
    if not (options.yes or agrees("Remove this for good?")):
        print("Nothing was removed; add --yes to remove it without being asked.", file=sys.stderr)
        return 1
    remove(options.pack)
    print(f"“{options.pack}” was removed.")
    return 0


def _plan(options: argparse.Namespace) -> int:
    pack = open_pack(_named(options.pack)[0])
    if pack.manifest.architecture == GENERATOR:
        return _plan_of_generator(pack, options.device)
    from inference.devices import choose_device, machine  # torch takes a second
    from inference.models.checkpoint import CONFIG, read_json
    from inference.models.config import M4cxrConfig
    from inference.models.sizes import part_sizes
    from inference.plan import make_plan, plan_in_words

    sizes = part_sizes(M4cxrConfig.from_json(read_json(pack.folder / CONFIG)))
    stored = pack.manifest.quantisation
    precisions = None if stored is None else (stored.scheme,)
    device = machine(choose_device(options.device))
    generator = _generator()
    if generator is None:
        plan = make_plan(sizes, device, precisions=precisions)
        print(f"{_line(pack)}\n{plan_in_words(plan)}")
        return 0 if plan.fits else 1
    from inference.two_models import share, sharing_in_words

    sharing = share(sizes, device, machine(choose_device("cpu")), generator, precisions)
    print(f"{_line(pack)}\n{plan_in_words(sharing.reader)}\n{sharing_in_words(sharing, generator.name)}")
    return 0 if sharing.reader.fits else 1


def _generator() -> GeneratorSize | None:
    """Of the pack that draws beside a reading model; None where there is none that can be used."""
    from inference.synthesis.packs import generator_size, synthesis_pack

    try:
        return generator_size(synthesis_pack())
    except InferenceError:  # `sidelight packs list` says what is wrong with it
        return None


def _plan_of_generator(pack: Pack, wish: str) -> int:
    from inference.devices import choose_device, machine
    from inference.plan import GIB
    from inference.synthesis.packs import generator_size

    size, device = generator_size(pack), machine(choose_device(wish))
    needed = size.bytes_on(device.kind)
    fits = needed <= device.budget_bytes
    print(f"{_line(pack)}\n{device.title}: films of {size.rows} x {size.columns} pixels")
    print(f"  expected peak  {needed / GIB:6.2f} GiB of {device.budget_bytes / GIB:.2f} GiB usable")
    print("  Plan the model that reads to see how both share the device: `sidelight packs plan starter`.")
    if not fits:
        print("  This does not fit.")
    return 0 if fits else 1


def _schema(_: argparse.Namespace) -> int:
    print(json_schema(), end="")
    return 0


def _line(pack: Pack) -> str:
    manifest = pack.manifest
    use = "research only" if manifest.licence.research_only else "see licence"
    does = "draws synthetic films" if manifest.architecture == GENERATOR else "reads"
    return (
        f"{manifest.id}  {manifest.version}  {manifest.title}  {does}  "
        f"[{manifest.licence.id}, {use}]  {pack.folder}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sidelight packs", description="Model packs on this computer.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="show the packs that are there")
    listing.set_defaults(run=_list)
    verify = commands.add_parser("verify", help="hash every file and hold it against the manifest")
    verify.add_argument("pack", nargs="?", help="id or folder; without it all packs")
    verify.add_argument("--self-test", action="store_true", help="ask its self-test again as well")
    verify.set_defaults(run=_verify)
    installing = commands.add_parser("install", help="put a pack where packs live")
    installing.add_argument("source", type=Path, help="the pack's folder, or a tar archive of it")
    installing.add_argument(
        "--replace", action="store_true", help="replace a pack with the same id; it is kept"
    )
    installing.set_defaults(run=_install)
    removing = commands.add_parser("remove", help="delete a pack and its previous version")
    removing.add_argument("pack", help="its id")
    removing.add_argument("--yes", action="store_true", help="do not ask")
    removing.set_defaults(run=_remove)
    planning = commands.add_parser("plan", help="what it would take to load a pack here")
    planning.add_argument("pack", help="id or folder")
    planning.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    planning.set_defaults(run=_plan)
    schema = commands.add_parser("schema", help="print the JSON Schema of manifest.json")
    schema.set_defaults(run=_schema)
    convert_command.add_parser(commands)
    fetch.add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
