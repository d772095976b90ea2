"""The image generator beside the model that reads: looked for when the reader is loaded, joined to it afterwards."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.backend import Backend
from inference.devices import choose_device, machine
from inference.engine.with_studio import WithStudio
from inference.errors import InferenceError
from inference.plan import Companion
from inference.synthesis.asked import no_generator
from inference.synthesis.studio import Studio
from inference.two_models import GENERATOR, shared

if TYPE_CHECKING:
    from inference.engine.engine import M4cxrBackend

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BesideReader:
    """A generator that may be loaded later, or why there is none."""

    studio: Studio | None
    device: str
    why_not: InferenceError

    @classmethod
    def look(cls, pack: str | None, device: str) -> BesideReader:
        """Find the pack that draws. Reading goes on without one, also where it is damaged: who wants a film is told."""
        try:
            return cls(Studio(pack, device), device, no_generator())
        except InferenceError as error:
            log.info("No synthetic films: %s", error)
            return cls(None, device, error.with_traceback(None))

    @property
    def companions(self) -> tuple[Companion, ...]:
        """For the reader's plan."""
        if self.studio is None:
            return ()
        return (Companion(GENERATOR, self.studio.size.bytes_on(machine(choose_device(self.device)).kind)),)

    def joined(self, reader: M4cxrBackend) -> Backend:
        """One backend of both; the reader alone where there is no generator."""
        if self.studio is None:
            reader.why_no_films = self.why_not
            return reader
        reader.understand_film_wishes(self.studio.pack.folder)
        main = machine(choose_device("cpu"))
        device = machine(choose_device(self.device))
        return WithStudio(reader, self.studio, shared(reader.memory().plan, device, main, self.studio.size))
