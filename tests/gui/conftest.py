"""A robot that waits as long as a busy machine takes: what never happens still fails its test, only later."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

LONG_MS = 60_000


class PatientBot(QtBot):
    """pytest-qt's robot, with a minute where it has five seconds."""

    def waitUntil(self, callback, *, timeout=LONG_MS):
        return super().waitUntil(callback, timeout=max(timeout, LONG_MS))

    def waitSignal(self, signal, *, timeout=LONG_MS, **more):
        return super().waitSignal(signal, timeout=max(timeout, LONG_MS), **more)


@pytest.fixture
def qtbot(qapp, request):
    return PatientBot(request)
