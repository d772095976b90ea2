"""What the Synthetic views page knows: plain data and what happens to it. No Qt. Nothing of it is ever written down."""

from __future__ import annotations

from dataclasses import dataclass

from inference.backend import Event, FilmDrawn, FilmView, Preview
from inference.status import Synthesis
from inference.synthesis.wish import GUIDANCE, STEPS

KEPT = 12
"""Wishes of this session; the oldest makes way."""
MOST_SEED = 2**31 - 1
"""What the seed's field can hold; the generator takes more."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked for at once: one description, and as many films of it as seeds."""

    text: str = ""
    view: FilmView = "PA"
    seed: int = 1
    count: int = 2
    steps: int = STEPS
    guidance: float = GUIDANCE


@dataclass(frozen=True, slots=True)
class FromPatient:
    """The film that a wish begins from, and what was asked of it."""

    film_key: str
    film_title: str  # "PA"
    said: str  # "Without pleural effusion"
    words_from: str  # "the draft", "the signed report"
    strength: float
    notes: tuple[str, ...] = ()  # what was done to the report's words


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, and what to do next."""

    message: str
    remedy: str = ""
    kind: str = ""  # a class of inference/errors.py


@dataclass(frozen=True, slots=True)
class Wish:
    """One press of Draw, and what has come of it."""

    id: int
    form: Form
    key: str = ""  # of the study that it came from, see plugin.study_films.study_key; empty: nobody's
    patient: FromPatient | None = None
    films: tuple[FilmDrawn | Preview, ...] = ()  # at most one for each seed
    is_running: bool = True
    stage: str = ""  # of inference.backend.Progress; "queued" while others go first
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    is_stopped: bool = False
    trouble: Trouble | None = None
    notes: tuple[str, ...] = ()  # what the generator had to say besides: a seed that gave no film

    def film_at(self, number: int) -> FilmDrawn | Preview | None:
        return next((film for film in self.films if film.film == number), None)

    @property
    def drawn(self) -> tuple[FilmDrawn, ...]:
        return tuple(film for film in self.films if isinstance(film, FilmDrawn))


@dataclass(frozen=True, slots=True)
class SynthesisState:
    """Everything on the page. Wishes: newest first."""

    form: Form = Form()
    generator: Synthesis | None = None  # None: there is none, or it is not known
    is_generator_known: bool = False
    wishes: tuple[Wish, ...] = ()
    shown: int = 0  # id of a wish; 0: none was made

    def wish(self, id: int) -> Wish | None:
        return next((one for one in self.wishes if one.id == id), None)

    @property
    def is_at_work(self) -> bool:
        return any(one.is_running for one in self.wishes)

    def seen(self, key: str) -> tuple[Wish, ...]:
        """The wishes that may be shown while this study hangs: none of another patient."""
        return tuple(one for one in self.wishes if one.key in ("", key))

    def on_screen(self, key: str) -> Wish | None:
        """The wish that is looked at while this study hangs."""
        seen = self.seen(key)
        return next((one for one in seen if one.id == self.shown), seen[0] if seen else None)


@dataclass(frozen=True, slots=True)
class FormChanged:
    form: Form


@dataclass(frozen=True, slots=True)
class WishBegun:
    form: Form
    key: str = ""
    patient: FromPatient | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the backend tells of a wish."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes of a wish; `trouble` says why where that is not as it should be."""

    id: int
    trouble: Trouble | None = None
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class GeneratorTold:
    """What draws on this computer; None: no pack that does."""

    generator: Synthesis | None


@dataclass(frozen=True, slots=True)
class WishShown:
    id: int


@dataclass(frozen=True, slots=True)
class FilmTaken:
    """A film from an answer about a study is looked at here."""

    film: FilmDrawn
    key: str


SynthesisEvent = FormChanged | WishBegun | Told | Ended | WishShown | FilmTaken | GeneratorTold
