"""`sidelight bench precision`: what each precision costs and gives, beside float32, in one run.

    sidelight bench precision --size starter --films 40     findings of 40 phantom films in every precision, speeds
    sidelight bench precision --size 1b                     random weights at about one billion; 8 GB of memory

Nothing is read but the bundled starter, nothing is sent. Give the machine no other work.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inference.bench.precision_child import WAYS, measured
from inference.engine.engine import M4cxrBackend
from inference.engine.precision_check import check_films, compared, findings_of
from inference.evaluation.through_engine import EveryFilm
from inference.packs import find_pack
from inference.precision import QUANTISED
from viewer.bench.machine import machine


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; JSON to --out or standard output, a table to standard error. 1 where a precision failed its bar."""
    parser = argparse.ArgumentParser(
        prog="sidelight bench precision", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--size", choices=("starter", "1b", "tiny"), default="starter")
    parser.add_argument(
        "--films", type=int, default=0, help="phantom films to compare findings on (starter only)"
    )
    parser.add_argument("--way", action="append", choices=tuple(WAYS), help="measure this one; default: all")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there")
    options = parser.parse_args(argv)
    result: dict[str, Any] = {"suite": "precision", "size": options.size, "machine": machine()}
    result["rows"] = _rows(options.size, options.way or list(WAYS))
    result["findings"] = _findings(options.films) if options.films else []
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, "utf-8")
    else:
        print(text, end="")
    print(_table(result), file=sys.stderr)
    return 0 if all(one["is_good_enough"] for one in result["findings"]) else 1


def _rows(size: str, ways: Sequence[str]) -> list[dict[str, Any]]:
    """One process after another; float32 first, for the others are compared with it."""
    rows = []
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "logits.safetensors"
        for way in dict.fromkeys(("torch float32", *ways)):
            _say(f"{way}, {size}")
            with context.Pool(1) as pool:
                rows.append(pool.apply(measured, (way, size, reference)))
    return rows


def _findings(count: int) -> list[dict[str, Any]]:
    """Agreement of the starter's findings with its own in float32."""
    pack, films = find_pack(None), tuple(check_films(count))
    _say(f"findings of {count} films in float32")
    exact = findings_of(M4cxrBackend(pack, precision="float32", gate=EveryFilm()), films)
    told = []
    for precision in QUANTISED:
        _say(f"findings of {count} films in {precision}")
        outcome = compared(
            findings_of(M4cxrBackend(pack, precision=precision, gate=EveryFilm()), films), exact
        )
        told.append(
            {
                "precision": precision,
                "films": count,
                **asdict(outcome),
                "agreement": round(outcome.agreement, 4),
            }
            | {"is_good_enough": outcome.is_good_enough}
        )
    return told


def _table(result: dict[str, Any]) -> str:
    lines = [f"{'':20} prompt/s decode/s  share  13 rows/s  resident MiB  KL       same choice"]
    for row in result["rows"]:
        lines.append(
            f"{row['way']:20} {row['prompt_per_s']:8} {row['decode_per_s']:8} {row['share_of_bandwidth']:6.0%} "
            f"{row['beside_per_s']:10} {row['resident_mib']:13}  {row.get('kl', '')!s:8} {row.get('same_choice', '')}"
        )
    for one in result["findings"]:
        lines.append(f"{one['precision']:20} {one['agreement']:.1%} of {one['asked']} findings as in float32")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
