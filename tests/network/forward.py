"""A forward pass in plain loops with weights of 1: what comes out at a unit is the number of ways to it.

Nothing here comes from cnnviz but the names of the operations: it is the second opinion on what a unit sees.
Maps are (H, W, pictures): one pass does for many pictures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.network import operations as op
from cnnviz.network.spec import INPUT, Network

Array = NDArray[np.float64]


def _sliding(x: Array, kernel: Any, stride: Any, pads: Any, dilation: Any, output: Any) -> Array:
    (top, _), (left, _) = pads
    made = np.zeros((*output, x.shape[2]))
    for row, column in np.ndindex(*output):
        for i, j in np.ndindex(*kernel):
            r, c = row * stride[0] - top + i * dilation[0], column * stride[1] - left + j * dilation[1]
            if 0 <= r < x.shape[0] and 0 <= c < x.shape[1]:
                made[row, column] += x[r, c]
    return made


def _spread(x: Array, kernel: Any, stride: Any, pads: Any, dilation: Any, output: Any) -> Array:
    (top, _), (left, _) = pads
    made = np.zeros((*output, x.shape[2]))
    for row, column in np.ndindex(*x.shape[:2]):
        for i, j in np.ndindex(*kernel):
            r, c = row * stride[0] - top + i * dilation[0], column * stride[1] - left + j * dilation[1]
            if 0 <= r < output[0] and 0 <= c < output[1]:
                made[r, c] += x[row, column]
    return made


def _adaptive(x: Array, out: Any) -> Array:
    made = np.zeros((*out, x.shape[2]))
    n, m = x.shape[:2]
    for row, column in np.ndindex(*out):
        rows = slice(row * n // out[0], -(-(row + 1) * n // out[0]))
        columns = slice(column * m // out[1], -(-(column + 1) * m // out[1]))
        made[row, column] = x[rows, columns].sum(axis=(0, 1))
    return made


def _bilinear(x: Array, scale: Any) -> Array:
    for axis in (0, 1):
        n = x.shape[axis]
        made = []
        for unit in range(n * scale[axis]):
            place = min(max((unit + 0.5) / scale[axis] - 0.5, 0), n - 1)
            low = int(np.floor(place))
            high = min(low + 1, n - 1)
            made.append((1 - place + low) * np.take(x, low, axis) + (place - low) * np.take(x, high, axis))
        x = np.stack(made, axis)
    return x


def forward(network: Network, shape: tuple[int, ...], x: Array) -> dict[str, Array]:
    """The maps of every layer, all channels as one: ``x`` (H, W, pictures) through ``network``."""
    sizes: dict[str, tuple[int, ...]] = {INPUT: shape}
    made: dict[str, Array] = {INPUT: x}
    for layer in network.layers:
        inputs = [made[name] for name in layer.inputs]
        operation = layer.operation
        shapes = [sizes[name] for name in layer.inputs]
        sizes[layer.name] = operation.output(*shapes)
        window = operation.window(*shapes)
        if window is not None:
            slide = _spread if isinstance(operation, op.ConvTransposed) else _sliding
            made[layer.name] = slide(
                inputs[0], window.kernel, window.stride, window.pads, window.dilation, window.output
            )
        elif isinstance(operation, op.AdaptivePool):
            made[layer.name] = _adaptive(inputs[0], operation.out)
        elif isinstance(operation, op.GlobalPool):
            made[layer.name] = inputs[0].sum(axis=(0, 1), keepdims=True)
        elif isinstance(operation, op.Upsample):
            down, across = operation.scale
            repeated: Array = inputs[0].repeat(down, axis=0).repeat(across, axis=1)
            made[layer.name] = (
                repeated if operation.mode == "nearest" else _bilinear(inputs[0], operation.scale)
            )
        elif isinstance(operation, op.Pad):
            made[layer.name] = np.pad(inputs[0], (*operation.pads, (0, 0)))
        elif isinstance(operation, op.Add | op.Multiply | op.Concat):
            made[layer.name] = np.sum(np.broadcast_arrays(*inputs), axis=0)
        else:
            made[layer.name] = inputs[0]
    return made
