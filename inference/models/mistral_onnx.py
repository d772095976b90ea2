"""Mistral as an ONNX graph, written down node by node, for ONNX Runtime on a CPU. No export, no file: built at load.

Weights go in as external initialisers that are handed over in memory, so the model's size knows no 2 GB limit.
Attention looks at three stretches of keys and values, none of which is ever copied for it:

    prefix  (P, kv heads, head)         what several rows have read in common, held once for all of them
    own     (T, rows * kv heads, head)  what each row has read since
    new     (S, rows * kv heads, head)  what is read now, from this call's rows

Positions come first in all three, so that a longer or shorter stretch is a view. A stretch is never empty (ONNX
Runtime 1.31 divides by zero there): the caller gives one position that `mask` hides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import helper
from onnxruntime import InferenceSession, OrtValue, SessionOptions
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException
from torch import Tensor

from inference.errors import PackRefused
from inference.models.config import M4cxrConfig
from inference.models.onnx_graph import CONTRIB, INLINE_BYTES, Graph, Sizes, model_bytes
from inference.models.quantised import INT4_BLOCK, block_of, check_parts, parts_of, scheme_of

INT8_BLOCK = 256
"""Columns that share a scale in ONNX Runtime's form: a row's one scale is written once for each block. Larger blocks
are faster (a prompt 2.5 times from 64 to 256, docs/precision.md), and 256 is the largest."""
_INT8_ACTIVATIONS = 4  # MatMulNBits' accuracy_level: products in int8, sums in int32
_PREFIX = "language_model.model."


def build_session(
    config: M4cxrConfig, tensors: dict[str, Tensor], *, threads: int, accuracy_level: int = _INT8_ACTIVATIONS
) -> InferenceSession:
    """Build the language model's session.

    Args:
        config: The model's sizes.
        tensors: The language model's tensors by module name, projections quantised or in floats; **emptied** as they
            go over to ONNX Runtime, so that no weight lies in memory twice for long.
        threads: For the matrix products.
        accuracy_level: Of MatMulNBits: 4 computes with activations in int8, 1 in float32.

    Raises:
        PackRefused: A tensor is missing or does not fit, or the sizes ask for something this graph does not compute.
    """
    sizes = Sizes.of(config)
    graph = Graph(sizes)
    _write(graph, tensors, accuracy_level)
    options = SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    model = model_bytes(graph)
    names = [name for name, values in graph.weights.items() if values.nbytes > INLINE_BYTES]
    values = [OrtValue.ortvalue_from_numpy(graph.weights.pop(name)) for name in names]
    options.add_external_initializers(names, values)
    with memory_errors():
        return InferenceSession(model, options, providers=["CPUExecutionProvider"])


@contextmanager
def memory_errors() -> Iterator[None]:
    """Let ONNX Runtime say that memory ran out as Python does: its own exceptions are no RuntimeError."""
    try:
        yield
    except (Fail, RuntimeException) as error:
        if "bad_alloc" in str(error) or "allocate memory" in str(error):
            raise MemoryError("ONNX Runtime found too little memory") from None
        raise


def rope_tables(sizes: Sizes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines (positions, head / 2), float32, of angles computed in float32 as transformers does."""
    exponents = torch.arange(0, sizes.head, 2, dtype=torch.int64).float() / sizes.head
    angles = torch.outer(torch.arange(sizes.positions).float(), 1.0 / sizes.rope_theta**exponents)
    return angles.cos().numpy(), angles.sin().numpy()


def _write(graph: Graph, tensors: dict[str, Tensor], accuracy_level: int) -> None:
    sizes = graph.sizes
    cosines, sines = rope_tables(sizes)
    graph.weight("cosines", cosines)
    graph.weight("sines", sines)
    first = _vector(graph, tensors, "layers.0.input_layernorm.weight")
    normed = graph.node(
        "SimplifiedLayerNormalization", ["rows", first], "normed", epsilon=sizes.epsilon, axis=-1
    )
    stream = "rows"
    for number in range(sizes.layers):
        layer = _Layer(graph, tensors, number, accuracy_level)
        attended = layer.attention(normed)
        normed, stream = layer.added_and_normed(stream, attended, f"layers.{number}.post_attention_layernorm")
        following = "norm" if number + 1 == sizes.layers else f"layers.{number + 1}.input_layernorm"
        fed = layer.feed_forward(normed)
        normed, stream = layer.added_and_normed(stream, fed, following)
    flat = graph.shaped(normed, [-1, sizes.width], "flat")
    last = graph.node("Gather", [flat, "last"], "last_rows", axis=0)
    head = _take(tensors, "language_model.lm_head.weight", (sizes.vocabulary, sizes.width))
    graph.weight("head", head.float().numpy())
    graph.node("FusedMatMul", [last, "head"], "logits", CONTRIB, transB=1)


