"""Which films an answer describes, and which of them are made."""

from __future__ import annotations

from inference.backend import ChatMessage
from inference.engine.answered_films import described_films

ASKED = (ChatMessage("user", "Show me an effusion from the side."),)
LATERAL = "Lateral view of the chest was obtained. Right pleural effusion."


def described(answer: str, messages=ASKED, reason: str = "stop") -> list:
    return list(described_films({"answer": answer, "finish_reason": reason}, messages))


def test_the_view_sentence_becomes_the_view_and_the_rest_the_description():
    ((part, wish, why),) = described(f"Here it is. <Xray> {LATERAL} </Xray> Research only.")

    assert (part, why) == (1, "")
    assert (wish.text, wish.view, wish.seed, wish.count) == ("Right pleural effusion.", "lateral", 0, 1)
    assert wish.study_id is None


def test_an_answer_without_tags_describes_none():
    assert described("The heart is large.") == []


def test_a_later_film_of_the_conversation_is_another_one():
    history = (*ASKED, ChatMessage("assistant", f"<Xray>{LATERAL}</Xray>"), ChatMessage("user", "Another."))
    answer = f"<Xray>{LATERAL}</Xray> and <Xray>{LATERAL}</Xray>"

    assert [wish.seed for _, wish, _ in described(answer, history)] == [1, 2]


def test_a_missing_end_is_forgiven_unless_the_answer_was_cut_there():
    ((_, wish, _),) = described(f"Here. <Xray> {LATERAL}")
    assert wish.view == "lateral"
    ((_, nothing, why),) = described("Here. <Xray> Lateral view of", reason="length")
    assert nothing is None
    assert "cut" in why


def test_a_model_that_goes_on_and_on_keeps_nobody_waiting_for_an_hour():
    told = described("<Xray> PA view of the chest was obtained. </Xray> and " * 6)
    assert [wish is not None for _, wish, _ in told] == [True] * 4 + [False] * 2
