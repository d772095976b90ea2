"""What the panel says about synthetic films. Pure."""

from __future__ import annotations

from inference.backend import FilmDrawn, FilmView, Preview
from inference.status import Synthesis
from plugin import wording

VIEWS: dict[FilmView, str] = {"PA": "PA view", "AP": "AP view", "lateral": "Lateral view"}
NO_PICTURE = "The picture that came can't be shown."
WAITS = "Not begun yet"


def on_picture(film: FilmDrawn | Preview | None, has_picture: bool) -> str:
    """What stands over a film that is not there yet; empty over one that is."""
    if film is None:
        return WAITS
    if not has_picture:
        return NO_PICTURE
    return f"Step {film.step} of {film.steps}" if isinstance(film, Preview) else ""


def caption(film: FilmDrawn) -> str:
    """For instance "Lateral view · seed 7"."""
    return f"{VIEWS[film.view]} · seed {film.seed}"


def view_check(film: FilmDrawn) -> str:
    """What the view classifier says of it; empty where it was not asked."""
    if not film.seen_view:
        return ""
    seen = film.seen_view
    return "The view classifier agrees." if has_asked_view(film) else f"The view classifier sees: {seen}."


def has_asked_view(film: FilmDrawn) -> bool:
    return film.seen_view.lower() == film.view.lower()


def doubts(film: FilmDrawn) -> tuple[str, ...]:
    """Reasons not to take the film for what was asked; the classifier's word only where no doubt says it already."""
    own = () if not film.seen_view or has_asked_view(film) or film.doubts else (view_check(film),)
    return (*film.doubts, *own)


def accessible(film: FilmDrawn | Preview | None) -> str:
    """The film in words, for who can't see it."""
    if film is None:
        return f"A synthetic film that is not drawn yet. {wording.SYNTHETIC}."
    if isinstance(film, Preview):
        return f"Preview of a synthetic film. {wording.SYNTHETIC}."
    told = " ".join((f"{caption(film)}.", *doubts(film)))
    return f"Synthetic film. {wording.SYNTHETIC}. {told}"


# ── the page ────────────────────────────────────────────────────────────────────────────────────────────────────────

RESEARCH = (
    "Research use only. These films are made by a model from words; no patient was ever exposed for them. They are not "
    "for diagnosis, and nothing here is kept when the program ends."
)
EXPERIMENTAL = (
    "EXPERIMENTAL: nobody knows how this patient would look. It shows what the generator makes of the words."
)
NO_WISHES = "Describe a film on the left and press Draw. Each film is marked, and stays marked."
NO_FINDING = "No words: a film without a listed finding is asked for."
NOT_SAVED = (
    "Synthetic films are not exported, so that none is taken for a patient's. The setting “{setting}” allows it for "
    "research."
)
OTHER_STUDY = "Films made from a patient are shown only while that patient's study is open."
MAP = (
    "Difference of the two pictures, not of the patient. Both were brought to the same size and frame ({size} "
    "pixels), the same mean and the same spread of grey, and the difference smoothed over {pixels} pixels. Orange: "
    "lighter in the synthetic film; blue: darker. The words burned into the film show in it as well."
)
NO_GENERATOR = (
    "No generator is installed on this computer, so no film can be drawn. "
    "Sidelight comes with a small one: install Sidelight again. A Stable Diffusion checkpoint for chest films becomes "
    "one with “sidelight packs convert FOLDER --model cxr-sd”; a pack from elsewhere is put in place with "
    "“sidelight packs install FILE”."
)
STRENGTH = "How much is drawn anew: 0 % leaves the film as it is, 100 % takes nothing of it."
LEAVES, TAKES_NOTHING = "as it is", "all anew"


def form_title(view: FilmView, text: str) -> str:
    """A wish for the list: "Lateral view: right pleural effusion"."""
    short = text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1].rstrip()}…"
    return f"{VIEWS[view]}: {short or 'no finding'}"


LONGEST_TITLE = 60


def seeds(first: int, count: int) -> str:
    if count == 1:
        return f"seed {first}"
    return f"seeds {first} {'and' if count == 2 else 'to'} {first + count - 1}"


def made_by(film: FilmDrawn) -> str:
    """Which generator; its weights by the first letters of their hash."""
    weights = f"weights {film.weights_sha256[:12]}" if film.weights_sha256 else ""
    told = [text for text in (film.pack, weights, f"{film.width} × {film.height} pixels") if text]
    return " · ".join(told)


def copied(text: str, how: str) -> str:
    """A wish for the clipboard: what to ask for, and that it is no patient's."""
    return f"{wording.SYNTHETIC}\n{how}\nDescription: {text or 'none'}\n"


def generator(told: Synthesis) -> str:
    """Which generator draws, and what it can."""
    views = [VIEWS[view] for view in told.views if view in VIEWS]
    size = f"{told.columns} × {told.rows} pixels"
    name = f"{told.pack.title} {told.pack.version}"
    return f"Drawn by {name}: {', '.join(views)}; {size}."