@dataclass(slots=True)
class _Layer:
    graph: Graph
    tensors: dict[str, Tensor]
    number: int
    accuracy_level: int

    def attention(self, normed: str) -> str:
        sizes, at = self.graph.sizes, f"layers.{self.number}.self_attn"
        keys_out = sizes.kv_heads * sizes.head
        queries = self._product(normed, f"{at}.q_proj", sizes.heads * sizes.head, sizes.width)
        keys = self._product(normed, f"{at}.k_proj", keys_out, sizes.width)
        values = self._product(normed, f"{at}.v_proj", keys_out, sizes.width)
        queries, keys = self._turned(queries, sizes.heads), self._turned(keys, sizes.kv_heads)
        self._positions_first(keys, f"new_keys.{self.number}")
        self._positions_first(values, f"new_values.{self.number}")
        mixed = self._mixed(queries, at)
        return self._product(mixed, f"{at}.o_proj", sizes.width, sizes.heads * sizes.head)

    def _mixed(self, queries: str, at: str) -> str:
        """Attention over the three stretches, (rows, S, heads * head). Scores are (rows, kv, S, group, P + T + S)."""
        graph, sizes, number = self.graph, self.graph.sizes, self.number
        group, kv, head = sizes.heads // sizes.kv_heads, sizes.kv_heads, sizes.head
        split = graph.shaped(queries, [0, 0, kv, group * head], f"{at}.split")
        by_row = graph.node(
            "Transpose", [split], f"{at}.by_row", perm=[0, 2, 1, 3]
        )  # rows, kv, S, group * head
        by_head = graph.node(
            "Transpose", [split], f"{at}.by_head", perm=[2, 0, 1, 3]
        )  # kv, rows, S, group * head
        own_queries = graph.node("Reshape", [by_row, "own_query_shape"], f"{at}.own_queries")
        all_queries = graph.shaped(by_head, [kv, -1, head], f"{at}.all_queries")
        pieces = []
        for stretch, asked in (("prefix", all_queries), ("own", own_queries), ("new", own_queries)):
            scores = graph.node(
                "FusedMatMul",
                [asked, f"{stretch}_keys.{number}"],
                f"{at}.{stretch}_scores",
                CONTRIB,
                transB=1,
                transBatchB=1,
                alpha=head**-0.5,
            )
            shape = "prefix_score_shape" if stretch == "prefix" else "own_score_shape"
            scores = graph.node("Reshape", [scores, shape], f"{at}.{stretch}_shaped")
            if stretch == "prefix":  # kv, rows, S, group, P
                scores = graph.node("Transpose", [scores], f"{at}.prefix_by_row", perm=[1, 0, 2, 3, 4])
            pieces.append(scores)
        together = graph.node("Concat", pieces, f"{at}.scores", axis=-1)
        hidden = graph.node("Add", [together, "mask"], f"{at}.masked")
        shares = graph.node("Softmax", [hidden], f"{at}.shares", axis=-1)
        return self._summed(shares, at)

    def _summed(self, shares: str, at: str) -> str:
        graph, number, head = self.graph, self.number, self.graph.sizes.head
        names = [f"{at}.{stretch}_shares" for stretch in ("prefix", "own", "new")]
        graph.nodes.append(helper.make_node("Split", [shares, "stretches"], names, name=f"{at}.cut", axis=-1))
        by_head = graph.node("Transpose", [names[0]], f"{at}.shares_by_head", perm=[1, 0, 2, 3, 4])
        sums = []
        for stretch, share in (("prefix", by_head), ("own", names[1]), ("new", names[2])):
            shape = "prefix_share_shape" if stretch == "prefix" else "own_share_shape"
            flat = graph.node("Reshape", [share, shape], f"{at}.{stretch}_flat")
            inputs = [flat, f"{stretch}_values.{number}"]
            product = graph.node("FusedMatMul", inputs, f"{at}.{stretch}_sum", CONTRIB, transBatchB=1)
            if stretch == "prefix":  # kv, rows * S * group, head -> rows, kv, S, group * head
                product = graph.node("Reshape", [product, "prefix_sum_shape"], f"{at}.prefix_split")
                product = graph.node("Transpose", [product], f"{at}.prefix_turned", perm=[1, 0, 2, 3])
            else:
                product = graph.node("Reshape", [product, "own_sum_shape"], f"{at}.{stretch}_split")
            sums.append(product)
        total = graph.node("Sum", sums, f"{at}.total")
        turned = graph.node("Transpose", [total], f"{at}.turned", perm=[0, 2, 1, 3])
        return graph.shaped(turned, [0, 0, graph.sizes.heads * head], f"{at}.mixed")

    def feed_forward(self, normed: str) -> str:
        sizes, at = self.graph.sizes, f"layers.{self.number}.mlp"
        gate = self._product(normed, f"{at}.gate_proj", sizes.inner, sizes.width)
        up = self._product(normed, f"{at}.up_proj", sizes.inner, sizes.width)
        opened = self.graph.node("QuickGelu", [gate], f"{at}.silu", CONTRIB, alpha=1.0)
        inner = self.graph.node("Mul", [opened, up], f"{at}.inner")
        return self._product(inner, f"{at}.down_proj", sizes.width, sizes.inner)

    def added_and_normed(self, stream: str, change: str, norm: str) -> tuple[str, str]:
        """The normed sum, and the sum itself."""
        gamma = _vector(self.graph, self.tensors, f"{norm}.weight")
        normed, total = f"{change}.normed", f"{change}.total"
        self.graph.nodes.append(
            helper.make_node(
                "SkipSimplifiedLayerNormalization",
                [stream, change, gamma],
                [normed, "", "", total],
                name=normed,
                domain=CONTRIB,
                epsilon=self.graph.sizes.epsilon,
            )
        )
        return normed, total

    def _turned(self, rows: str, heads: int) -> str:
        """Rotary position embedding, half-rotation form, of (rows, S, heads * head)."""
        return self.graph.node(
            "RotaryEmbedding",
            [rows, "positions", "cosines", "sines"],
            f"{rows}.turned",
            CONTRIB,
            num_heads=heads,
            rotary_embedding_dim=0,
        )

    def _positions_first(self, rows: str, output: str) -> None:
        """(rows, S, kv * head) to (S, rows * kv, head), as the caches have it."""
        turned = self.graph.node("Transpose", [rows], f"{output}.turned", perm=[1, 0, 2])
        self.graph.node("Reshape", [turned, "new_shape"], output)

    def _product(self, rows: str, layer: str, outputs: int, inputs: int) -> str:
        """Rows times a projection's transpose."""
        name = f"{_PREFIX}{layer}.weight"
        parts = parts_of(name, self.tensors)
        if name not in parts:
            raise PackRefused(f"The weights have no {name}.")
        for part in parts:
            del self.tensors[part]
        scheme = scheme_of(parts)
        if scheme is None:
            return self._plain_product(rows, layer, _checked(name, parts[name], (outputs, inputs)))
        check_parts(name, parts, (outputs, inputs))
        bits, most = (8, INT8_BLOCK) if scheme == "int8" else (4, INT4_BLOCK)
        block = block_of(name, inputs, most)
        weight, scales = matmul_form(name, parts)
        return self.graph.node(
            "MatMulNBits",
            [
                rows,
                self.graph.weight(f"{layer}.weight", weight),
                self.graph.weight(f"{layer}.scales", scales),
            ],
            layer,
            CONTRIB,
            K=inputs,
            N=outputs,
            bits=bits,
            block_size=block,
            accuracy_level=self.accuracy_level,
        )

    def _plain_product(self, rows: str, layer: str, weight: Tensor) -> str:
        matrix = self.graph.weight(f"{layer}.weight", np.ascontiguousarray(weight.float().numpy().T))
        return self.graph.node("MatMul", [rows, matrix], layer)


