"""`python -m viewer.bench.gui GROUP CORPUS OUT [--quick]`: one group of cases in this process, samples as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(words: list[str]) -> int:
    """Measure one group and write what was found to OUT."""
    from viewer.bench.gui.groups import GROUPS, QUICK, Effort

    group, corpus, out = words[:3]
    effort = QUICK if "--quick" in words else Effort()
    found = [samples.as_json() for samples in GROUPS[group](Path(corpus), effort)]
    Path(out).write_text(json.dumps(found), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
