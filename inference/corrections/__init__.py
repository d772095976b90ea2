"""What readers made of drafts, kept on this computer for training on it: see docs/corrections.md."""

from inference.corrections.case import Case, CaseBox, CaseFilm, CaseFinding
from inference.corrections.scrub import REMOVED, Identity, scrub
from inference.corrections.store import CorrectionStore, Counts, open_store

__all__ = [
    "REMOVED",
    "Case",
    "CaseBox",
    "CaseFilm",
    "CaseFinding",
    "CorrectionStore",
    "Counts",
    "Identity",
    "open_store",
    "scrub",
]
