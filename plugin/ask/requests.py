"""From a question to the backend's request. The film's hash is looked up in the worker thread, where pixels are."""

from __future__ import annotations

from collections.abc import Callable

from inference.backend import AskQuestion, ChatMessage, Classify, DescribeRegion, GroundPhrase, Request
from plugin.ask.kinds import grounding_of
from plugin.ask.state import Asked, Exchange

ImageOf = Callable[[str], str]
"""From a film's key to `image_sha256`. May decode the film, so it is called in a worker thread.

Raises:
    inference.errors.InferenceError: The film does not hang any more, or can't be decoded.
"""


def request_of(asked: Asked, earlier: tuple[Exchange, ...], image_of: ImageOf) -> Callable[[str], Request]:
    """What makes the request, once the backend has named the study.

    A question over two films is not put after turns about one: it takes along only what was asked in its own way.
    """
    match asked.kind:
        case "region" if asked.region is not None:
            boxes = (asked.region,)
            return lambda study: DescribeRegion(study, image_of(asked.film_key), boxes, asked.region_kind)
        case "place":
            phrase, kind = grounding_of(asked.phrase)
            return lambda study: GroundPhrase(study, image_of(asked.film_key), phrase, kind)
        case "presence":
            return lambda study: Classify(study, asked.phrase)
        case "difference":
            turns = history(tuple(one for one in earlier if one.how.kind == "difference"))
            messages = (*turns, ChatMessage("user", asked.question))
            return lambda study: AskQuestion(study, messages, template="difference")
    messages = (
        *history(tuple(one for one in earlier if one.how.kind == "conversation")),
        ChatMessage("user", asked.question),
    )
    return lambda study: AskQuestion(study, messages, template="conversation")


def history(exchanges: tuple[Exchange, ...]) -> tuple[ChatMessage, ...]:
    """Earlier questions that were answered, as the model expects them."""
    return tuple(
        message
        for one in exchanges
        if one.answer and not one.problem
        for message in (ChatMessage("user", one.question), ChatMessage("assistant", one.answer))
    )
