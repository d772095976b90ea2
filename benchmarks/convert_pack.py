"""What converting the published model costs: random weights of full width, few layers, through the real command.

    python benchmarks/convert_pack.py [--language-layers 2] [--vision-layers 2] [--folder DIR]

Writes a look-alike of the repository (bfloat16, sharded; vocabulary 32000, width 4096, pictures of 518), converts it to
bfloat16, int8 and NF4 in a process of its own each, loads each pack in another, and prints one JSON line: seconds, peak
resident memory, sizes. Random weights cost what trained ones do. With 32 and 12 layers it is the real thing, 14 GiB.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from inference.models.m4cxr import M4cxrConfig, expected_shapes
from inference.models.names import published_name
from inference.packs.shards import ShardWriter

VISION = {
    "encoder_type": "dinov2",
    "hidden_size": 768,
    "num_attention_heads": 12,
    "image_size": 518,
    "patch_size": 14,
}
PROJECTOR = {
    "encoder_hidden_size": 768,
    "hidden_size": 1024,
    "output_hidden_size": 4096,
    "num_query_tokens": 361,
    "depth": 3,
    "mlp_depth": 2,
    "pos_emb": True,
}
LANGUAGE = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1e6,
    "max_position_embeddings": 32768,
}
LOAD = """
import json, re, sys, time
from pathlib import Path
import torch
from inference.models.m4cxr import load_m4cxr
started = time.monotonic()
model = load_m4cxr(Path(sys.argv[1]), dtype=torch.bfloat16, lean=True)
seconds = time.monotonic() - started
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps({"load_s": round(seconds, 2), "load_peak_rss_gib": round(int(peak[1]) / 2**20, 2)}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language-layers", type=int, default=2)
    parser.add_argument("--vision-layers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the files go; default: a temporary folder")
    parser.add_argument("--precisions", nargs="+", default=["bfloat16", "int8", "nf4"])
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=told.folder) as scratch:
        print(json.dumps(measure(Path(scratch), told.language_layers, told.vision_layers, told.precisions)))
    return 0


def measure(folder: Path, language_layers: int, vision_layers: int, precisions: list[str]) -> dict[str, Any]:
    """Write the look-alike, convert it to each precision, load each pack."""
    source = folder / "repository"
    write_repository(source, language_layers, vision_layers)
    result: dict[str, Any] = {
        "language_layers": language_layers,
        "vision_layers": vision_layers,
        "source_gib": _gib(source),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "packs": {},
    }
    for precision in precisions:
        pack = folder / precision
        convert = [
            sys.executable,
            "-m",
            "inference.packs.command",
            "convert",
            str(source),
            "--out",
            str(pack),
        ]
        convert += ["--precision", precision, "--accept-licence"]
        seconds, peak, _ = run(convert)
        _, _, said = run([sys.executable, "-c", LOAD, str(pack)])
        result["packs"][precision] = {
            "convert_s": seconds,
            "convert_peak_rss_gib": peak,
            "size_gib": _gib(pack),
            **json.loads(said.splitlines()[-1]),
            "self_test_cases": len(json.loads((pack / "manifest.json").read_text())["self_test"]),
        }
        shutil.rmtree(pack)
    return result


def write_repository(folder: Path, language_layers: int, vision_layers: int) -> None:
    """Random weights in bfloat16, one tensor at a time; the tokenizer is Mistral's real one."""
    folder.mkdir()
    told = {
        "architectures": ["MllmForConditionalGeneration"],
        "vision_config": VISION | {"num_hidden_layers": vision_layers},
        "projector_config": PROJECTOR,
        "text_config": LANGUAGE | {"num_hidden_layers": language_layers},
    }
    (folder / "config.json").write_text(json.dumps(told))
    found = importlib.util.find_spec("mistral_common")
    if found is None or found.origin is None:
        raise SystemExit("mistral-common (dev extra) carries the vocabulary; install it")
    shutil.copyfile(Path(found.origin).parent / "data" / "tokenizer.model.v1", folder / "tokenizer.model")
    generator = torch.Generator().manual_seed(1)
    writer = ShardWriter(folder)
    for name, shape in expected_shapes(M4cxrConfig.from_json(told)).items():
        is_norm = len(shape) == 1 and name.endswith("weight")
        tensor = torch.ones(shape) if is_norm else torch.randn(shape, generator=generator) * 0.02
        writer.add(published_name(name, "dinov2"), tensor.bfloat16())
    writer.finish()


def run(words: list[str]) -> tuple[float, float, str]:
    """Seconds, peak resident memory in GiB (at least this process's own), and what was printed, of one process."""
    started = time.monotonic()
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[1]
    ) as child:
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {child.returncode}: {said}")
    return round(time.monotonic() - started, 1), round(usage.ru_maxrss * 1024 / 2**30, 2), said


def _gib(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 2**30, 2)


if __name__ == "__main__":
    sys.exit(main())
