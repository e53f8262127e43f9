"""The convolution as one would explain it: six loops, Python's numbers, nothing clever.

It is what the engines are tested against, and slow.
"""

from __future__ import annotations

import numpy as np

from cnnviz.geometry import padding_source
from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.task import Task


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output)."""
    x, bias, problem, weight = task.x, task.bias, task.problem, task.weight.values
    for n, o, row, column in np.ndindex(out.shape):
        total = 0 if bias is None else bias[o].item()
        for channel, i, j in np.ndindex(weight.shape[1:]):
            total += weight[o, channel, i, j].item() * _value(x, problem, n, o, channel, row, column, i, j)
        out[n, o, row, column] = total


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
