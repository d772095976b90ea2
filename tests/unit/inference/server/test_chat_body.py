"""What OpenAI's shape may ask of us; the rest is refused by name, never ignored in silence."""

from __future__ import annotations

import pytest

from inference.backend import ChatMessage
from inference.errors import InvalidRequest
from inference.plain import from_plain
from inference.server.chat import CompletionBody, read_question

HELLO = {"role": "user", "content": "Is the heart large?"}
FILM = "ab" * 32


def asked(**body):
    return read_question(from_plain(CompletionBody, {"messages": [HELLO], **body}))


def test_a_plain_question_becomes_one_of_ours():
    told = asked(metadata={"study": "s"}, max_tokens=7, temperature=0, model="starter")
    question = told.question
    assert question.study_id == "s"
    assert question.messages == (ChatMessage("user", "Is the heart large?"),)
    assert question.max_new_tokens == 7
    assert told.films == ()


def test_films_are_named_by_their_hash():
    parts = [
        {"type": "image_url", "image_url": {"url": f"cxr://{FILM}"}},
        {"type": "text", "text": "This one?"},
    ]
    told = asked(messages=[{"role": "user", "content": parts}])
    assert told.films == (FILM,)
    assert told.question.messages[0].content == "This one?"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/film.png",
        "https://example.org/film.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "cxr://../../etc/passwd",
        f"cxr://{FILM}\n",
        f"http://x/cxr://{FILM}",
    ],
)
def test_no_other_address_is_ever_opened(url):
    with pytest.raises(InvalidRequest, match="cxr://"):
        asked(
            messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}, HELLO]}]
        )


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"n": 2}, "body.n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"stop": ["x"] * 5}, "stop"),
        ({"metadata": {"patient": "x"}}, "metadata"),
        ({"metadata": {"study": 3}}, "metadata"),
        ({"messages": []}, "question"),
        ({"messages": [{"role": "system", "content": "x"}]}, "role"),
        ({"messages": [{"role": "user", "content": "x", "name": "Doe"}]}, "role"),
        ({"messages": [{"role": "user", "content": 5}]}, "content"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "part"),
        ({"messages": [{"role": "user", "content": " "}]}, "question"),
        ({"messages": [HELLO, {"role": "assistant", "content": "No."}]}, "question"),
        ({"max_tokens": -3}, "max_new_tokens"),
        ({"max_tokens": 10**9}, "max_new_tokens"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(body, named):
    with pytest.raises(InvalidRequest, match=named):
        asked(**body)
