"""From a wish to marked films: the one place that sees an unmarked picture, and where it ends.

Every picture that leaves here, previews too, has the word burned in and the watermark in its pixels. Each film is
looked at before it is marked: is it a film at all, is it of the asked view, does it hang as it should. What is odd is
said in `FilmDrawn.doubts`. It is not drawn again with other noise: the same seed is the same film, also a failed one.
"""

from __future__ import annotations

import base64
import hashlib
import io
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from inference.backend import CancelToken, DrawFilm, Event, FilmDrawn, Flag, Preview, Progress
from inference.errors import InferenceCancelled
from inference.synthesis.asked import wishes
from inference.synthesis.drawn import MadeBy, MarkedFilm
from inference.synthesis.sanity import doubts_of, no_film
from inference.synthesis.stepwise import DrawsInSteps, DrawStep
from inference.synthesis.wish import FilmWish
from viewer.core.synthetic_mark import look, mark

STAGE = "drawing"
MOST_PREVIEWS = 5
"""Of one film: a look at a latent costs about half a step."""
NO_FILM = "no_film"
"""Kind of the flag that takes a film's place."""
FAILED = "Failed: "
"""How the first doubt begins where no film came out."""
NO_CHEST = "no chest"
"""What the view network says of a picture that is no chest film."""
NOT_A_PATIENT = "SYNTHETIC (AI) - NOT A PATIENT IMAGE"

Picture = NDArray[np.uint8]


