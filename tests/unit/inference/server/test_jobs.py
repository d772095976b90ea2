"""Numbered events: no gap, no loss, resumable, and an end that stays the end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from inference.backend import Cancelled, Finished, Progress
from inference.errors import InvalidRequest
from inference.server.jobs import EventLog, Job
from inference.server.streams import entry_number, follow


def filled(count: int, keep: int = 10_000) -> EventLog:
    log = EventLog(keep)
    for number in range(count):
        log.append(Progress("report", number, count))
    return log


def test_numbers_start_at_one_and_have_no_gap():
    assert [entry.number for entry in filled(5).since(0)] == [1, 2, 3, 4, 5]


def test_a_stream_that_comes_back_gets_what_it_missed():
    log = filled(5)
    assert [entry.number for entry in log.since(3)] == [4, 5]
    assert log.since(5) == []


def test_events_that_are_no_longer_kept_are_not_skipped_in_silence():
    log = filled(12, keep=10)
    assert len(log.since(2)) == 10
    with pytest.raises(InvalidRequest):
        log.since(1)


def test_a_number_that_was_never_reached_is_refused():
    with pytest.raises(InvalidRequest):
        filled(2).since(3)


def test_the_last_word_is_said_once():
    log = filled(1)
    log.append(Finished())
    log.append(Cancelled())
    log.append(Progress("report", 1, 1))
    assert [entry.name for entry in log.since(0)] == ["progress", "finished"]
    assert log.last == Finished()


@pytest.mark.parametrize("header", ["x", "-1", "1.5", "٣", "9" * 12, " 1"])
def test_a_last_event_id_that_is_no_number_is_refused(header):
    with pytest.raises(InvalidRequest):
        entry_number(header)


def test_no_last_event_id_means_from_the_beginning():
    assert entry_number(None) == entry_number("") == 0
    assert entry_number("17") == 17


def test_a_stream_sees_every_event_that_another_thread_writes():
    job = Job("j", None, 1)
    total = 3000

    def write() -> None:
        for number in range(total - 1):
            job.log.append(Progress("report", number, total))
        job.end(Finished())

    async def read() -> list[int]:
        return [entry.number async for entries in follow(job, 0, 5.0) for entry in entries]

    async def both() -> list[list[int]]:
        writer = threading.Thread(target=write)
        readers = [asyncio.create_task(read()) for _ in range(3)]
        await asyncio.sleep(0)
        writer.start()
        return await asyncio.gather(*readers)

    for numbers in asyncio.run(asyncio.wait_for(both(), 20)):
        assert numbers == list(range(1, total + 1))


def test_a_silent_job_gives_heartbeats():
    job = Job("j", None, 1)

    async def first_three() -> list[list]:
        stream = follow(job, 0, 0.01)
        got = [await anext(stream) for _ in range(3)]
        await stream.aclose()
        return got

    assert asyncio.run(first_three()) == [[], [], []]
    assert not job.log._listeners  # none is left behind
