"""No connection leaves the computer, and an attempt is counted. Each case runs in a process of its own: an audit
hook can't be taken out again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from viewer.loopback import is_loopback


def in_a_guarded_process(code: str) -> str:
    program = f"import socket\nfrom viewer import loopback\nloopback.install()\n{code}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


REFUSED = """
try:
    {call}
except OSError:  # urllib wraps ours in one of its own
    print("refused", len(loopback.refused()))
else:
    print("let through")
"""


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "socket.socket().connect(('192.0.2.1', 80))",
        "socket.socket().connect(('0.0.0.0', 80))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
        "socket.getaddrinfo('huggingface.co', 443)",
        "socket.gethostbyname('huggingface.co')",
        "socket.socket().bind(('0.0.0.0', 0))",
        "socket.socket().bind(('', 0))",
        "__import__('urllib.request').request.urlopen('http://192.0.2.1/')",
    ],
)
def test_an_address_outside_is_refused_and_counted(call):
    assert in_a_guarded_process(REFUSED.format(call=call)) == "refused 1"


def test_loopback_still_works():
    code = """
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(("localhost", server.getsockname()[1]), timeout=5)
accepted, _ = server.accept()
client.sendall(b"hello")
print(accepted.recv(5).decode(), loopback.refused())
"""
    assert in_a_guarded_process(code) == "hello ()"


def test_installing_twice_counts_once():
    code = "loopback.install()" + REFUSED.format(call="socket.getaddrinfo('example.org', 80)")
    assert in_a_guarded_process(code) == "refused 1"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", b"127.0.0.1", "::ffff:127.0.0.1"]
)
def test_own_addresses_are_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", None, "10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "localhost.example.org", 7]
)
def test_other_addresses_are_not(host):
    assert not is_loopback(host)
