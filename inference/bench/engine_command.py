"""`sidelight bench engine`: the engine beside the plain way, with the same weights, in one run.

    sidelight bench engine --size starter --out starter.json
    sidelight bench engine --size 1b --out 1b.json            about ten minutes, 8 GB of memory
    sidelight bench engine --quick                            seconds; shows only that everything works

Nothing is read but the bundled starter, nothing is sent. Give the machine no other work.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import torch
import transformers

from inference.bench import measures
from inference.bench.bandwidth import BUFFER_BYTES, bytes_per_token, read_gb_per_s
from inference.bench.engine_table import markdown, table
from inference.bench.runtimes import OFFERED, Runtime, fidelity, runtimes
from inference.bench.subjects import Size, Subject, subject
from viewer.bench.machine import machine

REPEATS: dict[Size, int] = {"tiny": 1, "starter": 7, "1b": 1}
QUICK_BUFFER = 1 << 24


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; JSON to --out or standard output, a table to standard error. 1 where a promise was not kept."""
    options = _parser().parse_args(argv)
    if options.show:
        print(markdown(json.loads(options.show.read_text("utf-8"))))
        return 0
    size: Size = "tiny" if options.quick else options.size
    result = measured(size, options.repeat or REPEATS[size], options.precision)
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, "utf-8")
    else:
        print(text, end="")
    print(table(result), file=sys.stderr)
    return 0 if size == "tiny" or result["kept"] else 1


def measured(size: Size, repeat: int, precisions: Sequence[str]) -> dict[str, Any]:
    """Everything that was measured, as it stands in the result file."""
    began, on = datetime.now(UTC), machine()
    _say(f"making the model ({size})")
    about = subject(size)
    _say("memory bandwidth")
    bandwidth = read_gb_per_s(QUICK_BUFFER if size == "tiny" else BUFFER_BYTES)
    plain = measures.Plain(about)
    rows = [_row(about, runtime, plain, repeat, bandwidth) for runtime in runtimes(about, precisions)]
    promised = [case for row in rows[:1] for case in row["cases"] if case["met"] is not None]
    return {
        "suite": "engine",
        "command": f"sidelight bench engine --size {size} --repeat {repeat}",
        "began": began.isoformat(timespec="seconds"),
        "took_s": round((datetime.now(UTC) - began).total_seconds()),
        "machine": on | {"load_at_end": machine()["load_at_start"]},
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "subject": about.title,
        "image_tokens": about.model.config.image_tokens,
        "lengths": asdict(about.lengths),
        "lengths_are_fixed": about.is_random,
        "plain_way": "transformers generate in float32, film and whole prompt encoded again for every answer",
        "read_gb_per_s": float(f"{bandwidth:.4g}"),
        "rows": rows,
        "kept": all(case["met"] for case in promised) and all(row["cancel"]["met"] for row in rows),
    }


def _row(
    about: Subject, runtime: Runtime, plain: measures.Plain, repeat: int, bandwidth: float
) -> dict[str, Any]:
    """All cases of one precision; the plain way beside it always computes in float32."""
    start = time.perf_counter()
    _say(f"{runtime.title}: readings")
    cases, read = measures.reading(about, runtime.language, plain, repeat)
    _say(f"{runtime.title}: questions, decoding, stopping, findings")
    cases.append(measures.question(about, read, plain, max(repeat, 3)))
    token = measures.decoding(about, read, plain, repeat)
    size = bytes_per_token(about.model, runtime.precision)
    return {
        "runtime": runtime.title,
        "precision": runtime.precision,
        "cases": [asdict(case) for case in (*cases, token)],
        "decode": {
            "tokens_per_s": float(f"{1e3 / token.ours:.4g}"),
            "weight_bytes_per_token": size,
            "share_of_bandwidth": float(f"{size / token.ours * 1e-6 / bandwidth:.3g}"),
        },
        "cancel": measures.stopping(read, max(repeat, 5)),
        "fidelity": fidelity(about, runtime.precision),
        "took_s": round(time.perf_counter() - start),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sidelight bench engine", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--size", choices=[one for one in get_args(Size) if one != "tiny"], default="starter")
    parser.add_argument("--repeat", type=int, help="how often each case is taken (default: 7; 1 for 1b)")
    parser.add_argument("--out", "--json", type=Path, metavar="FILE", help="write the JSON there")
    parser.add_argument("--show", type=Path, metavar="FILE", help="print an earlier result as Markdown")
    parser.add_argument("--quick", action="store_true", help="a tiny model: only that everything works")
    parser.add_argument(
        "--precision",
        action="append",
        default=[],
        choices=OFFERED,
        help="measure this precision in ONNX Runtime too, beside float32 (may be given several times)",
    )
    return parser


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
