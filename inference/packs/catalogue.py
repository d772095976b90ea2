"""Models that others have published and that this program can turn into packs: where they are, under which terms."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from inference.errors import ModelNotInstalled
from inference.packs.manifest import Licence
from inference.packs.store import user_packs_dir

HERE = Path(__file__).parent


class Entry(BaseModel):
    """One published model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40})?$")]
    """The revision that was looked at; empty where none was, and whoever fetches it must name one."""
    gibibytes: float
    """About how much there is to fetch."""
    architecture: str
    tasks: tuple[str, ...]
    licence_id: str
    licence_file: str
    licence_notes: str
    research_only: bool
    intended_use: str
    training_data: str
    card: str
    source: str

    @property
    def licence(self) -> Licence:
        """The terms, with their full text."""
        text = (HERE / "licences" / self.licence_file).read_text(encoding="utf-8")
        return Licence(
            id=self.licence_id, text=f"{self.licence_notes}\n\n{text}", research_only=self.research_only
        )


@cache
def catalogue() -> dict[str, Entry]:
    """All entries, by the id that their packs get."""
    entries = TypeAdapter(dict[str, Entry])
    return entries.validate_json((HERE / "catalogue.json").read_bytes())


def published(id: str) -> Entry:
    """One entry. Raises ModelNotInstalled with the known names."""
    entry = catalogue().get(id)
    if entry is None:
        unknown = ModelNotInstalled(id, user_packs_dir())
        unknown.remedy = f"This program knows where to get: {', '.join(catalogue())}."
        raise unknown
    return entry
