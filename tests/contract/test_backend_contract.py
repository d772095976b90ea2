"""What every backend promises, held against each one: the real engine with random weights, and the tests' fake."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from inference.backend import (
    FINDINGS,
    AskQuestion,
    Backend,
    Box,
    CancelToken,
    Change,
    ChatMessage,
    Classify,
    Compare,
    DescribeRegion,
    Event,
    FilmInput,
    Finding,
    Finished,
    GroundPhrase,
    NotRead,
    PriorChosen,
    ReadStudy,
    Sentence,
    StudyFilm,
    StudyInput,
    Summarise,
    TextDelta,
    WriteImpression,
    WriteSentence,
    is_last,
)
from inference.errors import (
    InferenceCancelled,
    InvalidFilm,
    InvalidRequest,
    NothingToRead,
    UnknownFilm,
    UnknownStudy,
)
from tests.fake_backend import FakeBackend
from tests.tiny_pack import make_tiny_pack
from viewer.core.study import PixelDescription


@dataclass(frozen=True)
class Verdict:
    is_frontal_chest: bool
    reason: str


class HeaderGate:
    """Refuses CT. The real gate has its own tests; random films would never pass it."""

    def check(self, film, picture):
        return Verdict(film.modality != "CT", "not a chest radiograph (Modality CT)")


def film(number: int, *, rows: int = 96, columns: int = 80, modality: str = "DX") -> FilmInput:
    stored = np.random.default_rng(number).integers(0, 4096, (rows, columns)).astype(np.uint16)
    description = PixelDescription(rows, columns, bits_allocated=16, bits_stored=12, high_bit=11)
    return FilmInput(f"{number:064x}", stored, description, modality, "CHEST", "PA")


CHEST, SECOND, PRIOR, CT = film(1), film(2, rows=80, columns=80), film(3), film(4, modality="CT")


@pytest.fixture(autouse=True)
def short_answers(monkeypatch):
    """Random weights never stop by themselves; the published limits would cost minutes."""
    from inference.engine import comparison, reading, regions, summaries

    monkeypatch.setattr(comparison, "ANSWER_TOKENS", 24)
    monkeypatch.setattr(regions, "PHRASE_TOKENS", 24)
    monkeypatch.setattr(summaries, "SUMMARY_TOKENS", 24)

    for limit in ("LIST_TOKENS", "REPORT_TOKENS", "IMPRESSION_TOKENS"):
        monkeypatch.setattr(reading, limit, 24)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    from inference.packs import open_pack

    return open_pack(make_tiny_pack(tmp_path_factory.mktemp("packs") / "tiny"))


@pytest.fixture(params=["engine", "fake"])
def backend(request, pack) -> Backend:
    if request.param == "fake":
        made: Backend = FakeBackend()
    else:
        from inference.engine.engine import M4cxrBackend

        made = M4cxrBackend(pack, gate=HeaderGate())
    for one in (CHEST, SECOND, PRIOR, CT):
        made.put_film(one)
    made.put_study(StudyInput("chest", (StudyFilm(CHEST.image_sha256),)))
    two = (StudyFilm(CHEST.image_sha256), StudyFilm(SECOND.image_sha256), StudyFilm(CT.image_sha256))
    made.put_study(
        StudyInput("several", (*two, StudyFilm(PRIOR.image_sha256, "prior", 30)), "Small effusion.")
    )
    made.put_study(StudyInput("ct", (StudyFilm(CT.image_sha256),)))
    return made


def run(backend: Backend, request) -> list[Event]:
    return list(backend.run(request, CancelToken()))


def follow(backend: Backend, request, cancel: CancelToken, seen: list[Event], channel: str = "") -> None:
    """Run a request, keeping its events in `seen`; cancel it after the first word of `channel`."""
    for event in backend.run(request, cancel):
        seen.append(event)
        if isinstance(event, TextDelta) and event.channel == channel:
            cancel.cancel()


def of(kind, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


QUESTION = AskQuestion("chest", (ChatMessage("user", "Is there an effusion?"),), max_new_tokens=12)
PLACE = (10.0, 20.0, 40.0, 60.0)
REQUESTS = {
    "read": ReadStudy("chest"),
    "read in one turn": ReadStudy("chest", "single_turn"),
    "ground": GroundPhrase("chest", CHEST.image_sha256, "left effusion"),
    "ground finding": GroundPhrase("chest", CHEST.image_sha256, "edema", "finding"),
    "ground anatomy": GroundPhrase("chest", CHEST.image_sha256, "Carina", "anatomy"),
    "ground organ": GroundPhrase("chest", CHEST.image_sha256, kind="organ"),
    "ground abnormality": GroundPhrase("chest", CHEST.image_sha256, kind="abnormality"),
    "ground findings": GroundPhrase("chest", CHEST.image_sha256, kind="findings"),
    "describe phrase": DescribeRegion("chest", CHEST.image_sha256, (PLACE,)),
    "describe finding": DescribeRegion("chest", CHEST.image_sha256, (PLACE,), "finding"),
    "describe anatomy": DescribeRegion("chest", CHEST.image_sha256, (PLACE,), "anatomy"),
    "describe organ": DescribeRegion("chest", CHEST.image_sha256, (PLACE, PLACE), "organ"),
    "classify": Classify("chest"),
    "compare": Compare("several"),
    "compare with a question": Compare("several", "Is the heart larger?"),
    "summarise": Summarise(None, "plain", "The heart is enlarged."),
    "classify one": Classify("chest", "edema", CHEST.image_sha256),
    "ask": QUESTION,
    "ask without films": replace(QUESTION, study_id=None),
    "impression": WriteImpression("The heart is enlarged."),
    "one sentence": WriteSentence("chest", CHEST.image_sha256, ("cardiomegaly",)),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_run_ends_with_exactly_one_finished(backend, request_):
    events = run(backend, request_)

    assert [event for event in events if is_last(event)] == [events[-1]]
    assert isinstance(events[-1], Finished)
    assert events[-1].fingerprint["pack"] == backend.info().id
    assert {"encoder_calls", "prefill_tokens", "new_tokens"} <= set(events[-1].usage)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_the_same_request_gives_the_same_texts_and_places(backend, request_):
    once, again = run(backend, request_), run(backend, request_)

    assert [event for event in once if not isinstance(event, Finished)] == [
        event for event in again if not isinstance(event, Finished)
    ]
    assert once[-1].result == again[-1].result


def test_each_film_that_is_read_gets_all_thirteen_findings_in_order(backend):
    findings = of(Finding, run(backend, ReadStudy("several")))

    for image in (CHEST.image_sha256, SECOND.image_sha256):
        assert tuple(one.label for one in findings if one.image == image) == FINDINGS
    assert len(findings) == 2 * len(FINDINGS)
    assert len({one.id for one in findings}) == len(findings)


def test_findings_come_before_the_first_word_of_the_report(backend):
    events = run(backend, ReadStudy("several"))

    last_finding = max(at for at, event in enumerate(events) if isinstance(event, Finding))
    report = [
        at for at, event in enumerate(events) if isinstance(event, TextDelta) and event.channel == "report"
    ]
    assert last_finding < min(report)


def test_the_deltas_spell_the_report(backend):
    events = run(backend, ReadStudy("chest"))

    spelt = "".join(one.text for one in of(TextDelta, events) if one.channel == "report")
    assert spelt == events[-1].result["report"] != ""


def test_boxes_lie_inside_their_film_and_belong_to_a_present_finding(backend):
    grounding = [request for name, request in REQUESTS.items() if name.startswith("ground")]
    runs = [run(backend, request) for request in (ReadStudy("several"), *grounding)]
    findings = {(at, one.id): one for at, events in enumerate(runs) for one in of(Finding, events)}

    boxes = [(at, box) for at, events in enumerate(runs) for box in of(Box, events)]
    assert boxes
    for at, box in boxes:
        rows, columns = next(f.stored.shape for f in (CHEST, SECOND) if f.image_sha256 == box.image)
        x1, y1, x2, y2 = box.xyxy
        assert 0 <= x1 < x2 <= columns
        assert 0 <= y1 < y2 <= rows
        if box.finding_id:
            assert findings[at, box.finding_id].presence == "present"
            assert findings[at, box.finding_id].image == box.image


def test_sentences_point_to_findings_of_the_same_run(backend):
    events = run(backend, ReadStudy("several"))

    known = {one.id for one in of(Finding, events)}
    assert of(Sentence, events)
    for sentence in of(Sentence, events):
        assert set(sentence.finding_ids) <= known


def test_every_sentence_has_a_place_that_came_before_it_or_says_why_not(backend):
    boxes, sentences = set(), 0
    for event in run(backend, ReadStudy("several")):
        if isinstance(event, Box):
            boxes.add(event.id)
        if isinstance(event, Sentence):
            sentences += 1
            assert bool(event.box_ids) is not bool(event.no_place)
            assert set(event.box_ids) <= boxes
    assert sentences


def test_the_prior_that_is_compared_with_is_named(backend):
    (prior,) = of(PriorChosen, run(backend, ReadStudy("several")))

    assert (prior.images, prior.days_before, prior.report) == ((PRIOR.image_sha256,), 30, "given")
    assert not of(PriorChosen, run(backend, ReadStudy("chest")))


def test_confidence_is_a_probability_or_unknown(backend):
    for one in of(Finding, run(backend, ReadStudy("chest"))):
        assert (one.confidence is None) if one.presence == "not assessed" else 0 <= one.confidence <= 1


def test_a_refused_film_is_named_and_the_others_are_read(backend):
    events = run(backend, ReadStudy("several"))

    assert [(one.image, "CT" in one.reason) for one in of(NotRead, events)] == [(CT.image_sha256, True)]


def test_a_study_without_a_readable_film_says_so(backend):
    seen = []
    with pytest.raises(NothingToRead):
        follow(backend, ReadStudy("ct"), CancelToken(), seen)

    assert [one.image for one in of(NotRead, seen)] == [CT.image_sha256]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_run_that_is_cancelled_beforehand_says_no_word(backend, request_):
    if isinstance(backend, FakeBackend) and isinstance(request_, GroundPhrase | Classify):
        pytest.skip("the fake's boxes take no time")
    cancel, seen = CancelToken(), []
    cancel.cancel()

    with pytest.raises(InferenceCancelled):
        follow(backend, request_, cancel, seen)

    assert not of(TextDelta, seen)


@pytest.mark.parametrize("channel", ["findings", "report", "impression"])
def test_cancelling_ends_a_reading_within_one_token(backend, channel):
    if isinstance(backend, FakeBackend) and channel != "report":
        pytest.skip("the fake writes a report only")
    seen = []

    with pytest.raises(InferenceCancelled):
        follow(backend, ReadStudy("chest"), CancelToken(), seen, channel)

    assert isinstance(seen[-1], TextDelta)
    assert [one.channel for one in of(TextDelta, seen)].count(channel) == 1


def test_a_cancelled_reading_leaves_the_next_one_as_it_would_have_been(backend):
    whole = run(backend, ReadStudy("chest"))
    with pytest.raises(InferenceCancelled):
        follow(backend, ReadStudy("chest"), CancelToken(), [], "report")

    assert run(backend, ReadStudy("chest"))[-1].result == whole[-1].result


def test_an_unknown_study_is_named_so(backend):
    for request in (ReadStudy("nobody"), replace(QUESTION, study_id="nobody")):
        with pytest.raises(UnknownStudy):
            run(backend, request)


def test_a_forgotten_study_is_unknown_and_forgetting_twice_is_harmless(backend):
    backend.forget_study("chest")
    backend.forget_study("chest")

    with pytest.raises(UnknownStudy):
        run(backend, ReadStudy("chest"))


def test_a_study_with_a_film_that_was_never_put_is_refused(backend):
    with pytest.raises(UnknownFilm):
        backend.put_study(StudyInput("new", (StudyFilm("f" * 64),)))


def test_grounding_on_a_film_of_another_study_is_refused(backend):
    with pytest.raises(UnknownFilm):
        run(backend, GroundPhrase("chest", SECOND.image_sha256, "effusion"))


ON_BOTH = ("larger", "unchanged", "smaller", "still present")


def test_each_finding_is_compared_with_the_prior(backend):
    events = run(backend, REQUESTS["compare"])

    findings = {one.id: one for one in of(Finding, events)}
    changes = of(Change, events)
    assert tuple(one.label for one in changes) == FINDINGS
    for one in changes:
        assert findings[one.prior_finding_id].image == PRIOR.image_sha256
        assert findings[one.finding_id].image == CHEST.image_sha256
        states = [findings[id_].presence for id_ in (one.prior_finding_id, one.finding_id)]
        assert (one.change in ON_BOTH) or states != ["present", "present"]
        assert (one.change == "not assessed") is ("not assessed" in states)
        assert (one.change == "absent") is (states == ["absent", "absent"])
    with pytest.raises(InvalidRequest):
        run(backend, Compare("chest"))


def test_a_film_is_classified_finding_by_finding_or_by_one(backend):
    assert tuple(one.label for one in of(Finding, run(backend, REQUESTS["classify"]))) == FINDINGS
    assert [one.label for one in of(Finding, run(backend, REQUESTS["classify one"]))] == ["edema"]


def test_a_film_whose_pixels_and_description_disagree_is_refused(backend):
    with pytest.raises(InvalidFilm):
        backend.put_film(replace(CHEST, description=PixelDescription(rows=5, columns=5)))


def test_a_held_film_is_known_by_its_hash(backend):
    assert backend.has_film(CHEST.image_sha256)
    assert not backend.has_film("f" * 64)


def test_the_pack_is_introduced_with_its_licence_and_limits(backend):
    info = backend.info()

    assert info.id
    assert info.licence
    assert info.card
    assert len(info.sha256) == 64
