"""The words that must be the same everywhere they are shown. Changing one is a safety decision."""

RESEARCH_USE = "Research use only. Not a medical device."
RESEARCH_USE_LONG = (
    "Research use only. Not a medical device. Not for diagnosis without review by a qualified reader."
)
DRAFT_MARK = "AI DRAFT – NOT REVIEWED"
SYNTHETIC = "SYNTHETIC – NOT A PATIENT IMAGE"
UNVERIFIED = "UNVERIFIED"
UNVERIFIED_WHY = "Picture file: identity, sides and scale are not known."
EMPTY_VIEWPORT = "Drop a folder, films or a ZIP here"
EMPTY_VIEWPORT_HINT = "or open one with Ctrl+O (files) or Ctrl+Shift+O (folder)"
NO_OUTSIDE_CONNECTION = "0 connections outside this computer"


def wrong_patient(current: str, prior: str) -> str:
    """The red line over the films when two patients are side by side."""
    return f"Current and prior belong to different patients: {current} / {prior}."


def panel_failed(title: str, reason: str) -> str:
    """What stands in the place of a panel that could not start."""
    return (
        f"The panel “{title}” could not start.\n\n{reason}\n\n"
        "The films are not affected. Start again with `sidelight --no-plugins` if the trouble stays."
    )


def film_failed(source: str, reason: str) -> str:
    """What a viewport shows in the place of a film that can't be decoded."""
    return f"This film cannot be shown.\n\n{source}\n\n{reason}"
