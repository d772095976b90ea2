"""Fetching: the right bytes or none, from the hosts that were named and no other, and gone on with after a break."""

from __future__ import annotations

import hashlib
import json
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from inference.errors import PackError, PackRefused
from inference.packs.command import main
from inference.packs.download import download
from inference.packs.fetch import fetched_revision
from inference.packs.fetch_guard import HostGuard, HostRefused
from inference.packs.published_files import PublishedFile, wanted_files

REVISION = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "Deepnoid/M4CXR-TNNLS"
CONTENT = bytes(range(256)) * 8192  # 2 MiB


class Published(BaseHTTPRequestHandler):
    """A little of a hub, with faults on demand."""

    protocol_version = "HTTP/1.0"
    server: Hub

    def do_GET(self) -> None:
        hub, path = self.server, self.path.split("?")[0]
        hub.asked.append((path, self.headers.get("Range", "")))
        if path in hub.redirects:
            self.send_response(302)
            self.send_header("Location", hub.redirects[path])
            self.end_headers()
            return
        content = hub.files.get(path)
        if content is None:
            self.send_error(404)
            return
        start = 0
        if hub.knows_ranges and (told := self.headers.get("Range")):
            start = int(told.removeprefix("bytes=").removesuffix("-"))
            if self.headers.get("If-Range", hub.etag) != hub.etag:
                start = 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", hub.etag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        rest = content[start:]
        if hub.breaks:
            rest = rest[: hub.breaks.pop(0)]
        self.wfile.write(rest)

    def log_message(self, *_: object) -> None:
        pass


class Hub(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Published)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.breaks: list[int] = []  # bytes after which each next answer breaks off
        self.asked: list[tuple[str, str]] = []
        self.knows_ranges = True
        self.etag = '"one"'
        self.url = f"http://127.0.0.1:{self.server_port}"

    def publish(self, name: str, content: bytes, *, is_large: bool = True) -> dict[str, object]:
        """Serve a file of the repository; returns its entry in the listing."""
        self.files[f"/{REPOSITORY}/resolve/{REVISION}/{name}"] = content
        git_id = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        told: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": git_id}
        if is_large:
            told["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return told

    def list(self, *told: dict[str, object], sha: str = REVISION) -> None:
        api = f"/api/models/{REPOSITORY}"
        self.files[f"{api}/revision/{REVISION}"] = json.dumps({"sha": sha}).encode()
        self.files[f"{api}/tree/{REVISION}"] = json.dumps(told).encode()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


FILE = PublishedFile("model.safetensors", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "")


@pytest.fixture
def bring(hub, tmp_path):
    """Fetch `FILE` from the hub into a folder."""
    hub.files["/model"] = CONTENT

    def run(file: PublishedFile = FILE, path: str = "/model") -> Path:
        with httpx.Client(trust_env=False, timeout=10) as client:
            return download(client, HostGuard(["127.0.0.1"]), hub.url + path, file, tmp_path, pause_s=0)

    return run


def test_a_file_arrives_whole_and_is_not_fetched_twice(bring, hub, tmp_path):
    assert bring().read_bytes() == CONTENT
    bring()
    assert len(hub.asked) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_a_file_that_breaks_off_is_gone_on_with_where_it_ended(bring, hub):
    hub.breaks = [1_000_000, 500_000]
    assert bring().read_bytes() == CONTENT
    starts = [int(told.removeprefix("bytes=").removesuffix("-")) for _, told in hub.asked[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1]


def test_what_was_fetched_before_is_gone_on_with_by_the_next_command(bring, hub, tmp_path):
    hub.breaks = [400_000] + [0] * 20
    with pytest.raises(PackError, match="broke off") as caught:
        bring()
    assert "goes on where this ended" in caught.value.remedy
    assert not (tmp_path / "model.safetensors").exists()
    there = (tmp_path / "model.safetensors.part").stat().st_size
    assert there > 0
    hub.breaks, hub.asked = [], []
    assert bring().read_bytes() == CONTENT
    assert hub.asked == [("/model", f"bytes={there}-")]


@pytest.mark.parametrize("fault", ["it knows no ranges", "the file is another one now"])
def test_a_server_that_cant_go_on_sends_it_from_the_start(fault, bring, hub):
    hub.breaks = [700_000]
    hub.knows_ranges = fault != "it knows no ranges"
    sent = []

    def and_then(*told):
        if not sent:
            hub.etag = '"two"'
        sent.append(told)

    if hub.knows_ranges:
        hub.asked = _Listening(and_then)
    assert bring().read_bytes() == CONTENT


class _Listening(list):
    def __init__(self, call):
        super().__init__()
        self._call = call

    def append(self, told):
        super().append(told)
        if len(self) == 2:
            self._call(told)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(CONTENT + b"more", "is longer than"), (CONTENT[:-1] + b"?", "SHA-256 differs")],
)
def test_other_bytes_than_the_listings_are_not_kept(content, reason, bring, hub, tmp_path):
    hub.files["/model"] = content
    with pytest.raises(PackRefused, match=f"model.safetensors.*{reason}"):
        bring()
    assert not list(tmp_path.iterdir())


