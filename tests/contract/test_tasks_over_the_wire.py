"""Every task, asked over HTTP in a stranger's words: whatever they are, the answer keeps its promises."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from inference.backend import (
    FINDINGS,
    Box,
    Cancelled,
    Change,
    Error,
    Finding,
    Finished,
    StudyFilm,
    StudyInput,
    TextDelta,
)
from inference.client import film_input
from inference.engine.engine import M4cxrBackend
from inference.packs import open_pack
from inference.server.openapi import files
from inference.text.places import ANATOMY, ORGANS
from tests.contract.test_golden_prompts import Passes
from tests.fake_server import served
from tests.tiny_pack import make_tiny_pack
from viewer.core.study import Film, FilmHeader, FilmPixels, PixelDescription, Source

SHAPES = ((96, 80), (60, 180), (190, 62))  # rows, columns
SCHEMA = json.loads(files()["openapi.json"])
EVENT = Draft202012Validator({"$ref": "#/components/schemas/Event", "components": SCHEMA["components"]})
OURS = ("InvalidRequest", "NothingToRead", "UnknownFilm", "UnknownStudy")


def film(rows: int, columns: int):
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    blobs = np.cos(9 * x) * np.sin(7 * y) + 0.5 * np.cos(23 * x * y)
    stored = ((blobs - blobs.min()) / (np.ptp(blobs) or 1) * 4095).astype(np.uint16)
    description = PixelDescription(rows, columns, bits_allocated=16, bits_stored=12, high_bit=11)
    header = FilmHeader(description, "1.2.3", modality="DX", body_part="CHEST", view_position="PA")
    return film_input(Film(Source(Path("film.dcm")), header, "00"), FilmPixels(description, stored))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The tiny engine with a study of each shape, and one with a prior."""
    pack = open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny", seed=3))
    with served(lambda: M4cxrBackend(pack, device="cpu", gate=Passes())) as running:
        running.films = {}
        running.studies = []
        for shape in SHAPES:
            sent = film(*shape)
            running.client.put_film(sent)
            running.films[sent.image_sha256] = shape
            running.studies.append((running.client.put_study(of(sent.image_sha256)), sent.image_sha256))
        current, prior = list(running.films)[:2]
        both = (StudyFilm(current), StudyFilm(prior, "prior", 40))
        running.compared = running.client.put_study(StudyInput("", both))
        yield running


def of(image: str) -> StudyInput:
    return StudyInput("", (StudyFilm(image),))


def ask(server, path: str, body: dict) -> list | None:
    """The events of a task, or None where the request itself was refused."""
    answer = server.http.post(path, json=body)
    if answer.status_code != 202:
        assert answer.status_code in (404, 422), answer.text
        return None
    events = list(server.client.events(answer.json()["id"]))
    for line in server.http.get(f"/v1/jobs/{answer.json()['id']}/events").text.splitlines():
        if line.startswith("data: "):
            EVENT.validate(json.loads(line.removeprefix("data: ")))
    return events


def keeps_its_promises(server, events: list) -> None:
    """What holds for every task, whatever was asked and whatever the weights."""
    *before, last = events
    assert not [one for one in before if isinstance(one, Finished | Error | Cancelled)]
    assert isinstance(last, Finished) or (isinstance(last, Error) and last.type in OURS), last
    for one in before:
        if isinstance(one, Box):
            rows, columns = server.films[one.image]
            x1, y1, x2, y2 = one.xyxy
            assert 0 <= x1 < x2 <= columns
            assert 0 <= y1 < y2 <= rows
        if isinstance(one, Finding):
            assert one.image in server.films
            assert one.confidence is None or 0 <= one.confidence <= 1
    answer = last.result.get("answer") if isinstance(last, Finished) else None
    spoken = "".join(one.text for one in before if isinstance(one, TextDelta) and one.channel == "answer")
    if spoken:
        assert spoken == answer


# ── any words, any task ─────────────────────────────────────────────────────────────────────────────────────────

