"""An ONNX graph for the project's own engine: its layers, and its weights as LAYER.weight, LAYER.bias, ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from math import isclose
from typing import TYPE_CHECKING, Any, Final

from cnnviz.errors import FileError
from cnnviz.network import operations as op
from cnnviz.network.onnx.graph import Graph
from cnnviz.network.spec import Layer, Network
from cnnviz.network.values import VALUES
from cnnviz.network.weights import check_finite

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "Conv": ("", "weight", "bias"),
    "ConvTranspose": ("", "weight", "bias"),
    "BatchNormalization": ("", "weight", "bias", "running_mean", "running_var"),
    "Gemm": ("", "weight", "bias"),
    "MatMul": ("", "weight"),
    "PRelu": ("", "weight"),
}
"""What the inputs of each operator are, by position; the first is the picture's."""

_OTHER_AXIS: Final = "over another axis than the channels"
_OTHER_SHAPES: Final = "with a constant or of other shapes"

_OTHERWISE: Final[Mapping[str, str]] = {
    "softmax": _OTHER_AXIS,
    "logsoftmax": _OTHER_AXIS,
    "concat": _OTHER_AXIS,
    "add": _OTHER_SHAPES,
    "mul": _OTHER_SHAPES,
    "linear": "of more than one vector",
    "lrn": "over an even number of channels",
    "upsample": "by no whole number or with aligned corners",
    "pad": "of other axes than rows and columns",
}
"""How a kind that the engine has may stand in a graph so that it cannot run it."""

_ONLY: Final[Mapping[tuple[str, str], tuple[Any, Any]]] = {
    ("HardSigmoid", "alpha"): (0.2, 1 / 6),
    ("HardSigmoid", "beta"): (0.5, 0.5),
    ("Selu", "alpha"): (1.6732632, 1.6732632),
    ("Selu", "gamma"): (1.0507010, 1.0507010),
    ("Gelu", "approximate"): (b"none", b"none"),
    ("Swish", "alpha"): (1.0, 1.0),
    ("BatchNormalization", "training_mode"): (0, 0),
    ("Pad", "mode"): (b"constant", b"constant"),
}
"""Attributes of which the engine has one value only: ONNX's own where none is given, and that value."""

_COERCED: Final = 13
"""The version of ONNX's operators from which softmax is one of an axis, not of all that follow it."""

_UNREADABLE: Final = (ValueError, TypeError, KeyError)  # the last for a type that ONNX has not


def own_network(graph: Graph, model: Any) -> Network:
    """The network of ``graph`` with the engine's own kinds of layers.

    Raises
    ------
    FileError
        For an operator that the engine has not, or not with these attributes.
    """
    old = any(each.domain in ("", "ai.onnx") and each.version < _COERCED for each in model.opset_import)
    held = _held(model)
    layers = tuple(_own_layer(layer, graph.nodes[layer.name], held) for layer in graph.network.layers)
    lacking = dict.fromkeys(_lacking(layer) for layer in layers if not _is_own(layer))
    if lacking:
        raise FileError(f"the own engine cannot run {', '.join(lacking)}; {_elsewhere()}")
    for layer in layers:
        node = graph.nodes[layer.name]
        _check_attributes(layer, node)
        if old and node.op_type in ("Softmax", "LogSoftmax") and len(graph.shape) > 1:
            before = next((each for each in layers if each.name == layer.inputs[0]), None)
            if before is None or not isinstance(before.operation, op.Flatten | op.Linear):
                raise FileError(f"{layer.name}: softmax as ONNX had it before version 13; {_elsewhere()}")
    return graph.network._replace(layers=layers)


def _own_layer(layer: Layer, node: Any, tensors: Mapping[str, Any]) -> Layer:
    """The same by the engine's own name, where the operator is only called otherwise."""
    if node.op_type in ("Reshape", "Squeeze") and len(layer.inputs) == 1:
        made = layer.operation.output((1,))
        if len(made) == 1:
            return layer._replace(kind="flatten", operation=op.Flatten())
    if node.op_type == "Clip":
        low, high = (_limit(node, place, tensors) for place in (1, 2))
        if low == 0 and high in (6, float("inf")):
            return layer._replace(kind="relu6" if high == 6 else "relu", operation=op.Activation())
    return layer


def _limit(node: Any, place: int, tensors: Mapping[str, Any]) -> float | None:
    """An end of a Clip: an attribute in old models, else a constant; None where it is not known."""
    from onnx import numpy_helper

    for each in node.attribute:
        if each.name == ("", "min", "max")[place]:
            return float(each.f)
    if len(node.input) <= place or not node.input[place]:
        return float("-inf") if place == 1 else float("inf")
    try:
        return float(numpy_helper.to_array(tensors[node.input[place]]).item())
    except (KeyError, ValueError, TypeError):  # worked out by the graph, damaged, or several
        return None