class Seen(Protocol):
    """What is seen of a picture's view (`inference.film_view.ViewSeen`)."""

    @property
    def view(self) -> str: ...

    @property
    def hangs_right(self) -> bool: ...

    def is_of(self, view: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Drawer:
    """What films are made with."""

    networks: DrawsInSteps
    made_by: MadeBy
    about_words: Callable[[FilmWish], tuple[str, ...]] = lambda _: ()  # what it can't follow, for the reader
    look: Callable[[Picture], Seen] | None = None  # None: nobody can tell the view


@dataclass(slots=True)
class Drawing:
    """Films on their way: how far, and where in an answer they stand."""

    total_steps: int
    part: int | None = None  # of an answer
    number: int = 0  # of the film at work, among those of the job
    done_steps: int = 0
    seconds: float = 0.0  # of steps that are done, without what ran between them
    films: list[FilmDrawn] = field(default_factory=list)

    def progress(self) -> Progress:
        left = self.total_steps - self.done_steps
        eta = self.seconds / self.done_steps * left if self.done_steps else None
        return Progress(STAGE, self.done_steps, self.total_steps, eta)


def draw_films(
    request: DrawFilm,
    drawer: Drawer,
    cancel: CancelToken,
    *,
    source: Picture | None = None,
    drawing: Drawing | None = None,
) -> Iterator[Event]:
    """Draw the films of a request one after another: Progress and Previews, then FilmDrawn for each. No Finished.

    Args:
        request: Checked (`inference.synthesis.asked.checked`).
        source: The film that they are made from, where `request.source_image` names one.
        drawing: Where they stand in a larger job; it holds the films afterwards.

    Raises:
        InferenceCancelled: After the step that runs when `cancel` is set; no network is called after it.
    """
    drawing = drawing or Drawing(request.steps * request.count)
    for wish in wishes(request):
        yield drawing.progress()
        picture = yield from _steps(wish, drawer, drawing, cancel, source)
        film = _shown(picture, wish, drawer, drawing)
        drawing.number += 1
        if isinstance(film, FilmDrawn):
            drawing.films.append(film)
        yield film


def _steps(
    wish: FilmWish, drawer: Drawer, drawing: Drawing, cancel: CancelToken, source: Picture | None
) -> Generator[Event, None, Picture]:
    stepping, begun_with = drawer.networks.steps(wish, source), drawing.done_steps
    try:
        while True:
            _rest(cancel)
            begun = time.perf_counter()
            step = _next(stepping)
            drawing.seconds += time.perf_counter() - begun
            if not isinstance(step, DrawStep):
                drawing.done_steps = begun_with + wish.steps
                return step
            drawing.done_steps = begun_with + round(wish.steps * step.step / step.steps)
            yield drawing.progress()
            if _is_shown(step):
                _rest(cancel)
                marked = surely_marked(step.preview())
                if marked is not None:
                    png = base64.b64encode(png_bytes(marked)).decode()
                    yield Preview(drawing.number, step.step, step.steps, png, drawing.part)
    finally:
        stepping.close()


def _next(stepping: Generator[DrawStep, None, Picture]) -> DrawStep | Picture:
    try:
        return next(stepping)
    except StopIteration as ended:
        picture: Picture = ended.value
        return picture


def _rest(cancel: CancelToken) -> None:
    """Let more urgent work go first, then stop if that is wanted."""
    cancel.rest()
    if cancel.is_cancelled:
        raise InferenceCancelled("Stopped.")


def _is_shown(step: DrawStep) -> bool:
    every = max(1, -(-step.steps // (MOST_PREVIEWS + 1)))
    return step.step % every == 0 and step.step < step.steps


def surely_marked(picture: Picture) -> Picture | None:
    """The picture with its marks; None where the watermark can't be found again (in noise): it must not leave then."""
    marked = mark(picture)
    return marked if look(marked) is not None else None


def _shown(picture: Picture, wish: FilmWish, drawer: Drawer, drawing: Drawing) -> FilmDrawn | Flag:
    """The marked film, with what was seen in the picture before the marks were put over it."""
    seen_view, doubts = examined(picture, wish, drawer)
    marked = surely_marked(picture)
    if marked is None:
        why = no_film(picture) or "its watermark could not be found again"
        return Flag(NO_FILM, f"Seed {wish.seed} gave no film that may be shown: {why}.")
    png = png_bytes(marked)
    rows, columns = marked.shape
    return FilmDrawn(
        film=drawing.number,
        image=hashlib.sha256(png).hexdigest(),
        png=base64.b64encode(png).decode(),
        width=columns,
        height=rows,
        text=wish.text,
        view=wish.view,
        seed=wish.seed,
        seen_view=seen_view,
        doubts=doubts,
        source_image=wish.source_image,
        strength=wish.strength if wish.source_image else None,
        pack=drawer.made_by.pack,
        weights_sha256=drawer.made_by.weights_sha256,
        part=drawing.part,
    )


def examined(picture: Picture, wish: FilmWish, drawer: Drawer) -> tuple[str, tuple[str, ...]]:
    """The view that an unmarked picture shows, and what is doubtful about it, in words for the reader."""
    why = no_film(picture)
    if why:  # what the view network says of noise means nothing
        return NO_CHEST, (f"{FAILED}no film came out, {why}.",)
    others = (*doubts_of(picture, wish.view), *drawer.about_words(wish))
    if drawer.look is None:
        return "", others
    seen = drawer.look(picture)
    if seen.view == NO_CHEST:
        return seen.view, (f"{FAILED}this does not look like a chest film.",)
    doubts = []
    if not seen.is_of(wish.view):
        doubts.append(f"It looks like a film of another view: {seen.view}, not {wish.view}.")
    if not seen.hangs_right:
        doubts.append("It hangs wrongly: turned, mirrored or inverted.")
    return seen.view, (*doubts, *others)


def has_failed(film: FilmDrawn | MarkedFilm) -> bool:
    """True where no film came out."""
    return bool(film.doubts) and film.doubts[0].startswith(FAILED)


def png_bytes(pixels: Picture) -> bytes:
    """A marked film as PNG, 8-bit grey; the same pixels give the same bytes. Says what it is in its own words too."""
    told = PngInfo()
    told.add_text("Comment", NOT_A_PATIENT)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", pnginfo=told)
    return file.getvalue()


def marked_film(film: FilmDrawn, made_by: MadeBy, *, steps: int, guidance: float) -> MarkedFilm:
    """The film of an event, as what DICOM objects are made of."""
    with Image.open(io.BytesIO(base64.b64decode(film.png))) as opened:
        pixels: NDArray[Any] = np.asarray(opened.convert("L"))
    strength = FilmWish("").strength if film.strength is None else film.strength
    wish = FilmWish(film.text, film.view, film.seed, steps, guidance, film.source_image, strength)
    return MarkedFilm(pixels, wish, made_by, film.seen_view, film.doubts)
