"""What is remembered of an export."""

from __future__ import annotations

from pydantic import TypeAdapter

from plugin.fold import fold
from plugin.output.state import Copied, Exported, OutputState, Printed, WrittenObject
from plugin.state import StudyReading

FIRST = WrittenObject("report", "1.2.840.10008.5.1.4.1.1.88.22", "2.25.1", "2.25.2")
FINDINGS = WrittenObject("findings", "1.2.840.10008.5.1.4.1.1.88.33", "2.25.3", "2.25.4")
SECOND = WrittenObject("report", "1.2.840.10008.5.1.4.1.1.88.22", "2.25.5", "2.25.6")
AT = "2026-11-22T09:00:00.000Z"


def test_the_latest_object_of_each_kind_is_what_the_next_version_follows():
    reading = fold(StudyReading(), Exported(AT, "draft", ("dicom",), 3, (FIRST, FINDINGS)))
    reading = fold(reading, Exported(AT, "draft", ("dicom",), 2, (SECOND,)))

    assert reading.output.objects == (FINDINGS, SECOND)


def test_copies_prints_and_other_files_change_nothing():
    for event in (Copied(AT), Printed(AT, "draft", 2), Exported(AT, "draft", ("pdf",), 1)):
        assert fold(StudyReading(), event) == StudyReading()


def test_it_can_be_kept_as_plain_data():
    adapter = TypeAdapter(OutputState)
    state = OutputState((FIRST,))

    assert adapter.validate_json(adapter.dump_json(state)) == state
