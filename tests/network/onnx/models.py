"""Small ONNX models, put together by ONNX's own helpers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cnnviz.network.onnx import read_onnx
from cnnviz.network.shapes import NetworkShapes, shapes

Dims = Sequence[int | str]


def node(kind: str, *inputs: str, to: str = "y", name: str = "", domain: str = "", **attributes: Any) -> Any:
    return helper.make_node(kind, list(inputs), to.split(), name=name, domain=domain, **attributes)


def weight(name: str, *dims: int) -> Any:
    return numpy_helper.from_array(np.ones(dims, np.float32), name)


def whole(name: str, *values: int) -> Any:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def model(
    nodes: Sequence[Any], initializers: Sequence[Any] = (), dims: Dims = (1, 3, 8, 8), outputs: str = "y"
) -> Any:
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(dims))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs.split()],
        list(initializers),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("my", 1)])


def saved(folder: Path, made: Any) -> str:
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return str(path)


def sent(folder: Path, made: Any, shape: tuple[int, ...] | None = None) -> NetworkShapes:
    network = read_onnx(saved(folder, made), shape)
    assert network.input is not None
    return shapes(network, network.input, strict=False)


def evaluated(made: Any, dims: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the first output, batch and all, as ONNX's reference evaluator computes it."""
    from onnx.reference import ReferenceEvaluator

    x = np.random.default_rng(3).normal(size=dims).astype(np.float32)
    outputs: Any = ReferenceEvaluator(made).run(None, {"x": x})
    shape: tuple[int, ...] = outputs[0].shape
    return shape


def loaded(path: str) -> Any:
    return onnx.load(path, load_external_data=False)
