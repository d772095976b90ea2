"""The words that must be the same everywhere they are shown. Changing one is a safety decision."""

from __future__ import annotations

from viewer.core.language import later, tr, tr_formed

RESEARCH_USE = later("Research use only. Not a medical device.")
RESEARCH_USE_LONG = later(
    "Research use only. Not a medical device. Not for diagnosis without review by a qualified reader."
)
DRAFT_MARK = "AI DRAFT – NOT REVIEWED"
SYNTHETIC = later("SYNTHETIC – NOT A PATIENT IMAGE")
SYNTHETIC_BESIDE_REAL = later("A synthetic film hangs beside a patient's: they are not compared.")
UNVERIFIED = later("UNVERIFIED")
UNVERIFIED_WHY = later("Picture file: identity, sides and scale are not known.")
EMPTY_VIEWPORT = later("Drop a folder, films or a ZIP here")
EMPTY_VIEWPORT_HINT = later("or open them from the menu File")
NO_OUTSIDE_CONNECTION = later("0 connections outside this computer")
DIFFERENT_PATIENTS = later("Current and prior belong to different patients.")


def wrong_patient(current: str, prior: str) -> str:
    """The red line over the films when two patients are side by side."""
    return tr(
        "Current and prior belong to different patients: {current} / {prior}.", current=current, prior=prior
    )


def panel_failed(title: str, reason: str) -> str:
    """What stands in the place of a panel that could not start."""
    return tr(
        "The panel “{title}” could not start.\n\n{reason}\n\n"
        "The films are not affected. Start again with `sidelight --no-plugins` if the trouble stays.",
        title=title,
        reason=tr_formed(reason),
    )


def film_failed(source: str, reason: str) -> str:
    """What a viewport shows in the place of a film that can't be decoded."""
    return tr("This film cannot be shown.\n\n{source}\n\n{reason}", source=source, reason=tr_formed(reason))
