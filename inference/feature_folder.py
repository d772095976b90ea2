"""Where encoded films may lie on disk, and for how long: the site decides. No torch.

What the vision encoder makes of a film is no picture any more, but it was made from a patient's film and something of
it could be made visible again. So the files are readable by the user alone and, unless the site says otherwise, gone
when the program ends:

    off      nothing is written
    session  (default) kept while the program runs: a backend that crashed and was started again, or a model that was
             unloaded, need not encode today's films anew. Wiped when the program ends; what a power cut left behind is
             wiped at the next start
    keep     kept over restarts, within the size limit. For a site whose disk is encrypted
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import psutil

from inference.errors import InvalidRequest
from viewer.core.places import cache_folder

Policy = Literal["off", "session", "keep"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
POLICY_VARIABLE = "SIDELIGHT_FEATURE_CACHE"
SESSION_VARIABLE = "SIDELIGHT_SESSION"
"""Names the program that the backend belongs to: `PID-RANDOM`, made by the supervisor, the same for every restart."""


@dataclass(frozen=True, slots=True)
class FeatureFolder:
    """One folder for encoded films."""

    path: Path
    is_wiped: bool  # when the program ends

    def make(self) -> Path:
        """The folder, for this user's eyes only. Raises OSError."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path.chmod(0o700)
        return self.path

    def wipe(self) -> None:
        """Take the folder away, if the policy says so. What can't be deleted is tried again at the next start."""
        if self.is_wiped:
            shutil.rmtree(self.path, ignore_errors=True)


def feature_folder(environment: Mapping[str, str]) -> FeatureFolder | None:
    """The folder that the site's policy allows; None for `off`. Folders of programs that are gone are wiped.

    Raises:
        InvalidRequest: There is no such policy.
    """
    policy = environment.get(POLICY_VARIABLE) or "session"
    if policy not in POLICIES:
        raise InvalidRequest(f"{POLICY_VARIABLE} is “{policy}”; it may be {', '.join(POLICIES)}.")
    root = cache_folder() / "features"
    _wipe_left_behind(root, keep=policy == "keep")
    if policy == "off":
        return None
    if policy == "keep":
        return FeatureFolder(root / "kept", is_wiped=False)
    session = environment.get(SESSION_VARIABLE) or f"{os.getpid()}-alone"
    if not all(part.isalnum() for part in session.split("-")):
        raise InvalidRequest(f"{SESSION_VARIABLE} may hold letters, digits and hyphens only.")
    return FeatureFolder(root / f"session-{session}", is_wiped=True)


def _wipe_left_behind(root: Path, *, keep: bool) -> None:
    """Sessions whose program is gone; and what was kept, where the site does not want that any more."""
    with contextlib.suppress(OSError):
        for folder in root.iterdir():
            if _is_left_behind(folder.name, keep=keep):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left_behind(name: str, *, keep: bool) -> bool:
    if name == "kept":
        return not keep
    owner = name.removeprefix("session-").partition("-")[0]
    return name.startswith("session-") and owner.isdigit() and not psutil.pid_exists(int(owner))