def test_a_shorter_file_than_the_listings_is_never_taken_for_whole(bring, hub, tmp_path):
    hub.files["/model"] = CONTENT[:1000]
    with pytest.raises(PackError):
        bring()
    assert not (tmp_path / "model.safetensors").exists()


def test_a_small_file_is_held_to_its_git_id(bring, hub):
    hub.files["/model"] = b"{}"
    git_id = hashlib.sha1(b"blob 2\0{}").hexdigest()
    assert bring(PublishedFile("config.json", 2, "", git_id)).read_bytes() == b"{}"
    hub.files["/model"] = b"[]"
    with pytest.raises(PackRefused, match="differs"):
        bring(PublishedFile("other.json", 2, "", git_id))


@pytest.mark.parametrize(
    "target",
    ["http://example.org/model", "https://127.0.0.1.example.org/x", "ftp://127.0.0.1/x", "//example.org/x"],
)
def test_a_redirect_to_another_host_is_refused_before_anything_is_sent_there(target, bring, hub, tmp_path):
    hub.redirects["/model"] = target
    with pytest.raises(HostRefused, match="is not among"):
        bring()
    assert not list(tmp_path.iterdir())


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(bring, hub):
    hub.redirects["/start"] = "/model"
    assert bring(path="/start").read_bytes() == CONTENT
    hub.redirects["/round"] = "/round"
    with pytest.raises(PackRefused, match="from one place to the next"):
        bring(PublishedFile("x.json", 1, "", "0"), path="/round")


# ── the guard ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_named_hosts_and_what_lies_below_them_are_allowed():
    guard = HostGuard(["huggingface.co", "hf.co"])
    for url in ("https://huggingface.co/x", "https://cas-bridge.xethub.hf.co/x", "https://HF.co/x"):
        guard.check_url(url)
    for url in (
        "http://huggingface.co/x",
        "https://evilhf.co/x",
        "https://hf.co.evil.org/x",
        "https://127.0.0.1/x",
    ):
        with pytest.raises(HostRefused):
            guard.check_url(url)


def test_look_ups_and_addresses_outside_the_list_are_refused():
    guard = HostGuard(["huggingface.co"])
    guard.audit("socket.getaddrinfo", ("huggingface.co", 443, 0, 0, 0))
    with pytest.raises(HostRefused, match="example"):
        guard.audit("socket.getaddrinfo", ("example.org", 443, 0, 0, 0))
    with socket.socket() as unconnected, pytest.raises(HostRefused, match=r"192\.0\.2\.1"):
        guard.audit("socket.connect", (unconnected, ("192.0.2.1", 443)))


