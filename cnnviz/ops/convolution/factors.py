"""Kernels of rank 1 taken apart into a column and a row: kH + kW taps in place of kH x kW."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.weight import Weight

_LARGEST = 1 << 14
"""Kernels of more cells are not tried; the FFT has them anyway."""


_MOST_KERNELS = 16
"""More than these share columns, and BLAS is faster than either."""


def factored(kernel: Array, result: np.dtype[Any]) -> tuple[Array, Array] | None:
    """A column and a row whose products are ``kernel`` (kH, kW); None where there are none.

    Integers exactly: the row is divided by its greatest common divisor. Floats by the singular value
    decomposition, when all that is left over is below the precision of ``result`` times the largest value.

    >>> factored(np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]), np.dtype(np.int32))
    (array([1, 2, 1]), array([-1,  0,  1]))
    """
    if min(kernel.shape) < 2 or kernel.size > _LARGEST:
        return None
    if kernel.dtype.kind in "iu":
        return _in_integers(kernel)
    if not np.isfinite(kernel).all():
        return None
    # Whole numbers kept as floats, a sobel for example, have exact factors too.
    whole = bool((np.abs(kernel) < 2**31).all() and (kernel == np.rint(kernel)).all())
    return _in_integers(kernel.astype(np.int64)) if whole else _in_floats(kernel, result)


def factors(weight: Weight, result: np.dtype[Any]) -> list[list[tuple[Array, Array] | None]]:
    """`factored` of every kernel, [map][channel]."""
    return weight.form(
        ("factors", result),
        lambda: [[factored(kernel, result) for kernel in kernels] for kernels in weight.values],
    )


def is_rank_one(weight: Weight, result: np.dtype[Any]) -> bool:
    """Whether every kernel of ``weight`` (O, I, kH, kW) is a column times a row; of many not tried."""
    maps, depth = weight.values.shape[:2]
    return maps * depth <= _MOST_KERNELS and all(None not in pairs for pairs in factors(weight, result))


def _in_integers(kernel: Array) -> tuple[Array, Array] | None:
    # Beyond 31 bits a product of two factors could wrap unseen.
    if not kernel.any() or int(kernel.max()) >= 2**31 or int(kernel.min()) <= -(2**31):
        return None
    weights = kernel.astype(np.int64)
    row = weights[np.abs(weights).max(axis=1).argmax()]
    row = row // np.gcd.reduce(row)
    pivot = int(np.flatnonzero(row)[0])
    column = weights[:, pivot] // row[pivot]
    return (column, row) if np.array_equal(np.outer(column, row), weights) else None


def _in_floats(kernel: Array, result: np.dtype[Any]) -> tuple[Array, Array] | None:
    left, sizes, right = np.linalg.svd(kernel.astype(np.float64))
    column, row = left[:, 0] * sizes[0], right[0]
    rest = np.abs(kernel - np.outer(column, row)).max()
    if rest > np.finfo(result).eps * np.abs(kernel).max():
        return None
    return column, row
