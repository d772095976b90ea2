"""`sidelight bench train`: films per second of the trainer, beside a plain loop of transformers' Trainer and peft.

    sidelight bench train --out docs/benchmarks/train.json
    sidelight bench train --quick                 a minute; shows only that everything works

The same model (the bundled starter), the same samples (phantom films, drawn by the trainer's own task mix) in the same
number of steps, each run in a process of its own, in turn. Give the machine no other work; where it has some, compare
processor seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.training.learner.order import WINDOW
from viewer.bench.machine import machine

BAR = 1.5
"""How many times the plain loop's films per second."""
WAYS = ("ours", "plain")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; JSON to --out or standard output, a table to standard error. 1 where the promise was not kept."""
    options = _parser().parse_args(argv)
    if options.show:
        print(table(json.loads(options.show.read_text("utf-8"))))
        return 0
    if options.quick:
        options.studies, options.steps, options.pairs = 3, WINDOW, 1
    options.steps = -(-options.steps // WINDOW) * WINDOW  # both ways see the same samples window by window
    result = measured(options.studies, options.steps, options.pairs, options.precision, options.threads)
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, "utf-8")
    else:
        print(text, end="")
    print(table(result), file=sys.stderr)
    return 0 if options.quick or result["kept"] else 1


def measured(studies: int, steps: int, pairs: int, precision: str, threads: int) -> dict[str, Any]:
    """Everything that was measured, as it stands in the result file."""
    from inference.bench.train_subject import write_subject

    began, on = datetime.now(UTC), machine()
    with tempfile.TemporaryDirectory(prefix="sidelight-bench-") as folder:
        _say(f"computing phantom films of {studies} studies")
        write_subject(Path(folder), studies, steps)
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
        for number in range(pairs):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                _say(f"pair {number + 1} of {pairs}: {way}")
                runs[way].append(_run(way, folder, precision, threads))
    ratios = _ratios(runs, "seconds")
    return {
        "suite": "train",
        "command": f"sidelight bench train --studies {studies} --steps {steps} --pairs {pairs} "
        f"--precision {precision} --threads {threads}",
        "began": began.isoformat(timespec="seconds"),
        "took_s": round((datetime.now(UTC) - began).total_seconds()),
        "machine": on | {"load_at_end": machine()["load_at_start"]},
        "studies": studies,
        "steps": steps,
        "threads": threads,
        "precision": precision,
        "films": runs["ours"][0]["films"],
        "runs": runs,
        "ratio": ratios,
        "ratio_processor": _ratios(runs, "processor_s"),
        "bar": BAR,
        "kept": ratios["median"] >= BAR,
    }


def _run(way: str, folder: str, precision: str, threads: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "inference.bench.train_child", way, folder, precision]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The {way} run failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _ratios(runs: dict[str, list[dict[str, Any]]], key: str) -> dict[str, float]:
    """The plain way's `key` over ours, pair by pair."""
    pairs = zip(runs["ours"], runs["plain"], strict=True)
    ratios = [plain[key] / ours[key] for ours, plain in pairs]
    return {
        "median": round(statistics.median(ratios), 3),
        "low": round(min(ratios), 3),
        "high": round(max(ratios), 3),
    }


def table(result: dict[str, Any]) -> str:
    """For the terminal and for docs/benchmarks.md."""
    on, wall, worked = result["machine"], result["ratio"], result["ratio_processor"]
    return "\n".join(
        (
            f"Measured {result['began'][:10]} on {on['cpu']}, {on['cores']} cores, {result['threads']} threads, "
            f"{result['precision']}; load {on['load_at_start'][0]} at the start, {on['load_at_end'][0]} at the end. "
            f"{result['studies']} studies, {result['films']} film views in {result['steps']} steps, "
            f"{len(result['runs']['ours'])} pairs in turn.",
            "",
            "| | Sidelight | Trainer + peft | ratio (range) |",
            "|---|--:|--:|--:|",
            _row(result, "Films per second", "films_per_s", _range(wall)),
            _row(result, "Processor seconds of the run", "processor_s", _range(worked)),
            _row(result, "Positions through the language model", "positions"),
            _row(result, "Films through the encoder", "encoder_calls"),
            _row(result, "Peak memory, MiB", "peak_mib"),
            _row(result, "of it, before the first step", "loaded_mib"),
            "",
            f"Wanted: {result['bar']:g} × the films per second: {'kept' if result['kept'] else 'MISSED'}. "
            f"Loss of the last quarter of the steps: {_last(result, 'ours'):.3f} and {_last(result, 'plain'):.3f}.",
        )
    )


def _row(result: dict[str, Any], title: str, key: str, ratio: str = "") -> str:
    mine, theirs = (statistics.median(run[key] for run in result["runs"][way]) for way in WAYS)
    return f"| {title} | {mine:.4g} | {theirs:.4g} | {ratio} |"


def _range(ratio: dict[str, float]) -> str:
    return f"**{ratio['median']:.2f} ×** ({ratio['low']:.2f} to {ratio['high']:.2f})"


def _last(result: dict[str, Any], way: str) -> float:
    losses: list[float] = result["runs"][way][0]["losses"]
    return statistics.mean(losses[-max(1, len(losses) // 4) :])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sidelight bench train", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--studies", type=int, default=32, help="phantom studies (default: 32)")
    parser.add_argument("--steps", type=int, default=32, help="of 16 samples, a multiple of 8 (default: 32)")
    parser.add_argument("--pairs", type=int, default=3, help="how often both ways run (default: 3)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="default: all cores")
    parser.add_argument("--out", "--json", type=Path, metavar="FILE", help="write the JSON there")
    parser.add_argument("--show", type=Path, metavar="FILE", help="print an earlier result as Markdown")
    parser.add_argument(
        "--quick", action="store_true", help="three studies, eight steps: only that everything works"
    )
    return parser


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
