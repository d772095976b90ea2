"""Orders are carried out film by film: a bad one costs only itself, and nobody's name leaves this process."""

from dataclasses import dataclass, field, replace

import numpy as np

from inference.backend import Error, FilmInput, Finished, PackInfo, StudyInput
from inference.errors import BackendLost
from inference.read.carry_out import MANY_FILMS, Bench
from inference.read.findings_file import findings_json
from inference.read.order import Order
from inference.read.report_text import report_text
from tests.factories.read_drafts import PACK, film, findings
from viewer.core.errors import FilmError
from viewer.core.study import Film, FilmPixels


@dataclass
class Reader:
    """Gives every film its own pixels; those named in `broken` can't be decoded."""

    broken: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    decoded: list[str] = field(default_factory=list)

    def pixels(self, one: Film) -> FilmPixels:
        name = str(one.source)
        self.decoded.append(name)
        if name in self.broken:
            raise FilmError("the pixel data end early")
        told = one.header.pixels
        seed = int(one.file_sha256[-6:], 16)
        stored = np.random.default_rng(seed).integers(0, 255, (told.rows, told.columns)).astype(np.uint8)
        return FilmPixels(told, stored, self.notices)


@dataclass
class Backend:
    """Both the process and its client. Breaks off the first `lost` readings."""

    lost: int = 0
    lost_at_start: int = 0
    ends_in: Error | None = None
    films: list[FilmInput] = field(default_factory=list)
    studies: list[StudyInput] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    starts: int = 0

    def client(self) -> "Backend":
        self.starts += 1
        return self

    def info(self) -> PackInfo:
        if self.lost_at_start:
            self.lost_at_start -= 1
            raise BackendLost("The AI did not start.")
        return PACK

    def put_film(self, one: FilmInput) -> None:
        self.films.append(one)

    def put_study(self, study: StudyInput) -> str:
        self.studies.append(study)
        return "random"

    def run(self, request, *, priority):
        assert (request.study_id, priority) == ("random", 3)
        if self.lost:
            self.lost -= 1
            raise BackendLost("The AI stopped.")
        yield from findings(self.studies[-1].films[0].image_sha256, "edema")
        yield self.ends_in or Finished()

    def forget_study(self, study_id: str) -> None:
        self.forgotten.append(study_id)


def read(order: Order, reader: Reader | None = None, backend: Backend | None = None):
    lines: list[str] = []
    bench = Bench(reader or Reader(), backend or Backend(), lines.append)
    draft, skips = bench.read(order)
    return draft, skips, lines


def test_a_film_that_cannot_be_decoded_is_skipped_and_the_others_are_read():
    good, bad = film("good.dcm"), film("bad.dcm")
    draft, skips, lines = read(Order((bad, good)), Reader(broken=("bad.dcm",)))

    assert draft.films_read() == (good,)
    assert [(str(one.source), one.reason) for one in skips] == [
        ("bad.dcm", "not read: the pixel data end early")
    ]
    assert "bad.dcm: not read: the pixel data end early" in lines


def test_what_is_odd_about_a_file_is_kept_with_its_film():
    half = film("half.dcm", notices=("High Bit is wrong.",))
    draft, _, _ = read(Order((half,)), Reader(notices=("5 of 9 rows are there.",)))

    assert draft.notices_of(half) == ("High Bit is wrong.", "5 of 9 rows are there.")
    told = findings_json([draft], [], PACK)["studies"][0]["notices"]
    assert told == {"half.dcm": ["High Bit is wrong.", "5 of 9 rows are there."]}
    assert "NOTE: 5 of 9 rows are there." in report_text([draft], [], PACK)


def test_without_any_decoded_film_the_backend_is_not_asked():
    backend = Backend()
    draft, skips, _ = read(Order((film("bad.dcm"),)), Reader(broken=("bad.dcm",)), backend)

    assert (backend.starts, draft.films_read(), len(skips)) == (0, (), 1)


def test_films_are_sent_with_their_roles_and_the_priors_days():
    backend = Backend()
    order = Order((film("pa.dcm"), film("ll.dcm", view="LL")), (film("old.dcm"),), 31, "Clear lungs.")
    read(order, backend=backend)

    (study,) = backend.studies
    assert [(one.role, one.days_before) for one in study.films] == [
        ("current", None),
        ("lateral", None),
        ("prior", 31),
    ]
    assert study.prior_report == "Clear lungs."


def test_nothing_that_is_sent_names_anybody():
    backend = Backend()
    read(Order((film("doe.dcm", patient="DOE^JOHN", accession_number="A77"),)), backend=backend)

    sent = repr(backend.films) + repr(backend.studies)
    assert not any(word in sent for word in ("DOE", "Name of", "A77", "doe.dcm", "2.25."))


def test_a_backend_that_dies_once_is_started_again_and_the_study_is_read():
    backend = Backend(lost=1)
    draft, _, lines = read(Order((film("a.dcm"),)), backend=backend)

    assert len(draft.films_read()) == 1
    assert backend.starts == 2
    assert any("Starting it again" in line for line in lines)


def test_a_backend_that_dies_twice_leaves_the_study_unread_with_the_reason():
    draft, _, _ = read(Order((film("a.dcm"),)), backend=Backend(lost=2))

    assert draft.films_read() == ()
    assert "The AI stopped." in draft.reason_of(draft.order.films[0])


def test_a_backend_that_is_lost_while_it_loads_gets_a_second_start():
    backend = Backend(lost_at_start=1)

    assert Bench(Reader(), backend, lambda _: None).pack() == PACK
    assert backend.starts == 2


def test_an_error_at_the_end_leaves_no_half_reading():
    backend = Backend(ends_in=Error("OutOfMemory", "The GPU ran out of memory."))
    draft, _, _ = read(Order((film("a.dcm"),)), backend=backend)

    assert draft.films_read() == ()
    assert backend.forgotten == ["random"]


def test_of_a_study_with_very_many_films_what_is_no_radiograph_is_not_even_decoded():
    slices = [film(f"{number}.dcm") for number in range(MANY_FILMS)]
    slices = [replace(one, header=replace(one.header, modality="CT")) for one in slices]
    chest, reader = film("chest.dcm"), Reader()
    _, skips, _ = read(Order((*slices, chest)), reader)

    assert reader.decoded == ["chest.dcm"]
    assert len(skips) == MANY_FILMS
    assert all("CT" in one.reason for one in skips)
