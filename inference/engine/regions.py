"""Grounding in both directions on one film: from words to boxes, from a box to words (m4cxr.md §4.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference.backend import (
    FINDINGS,
    Box,
    DescribeRegion,
    Event,
    Finding,
    Finished,
    Flag,
    GroundPhrase,
    Presence,
    Progress,
    StudyFilm,
    TextDelta,
)
from inference.boxes import box_text
from inference.engine import answer_forms as forms
from inference.engine.grounding import (
    ShortQuestion,
    answer_boxes,
    film_boxes,
    finding_question,
    is_forced,
    seen_box,
    short_answers,
)
from inference.engine.sentences import wording_doubts
from inference.engine.session import Job, Session, check_film, look
from inference.errors import InvalidRequest, NothingToRead, UnknownFilm
from inference.text import prompts
from inference.text.answers import parse_boxes
from inference.text.comparing import ends_in_comparison
from inference.text.places import ANATOMY, ORGANS

PHRASE_TOKENS = 100
MOST_BOXES = 8


def ground(session: Session, request: GroundPhrase, job: Job) -> Iterator[Event]:
    """Boxes on one film of the study for what `request` names.

    With kind "findings" the 13 findings come as events too: present where the answer names them, without a
    probability, since the answer has none.

    Raises:
        UnknownFilm: The film is not part of the study.
        NothingToRead: The gate refused it.
        InvalidRequest: Nothing is named, or no region or organ that the model was trained with.
    """
    phrase = " ".join(prompts.plain(request.phrase).split())
    question = _grounding_question(job, request, phrase)
    open_film(session, request.image_sha256, job)
    yield Progress("boxes", 0, 1)
    yield from _untaught(session, job, question)
    (answer,) = short_answers(session, job, [question])
    places = _named_boxes if request.kind == "findings" else _boxes
    events = list(places(job, request.image_sha256, answer))
    yield from events
    boxes = [list(event.xyxy) for event in events if isinstance(event, Box)]
    if not boxes:
        why = "The model gave no place for it." if request.kind != "finding" else "The model doesn't see it."
        yield Flag("not_groundable", why, image=request.image_sha256)
    job.usage.stage("boxes")
    yield Finished({"kind": request.kind, "answer": answer, "boxes": boxes}, job.usage.as_result())


def describe(session: Session, request: DescribeRegion, job: Job) -> Iterator[Event]:
    """Words for a place on one film of the study: a phrase in the model's own words, or one of the known names.

    Raises:
        UnknownFilm: The film is not part of the study.
        NothingToRead: The gate refused it.
        InvalidRequest: No box, too many, one without an area, or one that the model can't see any part of.
    """
    most = MOST_BOXES if request.kind == "organ" else 1
    if not 1 <= len(request.boxes) <= most:
        raise InvalidRequest(f"“boxes” must hold {'1' if most == 1 else f'1 to {most}'} for this kind.")
    image = request.image_sha256
    open_film(session, image, job)
    seen = [seen_box(job, image, xyxy) for xyxy in request.boxes]
    if any(one.is_cut for one in seen):
        why = "Part of the box lies outside what the model sees; it was asked about the rest."
        yield Flag("box_outside", why, image=image)
    yield Progress("answer", 0, 1)
    boxes = ", ".join(box_text(one.box) for one in seen)
    named = _naming_question(request, boxes)
    if named is not None:
        yield from _untaught(session, job, named)
    answer = ""
    for new in _phrase(session, image, boxes, job) if named is None else short_answers(session, job, [named]):
        answer += new
        yield TextDelta(new, "answer")
    if request.kind == "phrase":
        yield from wording_doubts(answer, has_prior=False)
    job.usage.stage("answer")
    result = {"kind": request.kind, "answer": answer, "words": answer.strip(" .")}
    yield Finished({**result, "grid_boxes": [list(one.box) for one in seen]}, job.usage.as_result())


def open_film(session: Session, image_sha256: str, job: Job) -> StudyFilm:
    """A film of the study, passed by the gate and encoded.

    Raises:
        UnknownFilm: The film is not part of the study.
        NothingToRead: The gate refused it.
    """
    film = next((one for one in session.study.films if one.image_sha256 == image_sha256), None)
    if film is None:
        raise UnknownFilm("The film is not part of this study.")
    reason = check_film(session, film, job)
    if reason:
        raise NothingToRead(f"This film was not read: {reason}.")
    look(session, image_sha256, job)
    return film


def _untaught(session: Session, job: Job, asked: ShortQuestion) -> Iterator[Event]:
    if is_forced(session, job, asked):
        why = (
            "The model would have answered in another form: it was hardly taught this task. Don't rely on it."
        )
        yield Flag("forced_answer", why, image=asked.image)


# ── from words to boxes ─────────────────────────────────────────────────────────────────────────────────────────


def _grounding_question(job: Job, request: GroundPhrase, phrase: str) -> ShortQuestion:
    image = request.image_sha256
    match request.kind:
        case "phrase":
            return ShortQuestion(image, prompts.phrase_grounding(_named(phrase)), forms.PHRASE)
        case "finding":
            return finding_question(job, image, _named(phrase))
        case "anatomy":
            region = _known(phrase, ANATOMY, "an anatomical region")
            return ShortQuestion(image, prompts.anatomy_grounding(region), forms.PHRASE)
        case "organ":
            organ = _known(phrase or ORGANS[0], ORGANS, "an organ")
            return ShortQuestion(image, prompts.organ_grounding(organ), forms.ORGAN)
        case "abnormality":
            return ShortQuestion(image, prompts.ABNORMAL_REGIONS, forms.ABNORMAL_REGIONS)
        case "findings":
            return ShortQuestion(image, prompts.multi_finding_grounding(), forms.FINDINGS_WITH_BOXES)


def _named(phrase: str) -> str:
    if not phrase:
        raise InvalidRequest("“phrase” is empty: name what is to be found on the film.")
    return phrase


def _known(name: str, names: Sequence[str], what: str) -> str:
    if name.lower() not in names:
        raise InvalidRequest(f"“phrase” must name {what} that the model knows: {', '.join(names)}.")
    return name.lower()


def _boxes(job: Job, image: str, answer: str) -> Iterator[Event]:
    for number, xyxy in enumerate(film_boxes(job, image, answer_boxes(answer)), start=1):
        yield Box(f"b{number}", image, xyxy)


def _named_boxes(job: Job, image: str, answer: str) -> Iterator[Event]:
    named = parse_boxes(answer)
    count = 0
    for number, label in enumerate(FINDINGS, start=1):
        places = film_boxes(job, image, [one.box for one in named if one.label == label])
        is_unknown = label in job.settings.not_assessed
        presence: Presence = "not assessed" if is_unknown else "present" if places else "absent"
        yield Finding(f"f{number}", label, presence, None, False, image)
        for xyxy in () if is_unknown else places:
            count += 1
            yield Box(f"b{count}", image, xyxy, finding_id=f"f{number}")


# ── from a box to words ─────────────────────────────────────────────────────────────────────────────────────────


def _naming_question(request: DescribeRegion, boxes: str) -> ShortQuestion | None:
    """The question whose answer is a known name; None where the words are free."""
    image = request.image_sha256
    match request.kind:
        case "finding":
            return ShortQuestion(image, prompts.grounded_finding(boxes), forms.FINDING_NAME)
        case "anatomy":
            return ShortQuestion(image, prompts.grounded_anatomy(boxes), forms.ANATOMY_NAME)
        case "organ":
            return ShortQuestion(image, prompts.grounded_organ(boxes), forms.ORGAN_NAME)
        case "phrase":
            return None


def _phrase(session: Session, image: str, boxes: str, job: Job) -> Iterator[str]:
    """A report phrase, in free words; no film was compared, so none is compared with."""
    dialogue = session.dialogue
    ids = dialogue.prompt([("user", prompts.on_image(prompts.grounded_phrase(boxes)))], [image])
    branch = dialogue.start(ids)
    return dialogue.answer(branch, job.cancel, max_new_tokens=PHRASE_TOKENS, is_forbidden=ends_in_comparison)
