"""What a request cost, counted where it happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Usage:
    """Counts of one request; `encoder_calls` counts pictures that went through the vision encoder."""

    encoder_calls: int = 0
    prefill_tokens: int = 0
    new_tokens: int = 0
    started: float = field(default_factory=time.perf_counter)
    stages: dict[str, dict[str, int]] = field(default_factory=dict)

    def stage(self, name: str) -> None:
        """Close a stage: keep what was counted since the last one under `name`."""
        before = {count: sum(stage[count] for stage in self.stages.values()) for count in COUNTS}
        now = {count: getattr(self, count) - before[count] for count in COUNTS}
        known = self.stages.get(name)
        self.stages[name] = now if known is None else {count: known[count] + now[count] for count in COUNTS}

    def as_result(self) -> dict[str, Any]:
        """For `Finished.usage`."""
        seconds = round(time.perf_counter() - self.started, 3)
        return {
            **{count: getattr(self, count) for count in COUNTS},
            "seconds": seconds,
            "stages": self.stages,
        }


COUNTS = ("encoder_calls", "prefill_tokens", "new_tokens")
