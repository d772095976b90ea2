"""`python -m inference.training.loop RUN`, also behind `accelerate launch -m`: carries out RUN/plan.json."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from inference.training.loop import run


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m inference.training.loop", description=__doc__)
    parser.add_argument("run", type=Path, help="the run's folder, with plan.json")
    parser.add_argument("--after-reading", action="store_true", help="first wait until nobody reads")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if arguments.after_reading:
        _wait(arguments.run)
    return run(arguments.run)


def _wait(folder: Path) -> None:
    """Without torch, which would take its share of the card's memory."""
    import json

    from inference.training.loop.yielding import wait_for_quiet
    from inference.training.run_folder import PAUSE, PLAN

    device = str(json.loads((folder / PLAN).read_bytes())["device"])
    wait_for_quiet(device, (folder / PAUSE).exists)


if __name__ == "__main__":
    sys.exit(main())
