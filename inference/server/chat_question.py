"""What OpenAI's `/v1/chat/completions` may ask here, and how it becomes a question of ours.

Three kinds of fields. Those that mean something here are obeyed. Those that could not change an answer of a greedy,
local, stateless server are taken and have no effect (`seed`, `top_p`, `user` …). Everything else would change what the
answer means if it were ignored, `temperature` above 0 for one: ten "samples" that are all the same look like ten
readers who agree. That is refused by name, and so is every field that nobody here has heard of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from inference.backend import AskQuestion, ChatMessage
from inference.errors import InvalidRequest
from inference.server.job_routes import MAX_NEW_TOKENS, MAX_STOP_LETTERS, MAX_STOPS, question

ROLES = ("user", "assistant")
DEFAULT_NEW_TOKENS = 500

_STOP_TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_STOP_LETTERS}
_STOP = {
    "anyOf": [_STOP_TEXT, {"type": "array", "items": _STOP_TEXT, "maxItems": MAX_STOPS}, {"type": "null"}]
}
_PART = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "text"],
            "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
        },
        {
            "type": "object",
            "required": ["type", "image_url"],
            "properties": {
                "type": {"const": "image_url"},
                "image_url": {
                    "type": "object",
                    "required": ["url"],
                    "properties": {
                        "url": {"type": "string", "pattern": "^cxr://[0-9a-f]{64}$"},
                        "detail": {"type": "string"},
                    },
                },
            },
        },
    ]
}
_MESSAGES = {
    "type": "array",
    "minItems": 1,
    "description": "The conversation; the last message is the user's question. Images: `cxr://SHA256` only.",
    "items": {
        "type": "object",
        "required": ["role", "content"],
        "properties": {
            "role": {"enum": list(ROLES)},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": _PART}]},
        },
    },
}
_NO_EFFECT = "Taken, and without effect here."

Length = Annotated[int | None, Field(ge=1, le=MAX_NEW_TOKENS)]


@dataclass(frozen=True, slots=True)
class CompletionBody:
    """The fields of OpenAI's request that are obeyed or do no harm; any other is refused by name."""

    messages: Annotated[tuple[Mapping[str, Any], ...], WithJsonSchema(_MESSAGES)]
    model: Annotated[str, Field(description="The id in /v1/models; empty: whichever is loaded.")] = ""
    stream: bool | None = None
    stream_options: Annotated[
        Mapping[str, Any] | None, Field(description="`include_usage`: the last chunk tells it.")
    ] = None
    max_completion_tokens: Length = None
    max_tokens: Annotated[Length, Field(description="The older name of max_completion_tokens.")] = None
    stop: Annotated[Any, WithJsonSchema(_STOP)] = None
    metadata: Annotated[
        Mapping[str, Any] | None, Field(description="`study`: the id of a study sent before; nothing else.")
    ] = None
    temperature: Annotated[
        float | None, Field(ge=0, le=0, description="0 only: the same films give the same answer.")
    ] = None
    n: Annotated[int | None, Field(ge=1, le=1)] = None
    # without effect on a greedy answer
    top_p: Annotated[float | None, Field(gt=0, le=1, description=_NO_EFFECT)] = None
    seed: Annotated[int | None, Field(description=_NO_EFFECT)] = None
    user: Annotated[str | None, Field(description=_NO_EFFECT)] = None
    safety_identifier: Annotated[str | None, Field(description=_NO_EFFECT)] = None
    prompt_cache_key: Annotated[str | None, Field(description=_NO_EFFECT)] = None
    service_tier: Annotated[str | None, Field(description=_NO_EFFECT)] = None
    parallel_tool_calls: Annotated[bool | None, Field(description=_NO_EFFECT)] = None
    # allowed only where they ask for nothing
    presence_penalty: Annotated[float | None, Field(ge=0, le=0)] = None
    frequency_penalty: Annotated[float | None, Field(ge=0, le=0)] = None
    logprobs: Annotated[bool | None, WithJsonSchema({"enum": [False, None]})] = None
    store: Annotated[bool | None, WithJsonSchema({"enum": [False, None]})] = None
    tools: Annotated[tuple[Any, ...] | None, Field(max_length=0)] = None
    response_format: Annotated[
        Mapping[str, Any] | None, WithJsonSchema({"enum": [{"type": "text"}, None]})
    ] = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the films that its messages name."""

    question: AskQuestion
    films: tuple[str, ...]
    has_usage: bool  # in a stream


def read_question(body: CompletionBody) -> Asked:
    """The question that `body` asks.

    Raises:
        InvalidRequest: Something is asked that can't be done here; never ignored in silence.
    """
    _refuse_what_would_mean_something(body)
    messages, films = [], []
    for at, message in enumerate(body.messages):
        words, named = _message(message, f"body.messages[{at}]")
        messages.append(words)
        films.extend(named)
    length = body.max_completion_tokens if body.max_completion_tokens is not None else body.max_tokens
    asked = question(
        _study(body.metadata or {}),
        tuple(messages),
        DEFAULT_NEW_TOKENS if length is None else length,
        _stops(body.stop),
    )
    return Asked(asked, tuple(dict.fromkeys(films)), _wants_usage(body.stream_options or {}))


def _refuse_what_would_mean_something(body: CompletionBody) -> None:
    greedy = "decoding is greedy, so that the same films give the same answer"
    if body.n not in (None, 1):
        raise InvalidRequest(f"body.n must be 1: {greedy}; more answers would all be the same.")
    if body.temperature not in (None, 0):
        raise InvalidRequest(f"body.temperature must be 0 or left out: {greedy}.")
    if body.top_p is not None and not 0 < body.top_p <= 1:
        raise InvalidRequest("body.top_p must lie between 0 and 1.")
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(body, name) not in (None, 0):
            raise InvalidRequest(f"body.{name} must be 0 or left out: {greedy}.")
    if body.tools:
        raise InvalidRequest("body.tools must be empty: the model calls no tools.")
    if body.logprobs:
        raise InvalidRequest("body.logprobs must be false: they are not told.")
    if body.store:
        raise InvalidRequest("body.store must be false: nothing that is asked here is kept.")
    if body.response_format not in (None, {"type": "text"}):
        raise InvalidRequest(
            "body.response_format must be text; findings and boxes have routes of their own."
        )


def _study(metadata: Mapping[str, Any]) -> str | None:
    study_id = metadata.get("study")
    if set(metadata) - {"study"} or not isinstance(study_id, str | None):
        raise InvalidRequest("body.metadata may hold `study`, an id, and nothing else.")
    return study_id


def _stops(stop: object) -> tuple[str, ...]:
    stops = [stop] if isinstance(stop, str) else [] if stop is None else stop
    if not isinstance(stops, list) or not all(isinstance(one, str) for one in stops):
        raise InvalidRequest("body.stop must be a text or a list of texts.")
    return tuple(stops)


def _wants_usage(options: Mapping[str, Any]) -> bool:
    if set(options) - {"include_usage", "include_obfuscation"}:
        raise InvalidRequest("body.stream_options may hold `include_usage`, and nothing else.")
    wanted = options.get("include_usage", False)
    if not isinstance(wanted, bool | None):
        raise InvalidRequest("body.stream_options.include_usage must be true or false.")
    return bool(wanted)


def _message(message: Mapping[str, Any], where: str) -> tuple[ChatMessage, list[str]]:
    """One turn. Fields that are empty are looked past: OpenAI's client sends an answer back as it got it."""
    told = {name: value for name, value in message.items() if value is not None and value != []}
    role = told.get("role")
    if role == "assistant":  # films of an earlier answer: its words describe them
        told.pop("images", None)
    if role in ("system", "developer"):
        raise InvalidRequest(
            f"{where}.role is {role}: this model was trained with one fixed system sentence and knows no other. "
            "Put the words into the question."
        )
    if role not in ROLES or set(told) != {"role", "content"}:
        raise InvalidRequest(f"{where} must have `role` (user or assistant), `content`, and nothing else.")
    texts, films = _content(told["content"], where)
    return ChatMessage(role, "\n".join(texts)), films


def _content(content: object, where: str) -> tuple[list[str], list[str]]:
    if isinstance(content, str):
        return [content], []
    if not isinstance(content, list):
        raise InvalidRequest(f"{where}.content must be a text or a list of parts.")
    texts: list[str] = []
    films: list[str] = []
    for part in content:
        match part:
            case {"type": "text", "text": str(text)}:
                texts.append(text)
            case {"type": "image_url", "image_url": {"url": str(url)}}:
                films.append(_film(url))
            case _:
                raise InvalidRequest(f"{where}.content: a part must be a text or an image_url.")
    return texts, films


def _film(url: str) -> str:
    named = re.fullmatch("cxr://([0-9a-f]{64})", url)
    if named is None:
        raise InvalidRequest("Images are named as cxr://SHA256 only; other addresses are never opened.")
    return named[1]
