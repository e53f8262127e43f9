"""The convolution as one would explain it: six loops, Python's numbers, nothing clever.

It is what the engines are tested against, and slow.
"""

from __future__ import annotations

import numpy as np

from cnnviz.geometry import padding_source
from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem


def run(
    x: Array, weight: Array, bias: Array | None, problem: Problem, numbers: Numbers, _plan: Plan
) -> Array:
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW) into (N, O, *window.output)."""
    out = np.empty((problem.batch, problem.maps, *problem.window.output), numbers.result)
    for n, o, row, column in np.ndindex(out.shape):
        total = 0 if bias is None else bias[o].item()
        for channel, i, j in np.ndindex(weight.shape[1:]):
            total += weight[o, channel, i, j].item() * _value(x, problem, n, o, channel, row, column, i, j)
        out[n, o, row, column] = total
    return out


def _value(
    x: Array, problem: Problem, n: int, o: int, channel: int, row: int, column: int, i: int, j: int
) -> int | float:
    """The input value under tap (i, j) when the window stands at output (row, column)."""
    first_channel = o // problem.maps_per_group * problem.depth
    (top, _), (left, _) = problem.window.pads
    height, width = problem.window.size
    source_row = padding_source(
        row * problem.window.stride[0] + i * problem.window.dilation[0] - top, height, problem.padding_mode
    )
    source_column = padding_source(
        column * problem.window.stride[1] + j * problem.window.dilation[1] - left, width, problem.padding_mode
    )
    if source_row is None or source_column is None:
        return 0
    value: int | float = x[n, first_channel + channel, source_row, source_column].item()
    return value
