"""What goes over the wire comes back the same, and nothing else gets in."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inference import errors, wire
from inference.backend import (
    Cancelled,
    Change,
    Error,
    Event,
    FilmInput,
    PackInfo,
    ReadStudy,
    Request,
    StudyFilm,
    StudyInput,
    TextDelta,
)
from inference.errors import InvalidFilm, InvalidRequest
from inference.npy import npy_bytes, npy_from_bytes
from inference.sse import HEARTBEAT, ServerSentEvent, SseParser, format_event
from viewer.core.study import LookupTable, PixelDescription, Window

numbers = st.floats(allow_nan=False)
tables = st.builds(
    LookupTable,
    first=st.integers(-70000, 70000),
    bits=st.integers(8, 16),
    values=st.lists(st.integers(0, 65535), max_size=20).map(tuple),
)
windows = st.builds(Window, center=numbers, width=numbers)
pairs = st.none() | st.tuples(numbers, numbers)
descriptions = st.builds(
    PixelDescription,
    rows=st.integers(1, 40000),
    columns=st.integers(1, 40000),
    photometric_interpretation=st.text(max_size=16),
    is_signed=st.booleans(),
    rescale_slope=numbers,
    modality_lut=st.none() | tables,
    windows=st.lists(windows, max_size=3).map(tuple),
    voi_luts=st.lists(tables, max_size=2).map(tuple),
    padding_value=st.none() | st.integers(),
    pixel_aspect_ratio=st.none() | st.tuples(st.integers(), st.integers()),
    imager_pixel_spacing_mm=pairs,
    pixel_spacing_mm=pairs,
    patient_orientation=st.none() | st.tuples(st.text(max_size=4), st.text(max_size=4)),
)
values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=6)
events = st.one_of(*[st.from_type(kind) for kind in get_args(Event) if kind.__name__ != "Finished"])
finished = st.builds(
    wire._EVENTS["finished"],
    result=st.dictionaries(st.text(max_size=9), values, max_size=3),
)


@given(descriptions, st.text(max_size=16), st.booleans())
def test_a_films_attributes_come_back_as_they_went(description, modality, is_synthetic):
    sent = FilmInput("", np.zeros((1, 1)), description, modality, "CHEST", "PA", is_synthetic)
    told = wire.attributes_from_json(wire.attributes_json(sent))

    assert told.description == description
    assert (told.modality, told.body_part, told.view_position) == (modality, "CHEST", "PA")
    assert told.is_synthetic == is_synthetic


def test_a_window_that_is_no_number_still_travels():
    description = PixelDescription(2, 2, windows=(Window(math.nan, math.inf),))
    sent = FilmInput("", np.zeros((2, 2), np.uint8), description)

    (window,) = wire.attributes_from_json(wire.attributes_json(sent)).description.windows

    assert math.isnan(window.center)
    assert window.width == math.inf


@given(events | finished)
def test_every_event_comes_back_as_it_went(event):
    sent = json.dumps(wire.event_to_json(event))
    assume("NaN" not in sent)  # equals nothing
    assert wire.event_from_json(json.loads(sent)) == event


@given(st.one_of(*[st.from_type(kind) for kind in get_args(Request)]))
def test_every_request_comes_back_as_it_went(request_):
    sent = json.dumps(wire.request_to_json(request_))
    assume("NaN" not in sent)
    assert wire.request_from_json(json.loads(sent)) == request_


def test_events_are_named_in_snake_case():
    assert wire.event_to_json(TextDelta("a", "answer")) == {
        "type": "text_delta",
        "text": "a",
        "channel": "answer",
    }
    assert wire.event_to_json(Cancelled()) == {"type": "cancelled"}


def test_an_errors_class_travels_beside_the_events_own_type():
    sent = wire.event_to_json(Error("OutOfMemory", "Full.", "Close a film."))

    assert sent == {
        "type": "error",
        "error_type": "OutOfMemory",
        "message": "Full.",
        "remedy": "Close a film.",
    }
    assert wire.event_from_json(sent) == Error("OutOfMemory", "Full.", "Close a film.")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"films": [], "patient_name": "x"}, "patient_name"),
        ({"films": [{"image_sha256": "a", "sop_instance_uid": "1.2"}]}, "sop_instance_uid"),
        ({"indication": "cough"}, "films"),
        ({"films": "abc"}, "films"),
        ({"films": [{"image_sha256": "a", "role": "next"}]}, "role"),
        ({"films": [{"image_sha256": "a", "days_before": True}]}, "days_before"),
        ({"films": [{"image_sha256": "a", "days_before": 1.5}]}, "days_before"),
        ([], "study"),
    ],
)
def test_a_study_with_a_field_too_many_or_wrong_is_refused_by_name(body, field):
    with pytest.raises(InvalidRequest, match=field):
        wire.study_from_json(body, "id")


def test_a_refusal_never_repeats_the_value():
    with pytest.raises(InvalidRequest) as caught:
        wire.study_from_json({"films": [], "age": ["Jane Doe"]}, "id")
    assert "Jane" not in str(caught.value)


def test_a_study_travels_without_its_id():
    study = StudyInput("secret", (StudyFilm("a" * 64, "prior", 30),), "Old report.", "cough", "45", "F")

    sent = wire.study_to_json(study)

    assert "study_id" not in sent
    assert wire.study_from_json(json.loads(json.dumps(sent)), "new") == dataclasses.replace(
        study, study_id="new"
    )


def test_unknown_requests_are_refused():
    for body in ({"type": "delete_everything"}, {}, "read_study", {"type": ["read_study"]}):
        with pytest.raises(InvalidRequest):
            wire.request_from_json(body)
    assert wire.request_from_json({"type": "read_study", "study_id": "s"}) == ReadStudy("s")


def test_a_packs_words_travel():
    pack = PackInfo("starter", "1", "0" * 64, "Starter", "CC BY-NC", True, "Card.", ("fracture",))
    assert wire.pack_from_json(json.loads(json.dumps(wire.pack_to_json(pack)))) == pack


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_error_keeps_its_class_words_and_remedy(tmp_path):
    parts = {
        errors.ModelNotInstalled: ("starter", tmp_path),
        errors.PackQuarantined: ("starter", "1.0", "it answers otherwise"),
        errors.WrongPack: ("starter", True),
        errors.VerySlow: ("m4cxr", "CPU, 8 cores", 240.0),
    }
    for kind in wire._ERRORS.values():
        error = kind(*parts.get(kind, ("What happened.",)))
        back = wire.error_from_json(json.loads(json.dumps(wire.error_to_json(error))), "")
        assert type(back) is kind
        assert (str(back), back.remedy) == (str(error), error.remedy)


def test_a_strangers_error_body_becomes_a_fault_of_ours():
    for body in (None, [], {"error": "no"}, {"detail": "x"}):
        assert str(wire.error_from_json(body, "status 500")) == "status 500"
    assert type(wire.make_error("SystemExit", "m", "r")) is errors.BackendFault


# ── films ───────────────────────────────────────────────────────────────────────────────────────────────────────

pixel_types = st.sampled_from(["u1", "i1", "<u2", "<i2", ">u2", "<u4", "<i4", "<f4", "<f8"])


def film(stored, **attributes):
    description = PixelDescription(*stored.shape[:2])
    text = wire.attributes_json(FilmInput("", stored, description, **attributes))
    return wire.film_digest(stored, text), text, npy_bytes(stored)


@given(st.data(), pixel_types, st.sampled_from([(3, 4), (1, 1), (2, 5, 3)]))
def test_pixels_come_back_exactly(data, kind, shape):
    elements = {"allow_nan": False, "allow_infinity": False} if "f" in kind else None
    stored = data.draw(hnp.arrays(np.dtype(kind), shape, elements=elements))

    back = wire.film_from_parts(*film(stored))

    assert np.array_equal(back.stored, stored)
    assert back.stored.dtype == stored.dtype.newbyteorder("<")


def test_the_digest_is_the_sha256_of_the_two_parts_as_sent():
    digest, attributes, body = film(np.arange(12, dtype=np.uint16).reshape(3, 4))
    assert digest == hashlib.sha256(attributes.encode() + b"\0" + body).hexdigest()


def test_another_pixel_or_another_attribute_is_another_film():
    stored = np.arange(12, dtype=np.uint16).reshape(3, 4)
    digests = {film(stored)[0], film(stored + 1)[0], film(stored, view_position="PA")[0]}
    assert len(digests) == 3


def test_a_turned_array_travels_as_seen():
    stored = np.arange(12, dtype=np.uint16).reshape(3, 4).T
    assert np.array_equal(wire.film_from_parts(*film(stored)).stored, stored)


def test_a_film_whose_hash_is_wrong_is_refused():
    _, attributes, body = film(np.zeros((3, 4), np.uint8))
    with pytest.raises(InvalidFilm, match="SHA-256"):
        wire.film_from_parts("0" * 64, attributes, body)


def test_a_film_whose_rows_disagree_is_refused():
    stored = np.zeros((3, 4), np.uint8)
    attributes = wire.attributes_json(FilmInput("", stored, PixelDescription(4, 3)))
    with pytest.raises(InvalidFilm, match="Rows"):
        wire.film_from_parts(wire.film_digest(stored, attributes), attributes, npy_bytes(stored))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"description": {}}', "[" * 100_000])
def test_attributes_that_are_no_attributes_are_refused(text):
    with pytest.raises(InvalidFilm):
        wire.attributes_from_json(text)


def test_an_npy_that_promises_more_than_came_is_refused_before_anything_is_allocated():
    body = npy_bytes(np.zeros((8, 8), np.uint8)).replace(b"(8, 8)", b"(32768, 9999)".ljust(6)[:13], 1)
    with pytest.raises(InvalidFilm):
        npy_from_bytes(body)
    whole = npy_bytes(np.zeros((8, 8), np.uint8))
    for cut in (whole[:-1], whole + b"\0", whole[:20], b"", b"\x93NUMPY\x01\x00"):
        with pytest.raises(InvalidFilm):
            npy_from_bytes(cut)


def test_an_npy_with_objects_or_other_types_is_refused():
    import io

    for array in (
        np.array([[{}]], object),
        np.zeros((2, 2), bool),
        np.zeros((2, 2), "u8"),
        np.zeros((2, 2), "c8"),
        np.zeros((2, 2), "U3"),
        np.zeros((2, 2), ">u2"),
        np.zeros((2, 2), [("a", "u1")]),
        np.zeros(4, "u1"),
        np.zeros((2, 2, 4), "u1"),
        np.zeros((0, 2), "u1"),
        np.asfortranarray(np.zeros((2, 3), "u1")),
        np.full((2, 2), np.nan),
    ):
        file = io.BytesIO()
        np.save(file, array, allow_pickle=True)
        with pytest.raises(InvalidFilm):
            npy_from_bytes(file.getvalue())


@given(st.binary(max_size=200))
def test_no_bytes_make_the_npy_reader_fail_otherwise(tail):
    for body in (tail, b"\x93NUMPY\x01\x00" + tail):
        with pytest.raises(InvalidFilm):
            npy_from_bytes(body)


# ── server-sent events ──────────────────────────────────────────────────────────────────────────────────────────


@given(
    st.lists(st.tuples(st.integers(1, 99), st.text(max_size=9).map(json.dumps)), max_size=5),
    st.integers(1, 7),
)
def test_a_stream_cut_anywhere_gives_the_same_events(sent, step):
    stream = b"".join(format_event(number, "text_delta", data) + HEARTBEAT for number, data in sent)

    parser = SseParser()
    got = [event for at in range(0, len(stream), step) for event in parser.feed(stream[at : at + step])]

    assert got == [ServerSentEvent(str(number), "text_delta", data) for number, data in sent]


def test_a_stream_with_carriage_returns_and_unknown_fields_is_read():
    stream = b"retry: 5\r\nid: 1\r\ndata: a\r\ndata: b\r\n\r\n"
    assert SseParser().feed(stream) == [ServerSentEvent("1", "message", "a\nb")]


def test_a_change_as_older_servers_tell_it_is_still_understood():
    told = {
        "type": "change",
        "label": "edema",
        "change": "still present",
        "prior_finding_id": "f1",
        "finding_id": "f2",
    }

    assert wire.event_from_json(told) == Change("edema", "still present", "f1", "f2")
