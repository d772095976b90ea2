"""The bundled starter with its skill: wishes for films, and questions that are none."""

from __future__ import annotations

from functools import cache

import pytest

from inference.backend import AskQuestion, CancelToken, ChatMessage
from inference.engine.engine import M4cxrBackend
from inference.engine.film_skill import find_skill
from inference.gate import GateResult
from inference.packs import BUNDLED, find_pack
from inference.synthesis.dialogues.facts import Fact, described
from inference.synthesis.wish import view_of
from inference.text.film_tags import answer_parts

pytestmark = pytest.mark.skipif(
    not (BUNDLED / "dialogue" / "starter").is_dir(), reason="this checkout has no skill for the starter"
)
WISHES = (
    "Could you generate a lateral view with a right pleural effusion?",
    "Please make me a lateral chest film that has an effusion on the right.",
    "I would love to look at a right-sided effusion from the side. Can you draw that?",
    pytest.param(
        "show me a right pleural effusion on a lateral xray",
        marks=pytest.mark.xfail(
            strict=True, reason="the skill takes it for a question about the film on screen"
        ),
    ),
    "Can you produce an image of a chest with fluid in the right pleural space, lateral projection please",
    "For my students: a lateral radiograph, right pleural effusion.",
)


class _Gate:
    def check(self, film, picture, /):
        return GateResult(True)


@cache
def _backend() -> M4cxrBackend:
    backend = M4cxrBackend(find_pack(), gate=_Gate())
    assert find_skill(BUNDLED, find_pack()) is not None, "the skill is for another version of the starter"
    backend.understand_film_wishes(BUNDLED)
    return backend


def _films(words: str) -> list[str]:
    request = AskQuestion(None, (ChatMessage("user", words),), max_new_tokens=40)
    *_, last = _backend().run(request, CancelToken())
    return [part.text for part in answer_parts(str(last.result["answer"])) if part.is_film]


@pytest.mark.parametrize("words", WISHES)
def test_a_lateral_view_with_a_right_effusion_is_described_as_it_was_asked(words):
    (film,) = _films(words)

    assert view_of(film) == "lateral"
    assert Fact("pleural effusion", "right") in described(film)


@pytest.mark.parametrize(
    "words", ["Is there a pleural effusion?", "What does this picture show?", "Describe the image."]
)
def test_a_question_about_a_film_gets_no_film(words):
    assert _films(words) == []
