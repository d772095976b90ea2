"""A digital chest phantom: a procedural thorax with optional findings, projected to films by Beer-Lambert.

`sample_case` draws a person, `project` computes a film with true boxes, `follow_up` gives the same person later.
Phantom films are synthetic: they are for training, tests and the demo, and marked as such wherever they are written.
"""

from inference.phantom.anatomy import Thorax, sample_thorax
from inference.phantom.case import Case, Change, follow_up, sample_case
from inference.phantom.film import Fact, PhantomBox, PhantomFilm, project
from inference.phantom.findings import IMPLIED, Lesion

__all__ = [
    "IMPLIED",
    "Case",
    "Change",
    "Fact",
    "Lesion",
    "PhantomBox",
    "PhantomFilm",
    "Thorax",
    "follow_up",
    "project",
    "sample_case",
    "sample_thorax",
]
