"""`sidelight packs list | verify [PACK] | install FOLDER`: what is installed, is it intact, put one in place.

Exit codes: 0 good, 1 a pack is missing or refused, 2 the command line was not understood.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from inference.errors import InferenceError, ModelNotInstalled, PackError
from inference.packs import convert_command, trust
from inference.packs.store import PREVIOUS, Pack, installed_packs, open_pack, pack_folders, user_packs_dir


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


def install(source: Path, *, replace: bool = False) -> Pack:
    """Copy a pack's folder to where packs live, check every byte of the copy, then rename it into place.

    A pack that is replaced is kept beside it as `.previous-ID` until the next replacement.

    Raises:
        PackRefused: The source or its copy is not what the manifest says.
        PackError: The id is taken and `replace` is off.
    """
    manifest = open_pack(source).manifest  # by samples; the copy is hashed whole
    root = user_packs_dir()
    target = root / manifest.id
    if target.exists() and not replace:
        taken = PackError(f"A pack “{manifest.id}” is in {root} already.")
        taken.remedy = "Add --replace to put this one in its place; the old one is kept beside it."
        raise taken
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".install-", dir=root) as scratch:
        copy = Path(scratch) / manifest.id
        shutil.copytree(source, copy)
        open_pack(copy, whole=True)
        if target.exists():
            previous = root / PREVIOUS.format(id=manifest.id)
            shutil.rmtree(previous, ignore_errors=True)
            target.rename(previous)
        copy.rename(target)
    return open_pack(target)


def _list(_: argparse.Namespace) -> int:
    is_sound = True
    for folder in installed_packs():
        try:
            pack = open_pack(folder)
        except PackError as error:
            is_sound = False
            print(f"{folder.name}  REFUSED: {error}")
            continue
        print(_line(pack))
        if (found := trust.quarantine_of(pack.sha256)) is not None:
            is_sound = False
            print(f"  QUARANTINE since {found.since}: {found.reason}.")
            print(f"  It is not used. `sidelight packs verify {pack.manifest.id}` tests it again.")
    return 0 if is_sound else 1


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
    from inference.engine.engine import M4cxrBackend

    if not pack.manifest.self_test:
        print("  no self-test: its manifest brings none")
        return
    trust.forget(pack.sha256)
    M4cxrBackend(pack, device="auto")
    print(f"  self-test passed: {len(pack.manifest.self_test)} questions")


def _install(options: argparse.Namespace) -> int:
    manifest = open_pack(options.folder).manifest
    size = sum(file.size for file in manifest.files) / 2**20
    print(f"{manifest.title} {manifest.version}, {size:.0f} MiB, licence {manifest.licence.id}")
    print(manifest.licence.text)
    pack = install(options.folder, replace=options.replace)
    print(f"Installed as “{pack.manifest.id}” in {pack.folder}.")
    return 0


def _line(pack: Pack) -> str:
    manifest = pack.manifest
    use = "research only" if manifest.licence.research_only else "see licence"
    return (
        f"{manifest.id}  {manifest.version}  {manifest.title}  [{manifest.licence.id}, {use}]  {pack.folder}"
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
    installing = commands.add_parser("install", help="copy a pack's folder to where packs live")
    installing.add_argument("folder", type=Path)
    installing.add_argument(
        "--replace", action="store_true", help="replace a pack with the same id; it is kept"
    )
    installing.set_defaults(run=_install)
    convert_command.add_parser(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
