"""Names of places on a chest film, as the model was trained to hear and say them, and why a place is missing. Data."""

from __future__ import annotations

ANATOMY: tuple[str, ...] = (
    "right lung",
    "right upper lung zone",
    "right mid lung zone",
    "right lower lung zone",
    "right hilar structures",
    "right apical zone",
    "right costophrenic angle",
    "right hemidiaphragm",
    "left lung",
    "left upper lung zone",
    "left mid lung zone",
    "left lower lung zone",
    "left hilar structures",
    "left apical zone",
    "left costophrenic angle",
    "left hemidiaphragm",
    "trachea",
    "spine",
    "right clavicle",
    "left clavicle",
    "aortic arch",
    "mediastinum",
    "upper mediastinum",
    "svc",
    "cardiac silhouette",
    "cavoatrial junction",
    "right atrium",
    "carina",
    "abdomen",
)
"""The 29 regions of Chest ImaGenome (m4cxr.md §4.5), lower case."""

ORGANS: tuple[str, ...] = ("lung",)
"""The only organ that training data had masks of."""

DENIES = "It says that something is not there: there is nothing to point at."
NAMES_NOTHING = "It names no finding and no region of the chest."
NOT_TAUGHT = "This model was not taught to place what it states."
NO_ANSWER = "The model gave no place for it."
NOTHING_TO_SHOW = frozenset({DENIES, NAMES_NOTHING})
"""Why a sentence has no place and needs none; with any other reason the place is missing (`Sentence.no_place`)."""
