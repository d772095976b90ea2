"""The plan for a pack on a device of this computer: its config is read, its weights are not."""

from __future__ import annotations

from collections.abc import Sequence

from inference.devices import choose_device, machine
from inference.engine.loading import stored_scheme, weights_folder
from inference.models.checkpoint import CONFIG, read_json
from inference.models.config import M4cxrConfig
from inference.models.sizes import part_sizes
from inference.packs import READER, Pack, check_architecture
from inference.plan import Companion, Plan, make_plan
from inference.precision import precisions_for


def plan_of(pack: Pack, device: str = "auto", *, companions: Sequence[Companion] = ()) -> Plan:
    """What the pack would take on `device` ("auto", "cpu" or "cuda"), now.

    Raises:
        PackRefused: Its config can't be read, or is not one that this program computes.
        InvalidRequest: There is no such device.
        WrongPack: The pack draws; this plan is for reading.
    """
    check_architecture(pack, READER)
    sizes = part_sizes(M4cxrConfig.from_json(read_json(weights_folder(pack) / CONFIG)))
    about = machine(choose_device(device))
    wanted = precisions_for(
        sizes.total, about.kind, has_bfloat16=about.has_bfloat16, stored=stored_scheme(pack)
    )
    return make_plan(sizes, about, companions=companions, precisions=wanted)