def matmul_form(name: str, parts: Mapping[str, Tensor]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Weight and scales as MatMulNBits takes them: uint8 (rows, blocks, bytes), float32 (rows * blocks,).

    The values are those of `quantised.dequantised`, exactly.
    """
    layer, weight = name.removesuffix(".weight"), parts[name]
    if f"{layer}.scales" in parts:
        return weight.numpy(), parts[f"{layer}.scales"].reshape(-1).numpy()
    rows, columns = weight.shape
    blocks = columns // block_of(name, columns, INT8_BLOCK)
    return weight.reshape(rows, blocks, -1).numpy(), parts[f"{layer}.scale"].repeat_interleave(blocks).numpy()


def _vector(graph: Graph, tensors: dict[str, Tensor], name: str) -> str:
    return graph.weight(name, _take(tensors, f"{_PREFIX}{name}", (graph.sizes.width,)).float().numpy())


def _take(tensors: dict[str, Tensor], name: str, shape: tuple[int, ...]) -> Tensor:
    if name not in tensors:
        raise PackRefused(f"The weights have no {name}.")
    return _checked(name, tensors.pop(name), shape)


def _checked(name: str, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    if tuple(tensor.shape) != shape or not tensor.is_floating_point():
        raise PackRefused(f"{name} is {tuple(tensor.shape)} and should be {shape}.")
    return tensor
