"""SciPy's own correlation: an implementation that is not ours, as a second opinion."""

from __future__ import annotations

import numpy as np

from cnnviz.geometry import Window
from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.padded import PaddedRows
from cnnviz.ops.convolution.task import Task


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output)."""
    x, bias, problem = task.x, task.bias, task.problem
    dtype = task.numbers.in_integers
    height = problem.window.size[0] + sum(problem.window.pads[0])
    weight = task.weight.values.astype(dtype, copy=False)
    total = np.empty(problem.window.output, dtype)
    down, across = problem.window.stride
    for n, o in np.ndindex(problem.batch, problem.maps):
        group = o // problem.maps_per_group
        channels = x[n, group * problem.depth : (group + 1) * problem.depth]
        padded = PaddedRows(channels, problem, dtype, height).read(0, height)
        total[...] = 0 if bias is None else bias[o].astype(dtype)
        for channel, kernel in zip(padded, weight[o], strict=True):
            total += _correlate(channel, kernel, problem.window)[::down, ::across]
        out[n, o] = total


def _correlate(channel: Array, kernel: Array, window: Window) -> Array:
    """One padded channel under one kernel at stride 1.

    The rows and columns that the taps of one window read are ``dilation`` apart, so each phase of the
    channel is correlated by itself; a kernel widened with zeros would let NaN in between its taps.
    """
    from scipy.signal import correlate2d  # 0.6 s to import

    down, across = window.dilation
    out = np.empty([n - span + 1 for n, span in zip(channel.shape, window.reach, strict=True)], channel.dtype)
    for row, column in np.ndindex(min(down, out.shape[0]), min(across, out.shape[1])):
        out[row::down, column::across] = correlate2d(channel[row::down, column::across], kernel, mode="valid")
    return out