def _elsewhere() -> str:
    """Who runs the model instead, or how it would."""
    if find_spec("onnxruntime") is not None:
        return "--backend onnxruntime runs it"
    return "onnxruntime would run it: pip install 'cnnviz[models]'"


def _lacking(layer: Layer) -> str:
    """What the engine has not: a kind, or a kind in such a form."""
    if layer.kind not in VALUES:
        return layer.kind
    return f"{layer.kind} {_OTHERWISE.get(layer.kind, 'in this form')}"


def _is_own(layer: Layer) -> bool:
    return layer.kind in VALUES and isinstance(layer.operation, VALUES[layer.kind][0])


def _check_attributes(layer: Layer, node: Any) -> None:
    from onnx import helper

    given = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    for (kind, name), (default, own) in _ONLY.items():
        value = given.get(name, default)
        if kind == node.op_type and value != own and not _close(value, own):
            raise FileError(f"{layer.name}: {kind} with {name} {value}; {_elsewhere()}")


def _close(first: Any, second: Any) -> bool:
    return isinstance(first, float) and isclose(first, second, rel_tol=1e-5)


def own_weights(graph: Graph, model: Any) -> dict[str, NDArray[Any]]:
    """Every parameter that a layer takes, out of ``model``, which holds them; raises as `layer_weights`."""
    held = _held(model)
    return {
        f"{layer.name}.{name}": values
        for layer in graph.network.layers
        for name, values in _weights(layer, graph.nodes[layer.name], held).items()
    }


def layer_weights(graph: Graph, model: Any, layer: Layer) -> dict[str, NDArray[Any]]:
    """The parameters of one layer, by PyTorch's names.

    Raises
    ------
    FileError
        When they do not lie in the file.
    """
    return _weights(layer, graph.nodes[layer.name], _held(model))


def _weights(layer: Layer, node: Any, tensors: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    from onnx import numpy_helper

    found: dict[str, NDArray[Any]] = {}
    for name, source in zip(_NAMES.get(node.op_type, ()), node.input, strict=False):
        if not name or not source:
            continue
        if source not in tensors:
            raise FileError(f"{layer.name}: its {name} is worked out by the graph; {_elsewhere()}")
        try:
            values: Any = numpy_helper.to_array(tensors[source])
        except _UNREADABLE:
            raise FileError(f"{layer.name}: its {name} is damaged") from None
        found[name] = values
    if node.op_type in _FORMS:
        _FORMS[node.op_type](layer.operation, node, found)
    return found


def check_weights(graph: Graph, model: Any) -> None:
    """Refuse what layers learned where it is not finite; a mask elsewhere may hold infinity.

    Raises
    ------
    FileError
        With the tensor, the value, and where it is.
    """
    from onnx import numpy_helper

    held = _held(model)
    nodes = (graph.nodes[layer.name] for layer in graph.network.layers)
    taken = (name for node in nodes if node.op_type in _NAMES for name in node.input if name in held)
    for name in dict.fromkeys(taken):
        try:
            values = numpy_helper.to_array(held[name])
        except _UNREADABLE:  # damaged; those who run it say so
            continue
        if values.dtype.kind == "f":
            check_finite(values, name)


def _held(model: Any) -> dict[str, Any]:
    """The tensors of the file by every name that the graph gives them; shared weights have several."""
    held: dict[str, Any] = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Identity":
            held |= [
                (put, held[got]) for got, put in zip(node.input, node.output, strict=False) if got in held
            ]
        elif node.op_type == "Constant":
            held |= [(put, each.t) for put in node.output for each in node.attribute if each.name == "value"]
    return held


def _gemm(operation: Any, node: Any, found: dict[str, NDArray[Any]]) -> None:
    """``alpha * x @ B + beta * C`` as ``x @ weight.T + bias``."""
    import numpy as np

    given = {each.name: each for each in node.attribute}
    weight = found["weight"]
    transposed = "transB" in given and given["transB"].i
    scale = given["alpha"].f if "alpha" in given else 1.0
    found["weight"] = (weight if transposed else weight.T) * weight.dtype.type(scale)
    bias = found.get("bias")
    if bias is not None:
        factor = given["beta"].f if "beta" in given else 1.0
        every = np.broadcast_to(bias.reshape(-1), (operation.out,))
        found["bias"] = every * bias.dtype.type(factor)


def _matmul(_operation: Any, _node: Any, found: dict[str, NDArray[Any]]) -> None:
    found["weight"] = found["weight"].T


def _prelu(_operation: Any, _node: Any, found: dict[str, NDArray[Any]]) -> None:
    found["weight"] = found["weight"].reshape(-1)


_FORMS: Final[dict[str, Callable[..., None]]] = {"Gemm": _gemm, "MatMul": _matmul, "PRelu": _prelu}
