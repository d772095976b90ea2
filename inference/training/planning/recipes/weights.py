"""Task weights of a site's own training: the published ones, and what the engine asks of every film. Data."""

from __future__ import annotations

from collections.abc import Mapping

from inference.training.mix.published import GROUPS, Group

SITE: Mapping[Group, Mapping[str, float]] = {
    "reports": {**GROUPS["reports"], "impression": 20.0},
    "understanding": {**GROUPS["understanding"], "yes_no": 62.0},
    "questions": GROUPS["questions"],
}
"""Published, with two tasks that the published training had prompts but no data for.

Yes or no of each finding is what a reading takes its certainties from: as often as the list of findings. The impression
is asked for after every report.
"""
