"""Fetches one file: it can be broken off at any byte and gone on with, and is kept only if it is the right one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin

import httpx

from inference.errors import PackError, PackRefused
from inference.packs.fetch_guard import HostGuard, HostRefused
from inference.packs.published_files import PublishedFile

MOST_REDIRECTS = 5
ATTEMPTS = 6
_REDIRECTS = (301, 302, 303, 307, 308)

Told = Callable[[str, int, int], None]
"""Called with (name, bytes that are there, bytes that there will be)."""


class BrokenOff(Exception):
    """The connection ended before the file did."""


def download(
    client: httpx.Client,
    guard: HostGuard,
    url: str,
    file: PublishedFile,
    folder: Path,
    told: Told = lambda *_: None,
    pause_s: float = 2.0,
) -> Path:
    """Bring one file into `folder`.

    What was fetched before lies in `NAME.part` and is gone on with; the file gets its name only once its size and its
    hash are those of the listing.

    Args:
        client: Follows no redirects itself.
        guard: Which hosts a redirect may lead to.
        url: Where the file is.
        file: What the listing says about it.
        folder: Where it goes.
        told: Hears how far it is.
        pause_s: Before another attempt, doubled each time.

    Raises:
        PackRefused: Another size or hash than the listing's, or a redirect to another host; nothing of it is kept.
        PackError: It broke off again and again; what is there is gone on with next time.
    """
    path = folder / file.name
    if file.is_at(path):
        told(file.name, file.size, file.size)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    for attempt in range(ATTEMPTS):
        try:
            _go_on(client, guard, url, file, part, told)
            break
        except (httpx.TransportError, BrokenOff) as error:
            if isinstance(error.__cause__, HostRefused) or attempt == ATTEMPTS - 1:
                raise _lost(file.name, error) from error
            time.sleep(pause_s * 2**attempt)
    if not file.is_at(part):
        _forget(part)
        raise PackRefused(f"{file.name} is not the file that the listing names: its SHA-256 differs.")
    part.replace(path)
    _forget(part)
    return path


def _go_on(
    client: httpx.Client, guard: HostGuard, url: str, file: PublishedFile, part: Path, told: Told
) -> None:
    have = part.stat().st_size if part.is_file() else 0
    if have > file.size:
        _forget(part)
        have = 0
    if have == file.size:
        return
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if etag := _etag(part):
            headers["If-Range"] = etag
    with closing(_opened(client, guard, url, headers)) as answer:
        if answer.status_code == 200:
            have = 0
        elif answer.status_code != 206 or not have:
            _refuse(answer, file.name)
        elif answer.headers.get("content-range") != f"bytes {have}-{file.size - 1}/{file.size}":
            _forget(part)
            raise PackRefused(
                f"{file.name}: the server sent another part or another size than the listing's."
            )
        _keep_etag(part, answer.headers.get("etag", ""))
        with part.open("ab" if have else "wb") as target:
            for block in answer.iter_raw():
                have += len(block)
                if have > file.size:
                    break
                target.write(block)
                told(file.name, have, file.size)
    if have > file.size:
        _forget(part)
        raise PackRefused(f"{file.name} is longer than the {file.size} bytes of the listing.")
    if have < file.size:
        raise BrokenOff(f"{have} of {file.size} bytes arrived")


def _opened(client: httpx.Client, guard: HostGuard, url: str, headers: dict[str, str]) -> httpx.Response:
    """The answer behind all redirects, its body not read yet. Each step is checked before it is taken."""
    for _ in range(MOST_REDIRECTS + 1):
        guard.check_url(url)
        answer = client.send(client.build_request("GET", url, headers=headers), stream=True)
        if answer.status_code not in _REDIRECTS:
            return answer
        answer.close()
        url = urljoin(url, answer.headers.get("location", ""))
    raise PackRefused(f"The server led from one place to the next more than {MOST_REDIRECTS} times.")


def get_json(client: httpx.Client, guard: HostGuard, url: str) -> tuple[object, str]:
    """A JSON answer, and the address of the next page ("" if this is the last)."""
    with closing(_opened(client, guard, url, {})) as answer:
        if answer.status_code != 200:
            _refuse(answer, url)
        content = answer.read()
    try:
        return json.loads(content), str(answer.links.get("next", {}).get("url", ""))
    except ValueError as error:
        raise PackRefused(f"{url} answers with something else than JSON.") from error


def _refuse(answer: httpx.Response, what: str) -> None:
    error = PackError(f"{what}: the server answered {answer.status_code}.")
    if answer.status_code in (401, 403):
        error.remedy = (
            "The repository wants you to log in and accept its terms. Do so with its publisher's own tools, then turn "
            "the copy into a pack: `sidelight packs convert FOLDER`."
        )
    elif answer.status_code == 404:
        error.remedy = "Check the repository's name and the revision."
    else:
        error.remedy = "Try again later: what was fetched is kept and gone on with."
    raise error


def _lost(name: str, error: Exception) -> PackError:
    lost = PackError(f"{name}: the connection broke off ({error}).")
    lost.remedy = "Run the same command again: it goes on where this ended."
    return lost


def _etag(part: Path) -> str:
    file = part.with_suffix(".part-etag")
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _keep_etag(part: Path, etag: str) -> None:
    file = part.with_suffix(".part-etag")
    if etag and not etag.startswith("W/"):
        file.write_text(etag, encoding="utf-8")
    else:
        file.unlink(missing_ok=True)


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    part.with_suffix(".part-etag").unlink(missing_ok=True)