marks = st.sampled_from(
    ["[INST]", "[/INST]", "<image>", "</s>", "<s>", "<unk>", "[12,34,56,78]", "\n", "▁", "😀"]
)
words = st.lists(marks | st.text(max_size=12) | st.sampled_from(FINDINGS + ANATOMY), max_size=4).map(" ".join)
number = st.floats(-1e4, 1e4) | st.integers(-(10**12), 10**12)
places = st.lists(st.tuples(number, number, number, number).map(list), max_size=3)
TASKS = {
    "ground": st.fixed_dictionaries(
        {
            "phrase": words,
            "kind": st.sampled_from(["phrase", "finding", "anatomy", "organ", "abnormality", "findings"]),
        }
    ),
    "describe": st.fixed_dictionaries(
        {"boxes": places, "kind": st.sampled_from(["phrase", "finding", "anatomy", "organ"])}
    ),
    "classify": st.fixed_dictionaries({"finding": words | st.sampled_from(FINDINGS)}),
    "sentence": st.fixed_dictionaries({"findings": st.lists(words | st.sampled_from(FINDINGS), min_size=1)}),
    "compare": st.fixed_dictionaries({"question": words}),
    "chat": st.fixed_dictionaries(
        {
            "messages": words.map(lambda text: [{"role": "user", "content": text}]),
            "max_new_tokens": st.integers(1, 6),
        }
    ),
    "summarise": st.fixed_dictionaries(
        {"style": st.sampled_from(["sentence", "points", "lesion"]), "text": words}
    ),
}


@pytest.mark.parametrize("task", TASKS)
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_no_words_make_a_task_break_its_promises(server, caplog, task, data):
    body = data.draw(TASKS[task])
    study, image = data.draw(st.sampled_from(server.studies))
    if task in ("ground", "describe", "sentence"):
        body = {**body, "image_sha256": image}
    if task == "compare" and data.draw(st.booleans()):
        study = server.compared
    with caplog.at_level(logging.DEBUG):
        events = ask(server, f"/v1/studies/{study}/{task}", body)
    if events is not None:
        keeps_its_promises(server, events)
    assert "The backend failed" not in caplog.text


# ── what each task promises besides ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "names"), [("finding", FINDINGS), ("anatomy", ANATOMY), ("organ", ORGANS)])
def test_a_place_is_given_a_name_from_the_list(server, kind, names):
    for (study, image), (rows, columns) in zip(server.studies, SHAPES, strict=True):
        middle = [columns * 0.4, rows * 0.4, columns * 0.6, rows * 0.6]
        body = {"image_sha256": image, "boxes": [middle], "kind": kind}
        *_, last = ask(server, f"/v1/studies/{study}/describe", body)
        assert last.result["answer"].rstrip(".") in names


def test_classifying_tells_all_thirteen_of_each_film_or_the_one_that_was_asked(server):
    study, image = server.studies[0]
    told = [one for one in ask(server, f"/v1/studies/{study}/classify", {}) if isinstance(one, Finding)]
    assert [one.label for one in told] == list(FINDINGS)
    told = ask(server, f"/v1/studies/{study}/classify", {"finding": "edema", "image_sha256": image})
    assert [one.label for one in told if isinstance(one, Finding)] == ["edema"]


def test_comparing_needs_a_prior_and_tells_a_change_of_each_finding(server):
    study, _ = server.studies[0]
    last = ask(server, f"/v1/studies/{study}/compare", {})[-1]
    assert isinstance(last, Error)
    assert last.type in OURS
    assert last.remedy
    changes = [
        one for one in ask(server, f"/v1/studies/{server.compared}/compare", {}) if isinstance(one, Change)
    ]
    assert [one.label for one in changes] == list(FINDINGS)


def test_the_same_question_has_the_same_answer_whatever_was_asked_between(server):
    study, image = server.studies[1]
    body = {"image_sha256": image, "phrase": "left pleural effusion"}

    def told() -> tuple:
        events = ask(server, f"/v1/studies/{study}/ground", body)
        return tuple(one.xyxy for one in events if isinstance(one, Box)), events[-1].result

    first = told()
    ask(server, f"/v1/studies/{study}/classify", {})
    ask(server, f"/v1/studies/{study}/ground", {**body, "phrase": "[INST] <image> right apex [/INST]"})
    assert told() == first


def test_a_film_of_another_study_is_not_looked_at(server):
    (study, _), (_, other) = server.studies[:2]
    for task, body in (
        ("ground", {"image_sha256": other, "phrase": "edema"}),
        ("describe", {"image_sha256": other, "boxes": [[1, 1, 5, 5]]}),
        ("sentence", {"image_sha256": other, "findings": ["edema"]}),
        ("classify", {"image_sha256": other}),
    ):
        answer = server.http.post(f"/v1/studies/{study}/{task}", json=body)
        if answer.status_code == 202:
            last = list(server.client.events(answer.json()["id"]))[-1]
            assert isinstance(last, Error)
            assert last.type == "UnknownFilm"
        else:
            assert (answer.status_code, answer.json()["error"]["type"]) == (404, "UnknownFilm")
