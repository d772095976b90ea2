"""What the ONNX graph of a Mistral is made of: sizes, nodes and weights as they are written down, inputs, outputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from inference.errors import PackRefused
from inference.models.config import M4cxrConfig

CONTRIB = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
INLINE_BYTES = 1024
"""Weights up to this size stand in the graph itself."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that the graph is written with."""

    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    head: int
    vocabulary: int
    epsilon: float
    rope_theta: float
    positions: int

    @classmethod
    def of(cls, config: M4cxrConfig) -> Sizes:
        """Raises PackRefused for what this graph does not compute."""
        language = config.language
        if language["hidden_act"] != "silu":
            raise PackRefused(f"config.json: ONNX Runtime computes SiLU here, not {language['hidden_act']}.")
        heads, width = int(language["num_attention_heads"]), int(language["hidden_size"])
        return cls(
            layers=int(language["num_hidden_layers"]),
            width=width,
            inner=int(language["intermediate_size"]),
            heads=heads,
            kv_heads=int(language["num_key_value_heads"]),
            head=int(language["head_dim"] or width // heads),
            vocabulary=int(language["vocab_size"]),
            epsilon=float(language["rms_norm_eps"]),
            rope_theta=float(language["rope_theta"]),
            # below its window, attention through a sliding window is attention to everything
            positions=int(min(language["max_position_embeddings"], language["sliding_window"] or 1 << 40)),
        )


@dataclass(slots=True)
class Graph:
    """Nodes and weights as they are written down."""

    sizes: Sizes
    nodes: list[Any] = field(default_factory=list)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)

    def node(self, op: str, inputs: list[str], output: str, domain: str = "", **settings: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **settings))
        return output

    def weight(self, name: str, values: NDArray[Any]) -> str:
        self.weights[name] = values
        return name

    def shaped(self, name: str, shape: list[int], output: str) -> str:
        """Reshape; 0 keeps the input's own size at that place, -1 is what is left."""
        wanted = self.weight(f"{output}.shape", np.array(shape, np.int64))
        return self.node("Reshape", [name, wanted], output)


def model_bytes(graph: Graph) -> bytes:
    """The model as ONNX Runtime takes it; the content of large weights is handed over beside it."""
    sizes, real, whole = graph.sizes, TensorProto.FLOAT, TensorProto.INT64
    inputs = [
        ("rows", real, ["B", "S", sizes.width]),
        ("positions", whole, ["B", "S"]),
        ("last", whole, ["B"]),
        ("mask", real, ["B", 1, "S", 1, "all"]),
        ("stretches", whole, [3]),
        *[(name, whole, [size]) for name, size in SHAPES.items()],
    ]
    outputs = [("logits", real, ["B", sizes.vocabulary])]
    for number in range(sizes.layers):
        for kind in ("keys", "values"):
            inputs.append((f"prefix_{kind}.{number}", real, ["P", sizes.kv_heads, sizes.head]))
            inputs.append((f"own_{kind}.{number}", real, ["T", "BK", sizes.head]))
            outputs.append((f"new_{kind}.{number}", real, ["S", "BK", sizes.head]))
    proto = helper.make_graph(
        graph.nodes,
        "mistral",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(*one) for one in outputs],
        initializer=[_initialiser(name, values) for name, values in graph.weights.items()],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(CONTRIB, 1)]
    content: bytes = helper.make_model(proto, opset_imports=opsets, ir_version=10).SerializeToString()
    return content


SHAPES = {
    "own_query_shape": 3,
    "prefix_score_shape": 5,
    "own_score_shape": 5,
    "prefix_share_shape": 3,
    "own_share_shape": 3,
    "prefix_sum_shape": 4,
    "own_sum_shape": 4,
    "new_shape": 3,
}
"""Inputs that hold shapes, with their lengths: they depend on the call's rows."""


def shapes_of(sizes: Sizes, rows: int, steps: int, stretches: tuple[int, int, int]) -> dict[str, list[int]]:
    """The shape inputs for `rows` rows of `steps` positions, with the lengths of prefix, own and new."""
    kv, group, head = sizes.kv_heads, sizes.heads // sizes.kv_heads, sizes.head
    prefix = stretches[0]
    return {
        "own_query_shape": [rows * kv, steps * group, head],
        "prefix_score_shape": [kv, rows, steps, group, prefix],
        "own_score_shape": [rows, kv, steps, group, -1],
        "prefix_share_shape": [kv, rows * steps * group, prefix],
        "own_share_shape": [rows * kv, steps * group, -1],
        "prefix_sum_shape": [kv, rows, steps, group * head],
        "own_sum_shape": [rows, kv, steps, group * head],
        "new_shape": [steps, rows * kv, head],
    }


def _initialiser(name: str, values: NDArray[Any]) -> Any:
    """An initialiser; a large one's content is handed over beside the graph."""
    if values.nbytes <= INLINE_BYTES:
        return numpy_helper.from_array(values, name)
    tensor = TensorProto(
        name=name, dims=values.shape, data_type=helper.np_dtype_to_tensor_dtype(values.dtype)
    )
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "handed over in memory"
    return tensor
