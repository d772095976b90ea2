"""Everything that can go wrong in the backend. `str(error)` says what happened, `remedy` what the user can do next.

InferenceError
├── InferenceCancelled
├── InvalidRequest
│   ├── InvalidFilm
│   ├── UnknownFilm
│   ├── UnknownStudy
│   ├── UnknownModel
│   ├── UnknownRun
│   └── UnknownJob
├── Refused
├── NothingToRead
├── PackError
│   ├── ModelNotInstalled
│   ├── WrongPack
│   └── PackRefused
│       └── PackQuarantined
├── OutOfMemory
├── VerySlow
├── ModelAtWork
├── RunNotReady
├── BackendLost
└── BackendFault
"""

from __future__ import annotations

from pathlib import Path


class InferenceError(Exception):
    """Base of all that the backend tells its user."""

    remedy = "Run `sidelight doctor` and attach its output to a problem report."


class InferenceCancelled(InferenceError):
    """The user stopped it."""

    remedy = ""


class InvalidRequest(InferenceError):
    """The request can't be carried out as it stands."""

    remedy = "Correct the request; the message names the field."


class InvalidFilm(InvalidRequest):
    """Pixels and description of a film disagree."""


class UnknownFilm(InvalidRequest):
    """A film was named that the backend does not hold (any more)."""

    remedy = "Send the film again, then repeat the request."


class UnknownStudy(InvalidRequest):
    """A study was named that the backend does not hold (any more)."""

    remedy = "Open the study again, then repeat the request."


class UnknownModel(InvalidRequest):
    """A model was named that is not the one that is loaded."""

    remedy = "GET /v1/models names the model that is loaded; the field may also be left out."


class UnknownRun(InvalidRequest):
    """A training run was named that is not on this computer (any more)."""

    remedy = "GET /v1/train lists the runs of this computer."


class UnknownJob(InvalidRequest):
    """A job was named that never was, or that ended so long ago that it is forgotten."""

    remedy = "Start the job again."


class Refused(InferenceError):
    """The backend's door turned the caller away: token, address, size, or too much waiting already."""

    remedy = "Only the program that started the backend may talk to it; start it again from there."


class NothingToRead(InferenceError):
    """None of the study's films is a frontal chest radiograph."""

    remedy = "Choose a study with a frontal chest radiograph (PA or AP)."


class PackError(InferenceError):
    """Something is wrong with a model pack."""


class ModelNotInstalled(PackError):
    """The model's weights are not on this computer."""

    def __init__(self, model: str, folder: Path) -> None:
        super().__init__(f"The model “{model}” is not on this computer.")
        self.remedy = (
            "`sidelight packs list` shows what is here. Install it with `sidelight packs install FILE`, get it with "
            f"`sidelight packs fetch {model}` where it is published, or copy its folder into {folder}."
        )


class WrongPack(PackError):
    """A pack that draws synthetic films was named where one that reads is wanted, or the other way round."""

    def __init__(self, id: str, reads: bool) -> None:
        does, can_not = ("reads films", "draw any") if reads else ("draws synthetic films", "read any")
        super().__init__(f"The model pack “{id}” {does}; it can't {can_not}.")
        self.remedy = (
            "`sidelight packs list` says of every pack whether it reads or draws; name one that fits."
        )


class PackRefused(PackError):
    """A pack's files are not what its manifest says, or are of a kind that is never opened."""

    remedy = (
        "Do not use this copy. `sidelight packs verify` names what is wrong with every pack here; "
        "`sidelight packs install --replace FILE` puts a sound one in its place."
    )


class PackQuarantined(PackRefused):
    """A pack's files are intact, but its self-test gave other answers than its makers saw: it is not used."""

    def __init__(self, id: str, version: str, reason: str) -> None:
        super().__init__(
            f"The model pack “{id}” {version} failed its self-test and is in quarantine: {reason}."
        )
        self.remedy = (
            f"`sidelight packs verify {id}` tests it again; otherwise install another version of it."
        )


class OutOfMemory(InferenceError):
    """The device has too little memory for this request."""

    remedy = "Close other programs that use the GPU, or read fewer films at once."


class PrecisionRefused(InferenceError):
    """A pack's findings in this precision are not those that it has in float32."""

    remedy = "Use a larger precision: `--precision int8`, or leave the option out."


class VerySlow(InferenceError):
    """The model would take so long on this computer that nobody should wait without having said so."""

    def __init__(self, model: str, device: str, seconds: float) -> None:
        minutes = max(1, round(seconds / 60))
        super().__init__(
            f"On this computer ({device}) one study would take “{model}” about {minutes} minutes: very slow."
        )
        self.remedy = "Choose a smaller model, or say that you will wait: SIDELIGHT_ACCEPT_SLOW=1."


class ModelAtWork(InferenceError):
    """The model can't be unloaded while it reads."""

    remedy = "Wait until the running readings have ended, or stop them; then try again."


class RunNotReady(InferenceError):
    """A training run is not at the point where this can be done with it."""

    remedy = "Look at the run's state; wait until it has ended, or resume it."


class BackendLost(InferenceError):
    """The backend process ended while it was needed."""

    remedy = "It is being restarted. Your text is safe; ask again when the panel says ready."


class BackendFault(InferenceError):
    """A defect of ours."""
