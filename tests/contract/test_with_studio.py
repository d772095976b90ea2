"""A model that reads and one that draws behind one contract: who answers what, whose turn it is, and how it stops."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest

from inference.backend import (
    AskQuestion,
    CancelToken,
    ChatMessage,
    DrawFilm,
    FilmDrawn,
    Finished,
    Flag,
    Preview,
    Progress,
    StudyFilm,
    StudyInput,
    TextDelta,
    WriteImpression,
)
from inference.engine.with_studio import WithStudio
from inference.errors import InferenceCancelled, InvalidRequest, OutOfMemory
from inference.plan import Limits, MemoryUse, Plan
from inference.server.scheduler import Scheduler
from inference.server.shelf import Shelf
from inference.synthesis.studio import Studio
from inference.two_models import Sharing
from tests.fake_backend import FakeBackend
from tests.fake_server import fake_film, served, wait_until
from tests.tiny_synth_pack import write_tiny_synth_pack

WISH = DrawFilm("Small left pleural effusion.", "lateral", 7, 1, 4, guidance=1.0)
ASKED = AskQuestion(None, (ChatMessage("user", "Show me an effusion from the side."),))
ANSWER = ("Here. ", "<Xray> Lateral view of the chest was ", "obtained. Right effusion. </Xray>", " Done.")
PLAN = Plan("card", "nf4", 4096, Limits(), (), 0)
READING = WriteImpression("Small effusion.")


@dataclass
class Card:
    """A graphics card of 10 units: the reader takes 7, the generator 5."""

    here: set[str] = field(default_factory=lambda: {"reader"})
    moves: list[str] = field(default_factory=list)

    def put(self, name: str, is_here: bool) -> None:
        if (name in self.here) != is_here:
            (self.here.add if is_here else self.here.discard)(name)
            self.moves.append(f"{name} {'back' if is_here else 'aside'}")
        assert len(self.here) < 2, "both were on the card at once"


@dataclass
class ScriptedReader(FakeBackend):
    """Says `words`; can be moved off its card, and does not answer from elsewhere."""

    card: Card | None = None
    device = "card"
    precision = "float32"

    def film(self, image):
        return self.films[image]

    def memory(self):
        return MemoryUse("cpu", PLAN, 5, 6)

    def set_aside(self):
        if self.card:
            self.card.put("reader", False)

    def bring_back(self):
        if self.card:
            self.card.put("reader", True)

    def close(self):
        pass

    def _say(self, words, channel, cancel):
        for event in super()._say(words, channel, cancel):
            assert self.card is None or "reader" in self.card.here
            yield event


class CountedStudio(Studio):
    """The real one; its networks' calls are counted, and it may be on a card."""

    def __init__(self, pack):
        super().__init__(pack, "cpu")
        self.calls, self.at_call, self.card = 0, {}, None

    def drawer(self):
        is_new = self._networks is None
        made = super().drawer()
        if self.card:
            self.card.put("generator", True)
        if is_new:
            predict = self._networks.predict

            def counted(*given):
                assert self.card is None or "generator" in self.card.here
                self.calls += 1
                self.at_call.get(self.calls, lambda: None)()
                return predict(*given)

            self._networks.predict = counted
        return made

    def set_aside(self):
        if self.card:
            self.card.put("generator", False)

    def bring_back(self):
        super().bring_back()
        if self.card and self._networks is not None:
            self.card.put("generator", True)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return str(write_tiny_synth_pack(tmp_path_factory.mktemp("packs") / "tiny-synth", side=128))


@pytest.fixture
def studio(pack):
    return CountedStudio(pack)


def joined(reader, studio, way="both stay", **more) -> WithStudio:
    return WithStudio(reader, studio, Sharing(PLAN, way, 1, **more))


def run(backend, request, cancel=None) -> list:
    return list(backend.run(request, cancel or CancelToken()))


def shown(events) -> list:
    """Films, or the flags that stand for those that came out as noise: the weights are random."""
    return [
        one
        for one in events
        if isinstance(one, FilmDrawn) or (isinstance(one, Flag) and one.kind == "no_film")
    ]


def test_a_wish_for_a_film_goes_to_the_generator_and_everything_else_to_the_reader(studio):
    reader = ScriptedReader()
    backend = joined(reader, studio)
    assert backend.synthesis().state == "not loaded"
    drawn = run(backend, WISH)
    read = run(backend, READING)

    assert reader.runs == [READING]
    assert studio.calls == 4
    assert len(shown(drawn)) == 1
    assert isinstance(drawn[-1], Finished)
    assert drawn[-1].usage["steps"] == 4
    assert drawn[-1].fingerprint["pack"] == "tiny-synth"
    assert read[-1].result["impression"]
    assert (backend.synthesis().state, backend.synthesis().rows) == ("ready", 128)
    backend.close()
    assert studio.state == "not loaded"