def test_the_guard_holds_in_the_fetching_process():
    code = (
        "from inference.packs.fetch_guard import *; import socket; g = HostGuard(['127.0.0.1']); g.install()\n"
        "try: socket.create_connection(('192.0.2.1', 443), 1)\n"
        "except HostRefused as e: print('name', e)\n"
        "try: socket.socket().connect(('192.0.2.1', 443))\n"
        "except HostRefused as e: print('address', e)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.count("192.0.2.1") == 2


# ── what is fetched ─────────────────────────────────────────────────────────────────────────────────────────────


def test_code_and_pickles_are_left_alone(hub):
    names = ["config.json", "model.safetensors", "tokenizer.model", "README.md", "a/b.safetensors"]
    others = ["pytorch_model.bin", "modeling.py", "x.pt", ".gitattributes", "picture.png"]
    files, left = wanted_files([hub.publish(name, b"x") for name in (*names, *others)])
    assert [file.name for file in files] == names
    assert list(left) == others


@pytest.mark.parametrize("name", ["../x.json", "/x.json", "a/../../x.json", "C:/x.json", "a\\x.json"])
def test_a_listing_that_leaves_the_folder_is_refused(name, hub):
    with pytest.raises(PackRefused, match="can't be fetched"):
        wanted_files([hub.publish(name, b"x")])


@pytest.mark.parametrize(
    "listing", [["x"], [{"type": "file"}], [{"type": "file", "path": "x.json", "size": "many"}]]
)
def test_a_listing_that_is_none_is_refused(listing):
    with pytest.raises(PackRefused, match="listing"):
        wanted_files(listing)


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────────


def fetch(hub: Hub, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = [
        sys.executable,
        "-m",
        "inference.packs.fetch",
        "m4cxr",
        "--mirror",
        hub.url,
        "--out",
        str(folder),
    ]
    return subprocess.run(
        [*words, *more], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


YES = ("--revision", REVISION, "--accept-licence", "--yes")


def test_the_command_fetches_a_revision_and_says_how_to_go_on(hub, tmp_path):
    hub.list(
        hub.publish("model.safetensors", CONTENT),
        hub.publish("config.json", b"{}", is_large=False),
        hub.publish("pytorch_model.bin", pickle.dumps(1)),
    )
    hub.breaks = []
    told = fetch(hub, tmp_path / "copy", *YES)
    assert told.returncode == 0, told.stderr
    assert "NonCommercial" in told.stdout
    assert "Left alone" in told.stdout
    assert "sidelight packs convert" in told.stdout
    names = sorted(path.name for path in (tmp_path / "copy").iterdir())
    assert names == ["config.json", "model.safetensors", "sidelight-fetched.json"]
    assert fetched_revision(tmp_path / "copy") == REVISION
    assert not [path for path, _ in hub.asked if path.endswith(".bin")]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--accept-licence", "--yes"), "No revision was named"),
        (("--revision", "main", "--accept-licence", "--yes"), "a branch's name can change"),
        (("--revision", REVISION, "--yes"), "licence was not accepted"),
        (("--revision", REVISION, "--accept-licence"), "Nothing was fetched"),
    ],
)
def test_nothing_is_fetched_without_a_revision_the_licence_and_a_yes(more, said, hub, tmp_path):
    hub.list(hub.publish("model.safetensors", CONTENT))
    told = fetch(hub, tmp_path / "copy", *more)
    assert told.returncode == 1
    assert said in told.stderr
    assert not (tmp_path / "copy").exists()
    assert not [path for path, _ in hub.asked if "/resolve/" in path]


def test_a_server_with_another_revision_is_refused(hub, tmp_path):
    hub.list(hub.publish("model.safetensors", CONTENT), sha="f" * 40)
    told = fetch(hub, tmp_path / "copy", *YES)
    assert told.returncode == 1
    assert f"does not answer with revision {REVISION}" in told.stderr


def test_the_child_that_may_go_online_is_another_process(monkeypatch):
    started = []
    monkeypatch.setattr(
        "inference.packs.fetch.subprocess.run",
        lambda words, check: started.append(words) or subprocess.CompletedProcess(words, 3),
    )
    assert main(["fetch", "m4cxr", "--revision", REVISION, "--yes"]) == 3
    assert started[0][1:4] == ["-P", "-m", "inference.packs.fetch"]
    assert started[0][4:] == ["m4cxr", "--revision", REVISION, "--yes"]


ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("word", "places"),
    [
        # Who talks HTTP: our own client to our own backend, and fetching.
        ("import httpx", {"client.py", "train_client.py", "run.py", "packs/download.py", "packs/fetch.py"}),
        ("HostGuard", {"packs/fetch_guard.py", "packs/download.py", "packs/fetch.py"}),
        ("trust_remote_code", set()),
        ("import pickle", set()),
        ("weights_only=False", set()),
        # The recipes' own checkpoints, never a pack's; and the advice on what to do with somebody's pickle.
        (
            "torch.load(",
            {
                "training/starter/plain_cnn.py",
                "training/starter/pretrained.py",
                "training/checkpoint.py",
                "training/loop/checkpoints.py",
                "training/loop/random_states.py",
                "packs/convert.py",
            },
        ),
    ],
)
def test_what_could_go_online_or_run_a_packs_code_stands_in_few_places(word, places):
    found = {path for path in (ROOT / "inference").rglob("*.py") if word in path.read_text(encoding="utf-8")}
    assert {path.relative_to(ROOT / "inference").as_posix() for path in found} == places
