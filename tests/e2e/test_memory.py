"""What a model takes, measured: near its plan, and given back when it is unloaded."""

import gc
import json

import psutil
import pytest
import torch
from safetensors.torch import save_file

from inference.backend import AskQuestion, CancelToken, ChatMessage, Finished
from inference.devices import choose_device, release_memory
from inference.engine.engine import M4cxrBackend
from inference.models.config import M4cxrConfig
from inference.models.m4cxr import expected_shapes
from inference.models.names import published_name
from inference.packs import open_pack, write_manifest
from inference.plan import Plan
from tests.tiny_pack import ABOUT, make_tiny_pack

MIB = 1 << 20


class Passes:
    def check(self, film, picture):
        raise AssertionError("no film is asked about")


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """The tiny pack, and one of 69 million weights: 275 MB in float32."""
    folder = tmp_path_factory.mktemp("packs")
    tiny, wide = make_tiny_pack(folder / "tiny"), make_tiny_pack(folder / "wide")
    told = json.loads((wide / "config.json").read_text(encoding="utf-8"))
    told["text_config"] |= {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 4}
    told["text_config"] |= {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 128}
    told["projector_config"]["output_hidden_size"] = 1024
    (wide / "config.json").write_text(json.dumps(told), encoding="utf-8")
    shapes = expected_shapes(M4cxrConfig.from_json(told))
    weights = {
        published_name(name, "dinov2"): torch.full(shape, 0.01, dtype=torch.float16)
        for name, shape in shapes.items()
    }
    save_file(weights, wide / "model.safetensors")
    write_manifest(wide, ABOUT)
    return open_pack(tiny), open_pack(wide)


def resident() -> int:
    gc.collect()
    release_memory(choose_device("cpu"))
    return psutil.Process().memory_info().rss


def ask(backend) -> None:
    events = backend.run(AskQuestion(None, (ChatMessage("user", "?"),), 3), CancelToken())
    assert isinstance([*events][-1], Finished)


def test_an_unloaded_model_gives_its_memory_back(packs):
    tiny, wide = packs
    first = M4cxrBackend(tiny, gate=Passes())  # whatever is imported and built once is there from now on
    ask(first)
    first.close()
    before = resident()

    backend = M4cxrBackend(wide, gate=Passes())
    ask(backend)
    use = backend.memory()
    loaded = resident()
    backend.close()
    after = resident()

    assert loaded - before > 200 * MIB
    assert abs(after - before) < 0.05 * before
    assert isinstance(use.plan, Plan)
    assert use.peak_bytes >= use.used_bytes > 200 * MIB
