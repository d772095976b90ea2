"""The backend as a real child process: started, killed, started again, ended, and never left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from inference.backend import Finished, TextDelta, WriteImpression
from inference.bench.restart import measure_restart
from inference.client import BackendClient
from inference.errors import BackendLost, ModelNotInstalled
from inference.supervisor import BackendProcess, serve_command
from tests.fake_server import wait_until

COMMAND = (sys.executable, str(Path(__file__).with_name("fake_serve.py")))
WISH = WriteImpression("Mrs Doe has a large heart.")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SIDELIGHT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def process(monkeypatch):
    """Start a fake backend of a kind; it is stopped after the test, and no child is left."""
    started = []

    def start(kind: str = "plain", **more) -> BackendProcess:
        monkeypatch.setenv("FAKE_BACKEND", kind)
        started.append(BackendProcess(command=COMMAND, **more))
        return started[-1]

    yield start
    for backend in started:
        backend.stop()
    assert children() == []


def children() -> list[psutil.Process]:
    """Our backends, zombies too."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() == psutil.STATUS_ZOMBIE or "fake_serve" in " ".join(child.cmdline())
    ]


def pid_of(backend: BackendProcess) -> int:
    (child,) = children()
    return child.pid


def test_a_backend_is_started_when_it_is_needed_and_only_once(process):
    backend = process()
    assert backend.state == "stopped"
    assert children() == []

    client = backend.client()

    assert backend.client() is client
    assert len(children()) == 1
    assert isinstance(list(client.run(WISH))[-1], Finished)
    assert wait_until(lambda: backend.state == "ready")


def test_the_states_are_told_in_order(process):
    backend, told = process(), []
    undo = backend.on_state(told.append)
    backend.client()
    assert wait_until(lambda: "ready" in told, 20)
    backend.stop()
    undo()
    backend.client()
    assert told == ["starting", "ready", "stopped"]


def test_a_killed_backend_is_noticed_at_once_and_the_next_reading_succeeds(process):
    backend, told = process("slow"), []
    backend.on_state(told.append)
    run = backend.client().run(WISH)
    for event in run:
        if isinstance(event, TextDelta):
            break
    os.kill(pid_of(backend), signal.SIGKILL)

    with pytest.raises(BackendLost):
        for _ in run:
            pass
    assert wait_until(lambda: told[-1].startswith("lost: "))
    assert "SIGKILL" in told[-1]

    run = backend.client().run(WISH)
    assert isinstance(next(event for event in run if isinstance(event, TextDelta)), TextDelta)
    run.cancel()
    assert wait_until(lambda: backend.state == "ready")
    assert len(children()) == 1


