"""Columns and one BLAS product a band (im2col): the way for many maps or many channels.

The other way, a product for each tap on shifted views of the padded rows, which needs no columns but adds up
kH x kW results, is not taken. Measured in ms, columns and taps, 3x3, as many maps as channels: 64x224x224 25
and 20 (Winograd 16), 128x112x112 18 and 18, 512x28x28 13 and 15, 512x14x14 4.5 and 4.9; 5x5 64x112x112 17 and
17; 7x7 64x56x56 7 and 10; float64 256x28x28 10 and 9.
"""

from __future__ import annotations

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.padded import bands
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.task import Task
from cnnviz.ops.threads import scratch, share


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output)."""
    x, weight, bias, problem, numbers, plan = task
    height, width = problem.window.output
    dtype = numbers.in_floats
    planes = out.reshape(problem.batch, problem.maps, height * width)
    matrix = weight.form(("matrix", dtype), lambda: weight.values.astype(dtype).reshape(problem.maps, -1))
    offsets = None if bias is None else bias.astype(dtype)[:, np.newaxis]

    def stretch(first: int, last: int) -> None:
        for band in bands(x, problem, dtype, plan.band, first, last):
            rows = band.rows.stop - band.rows.start
            columns = scratch("columns", (problem.depth, *problem.window.kernel, rows, width), dtype)
            _fill(columns, band.padded, problem)
            flat = columns.reshape(matrix.shape[1], rows * width)
            target = planes[band.n, band.maps, band.rows.start * width : band.rows.stop * width]
            # Straight into the planes: otherwise the 16 maps of 12 megapixels are written twice
            # (measured: 164 against 179 ms).
            direct = target.dtype == dtype
            product = target if direct else scratch("product", target.shape, dtype)
            np.matmul(matrix[band.maps], flat, out=product)
            if offsets is not None:
                product += offsets[band.maps]
            if not direct:
                target[...] = product

    share(stretch, height, plan.threads, grain=plan.band)


def _fill(columns: Array, band: Array, problem: Problem) -> None:
    """Lay the taps' views of ``band`` (I, rows read, padded W) into ``columns`` (I, kH, kW, rows, width)."""
    rows, width = columns.shape[3:]
    (down, across), (vertical, horizontal) = problem.window.stride, problem.window.dilation
    for i, j in np.ndindex(problem.window.kernel):
        top, left = i * vertical, j * horizontal
        columns[:, i, j] = band[
            :, top : top + (rows - 1) * down + 1 : down, left : left + (width - 1) * across + 1 : across
        ]
