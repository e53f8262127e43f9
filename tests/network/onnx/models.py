"""Small ONNX models, put together by ONNX's own helpers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cnnviz.network.model import Model
from cnnviz.network.onnx import read_onnx
from cnnviz.network.shapes import NetworkShapes, shapes

Array = np.ndarray[Any, Any]
Dims = Sequence[int | str]


def node(kind: str, *inputs: str, to: str = "y", name: str = "", domain: str = "", **attributes: Any) -> Any:
    return helper.make_node(kind, list(inputs), to.split(), name=name, domain=domain, **attributes)


def weight(name: str, *dims: int) -> Any:
    return numpy_helper.from_array(np.ones(dims, np.float32), name)


def whole(name: str, *values: int) -> Any:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def given(name: str, *dims: int, low: float | None = None) -> Any:
    """A weight of random numbers, the same for the same name; with ``low`` from there upwards."""
    values = np.random.default_rng(sum(map(ord, name))).normal(size=dims).astype(np.float32)
    return numpy_helper.from_array(values if low is None else np.abs(values) + np.float32(low), name)


def numbers(name: str, values: float | Sequence[float]) -> Any:
    return numpy_helper.from_array(np.array(values, np.float32), name)


def model(
    nodes: Sequence[Any],
    initializers: Sequence[Any] = (),
    dims: Dims = (1, 3, 8, 8),
    outputs: str = "y",
    opset: int = 18,
) -> Any:
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(dims))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs.split()],
        list(initializers),
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("my", 1)]
    )


def everything(made: Model, x: Array) -> dict[str, Array]:
    """What each layer of a model that can be run puts out."""
    names = [layer.name for layer in made.network.layers]
    return {output.layer.name: np.array(output.values) for output in made.outputs(x, names)}


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
