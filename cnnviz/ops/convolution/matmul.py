"""Columns and one BLAS product a band (im2col): the way for many maps or many channels."""

from __future__ import annotations

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.padded import PaddedRows
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem


def run(x: Array, weight: Array, bias: Array | None, problem: Problem, numbers: Numbers, plan: Plan) -> Array:
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW) into (N, O, *window.output)."""
    height, width = problem.window.output
    dtype = numbers.in_floats
    out = np.empty((problem.batch, problem.maps, height, width), numbers.result)
    planes = out.reshape(problem.batch, problem.maps, height * width)
    matrix = weight.astype(dtype).reshape(problem.maps, -1)
    offsets = None if bias is None else bias.astype(dtype)[:, np.newaxis]
    columns = np.empty((problem.depth, *problem.window.kernel, plan.band * width), dtype)
    read_first, read_last = problem.rows_read(0, plan.band)
    for n, group in np.ndindex(problem.batch, problem.groups):
        channels = x[n, group * problem.depth : (group + 1) * problem.depth]
        source = PaddedRows(channels, problem, dtype, read_last - read_first)
        maps = slice(group * problem.maps_per_group, (group + 1) * problem.maps_per_group)
        for first in range(0, height, plan.band):
            last = min(first + plan.band, height)
            filled = columns[..., : (last - first) * width]
            _fill(filled, source.read(*problem.rows_read(first, last)), problem, last - first)
            product = matrix[maps] @ filled.reshape(matrix.shape[1], -1)
            if offsets is not None:
                product += offsets[maps]
            planes[n, maps, first * width : last * width] = product
    return out


def _fill(columns: Array, band: Array, problem: Problem, rows: int) -> None:
    """Lay the taps' views of ``band`` (I, rows read, padded W) out as (I, kH, kW, rows * width)."""
    width = problem.window.output[1]
    (down, across), (vertical, horizontal) = problem.window.stride, problem.window.dilation
    target = columns.reshape(*columns.shape[:3], rows, width)
    for i, j in np.ndindex(problem.window.kernel):
        top, left = i * vertical, j * horizontal
        target[:, i, j] = band[
            :, top : top + (rows - 1) * down + 1 : down, left : left + (width - 1) * across + 1 : across
        ]
