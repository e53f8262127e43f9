"""Whose channels a layer hands on: below a convolution its activation and pooling keep them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cnnviz.network import operations as op
from cnnviz.network.spec import Layer, Operation

_KEEPING: Final[tuple[type[Operation], ...]] = (
    op.Activation, op.LeakyRelu, op.PRelu, op.Elu,
    op.BatchNorm, op.LocalResponseNorm, op.Dropout, op.Pad, op.Upsample,
    op.Pool, op.AdaptivePool, op.GlobalPool,
)  # fmt: skip
"""What makes map n of its output from map n of its input (or, as softmax, weighs it against the others)."""


def makers(layers: Sequence[Layer]) -> dict[str, str]:
    """For each of ``layers`` the name of the one whose channels it has: its own, or of a layer before it.

    >>> from cnnviz.network.chain import read_chain
    >>> makers(read_chain(["conv:6,5", "relu", "maxpool:2", "conv:6,3"]).layers)
    {'conv1': 'conv1', 'relu1': 'conv1', 'maxpool1': 'conv1', 'conv2': 'conv2'}
    """
    found: dict[str, str] = {}
    for layer in layers:
        before = layer.inputs[0] if len(layer.inputs) == 1 else ""
        found[layer.name] = found.get(before, layer.name) if _keeps(layer.operation) else layer.name
    return found


def _keeps(operation: Operation) -> bool:
    if isinstance(operation, op.Depthwise):
        return operation.multiplier == 1
    return isinstance(operation, _KEEPING)
