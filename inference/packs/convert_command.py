"""`sidelight packs convert DIR`: a local copy of a published repository to a pack. No network, no code of others."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

from inference.errors import PackError
from inference.packs.catalogue import published
from inference.packs.consent import accept
from inference.packs.fetch import fetched_revision
from inference.packs.manifest import GENERATOR, ID_PATTERN
from inference.packs.store import user_packs_dir

PRECISIONS = ("bfloat16", "float16", "float32", "int8", "nf4", "int4")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put the subcommand into the parser of `sidelight packs`."""
    parser = commands.add_parser("convert", help="turn a copy of a published repository into a pack")
    parser.add_argument("folder", type=Path, help="the copy; a fetched one, for instance")
    parser.add_argument(
        "--base", type=Path, help="folder of the base model, where FOLDER holds an adapter only"
    )
    parser.add_argument(
        "--model",
        default="m4cxr",
        help="which published model it is; cxr-sd: any Stable Diffusion folder in diffusers layout; default: m4cxr",
    )
    parser.add_argument(
        "--adapter", type=Path, help="cxr-sd: folder of a trained adapter; default: base alone"
    )
    parser.add_argument(
        "--side", type=int, help="cxr-sd: rows and columns of the films; default: its native size"
    )
    parser.add_argument(
        "--licence-file", type=Path, help="cxr-sd: the checkpoint's terms; default: what lies in FOLDER"
    )
    parser.add_argument("--id", help="id of the pack; default: the model's name")
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="of the stored weights; int8, nf4 and int4 store the language model's projections so; default: "
        "bfloat16, for cxr-sd float16",
    )
    parser.add_argument("--revision", default="", help="the repository's revision, 40 hexadecimal digits")
    parser.add_argument("--out", type=Path, help="the pack's folder; default: where packs are installed")
    parser.add_argument("--accept-licence", action="store_true", help="accept the terms that are shown")
    parser.add_argument(
        "--no-self-test",
        action="store_true",
        help="save the minutes it takes to compute what the pack must answer",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Convert, and say what came of it."""
    id = options.id or options.model
    if not re.match(ID_PATTERN, id):
        raise PackError(f"“{id}” is no id: lower case letters, digits, points, dashes.")
    if options.revision and not re.fullmatch(r"[0-9a-f]{40}", options.revision):
        raise PackError(f"“{options.revision}” is no revision: 40 hexadecimal digits, never a branch's name.")
    return _generator(options, id) if options.model == GENERATOR else _reader(options, id)


def _generator(options: argparse.Namespace, id: str) -> int:
    from inference.synthesis.from_checkpoint import (  # torch takes a second
        PRECISIONS,
        GeneratorSource,
        convert_generator,
        licence_of,
    )

    precision = options.precision or PRECISIONS[0]
    if precision not in PRECISIONS:
        raise PackError(f"A generator can't be stored in {precision}; choose {', '.join(PRECISIONS)}.")
    licence = licence_of(options.folder, options.licence_file)
    accept(licence, is_accepted=options.accept_licence)
    source = GeneratorSource(
        options.folder, options.adapter, options.revision or fetched_revision(options.folder)
    )
    pack = convert_generator(
        source, options.out or user_packs_dir() / id, id, precision, licence, options.side
    )
    size = sum(file.size for file in pack.manifest.files) / 2**30
    print(f"\nWritten: {pack.folder}, {size:.2f} GiB, {precision}; {pack.manifest.title}.")
    print(f"Draw with it: sidelight synthesize --pack {id if options.out is None else pack.folder}")
    return 0


def _reader(options: argparse.Namespace, id: str) -> int:
    entry, precision = published(options.model), options.precision or "bfloat16"
    accept(entry.licence, is_accepted=options.accept_licence)
    from inference.packs.convert import convert  # torch takes a second
    from inference.packs.converted_manifest import Source

    started = time.monotonic()
    pack = convert(
        Source(options.folder, options.base, options.revision or fetched_revision(options.folder)),
        options.out or user_packs_dir() / id,
        entry,
        id,
        precision,
        _tell,
        with_self_test=not options.no_self_test,
    )
    size = sum(file.size for file in pack.manifest.files) / 2**30
    print(
        f"\nWritten: {pack.folder}, {size:.2f} GiB, {precision}, {len(pack.manifest.self_test)} questions in "
        f"its self-test, {time.monotonic() - started:.0f} s."
    )
    print(f"Read with it: sidelight serve --pack {id if options.out is None else pack.folder}")
    return 0


def _tell(done: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        print(
            f"\r\033[K{done} of {total} tensors  {name}",
            end="" if name else "\n",
            file=sys.stderr,
            flush=True,
        )
    elif not name:
        print(f"{total} tensors written; now its self-test.", file=sys.stderr)
