"""Whether a wish for films can be carried out as it stands: one place for the routes and the command line."""

from __future__ import annotations

from inference.backend import DrawFilm
from inference.errors import InvalidRequest, ModelNotInstalled
from inference.packs.store import DEFAULT_GENERATOR, user_packs_dir
from inference.synthesis.wish import MOST_FILMS, MOST_STEPS, VIEWS, FilmWish

MOST_LETTERS = 4_000
MOST_SEED = 2**32 - 1
MOST_GUIDANCE = 30.0


def no_generator() -> ModelNotInstalled:
    """What is said where no pack that draws is installed."""
    missing = ModelNotInstalled(DEFAULT_GENERATOR, user_packs_dir())
    missing.remedy = (
        "Sidelight comes with a small one: install Sidelight again. A Stable Diffusion checkpoint for chest films "
        "becomes one with `sidelight packs convert FOLDER --model cxr-sd`; a pack from elsewhere is put in place with "
        "`sidelight packs install FILE`."
    )
    return missing


def checked(request: DrawFilm) -> DrawFilm:
    """The request, if it can be carried out.

    Raises:
        InvalidRequest: A field lies out of its bounds; the message names the field, never its words.
    """
    bounds = (
        ("count", request.count, 1, MOST_FILMS),
        ("steps", request.steps, 1, MOST_STEPS),
        ("guidance", request.guidance, 1, MOST_GUIDANCE),
        ("strength", request.strength, 0, 1),
        ("seed", request.seed, 0, MOST_SEED - request.count + 1),
    )
    for name, value, least, most in bounds:
        if not least <= value <= most:
            raise InvalidRequest(f"body.{name} must lie between {least:.10g} and {most:.10g}.")
    if len(request.text) > MOST_LETTERS:
        raise InvalidRequest(f"body.text may have {MOST_LETTERS} letters.")
    if request.view not in VIEWS:
        raise InvalidRequest(f"body.view must be one of {', '.join(VIEWS)}.")
    if request.source_image and request.study_id is None:
        raise InvalidRequest("body.source_image is a film of a study: ask for it at /v1/studies/{id}/draw.")
    return request


def wishes(request: DrawFilm) -> tuple[FilmWish, ...]:
    """One wish for each film of the request: the same but for the seed."""
    return tuple(
        FilmWish(
            request.text,
            request.view,
            request.seed + number,
            request.steps,
            request.guidance,
            request.source_image,
            request.strength,
        )
        for number in range(request.count)
    )
