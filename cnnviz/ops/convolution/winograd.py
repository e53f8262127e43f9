"""3x3 kernels by Winograd's F(4x4, 3x3): 36 products for 4x4 outputs in place of 144.

The input is cut into tiles of 6x6 that overlap by 2; tiles and kernels are transformed, multiplied value by
value (over channels: 36 matrix products) and transformed back. All the way the channels of a place lie side
by side, so that tiles are cut and laid in whole runs of channels: 64x224x224 into 64 maps takes half of what
it took with the columns of a channel side by side. The matrices are those of Lavin and Gray, Fast
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

_PLACES: Final = 3584
"""Values of one place of the tiles that are transformed at a time: all 36 places take half a megabyte."""

_ONE: Final = 7
"""Where in a tile the point (1, 1) is, the second of six along both sides."""


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output).

    Integers, other windows than 3x3 at every cell, and values a transform would spoil (huge ones, infinity,
    NaN) are left to the plain product.
    """
    weight, problem = task.weight, task.problem
    dtype = task.numbers.result
    fits = task.numbers.reach is None and fits_winograd(problem)
    if not (fits and weight.form("tame", lambda: is_tame(weight.values))):
        matmul.run(task, out)
        return
    kernels = weight.form(("winograd", dtype), lambda: _transformed(weight.values, dtype))
    offsets = None if task.bias is None else task.bias.astype(dtype)
    try:
        _by_bands(task, kernels, offsets, out)
    except _WildError:
        matmul.run(task, out)


class _WildError(Exception):
    """There are values in the input that a transform would spoil."""


def _by_bands(task: Task, kernels: Array, offsets: Array | None, out: Array) -> None:
    """Each thread does bands of its own, which stay in its cache."""
    x, problem, plan = task.x, task.problem, task.plan

    def stretch(first: int, last: int) -> None:
        rows = (first * WINOGRAD_TILE, min(last * WINOGRAD_TILE, out.shape[2]))
        for band in bands(x, problem, out.dtype, plan.band, *rows, places_first=True):
            target = out[band.n, band.maps, band.rows].transpose(1, 2, 0)
            count = _tiles(target.shape[0]) * _tiles(target.shape[1])
            values = scratch("values", (36, count * problem.depth), out.dtype)
            _inwards(_cells(band), values, _tiles(target.shape[0]), _tiles(target.shape[1]))
            products = scratch("tiles", (36, count * target.shape[2]), out.dtype)
            _multiplied(values, kernels[..., band.maps], products)
            _outwards(products, target, None if offsets is None else offsets[band.maps], relu=task.relu)

    share(stretch, _tiles(out.shape[2]), plan.threads, grain=_tiles(plan.band))


def _cells(band: Band) -> Array:
    """The padded rows, the channels of a place side by side; refuses what a transform would spoil."""
    if not is_tame(band.padded):
        raise _WildError
    return band.padded.transpose(1, 2, 0)


def _inwards(cells: Array, values: Array, down: int, across: int) -> None:
    """The tiles of ``cells`` (rows, columns, I) transformed into ``values`` (36, down * across * I)."""
    whole, depth = _whole_tiles(cells, down, across), cells.shape[2]
    windows = sliding_window_view(whole, (6, 6), (0, 1))[::4, ::4].transpose(0, 3, 4, 1, 2)
    transform, laid = _INPUT.astype(values.dtype), values.reshape(6, 6, down, -1)
    # Along one side of the tiles, then along the other, of so few that they stay in the cache: half the time
    # of both sides as one product with a 36x36 matrix (64x224x224 on one thread: 4.5 ms and 7.8).
    most = max(_PLACES // depth, 1)
    for first in range(0, across, most):
        last = min(first + most, across)
        tiles = scratch("tiles", (6, 6, last - first, depth), values.dtype)
        half = scratch("half", (6, tiles.size // 6), values.dtype)
        flat, halves = tiles.reshape(6, -1), half.reshape(6, 6, -1)
        places = laid[..., first * depth : last * depth]
        for row, cut in enumerate(windows[:, :, :, first:last]):
            tiles[...] = cut
            np.matmul(transform, flat, out=half)
            np.matmul(transform, halves, out=places[:, :, row])


def _multiplied(values: Array, bank: Array, products: Array) -> None:
    """A matrix product over the channels for each value of a tile: ``bank`` is (values, I, O)."""
    count, depth, maps = bank.shape
    np.matmul(values.reshape(count, -1, depth), bank, out=products.reshape(count, -1, maps))


def _outwards(products: Array, out: Array, offsets: Array | None, *, relu: bool) -> None:
    """``products`` (36, tiles * O) transformed into ``out`` (rows, columns, O), which may end in a tile."""
    (rows, columns), maps = out.shape[:2], out.shape[2]
    down, across = _tiles(rows), _tiles(columns)
    if offsets is not None:
        # The value at the point (1, 1) counts once in every output: 1/16 of adding to those.
        products[_ONE].reshape(-1, maps)[...] += offsets
    sums = scratch("sums", (16, products.shape[1]), products.dtype)
    # Both sides at once: in short passes two threads would take turns for the interpreter (a tenth slower).
    np.matmul(_outward(products.dtype), products, out=sums)
    if relu:
        np.maximum(sums, 0, out=sums)
    tiles = sums.reshape(4, 4, down, across, maps)
    if out.shape[:2] == (4 * down, 4 * across):
        out.reshape(down, 4, across, 4, maps).transpose(1, 3, 0, 2, 4)[...] = tiles
        return
    for i, j in np.ndindex(4, 4):
        target = out[i::4, j::4]
        target[...] = tiles[i, j, : target.shape[0], : target.shape[1]]


def _whole_tiles(cells: Array, down: int, across: int) -> Array:
    """``cells`` (rows, columns, I) filled up with zeros to so many tiles."""
    rows, columns, depth = cells.shape
    needed = (WINOGRAD_TILE * down + 2, WINOGRAD_TILE * across + 2)
    if (rows, columns) == needed:
        return cells
    whole = scratch("cells", (*needed, depth), cells.dtype)
    whole[:rows, :columns] = cells
    whole[rows:] = 0
    whole[:rows, columns:] = 0
    return whole


def _tiles(cells: int) -> int:
    return -(-cells // WINOGRAD_TILE)


def _transformed(weight: Array, dtype: np.dtype[Any]) -> Array:
    """The kernels (O, I, 3, 3) as (36, I, O)."""
    maps, depth = weight.shape[:2]
    turned = weight.astype(dtype).transpose(1, 0, 2, 3).reshape(depth * maps, 9)
    both: Array = np.kron(_KERNEL, _KERNEL).astype(dtype) @ turned.T
    return both.reshape(36, depth, maps)


@cache
def _outward(dtype: np.dtype[Any]) -> Array:
    """The output's transform, along rows and columns of a tile laid out in a line: (16, 36)."""
    return np.kron(_OUTPUT, _OUTPUT).astype(dtype)
