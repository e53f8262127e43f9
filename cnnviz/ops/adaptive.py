"""Pooling into a grid of a given size: as many windows as asked for, as alike as possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.geometry import Pair, pair
from cnnviz.ops.arrays import Array, as_maps, float_dtype


def adaptive_avg_pool2d(x: ArrayLike, output_size: int | Pair) -> Array:
    """Average ``output_size`` windows: (..., C, oH, oW); float32, or float64 for float64 input.

    Window i of o over n cells goes from floor(i*n / o) to ceil((i+1)*n / o): windows may overlap by a cell,
    and differ in size by one.

    >>> adaptive_avg_pool2d([[[1, 2, 3, 4, 5]]], (1, 2))
    array([[[2., 4.]]], dtype=float32)

    Raises
    ------
    ShapeError
        For a size below 1.
    """
    maps, batched = as_maps(x)
    size = pair(output_size, "output_size")
    summands = maps if maps.dtype.kind == "f" else maps.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = _joined(summands, size, np.add)
        rows, columns = ([b - a for a, b in _windows(maps.shape[2 + i], size[i])] for i in (0, 1))
        out: Array = (sums / np.outer(rows, columns)).astype(float_dtype(maps), copy=False)
    return out if batched else out[0]


def adaptive_max_pool2d(x: ArrayLike, output_size: int | Pair) -> Array:
    """Keep the largest value of ``output_size`` windows: (..., C, oH, oW), in the dtype of ``x``.

    The windows are those of `adaptive_avg_pool2d`.

    >>> adaptive_max_pool2d([[[1, 2, 3, 4, 5]]], (1, 2))
    array([[[3, 5]]])

    Raises
    ------
    ShapeError
        For a size below 1.
    """
    maps, batched = as_maps(x)
    out = _joined(maps, pair(output_size, "output_size"), np.maximum)
    return out if batched else out[0]


def _windows(n: int, count: int) -> list[Pair]:
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


def _joined(maps: Array, size: Pair, join: np.ufunc) -> Array:
    """All cells of each window, rows first."""
    found = maps
    for axis in (2, 3):
        windows = _windows(found.shape[axis], size[axis - 2])
        if windows == [(i, i + 1) for i in range(found.shape[axis])]:
            continue
        cells = np.moveaxis(found, axis, 0)
        parts = [join.reduce(cells[a:b], axis=0) for a, b in windows]
        found = np.stack(parts, axis=axis)
    return found.copy() if found is maps else found
