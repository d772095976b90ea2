"""Where this user's files lie: the study list, annotations, settings, exports.

`SIDELIGHT_HOME` names one folder for everything; without it each kind lies where the system wants it.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "SIDELIGHT_HOME"


def data_folder() -> Path:
    """The study list, annotations, calibrations. May not exist yet."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) if home else platformdirs.user_data_path("sidelight", appauthor=False)


def cache_folder() -> Path:
    """What can be made again at any time. May not exist yet."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / "cache" if home else platformdirs.user_cache_path("sidelight", appauthor=False)


def settings_folder() -> Path:
    """Settings, key maps and hanging protocols that the user or the site wrote. May not exist yet."""
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / "settings" if home else platformdirs.user_config_path("sidelight", appauthor=False)
