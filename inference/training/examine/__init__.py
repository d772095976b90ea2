"""The dataset doctor: what would spoil a training run, found before it costs a night. No torch, no Qt.

`examine` looks at studies and films and names each fault with its row and its remedy. The checks are small pure
functions, a file for each idea; only `film_worker` opens films.
"""

from inference.training.examine.examination import examine
from inference.training.examine.faults import (
    FORBIDDING,
    KINDS,
    TITLES,
    Counts,
    Examination,
    Fault,
    Kind,
    examination_from_json,
)
from inference.training.examine.text_form import SHOWN, in_words

__all__ = [
    "FORBIDDING",
    "KINDS",
    "SHOWN",
    "TITLES",
    "Counts",
    "Examination",
    "Fault",
    "Kind",
    "examination_from_json",
    "examine",
    "in_words",
]
