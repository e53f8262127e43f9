"""What a layer costs: MACs, FLOPs, and FLOPs as Distill's table of networks counts them."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Final, NamedTuple

from cnnviz.network import operations as op
from cnnviz.network.shapes import LayerShape


class Count(NamedTuple):
    """A way to count: its name, what it says over a column, its definition, and the count of one layer."""

    name: str
    title: str
    definition: str
    of: Callable[[LayerShape], int]


def _distill(layer: LayerShape) -> int:
    operation = layer.layer.operation
    total = 2 * layer.macs
    if layer.macs and "bias" in layer.tensors:
        total += layer.elements
    if isinstance(operation, op.Pool) and layer.window is not None:
        total += prod(layer.window.kernel) * layer.elements
    elif isinstance(operation, op.GlobalPool | op.AdaptivePool):
        total += prod(layer.inputs[0])
    elif isinstance(operation, op.BatchNorm):
        total += layer.elements
    elif isinstance(operation, op.Add | op.Multiply):
        total += (len(layer.inputs) - 1) * layer.elements
    return total


COUNTS: Final = {
    count.name: count
    for count in (
        Count(
            "macs",
            "MACs",
            "multiply-accumulates of the weights of convolutions and linear layers, no bias, for one picture",
            lambda layer: layer.macs,
        ),
        Count(
            "flops",
            "FLOPs",
            "2 for each MAC (a multiplication and an addition) of convolutions and linear layers, no bias",
            lambda layer: 2 * layer.macs,
        ),
        Count(
            "distill",
            "operations",
            "as TensorFlow's profiler in Distill's table of networks (Araujo, Norris, Sim, 2019): 2 for each "
            "MAC, 1 for each bias addition, each value of a batchnorm, each sum of an add and each cell "
            "under a pooling window; activations are free",
            _distill,
        ),
    )
}


def unshared(layer: LayerShape) -> int | None:
    """Parameters of a convolution if every place had a kernel of its own (locally connected); None: no such.

    A linear layer shares nothing and keeps what it has.
    """
    operation = layer.layer.operation
    if isinstance(operation, op.Linear):
        return layer.parameters
    if not isinstance(operation, op.Conv | op.Depthwise | op.ConvTransposed):
        return None
    biases = layer.elements if "bias" in layer.tensors else 0
    return layer.macs + biases


def fully_connected(layer: LayerShape) -> int | None:
    """Parameters if every number put out had a weight for every number that comes in; None: no such layer."""
    if unshared(layer) is None:
        return None
    biases = layer.elements if "bias" in layer.tensors else 0
    return prod(layer.inputs[0]) * layer.elements + biases
