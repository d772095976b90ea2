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

from inference.errors import InferenceError, PackError, PackRefused
from inference.packs.store import Pack, find_pack, installed_packs, open_pack, user_packs_dir


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
            previous = root / f".previous-{manifest.id}"
            shutil.rmtree(previous, ignore_errors=True)
            target.rename(previous)
        copy.rename(target)
    return open_pack(target)


def _list(_: argparse.Namespace) -> int:
    refused = False
    for folder in installed_packs():
        try:
            print(_line(open_pack(folder)))
        except PackRefused as error:
            refused = True
            print(f"{folder.name}  REFUSED: {error}")
    return 1 if refused else 0


def _verify(options: argparse.Namespace) -> int:
    folders = [find_pack(options.pack).folder] if options.pack else list(installed_packs())
    for folder in folders:
        pack = open_pack(folder, whole=True)
        print(f"{_line(pack)}\n  intact: {len(pack.manifest.files)} files, SHA-256 as in its manifest")
    return 0


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
    verify.set_defaults(run=_verify)
    installing = commands.add_parser("install", help="copy a pack's folder to where packs live")
    installing.add_argument("folder", type=Path)
    installing.add_argument(
        "--replace", action="store_true", help="replace a pack with the same id; it is kept"
    )
    installing.set_defaults(run=_install)
    return parser


if __name__ == "__main__":
    sys.exit(main())
