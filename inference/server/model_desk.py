"""What is asked about packs besides reading: what would this one take here, are its files as they were."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from inference.errors import UnknownModel
from inference.plan import MemoryUse, Plan
from inference.status import InstalledPack


class ModelDesk:
    """Answers for the packs installed on this computer. Safe to use from any thread; every call may take a while.

    Args:
        device: Where packs would run: auto, cpu or cuda.
        accepts_slow: Somebody has said that they will wait for a model that is very slow here.
    """

    def __init__(self, device: str = "auto", *, accepts_slow: bool = False) -> None:
        self._device = device
        self._accepts_slow = threading.Event()
        if accepts_slow:
            self._accepts_slow.set()

    @property
    def accepts_slow(self) -> bool:
        return self._accepts_slow.is_set()

    def accept_slow(self) -> None:
        """From now on a very slow model is loaded too."""
        self._accepts_slow.set()

    def plan(self, pack_id: str | None) -> Plan:
        """What a pack would take, worked out from its config.

        Raises:
            UnknownModel: No such pack is installed.
            PackRefused: It is there, but not as its manifest says.
        """
        from inference.pack_plan import plan_of  # torch, which a server that is starting does not wait for
        from inference.packs import open_pack

        return plan_of(open_pack(self._folder(pack_id)), self._device)

    def verify(self, pack_id: str) -> dict[str, Any]:
        """Hash every byte of a pack. Raises UnknownModel, PackRefused (which names the file)."""
        from inference.packs import open_pack

        pack = open_pack(self._folder(pack_id), whole=True)
        files = pack.manifest.files
        return {
            "id": pack.manifest.id,
            "version": pack.manifest.version,
            "sha256": pack.sha256,
            "files": len(files),
            "bytes": sum(file.size for file in files),
        }

    def packs(self) -> tuple[InstalledPack, ...]:
        """All packs on this computer whose manifest can be read, in the order they are looked up."""
        from inference.packs.installed import installed

        return tuple(installed())

    def _folder(self, pack_id: str | None) -> Path:
        from inference.packs.manifest import ID_PATTERN
        from inference.packs.store import DEFAULT_PACK, pack_folders, search_path

        name = pack_id or DEFAULT_PACK
        folders = pack_folders(name) if re.fullmatch(ID_PATTERN, name) else []
        installed = [folder for folder in folders if folder.parent in search_path()]
        if not installed:
            raise UnknownModel("This model is not installed.")
        return installed[0]


def plan_to_json(plan: Plan, memory: MemoryUse | None) -> dict[str, Any]:
    """A plan, and what was measured where the pack is loaded."""
    seconds = plan.reading_s
    return {
        "device": plan.device,
        "precision": plan.precision,
        "context_tokens": plan.context_tokens,
        "questions_at_once": plan.limits.rows,
        "studies_kept": plan.limits.studies,
        "parts": [{"name": part.name, "bytes": part.bytes} for part in plan.parts],
        "expected_peak_bytes": plan.peak_bytes,
        "usable_bytes": plan.budget_bytes,
        "fits": plan.fits,
        "beside": list(plan.beside),
        "swapped": list(plan.swapped),
        "very_slow": plan.is_very_slow,
        "expected_seconds": None if seconds is None else round(seconds, 1),
        "measured": None
        if memory is None
        else {"used_bytes": memory.used_bytes, "peak_bytes": memory.peak_bytes},
    }
