"""`sidelight packs fetch NAME`: brings the files of a published model here. The only code that leaves this computer.

The command starts this module as a process of its own, because the guard of all other processes can't be taken out.
This one installs `HostGuard` first. Only text and tensors are fetched, by a pinned revision; nothing is run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inference.errors import InferenceError, PackError, PackRefused
from inference.packs.catalogue import Entry, published
from inference.packs.consent import accept, agrees
from inference.packs.fetch_guard import HostGuard, HostRefused
from inference.packs.published_files import PublishedFile, check_revision, wanted_files
from inference.packs.store import user_packs_dir

if TYPE_CHECKING:
    import httpx

HUB = "https://huggingface.co"
HUB_HOSTS = ("huggingface.co", "hf.co")
FETCHED = "sidelight-fetched.json"
MOST_PAGES = 50


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Put the subcommand into the parser of `sidelight packs`."""
    parser = commands.add_parser(
        "fetch", help="get a published model's files; the only command that goes online"
    )
    _add_options(parser)
    parser.set_defaults(run=start)


def start(options: argparse.Namespace) -> int:
    """Run this module as a child process, in the open; its exit code."""
    words = [options.name]
    for name in ("revision", "out", "mirror", "proxy"):
        if (value := getattr(options, name)) is not None:
            words += [f"--{name}", str(value)]
    words += [word for word in ("--accept-licence", "--yes") if getattr(options, word[2:].replace("-", "_"))]
    child = subprocess.run([sys.executable, "-P", "-m", "inference.packs.fetch", *words], check=False)
    return child.returncode


def main(argv: Sequence[str] | None = None) -> int:
    """The child: guard first, then fetch."""
    parser = argparse.ArgumentParser(prog="sidelight packs fetch")
    _add_options(parser)
    options = parser.parse_args(argv)
    hosts = [host for url in (options.mirror, options.proxy) if url and (host := urlsplit(url).hostname)]
    guard = HostGuard(hosts if options.mirror else (*HUB_HOSTS, *hosts))
    guard.install()
    try:
        return fetch(options, guard)
    except InferenceError as error:
        print(f"sidelight packs: {error}\n{error.remedy}", file=sys.stderr)  # noqa: T201
    except (HostRefused, OSError) as error:
        print(f"sidelight packs: {error}", file=sys.stderr)  # noqa: T201
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where this ended.", file=sys.stderr)  # noqa: T201
    return 1


def fetch(options: argparse.Namespace, guard: HostGuard) -> int:
    """Show what would be fetched, ask, fetch; returns the exit code."""
    import httpx

    from inference.packs.download import download

    entry = published(options.name)
    revision = check_revision(options.revision or entry.revision)
    accept(entry.licence, is_accepted=options.accept_licence)
    site = (options.mirror or HUB).rstrip("/")
    folder = options.out or user_packs_dir() / f".fetched-{options.name}-{revision[:12]}"
    limits = httpx.Timeout(30.0, connect=15.0)
    with httpx.Client(timeout=limits, proxy=options.proxy, trust_env=False, follow_redirects=False) as client:
        files, left = _listing(client, guard, f"{site}/api/models/{entry.repository}", revision)
        _show(entry, revision, site, folder, files, left)
        if not (options.yes or agrees("Fetch them?")):
            print("Nothing was fetched; add --yes to fetch without being asked.", file=sys.stderr)  # noqa: T201
            return 1
        folder.mkdir(parents=True, exist_ok=True)
        _check_space(folder, files)
        for file in files:
            url = f"{site}/{entry.repository}/resolve/{revision}/{file.name}"
            download(client, guard, url, file, folder, _tell)
    origin = {"model": options.name, "repository": entry.repository, "revision": revision, "from": site}
    (folder / FETCHED).write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")
    print(f"\nFetched into {folder}. Turn it into a pack: sidelight packs convert {folder}")  # noqa: T201
    return 0


def fetched_revision(folder: Path) -> str:
    """The revision that `fetch` wrote beside what it brought; "" for a folder of other origin."""
    try:
        told = json.loads((folder / FETCHED).read_text(encoding="utf-8"))
        return check_revision(told["revision"])
    except (OSError, ValueError, KeyError, TypeError, PackError):
        return ""


def _listing(
    client: httpx.Client, guard: HostGuard, api: str, revision: str
) -> tuple[tuple[PublishedFile, ...], tuple[str, ...]]:
    import httpx

    from inference.packs.download import get_json

    try:
        about, _ = get_json(client, guard, f"{api}/revision/{revision}")
        if not isinstance(about, dict) or about.get("sha") != revision:
            raise PackRefused(f"The server does not answer with revision {revision}.")
        listing: list[object] = []
        page = f"{api}/tree/{revision}?recursive=true"
        for _ in range(MOST_PAGES):
            told, page = get_json(client, guard, page)
            listing += told if isinstance(told, list) else [told]
            if not page:
                break
    except httpx.TransportError as error:
        unreached = PackError(f"{urlsplit(api).hostname} was not reached: {error}.")
        unreached.remedy = "Check the connection; behind a proxy add --proxy http://HOST:PORT."
        raise unreached from error
    files, left = wanted_files(listing)
    if not any(file.name.endswith(".safetensors") for file in files):
        raise PackRefused(f"Revision {revision} has no safetensors files; pickles are not fetched.")
    return files, left


def _show(
    entry: Entry,
    revision: str,
    site: str,
    folder: Path,
    files: Sequence[PublishedFile],
    left: Sequence[str],
) -> None:
    lines = [
        f"\n{entry.title}",
        f"{entry.repository} at {revision}, from {urlsplit(site).hostname}, into {folder}",
    ]
    lines += [f"  {file.size / 2**20:10.1f} MiB  {file.name}" for file in files]
    lines.append(f"  {sum(file.size for file in files) / 2**30:10.2f} GiB in {len(files)} files")
    if left:
        lines.append(f"Left alone (code, pickles, pictures): {', '.join(left[:20])}")
    print("\n".join(lines))  # noqa: T201


def _check_space(folder: Path, files: Sequence[PublishedFile]) -> None:
    names = ((folder / file.name, file.size) for file in files)
    missing = sum(size for path, size in names if not path.is_file())
    parts = sum(path.stat().st_size for path in folder.rglob("*.part"))
    free = shutil.disk_usage(folder).free
    if free < missing - parts:
        raise PackError(
            f"{missing / 2**30:.1f} GiB are to be fetched; {folder} has {free / 2**30:.1f} GiB free."
        )


def _tell(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r\033[K{name}  {done / 2**20:.0f} of {total / 2**20:.0f} MiB", end=end, file=sys.stderr)  # noqa: T201


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a model of the catalogue, m4cxr for instance")
    parser.add_argument("--revision", help="40 hexadecimal digits; never a branch")
    parser.add_argument("--out", type=Path, help="folder for the files")
    parser.add_argument(
        "--mirror", help="another server with the same files, https://HOST; no other is then asked"
    )
    parser.add_argument("--proxy", help="http://HOST:PORT")
    parser.add_argument("--accept-licence", action="store_true", help="accept the terms that are shown")
    parser.add_argument("--yes", action="store_true", help="fetch without asking")


if __name__ == "__main__":
    sys.exit(main())
