"""The plan for a pack on a device of this computer: its config is read, its weights are not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from inference.devices import choose_device, machine
from inference.errors import PackRefused
from inference.models.checkpoint import CONFIG
from inference.models.config import M4cxrConfig
from inference.models.sizes import part_sizes
from inference.plan import Companion, Plan, make_plan
from inference.precision import Precision


def plan_for(
    folder: Path,
    device: str = "auto",
    *,
    companions: Sequence[Companion] = (),
    precisions: Sequence[Precision] | None = None,
) -> Plan:
    """What the pack in `folder` would take on `device` ("auto", "cpu" or "cuda"), now.

    Raises:
        PackRefused: Its config can't be read, or is not one that this program computes.
        InvalidRequest: There is no such device.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackRefused(f"{CONFIG} of the pack can't be read ({type(error).__name__}).") from None
    sizes = part_sizes(M4cxrConfig.from_json(config))
    return make_plan(sizes, machine(choose_device(device)), companions=companions, precisions=precisions)
