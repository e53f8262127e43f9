"""What each ONNX operator comes to: an explicit table, and everything else is unknown.

The meaning is that of the ONNX operator documentation: https://onnx.ai/onnx/operators
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Final, TypeAlias

from cnnviz.network import operations as op
from cnnviz.network.onnx.node import Node
from cnnviz.network.onnx.operations import OWN, UNKNOWN, Given, GlobalVector
from cnnviz.network.onnx.reshaping import RESHAPING, kept
from cnnviz.network.onnx.sliding import SLIDING
from cnnviz.network.spec import Operation, Shape, Sight

Operations: TypeAlias = Sequence[Operation] | None
"""One operation for each output, or None: as unknown."""


def operation_of(node: Node) -> Operations:
    """What ``node`` does; None for an operator that is not known, or not in this form."""
    if node.proto.domain not in ("", "ai.onnx"):
        return None
    read = _READERS.get(node.type)
    return None if read is None else read(node)


def _global(node: Node) -> Operations:
    return [op.GlobalPool()] if len(node.shapes[0]) == 3 else [Given(node.output, (None,))]


def _pointwise(node: Node) -> Operations:
    """Every number by itself; settings and slopes beside it."""
    if len(node.sources) == 1 and node.type == "LeakyRelu":
        return [op.LeakyRelu(node.attribute("alpha", 0.01))]
    if len(node.sources) == 1 and node.type == "Elu":
        return [op.Elu(node.attribute("alpha", 1.0))]
    if node.type == "PRelu" and node.sources == (0,):
        slopes, channels = node.dims(1), node.shapes[0][0]
        if slopes is not None and node.constants[1].learned:
            by_channel = (channels, *(1 for _ in node.shapes[0][1:]))
            if prod(slopes) == 1 or (prod(slopes) == channels and slopes[-len(by_channel) :] == by_channel):
                return [op.PRelu(prod(slopes))]
    if len(node.sources) == 1 and node.sources[0] == 0 and not node.learned:
        return [op.Activation()]
    return _elementwise(node)


def _normalised(node: Node) -> Operations:
    """By statistics that were kept: each number by itself."""
    if len(node.shapes) != 1:
        return None
    if node.dims(1) == node.dims(2) == node.shapes[0][:1]:
        return [op.BatchNorm(eps=node.attribute("epsilon", 1e-5))]
    return [Given(node.shapes[0], (OWN,), node.learned)]


def _by_own_statistics(node: Node) -> Operations:
    return [Given(node.output or node.shapes[0], (None,) * len(node.sources), node.learned)]


def _softmax(node: Node) -> Operations:
    rank = len(node.shapes[0])
    channels = node.attribute("axis", -1) in (1, -rank)
    return [op.Activation() if channels else Given(node.shapes[0], (None,))]


def _elementwise(node: Node) -> Operations:
    """Number by number, sizes of 1 stretched."""
    made = node.output or node.shapes[0]
    if node.type in ("Add", "Sum") and len(set(node.shapes)) == 1 < len(node.shapes) and not node.learned:
        return [op.Add()]
    if node.type == "Mul" and len(node.shapes) > 1 and not node.learned and _stretches(node.shapes):
        return [op.Multiply()]
    return [Given(made, tuple(_stretched(shape, made) for shape in node.shapes), node.learned)]


def _stretches(shapes: Sequence[Shape]) -> bool:
    """Whether they are of one shape but for sizes of 1."""
    along = zip(*shapes, strict=False)
    return len({len(shape) for shape in shapes}) == 1 and all(len({*sizes} - {1}) < 2 for sizes in along)


def _stretched(shape: Shape, made: Shape) -> Sight:
    return OWN if kept(shape, made) else None


def _concatenated(node: Node) -> Operations:
    shapes = node.shapes
    on_channels = node.attribute("axis", 1) in (1, 1 - len(shapes[0]) - 1)
    if (
        on_channels
        and not node.constants
        and len({(len(s), *s[1:]) for s in shapes}) == 1
        and len(shapes[0]) in (1, 3)
    ):
        return [op.Concat()]
    return [
        Given(
            node.output, tuple(OWN if kept(shape, node.output) else UNKNOWN for shape in shapes), node.learned
        )
    ]


def _linear(node: Node) -> Operations:
    """Gemm, or MatMul with a weight; on more than a vector the weight is used at every place."""
    weight = node.dims(1)
    if len(node.sources) == 2:
        # Of two layers' outputs: its products are counted as MACs too, though no weight takes part.
        return [Given(node.output, (None, None), {}, prod(node.output) * node.shapes[0][-1])]
    if weight is None or len(weight) < 2 or node.sources != (0,):
        return [Given(node.output, (None,) * len(node.sources), node.learned)]
    out, inner = weight[-1], weight[-2]
    if node.type == "Gemm" and node.attribute("transB", 0):
        out, inner = inner, out
    if len(node.shapes[0]) == 1 and len(weight) == 2 and not node.attribute("transA", 0):
        return [op.Linear(out, node.type == "Gemm" and 2 in node.constants, inner)]
    return [Given(node.output, (None,), node.learned, prod(node.output) * inner)]


def _reduced(node: Node) -> Operations:
    """Over the rows or columns: everything; over the channels: each its own cell."""
    axes = node.attribute("axes") or node.values(1) or ()
    if node.type in WHOLE_MAPS and len(node.shapes[0]) == 3 and {axis % 4 for axis in axes} == {2, 3}:
        return [op.GlobalPool() if node.attribute("keepdims", 1) else GlobalVector()]
    return [Given(node.output, (OWN if kept(node.shapes[0], node.output) else None,))]


def _local_response(node: Node) -> Operations:
    size = node.attribute("size", 5)
    if size % 2 == 0:  # the odd channel is the one behind here, and the one before in PyTorch
        return [Given(node.shapes[0], (OWN,))]
    alpha, beta = node.attribute("alpha", 1e-4), node.attribute("beta", 0.75)
    return [op.LocalResponseNorm(size, alpha, beta, node.attribute("bias", 1.0))]


def _dropout(node: Node) -> Operations:  # noqa: ARG001  # whatever it is
    return [op.Dropout()]


Reader: TypeAlias = Callable[[Node], Operations]

_OPERATORS: Final[Mapping[str, tuple[Reader, str]]] = {
    **SLIDING,
    "GlobalMaxPool": (_global, "globalmaxpool"),
    "GlobalAveragePool": (_global, "globalavgpool"),
    "GlobalLpPool": (_global, "globallppool"),
    "BatchNormalization": (_normalised, "batchnorm"),
    "InstanceNormalization": (_by_own_statistics, "instancenorm"),
    "LayerNormalization": (_by_own_statistics, "layernorm"),
    "GroupNormalization": (_by_own_statistics, "groupnorm"),
    "LpNormalization": (_by_own_statistics, "lpnorm"),
    "MeanVarianceNormalization": (_by_own_statistics, "mvn"),
    "LRN": (_local_response, "lrn"),
    "Dropout": (_dropout, "dropout"),
    "Softmax": (_softmax, "softmax"),
    "LogSoftmax": (_softmax, "logsoftmax"),
    "Gemm": (_linear, "linear"),
    "MatMul": (_linear, "linear"),
    "Concat": (_concatenated, "concat"),
    **dict.fromkeys(
        ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceL1", "ReduceL2", "ReduceProd"),
        (_reduced, ""),
    ),
    **dict.fromkeys(
        (
            *(
                "Relu",
                "LeakyRelu",
                "Elu",
                "Selu",
                "Celu",
                "Gelu",
                "Mish",
                "Swish",
                "Sigmoid",
                "Tanh",
                "HardSwish",
            ),
            *(
                "HardSigmoid",
                "Softplus",
                "Softsign",
                "ThresholdedRelu",
                "Shrink",
                "PRelu",
                "Clip",
                "Identity",
            ),
            *(
                "Cast",
                "Erf",
                "Sqrt",
                "Exp",
                "Log",
                "Neg",
                "Abs",
                "Reciprocal",
                "Floor",
                "Ceil",
                "Round",
                "Sign",
            ),
            *("Sin", "Cos", "Tan", "Atan", "Not", "IsNaN", "QuantizeLinear", "DequantizeLinear"),
        ),
        (_pointwise, ""),
    ),
    **dict.fromkeys(
        (
            *(
                "Add",
                "Sub",
                "Mul",
                "Div",
                "Pow",
                "Max",
                "Min",
                "Mean",
                "Sum",
                "Mod",
                "Where",
                "And",
                "Or",
                "Xor",
            ),
            *("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"),
        ),
        (_elementwise, ""),
    ),
    **RESHAPING,
}

WHOLE_MAPS: Final = {"ReduceMean": "globalavgpool", "ReduceMax": "globalmaxpool"}
"""What operators are called that reduce rows and columns and nothing else: PyTorch exports pools so."""


def kind_of(type_: str, operation: Operation) -> str:
    """What a layer is called that does ``operation``; operators that are not listed by their own names."""
    if isinstance(operation, op.GlobalPool) and type_ in WHOLE_MAPS:
        return WHOLE_MAPS[type_]
    return KINDS.get(type_) or type_.lower()


KINDS: Final = {name: kind for name, (_, kind) in _OPERATORS.items()} | {
    "Shape": "",
    "Size": "",
    "Constant": "",
}
"""Every operator that is known, and what we call it; empty: the operator's name in small letters."""

_READERS: Final = {name: read for name, (read, _) in _OPERATORS.items()}
