"""Columns and one BLAS product a band (im2col): the way for many maps or many channels.

The other way, a product for each tap on shifted views of the padded rows, which needs no columns but adds up
kH x kW results, is not taken. Measured in ms, columns and taps, 3x3, as many maps as channels: 64x224x224 25
and 20 (Winograd 16), 128x112x112 18 and 18, 512x28x28 13 and 15, 512x14x14 4.5 and 4.9; 5x5 64x112x112 17 and
17; 7x7 64x56x56 7 and 10; float64 256x28x28 10 and 9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from cnnviz.ops.arrays import Array, is_channels_last
from cnnviz.ops.convolution.padded import Band, bands
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.task import Task
from cnnviz.ops.threads import scratch, share

_MAPS: Final = 256
"""Maps that one product makes where threads share them: the columns are packed anew for each."""


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output).

    What is read decides how the columns lie, what is written which side of the product they are on: channels
    side by side are copied a whole place at a time, and a place gets all of its maps at a time.
    """
    x, problem, plan = task.x, task.problem, task.plan
    height, width = problem.window.output
    dtype = task.numbers.in_floats
    places_first = problem.depth > 1 and is_channels_last(x)
    multiply = _product(task, out, places_first=places_first)

    def stretch(first: int, last: int) -> None:
        for band in bands(x, problem, dtype, plan.band, first, last, places_first=places_first):
            rows = band.rows.stop - band.rows.start
            columns = _columns(band.padded, problem, rows, places_first=places_first)
            places = slice(band.rows.start * width, band.rows.stop * width)
            multiply(columns, band.n, band.maps, places)

    if problem.maps_per_group < height * width:
        share(stretch, height, plan.threads, grain=plan.band)
        return
    # More maps than places: threads share the maps, so that each weight is read once (512 maps of 512x14x14:
    # 3.7 ms, by rows 4.4).
    for band in bands(x, problem, dtype, height, places_first=places_first):
        columns = _columns(band.padded, problem, height, places_first=places_first)
        share(_part(multiply, columns, band), problem.maps_per_group, plan.threads, grain=_MAPS)


_Multiply: TypeAlias = Callable[[Array, int, slice, slice], None]
"""Given columns, a picture, its maps and the places the columns are for: does those."""


def _product(task: Task, out: Array, *, places_first: bool) -> _Multiply:
    """What does one product, its bias and its ReLU, into ``out``."""
    weight, bias, problem, dtype = task.weight, task.bias, task.problem, task.numbers.in_floats
    flat = (problem.batch, problem.maps, out.shape[2] * out.shape[3])
    side_by_side = is_channels_last(out)
    planes = (
        out.transpose(0, 2, 3, 1).reshape(flat[0], flat[2], flat[1]) if side_by_side else out.reshape(flat)
    )
    matrix = weight.form(
        ("matrix", dtype, places_first), lambda: _matrix(weight.values.astype(dtype), places_first)
    )
    offsets = None if bias is None else bias.astype(dtype)

    def multiply(columns: Array, n: int, maps: slice, places: slice) -> None:
        target = planes[(n, places, maps) if side_by_side else (n, maps, places)]
        # Straight into the planes: otherwise the 16 maps of 12 megapixels are written twice
        # (measured: 164 against 179 ms).
        direct = target.dtype == dtype
        product = target if direct else scratch("product", target.shape, dtype)
        if side_by_side:
            np.matmul(columns.T, matrix[maps].T, out=product)
        else:
            np.matmul(matrix[maps], columns, out=product)
        if offsets is not None:
            product += offsets[maps] if side_by_side else offsets[maps, np.newaxis]
        if task.relu:
            np.maximum(product, 0, out=product)
        if not direct:
            target[...] = product

    return multiply


def _part(multiply: _Multiply, columns: Array, band: Band) -> Callable[[int, int], None]:
    """All places of ``band`` for some of its maps, always so many at a time."""

    def part(first: int, last: int) -> None:
        for start in range(first, last, _MAPS):
            maps = slice(band.maps.start + start, band.maps.start + min(start + _MAPS, last))
            multiply(columns, band.n, maps, slice(0, columns.shape[1]))

    return part


def _matrix(weight: Array, places_first: bool) -> Array:
    """A row for each map: channel by channel, or tap by tap."""
    maps = len(weight)
    turned = weight.transpose(0, 2, 3, 1) if places_first else weight
    return np.ascontiguousarray(turned).reshape(maps, -1)


def _columns(band: Array, problem: Problem, rows: int, *, places_first: bool) -> Array:
    """What the kernels lie on, a column for each place: (values, rows * width)."""
    depth, taps = problem.depth, problem.window.kernel
    width = problem.window.output[1]
    (down, across), (vertical, horizontal) = problem.window.stride, problem.window.dilation
    if taps == (1, 1) == (down, across):
        # No copy, where the band is one row behind the other.
        return band.transpose(1, 2, 0).reshape(-1, depth).T if places_first else band.reshape(depth, -1)
    shape = (rows, width, *taps, depth) if places_first else (depth, *taps, rows, width)
    columns = scratch("columns", shape, band.dtype)
    source = band.transpose(1, 2, 0) if places_first else band
    for i, j in np.ndindex(taps):
        top, left = i * vertical, j * horizontal
        over = slice(top, top + (rows - 1) * down + 1, down)
        along = slice(left, left + (width - 1) * across + 1, across)
        if places_first:
            columns[:, :, i, j] = source[over, along]
        else:
            columns[:, i, j] = source[:, over, along]
    return columns.reshape(rows * width, -1).T if places_first else columns.reshape(-1, rows * width)
