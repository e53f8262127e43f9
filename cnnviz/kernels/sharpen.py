"""Sharpening and other effects: the picture plus a multiple of what sets it off from its surroundings."""

from __future__ import annotations

from cnnviz.kernels.blur import SIGMA, gaussian
from cnnviz.kernels.kernel import Family, Named, Parameter
from cnnviz.kernels.rows import Rows, times

_GONZALEZ = (
    "Gonzalez & Woods, Digital Image Processing, chapter on sharpening spatial filters (4th ed., 2018)"
)


def unsharp(size: int | None = None, sigma: float | None = None, amount: float = 1) -> Rows:
    """Sharpen by the difference from a blurred copy: ``identity + amount * (identity - gaussian)``.

    >>> [round(value, 3) for value in unsharp(size=3, sigma=1)[1]]
    [-0.124, 1.796, -0.124]
    """
    rows = [list(row) for row in times(gaussian(size, sigma), -amount)]
    middle = len(rows) // 2
    rows[middle][middle] += 1 + amount
    return tuple(map(tuple, rows))


SHARPENING: tuple[Named, ...] = (
    Named(
        "sharpen",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "identity - laplacian-4",
        _GONZALEZ,
        "the picture with its edges stressed",
        "sharpening",
    ),
    Named(
        "outline",
        ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        "laplacian-8 times -1",
        _GONZALEZ,
        "outlines: bright where a pixel is brighter than its eight neighbours",
        "sharpening",
    ),
    Named(
        "emboss",
        ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        "identity + a gradient to the lower right",
        "customary in paint programs; no first publication is known",
        "the picture as a relief lit from the lower right",
        "sharpening",
    ),
)

UNSHARP = Family(
    "unsharp",
    (
        Parameter("size", "as gaussian", "rows and columns", 1, 1001, whole=True, odd=True),
        SIGMA,
        Parameter("amount", "1", "how much of the difference is added", 0, 100),
    ),
    unsharp,
    "identity + amount x (identity - gaussian); sums to 1",
    _GONZALEZ,
    "the picture with details of the width sigma stressed",
    "sharpening",
)
