"""No word of a report or a prompt reaches a log, whatever raised."""

from __future__ import annotations

import logging

from inference.server.safe_log import TextFreeFormatter, where_it_failed

SECRET = "Jane Doe, large left effusion"


def fail() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(f"no such patient: {SECRET}") from error


def test_the_place_of_a_fault_is_named_and_its_message_left_out():
    try:
        fail()
    except ValueError as error:
        told = where_it_failed(error)
    assert "ValueError" in told
    assert "KeyError" in told
    assert "test_safe_log.py" in told
    assert "Jane" not in told


def test_a_logged_exception_keeps_its_message_to_itself():
    formatter = TextFreeFormatter("%(message)s")
    try:
        fail()
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "Failed", (), (type(error), error, error.__traceback__)
        )
        told = formatter.format(record)
    assert told.startswith("Failed\n")
    assert "Jane" not in told
