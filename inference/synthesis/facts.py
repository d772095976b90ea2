"""`synthesis.json` of a generator's pack: what it draws, and how its latents are scaled. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference.backend import FilmView
from inference.errors import PackRefused
from inference.synthesis.wish import GUIDANCE, MOST_STEPS, STEPS, VIEW_SENTENCES

SYNTHESIS = "synthesis.json"

Side = Annotated[int, Field(ge=8, le=2048)]


class SynthesisFacts(BaseModel):
    """What the files of a diffusers folder do not say.

    A latent as the U-Net sees it is (z − shift_factor − latent_mean) · scaling_factor / latent_std, channel by channel,
    of what the encoder gives, z; shift and scaling factor stand in `vae/config.json`, as diffusers has them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Side
    columns: Side
    """Size of the films that it was trained on and draws."""
    views: tuple[FilmView, ...] = ("PA", "AP", "lateral")
    """Views that it was taught; others are refused."""
    view_sentences: dict[FilmView, str] = VIEW_SENTENCES
    """What stood in front of a report of each view in training."""
    latent_mean: tuple[float, ...] = ()
    """One for each channel; empty: 0."""
    latent_std: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """One for each channel; empty: 1."""
    steps: int = Field(default=STEPS, ge=1, le=MOST_STEPS)
    guidance: float = Field(default=GUIDANCE, ge=1, le=30)
    """What is taken where nobody says otherwise."""

    @model_validator(mode="after")
    def _one_for_each_channel(self) -> SynthesisFacts:
        if self.latent_mean and self.latent_std and len(self.latent_mean) != len(self.latent_std):
            raise ValueError("latent_mean and latent_std must have one number for each channel")
        if missing := [view for view in self.views if view not in self.view_sentences]:
            raise ValueError(f"there is no sentence for the view {missing[0]}")
        return self


def read_facts(folder: Path) -> SynthesisFacts:
    """Read `synthesis.json`. Raises PackRefused with the field that is wrong."""
    path = folder / SYNTHESIS
    try:
        return SynthesisFacts.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PackRefused(f"{path} can't be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or SYNTHESIS
        raise PackRefused(f"{path}: “{where}”: {first['msg']}.") from error
