"""What the operations accept as maps, and which dtype they answer in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.errors import KernelError, ShapeError

Array: TypeAlias = NDArray[Any]


def as_maps(x: ArrayLike) -> tuple[Array, bool]:
    """``x`` as (N, C, H, W), and whether it was a batch already.

    Raises
    ------
    ShapeError
        When it is neither (C, H, W) nor (N, C, H, W), or C, H or W is 0.
    KernelError
        When it does not hold real numbers.
    """
    maps = as_numbers(x, "x")
    if maps.ndim not in (3, 4):
        raise ShapeError(f"x has shape {maps.shape}; it takes (C, H, W), or (N, C, H, W) for a batch")
    if 0 in maps.shape[-3:]:
        raise ShapeError(f"x has shape {maps.shape}, which holds no values; only a batch may be empty")
    return (maps, True) if maps.ndim == 4 else (maps[np.newaxis], False)


def as_numbers(values: ArrayLike, name: str) -> Array:
    """``values`` as an array of integers or floats in native byte order; half precision becomes float32.

    Raises
    ------
    KernelError
        For booleans, complex numbers, text, objects, and lists of unequal length.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise KernelError(f"{name} is ragged; it takes rows of one length") from error
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise KernelError(f"{name} holds {array.dtype} values; it takes integers, float32 or float64")
    dtype = np.dtype(np.float32) if array.dtype.str[1:] == "f2" else array.dtype.newbyteorder("=")
    return array.astype(dtype, copy=False)


def as_floats(values: ArrayLike, name: str = "x") -> Array:
    """``values`` as float32, or float64 where they are; raises as `as_numbers`."""
    array = as_numbers(values, name)
    return array.astype(float_dtype(array), copy=False)


def is_channels_last(maps: Array) -> bool:
    """Whether all channels of a place lie side by side in memory, places row by row: (..., H, W, C).

    >>> is_channels_last(channels_last((3, 4, 5), np.dtype("f4"))), is_channels_last(np.zeros((3, 4, 5)))
    (True, False)
    """
    return not maps.flags.c_contiguous and bool(np.moveaxis(maps, -3, -1).flags.c_contiguous)


def channels_last(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """New memory of ``shape`` (..., C, H, W), in which the channels of a place lie side by side."""
    *before, channels, height, width = shape
    return np.moveaxis(np.empty((*before, height, width, channels), dtype), -1, -3)


def float_dtype(x: Array) -> np.dtype[Any]:
    """float64 for float64 input, float32 for everything else."""
    return np.dtype(np.float64 if x.dtype == np.float64 else np.float32)


def is_exact(*arrays: Array | None) -> bool:
    """Whether all of them hold integers (an absent one does no harm)."""
    return all(array is None or array.dtype.kind in "iu" for array in arrays)
