"""Maps made larger: zeros around them, cells repeated, cells blended."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import Padding, Pair, pair, resolve_pads
from cnnviz.ops.arrays import Array, as_maps, float_dtype

Mode = Literal["nearest", "bilinear"]
_MODES: Final = ("nearest", "bilinear")


def pad(x: ArrayLike, padding: Padding, *, value: float = 0.0) -> Array:
    """Put rows and columns of ``value`` around every map; the dtype of ``x`` stays.

    As ``torch.nn.functional.pad`` with mode constant, but the amounts are written as everywhere here: an
    int, (vertical, horizontal) or ((top, bottom), (left, right)).

    >>> pad([[[1, 2]]], ((0, 1), (2, 0)))
    array([[[0, 0, 1, 2],
            [0, 0, 0, 0]]])

    Raises
    ------
    ShapeError
        For a negative amount, or a word.
    """
    maps, batched = as_maps(x)
    if isinstance(padding, str):
        raise ShapeError(f"padding is {padding!r}; it takes amounts, since there is no kernel")
    sides = resolve_pads(padding, (1, 1), (1, 1), (1, 1), (1, 1))
    out: Array = np.pad(maps, ((0, 0), (0, 0), *sides), constant_values=value)
    return out if batched else out[0]


def upsample(x: ArrayLike, scale_factor: int | Pair, mode: Mode = "nearest") -> Array:
    """Make every map ``scale_factor`` times as large, a whole number along each side.

    As ``torch.nn.functional.interpolate`` with ``align_corners=False``. ``nearest`` repeats each cell and
    keeps the dtype; ``bilinear`` blends the four cells around a place, in float32, or float64 for float64.

    >>> upsample([[[1, 3]]], (1, 2))
    array([[[1, 1, 3, 3]]])
    >>> upsample([[[1, 3]]], (1, 2), "bilinear")
    array([[[1. , 1.5, 2.5, 3. ]]], dtype=float32)

    Raises
    ------
    ShapeError
        For a factor below 1 or that is no integer, or another mode.
    """
    maps, batched = as_maps(x)
    scale = pair(scale_factor, "scale_factor")
    if mode not in _MODES:
        raise ShapeError(f"mode is {mode!r}; the modes are {', '.join(_MODES)}")
    if mode == "nearest":
        out: Array = maps.repeat(scale[0], axis=2).repeat(scale[1], axis=3)
    else:
        out = maps.astype(float_dtype(maps), copy=False)
        for axis in (0, 1):
            out = _blended(out, scale[axis], 2 + axis)
    return out if batched else out[0]


def _blended(maps: Array, scale: int, axis: int) -> Array:
    """Along one axis: place u lies at (u + 1/2) / scale - 1/2, and no further out than the outer cells."""
    n = maps.shape[axis]
    places = np.clip((np.arange(n * scale) + 0.5) / scale - 0.5, 0, None)
    low = np.minimum(places.astype(np.intp), n - 1)
    high = np.minimum(low + 1, n - 1)
    share = (places - low).astype(maps.dtype).reshape(-1, *(1 for _ in range(3 - axis)))
    with np.errstate(over="ignore", invalid="ignore"):
        out: Array = np.take(maps, low, axis) * (1 - share)
        out += np.take(maps, high, axis) * share
    return out
