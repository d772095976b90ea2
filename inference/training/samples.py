"""One conversation to learn: what the task mix makes of a study and the training loop takes. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from inference.training.rows import KnownFilm


@dataclass(frozen=True, slots=True)
class Sample:
    """A conversation in the training chat format (`inference.text.prompts.chat_text`), with its pictures.

    `text` has one `<image>` per film of `films`, in that order; `source` names the data set whose `open_film` opens
    them. The loss is on the assistant's words only (`M4cxrTokenizer.encode_sample`).
    """

    id: str  # names the study, the task and the draw: the same id is the same conversation
    source: str
    study: str
    patient: str
    task: str
    text: str
    films: tuple[KnownFilm, ...] = ()
    weight: float = 1.0  # of its loss