def has_ended(pid: int) -> bool:
    """Also while nobody has reaped an orphan yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_two_threads_that_need_it_get_the_same_backend(process):
    backend, clients = process(), []
    threads = [threading.Thread(target=lambda: clients.append(backend.client())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, clients))) == 1
    assert len(children()) == 1


@pytest.mark.parametrize("kind", ["plain", "slow", "loading", "deaf"])
def test_stopping_ends_it(process, kind):
    backend = process(kind)
    client = backend.client()
    if kind == "slow":
        next(client.run(WISH))
    backend.stop()
    assert children() == []
    assert backend.state == "stopped"


def test_stopping_while_it_starts_ends_the_start(process):
    backend, errors = process("mute"), []

    def start() -> None:
        try:
            backend.client()
        except BackendLost as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    assert wait_until(lambda: len(children()) == 1)
    backend.stop()
    thread.join(60)
    assert len(errors) == 1
    assert children() == []
    assert backend.state == "stopped"


def test_a_backend_that_never_answers_is_given_up(process):
    backend = process("mute", start_timeout_s=0.5)
    with pytest.raises(BackendLost, match="within") as caught:
        backend.client()
    assert "backend.log" in caught.value.remedy
    assert backend.state.startswith("lost: ")
    assert children() == []


def test_a_backend_that_ends_at_once_is_told_with_its_exit_code(home):
    backend = BackendProcess(command=(sys.executable, "-c", "raise SystemExit(7)"))
    with pytest.raises(BackendLost, match="exit code 7"):
        backend.client()
    backend.stop()


def test_a_model_that_cannot_be_loaded_is_told_and_the_process_lives(process):
    backend = process("broken")
    client = backend.client()
    assert wait_until(lambda: backend.state.startswith("lost: "), 20)
    assert "starter" in backend.state
    with pytest.raises(ModelNotInstalled):
        client.info()


def test_a_backend_ends_when_its_parent_is_killed(tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_BACKEND", "slow")
    script = (
        "import sys, time\n"
        "from inference.supervisor import BackendProcess\n"
        "from inference.backend import WriteImpression\n"
        "backend = BackendProcess(command=sys.argv[1:])\n"
        "run = backend.client().run(WriteImpression('x'), cancel_on_disconnect=False)\n"
        "next(run)\n"
        "print(backend._child._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, *COMMAND], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    assert wait_until(lambda: has_ended(pid), 20)


def test_nothing_of_a_request_reaches_the_log(process, home):
    backend = process()
    list(backend.client().run(WISH))
    backend.stop()
    assert backend.log_file.is_relative_to(home)
    written = backend.log_file.read_text()
    assert "Doe" not in written
    assert "heart" not in written
    if os.name == "posix":
        assert backend.log_file.stat().st_mode & 0o077 == 0


def test_a_stranger_cannot_fill_the_log(process):
    backend = process()
    backend.client().info()
    port = backend.client()._http.base_url.port
    for said in (b"\x00nonsense\r\n\r\n", b"GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(said)
            assert connection.recv(100).startswith(b"HTTP/1.1 4")
    backend.stop()
    assert backend.log_file.read_text() == ""


def test_a_long_log_is_moved_aside(process):
    backend = process()
    backend.log_file.parent.mkdir(parents=True)
    backend.log_file.write_text("old\n" * 300_000)
    backend.client()
    assert backend.log_file.stat().st_size < 100_000
    assert backend.log_file.with_name("backend.log.1").read_text().startswith("old\n")


def test_the_real_backend_reads_in_its_own_process(tmp_path, monkeypatch, home):
    from tests.tiny_pack import make_tiny_pack

    make_tiny_pack(tmp_path / "packs" / "tiny")
    monkeypatch.setenv("SIDELIGHT_PACKS_DIR", str(tmp_path / "packs"))
    backend = BackendProcess("tiny", "cpu")
    try:
        client = backend.client()
        assert client.info().id == "tiny"
        assert wait_until(lambda: backend.state == "ready")
        last = list(client.run(WISH))[-1]
        assert isinstance(last, Finished)
        assert isinstance(last.result["impression"], str)
        features = home / "cache" / "features"
        assert len(list(features.glob("session-*"))) == 1
    finally:
        backend.stop()
    assert "Doe" not in backend.log_file.read_text()
    assert list(features.iterdir()) == []  # encoded films are gone with the program


# ── the command itself ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_token_travels_neither_in_arguments_nor_in_the_environment(process):
    backend = process()
    backend.client()
    (child,) = children()
    token = backend._child._token
    assert token not in " ".join(child.cmdline())
    assert token not in str(child.environ())


def test_without_a_token_on_stdin_one_is_made_and_printed(monkeypatch):
    monkeypatch.setenv("FAKE_BACKEND", "plain")
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as child:
        told = json.loads(child.stdout.readline())
        assert told["pid"] == child.pid
        assert len(told["token"]) == 64
        client = BackendClient(f"http://127.0.0.1:{told['port']}", told["token"])
        assert client.info().id == "fake"
        listens = psutil.Process(child.pid).net_connections(kind="inet")
        assert {connection.laddr.ip for connection in listens} == {"127.0.0.1"}
        client.close()
        child.terminate()
        child.wait(5)


def test_a_token_that_is_too_short_is_refused():
    done = subprocess.run(
        [*COMMAND, "--token-stdin"], input="abc\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "token" in done.stderr
    assert "abc" not in done.stderr


def test_the_real_command_line_imports_nothing_from_the_current_folder():
    words = serve_command("starter", "cpu")
    assert words[1:4] == ("-P", "-m", "inference.server.command")
    assert words[-2:] == ("--pack", "starter")


def test_after_a_kill_the_starter_answers_again():
    """How fast is for `sidelight bench engine` to say."""
    (restart,) = measure_restart(device="cpu", times=1)

    assert 0 < restart.listening_s < restart.answered_s
