"""3x3 kernels by Winograd's F(4x4, 3x3): 36 products for 4x4 outputs in place of 144.

The input is cut into tiles of 6x6 that overlap by 2; tiles and kernels are transformed, multiplied value by
value (over channels: 36 matrix products) and transformed back. The matrices are those of Lavin and Gray, Fast
Algorithms for Convolutional Neural Networks (2016), section 4.3. Rounding grows with the transforms'
coefficients: in float32 the error stays below 1e-4 of the largest value.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution import matmul
from cnnviz.ops.convolution.numbers import is_tame
from cnnviz.ops.convolution.padded import Band, bands
from cnnviz.ops.convolution.planner import WINOGRAD_TILE, fits_winograd
from cnnviz.ops.convolution.task import Task
from cnnviz.ops.threads import scratch, share

_INPUT: Final = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
_KERNEL: Final = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
_OUTPUT: Final = np.array(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
)


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output).

    Integers, other windows than 3x3 at every cell, and values a transform would spoil (huge ones, infinity,
    NaN) are left to the plain product.
    """
    x, weight, problem, plan = task.x, task.weight, task.problem, task.plan
    dtype = task.numbers.result
    fits = task.numbers.reach is None and fits_winograd(problem)
    if not (fits and weight.form("tame", lambda: is_tame(weight.values)) and is_tame(x)):
        matmul.run(task, out)
        return
    kernels = weight.form(("winograd", dtype), lambda: _transformed(weight.values, dtype))
    bias = None if task.bias is None else task.bias.astype(dtype)

    def stretch(first: int, last: int) -> None:
        tiles = (first * WINOGRAD_TILE, min(last * WINOGRAD_TILE, out.shape[2]))
        for band in bands(x, problem, dtype, plan.band, *tiles):
            target = out[band.n, band.maps, band.rows]
            _band(band, kernels[:, band.maps], target)
            if bias is not None:
                target += bias[band.maps, np.newaxis, np.newaxis]

    rows = -(-out.shape[2] // WINOGRAD_TILE)
    share(stretch, rows, plan.threads, grain=-(-plan.band // WINOGRAD_TILE))


def _band(band: Band, kernels: Array, out: Array) -> None:
    """The rows of ``band`` under ``kernels`` (36, O, I) into ``out`` (O, rows, width)."""
    maps, rows, width = out.shape
    down, across = -(-rows // WINOGRAD_TILE), -(-width // WINOGRAD_TILE)
    depth, dtype = len(band.padded), out.dtype
    cells = _whole_tiles(band.padded, down, across)
    tiles = scratch("tiles", (6, 6, depth, down, across), dtype)
    # In one assignment: 36 short ones take turns for the interpreter with the other thread (a tenth slower).
    tiles[...] = sliding_window_view(cells, (6, 6), (1, 2))[:, ::4, ::4].transpose(3, 4, 0, 1, 2)
    # Both passes of a transform as one 36x36 (16x36) matrix: one product for BLAS, nothing in between.
    values = scratch("values", (36, depth * down * across), dtype)
    inwards, outwards = _transforms(dtype)
    np.matmul(inwards, tiles.reshape(36, -1), out=values)
    products = scratch("products", (36, maps, down * across), dtype)
    np.matmul(kernels, values.reshape(36, depth, down * across), out=products)
    sums = scratch("sums", (16, maps * down * across), dtype)
    np.matmul(outwards, products.reshape(36, -1), out=sums)
    _lay(sums.reshape(4, 4, maps, down, across), out)


def _whole_tiles(padded: Array, down: int, across: int) -> Array:
    """``padded`` (I, rows, columns) filled up with zeros to so many tiles."""
    depth, rows, columns = padded.shape
    needed = (WINOGRAD_TILE * down + 2, WINOGRAD_TILE * across + 2)
    if (rows, columns) == needed:
        return padded
    cells = scratch("cells", (depth, *needed), padded.dtype)
    cells[:, :rows, :columns] = padded
    cells[:, rows:] = 0
    cells[:, :rows, columns:] = 0
    return cells


def _lay(sums: Array, out: Array) -> None:
    """The tiles (4, 4, O, down, across) side by side into ``out`` (O, rows, width), which may end in one."""
    maps, down, across = sums.shape[2:]
    if out.shape == (maps, 4 * down, 4 * across):
        out.reshape(maps, down, 4, across, 4).transpose(2, 4, 0, 1, 3)[...] = sums
        return
    for i, j in np.ndindex(4, 4):
        target = out[:, i::4, j::4]
        target[...] = sums[i, j, :, : target.shape[1], : target.shape[2]]


def _transformed(weight: Array, dtype: np.dtype[Any]) -> Array:
    """The kernels (O, I, 3, 3) as (36, O, I)."""
    maps, depth = weight.shape[:2]
    both: Array = np.kron(_KERNEL, _KERNEL).astype(dtype) @ weight.astype(dtype).reshape(maps * depth, 9).T
    return both.reshape(36, maps, depth)


@cache
def _transforms(dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """The input's and the output's transform, along rows and columns of a tile laid out in a line."""
    return np.kron(_INPUT, _INPUT).astype(dtype), np.kron(_OUTPUT, _OUTPUT).astype(dtype)