@pytest.mark.parametrize("call", [1, 3])
def test_after_a_stop_the_running_network_call_ends_and_none_follows(studio, call):
    cancel = CancelToken()
    studio.at_call[call] = cancel.cancel
    with pytest.raises(InferenceCancelled):
        run(joined(ScriptedReader(), studio), WISH, cancel)
    assert studio.calls == call

    studio.at_call.clear()
    assert isinstance(run(joined(ScriptedReader(), studio), WISH)[-1], Finished)  # fit for the next one


def test_a_film_that_an_answer_describes_is_drawn_in_its_place(studio):
    events = run(joined(ScriptedReader(words=ANSWER), studio), ASKED)
    kinds = [type(event) for event in events]

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "".join(ANSWER)
    assert kinds.index(TextDelta) < kinds.index(Progress) < len(kinds) - 1
    assert studio.calls == studio.facts.steps
    assert isinstance(events[-1], Finished)
    (film,) = shown(events)
    if isinstance(film, FilmDrawn):
        assert (film.part, film.view, film.text) == (1, "lateral", "Right effusion.")
        assert events[-1].result["films"][0]["image"] == film.image
    assert all(event.part == 1 for event in events if isinstance(event, Preview))


def test_an_answer_is_not_lost_for_a_film_that_can_not_be_drawn(studio):
    refused = joined(
        ScriptedReader(words=ANSWER), studio, "reader alone", why="No room.", remedy="Make some."
    )
    events = run(refused, ASKED)

    assert [event.why for event in events if isinstance(event, Flag)] == ["No room. Make some."]
    assert events[-1].result["answer"] == "".join(ANSWER)
    with pytest.raises(OutOfMemory, match=r"No room\.") as caught:
        run(refused, WISH)
    assert caught.value.remedy == "Make some."


def test_a_synthetic_film_is_nothing_to_draw_from(studio):
    reader = ScriptedReader()
    backend = joined(reader, studio)
    film = fake_film(0, is_synthetic=True)
    backend.put_film(film)
    backend.put_study(StudyInput("s", (StudyFilm(film.image_sha256),)))
    with pytest.raises(InvalidRequest, match="synthetic"):
        run(backend, DrawFilm("x", study_id="s", source_image=film.image_sha256))
    assert studio.calls == 0


# ── one card ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_models_that_do_not_fit_together_take_turns_on_the_card(studio):
    card = Card()
    studio.card = card
    backend = joined(ScriptedReader(card=card), studio, "take turns")
    for request in (READING, WISH, WISH, READING):
        run(backend, request)

    assert card.moves == ["reader aside", "generator back", "generator aside", "reader back"]


def test_a_reading_between_two_steps_gets_the_card_and_gives_it_back(studio):
    card = Card()
    studio.card = card
    backend = joined(ScriptedReader(card=card), studio, "take turns")
    alone = shown(run(backend, WISH))
    nested: list = []

    def more_urgent() -> None:
        if studio.calls == 6 and not nested:
            nested.extend(run(backend, READING))

    assert shown(run(backend, WISH, CancelToken(more_urgent))) == alone
    assert nested[-1].result["impression"]
    assert card.moves[-4:] == ["generator aside", "reader back", "reader aside", "generator back"]


def test_when_both_turn_out_to_be_too_much_the_reader_waits_elsewhere(studio):
    def full() -> None:
        studio.at_call.clear()
        raise MemoryError

    studio.at_call[6] = full
    backend = joined(ScriptedReader(), studio, can_take_turns=True)
    events = run(backend, DrawFilm("", "PA", 7, 2, 4, guidance=1.0))

    assert [event.kind for event in events if isinstance(event, Flag)].count("smaller_plan") == 1
    assert len(shown(events)) == 2
    assert studio.calls == 4 + 2 + 4  # the film that was ready is not drawn again
    assert isinstance(run(backend, READING)[-1], Finished)


# ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reading_that_comes_while_a_film_is_drawn_goes_first(studio):
    jobs = []
    backend = joined(ScriptedReader(words=ANSWER), studio)
    scheduler = Scheduler(lambda: backend, Shelf())
    studio.at_call[2] = lambda: jobs.append(scheduler.submit(READING))
    done_at: list[int] = []
    studio.at_call[3] = lambda: done_at.append(jobs[0].ended_at is not None)
    scheduler.start()
    answer = scheduler.submit(ASKED)  # interactive itself, until it draws
    assert wait_until(lambda: answer.ended_at is not None)
    assert scheduler.close(10.0)

    assert done_at == [True]
    assert (answer.state, jobs[0].state) == ("finished", "finished")


class SlowToTell(ScriptedReader):
    def memory(self):
        time.sleep(0.3)
        return super().memory()


def test_films_come_over_http_and_the_status_tells_of_the_generator(studio):
    # the status that follows the last event is never the one before it
    backend = joined(SlowToTell(), studio)
    with served(lambda: backend) as server:
        server.client.info()
        before = server.client.status().synthesis
        events = list(server.client.run(WISH))
        after = server.client.status().synthesis

    assert (before.pack.id, before.state, after.state) == ("tiny-synth", "not loaded", "ready")
    assert len(shown(events)) == 1
    assert isinstance(events[-1], Finished)
