"""Operators with a window: convolutions and pools, their padding in ONNX's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from cnnviz.errors import FileError
from cnnviz.geometry import Padding, Pads, Pair, transposed_size
from cnnviz.network import operations as op
from cnnviz.network.onnx.node import Node
from cnnviz.network.onnx.operations import FreeAveragePool, FreeMaxPool, FreePool
from cnnviz.network.spec import Operation

Operations: TypeAlias = Sequence[Operation] | None


def _convolution(node: Node) -> Operations:
    weight = _kernels(node)
    if weight is None:
        return None
    groups = node.attribute("group", 1)
    if weight[1] * groups != node.shapes[0][0]:
        raise FileError(
            f"node {node.proto.name or node.type}: its weight takes {weight[1] * groups} channels and gets "
            f"{node.shapes[0][0]}"
        )
    return [
        op.Conv(
            weight[0],
            (weight[2], weight[3]),
            _pair(node, "strides"),
            _padding(node),
            _pair(node, "dilations"),
            groups,
            2 in node.constants,
        )
    ]


def _kernels(node: Node) -> tuple[int, int, int, int] | None:
    """The sizes of a weight that is known, for maps of two axes; None: convolution of another kind."""
    weight = node.dims(1)
    if weight is None or len(weight) != 4 or len(node.shapes) != 1 or len(node.shapes[0]) != 3:
        return None
    if min(weight) < 1 or node.attribute("group", 1) < 1:
        raise FileError(f"node {node.proto.name or node.type}: a weight of {weight} makes no sense")
    return weight[0], weight[1], weight[2], weight[3]


def _transposed(node: Node) -> Operations:
    weight = _kernels(node)
    if weight is None:
        return None
    kernel, stride, dilation = (weight[2], weight[3]), _pair(node, "strides"), _pair(node, "dilations")
    extra = _pair(node, "output_padding", 0)
    groups = node.attribute("group", 1)
    wanted = node.attribute("output_shape")
    automatic = node.attribute("auto_pad", "NOTSET")
    sides = _sides(node.attribute("pads") or (0, 0, 0, 0))
    if wanted or automatic.startswith("SAME"):
        sizes = node.shapes[0][1:]
        goals = list(wanted[-2:]) if wanted else [sizes[0] * stride[0], sizes[1] * stride[1]]
        # Without padding it would be this much too large; what a shape asked for lacks is added at the end.
        over = [
            transposed_size(sizes[axis], kernel[axis], stride[axis], d=dilation[axis], more=extra[axis])
            - goals[axis]
            for axis in (0, 1)
        ]
        if wanted:
            extra = (extra[0] + max(-over[0], 0), extra[1] + max(-over[1], 0))
        sides = (_split(over[0], automatic), _split(over[1], automatic))
    return [
        op.ConvTransposed(
            weight[1] * groups, kernel, stride, sides, extra, dilation, groups, 2 in node.constants
        )
    ]


def _split(total: int, automatic: str) -> Pair:
    total = max(total, 0)
    small, large = total // 2, total - total // 2
    return (small, large) if automatic == "SAME_UPPER" else (large, small)


def _pool(node: Node) -> Operations:
    kernel = list(node.attribute("kernel_shape") or [])
    if len(kernel) != 2 or len(node.shapes[0]) != 3:
        return None
    given = (
        (kernel[0], kernel[1]),
        _pair(node, "strides"),
        _padding(node),
        _pair(node, "dilations"),
        bool(node.attribute("ceil_mode", 0)),
    )
    if node.type == "AveragePool":
        return [FreeAveragePool(*given, include_padding=bool(node.attribute("count_include_pad", 0)))]
    return [FreeMaxPool(*given) if node.type == "MaxPool" else FreePool(*given)]


def _padding(node: Node) -> Padding:
    automatic = node.attribute("auto_pad", "NOTSET")
    if automatic == "NOTSET":
        return _sides(node.attribute("pads") or (0, 0, 0, 0))
    words: dict[str, Padding] = {"SAME_UPPER": "same", "SAME_LOWER": "same-lower"}
    return words.get(automatic, ((0, 0), (0, 0)))  # VALID, by amounts: unlike a word it may be rounded up


def _sides(pads: Sequence[int]) -> Pads:
    if len(pads) != 4:
        raise FileError(f"pads of {len(pads)} numbers on a map of two axes")
    top, left, bottom, right = pads
    return (top, bottom), (left, right)


def _pair(node: Node, name: str, default: int = 1) -> Pair:
    given = node.attribute(name) or (default, default)
    if len(given) != 2:
        raise FileError(f"{name} of {len(given)} numbers on a map of two axes")
    return given[0], given[1]


SLIDING: Final[dict[str, tuple[Callable[[Node], Operations], str]]] = {
    "Conv": (_convolution, "conv"),
    "ConvTranspose": (_transposed, "convt"),
    "MaxPool": (_pool, "maxpool"),
    "AveragePool": (_pool, "avgpool"),
    "LpPool": (_pool, "lppool"),
}
