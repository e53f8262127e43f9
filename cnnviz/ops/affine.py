"""Layers that weight and shift: fully connected, batch normalisation, local response normalisation.

Names, defaults and refusals are PyTorch's; float32, or float64 for float64 input.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import is_integer
from cnnviz.ops.arrays import Array, as_floats, as_maps, float_dtype
from cnnviz.ops.threads import cores, share

_WORK_FOR_THREADS: Final = 1 << 20
"""Weights below which a second thread gains nothing."""

_TOGETHER: Final = 1 << 20
"""Bytes of weights that BLAS is given at a time for one vector."""


def linear(x: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Array:
    """Every output is the sum of all inputs, each by its weight.

    Parameters
    ----------
    x : (..., I)
    weight : (O, I)
    bias : (O,), optional

    Returns
    -------
    (..., O)

    Raises
    ------
    ShapeError
        For sizes that do not fit.

    Examples
    --------
    >>> linear([1.0, 2.0], [[1.0, 1.0], [0.0, -1.0]], [0.0, 5.0])
    array([3., 3.])
    """
    values, matrix = as_floats(x), as_floats(weight, "weight")
    if matrix.ndim != 2 or values.ndim < 1 or values.shape[-1] != matrix.shape[1]:
        raise ShapeError(
            f"weight has shape {matrix.shape} and x {values.shape}; it takes (outputs, inputs) "
            "and as many inputs as the last axis of x is long"
        )
    outputs = len(matrix)
    offsets = None if bias is None else _by_channel(bias, outputs, "bias").astype(values.dtype, copy=False)
    matrix = matrix.astype(values.dtype, copy=False)
    rows = np.ascontiguousarray(values.reshape(-1, matrix.shape[1]))
    out = np.empty((len(rows), outputs), values.dtype)
    few = max(_TOGETHER // max(matrix.shape[1] * matrix.itemsize, 1), 1)

    def stretch(first: int, last: int) -> None:
        if len(rows) == 1:
            # On two threads np.matmul takes as long for these as on one, np.dot half of it (4096x25088: 30
            # and 14.6 ms; 13.2 where it is given 10 rows at a time).
            for start in range(first, last, few):
                stop = min(start + few, last)
                np.dot(matrix[start:stop], rows[0], out=out[0, start:stop])
        else:
            np.matmul(rows, matrix[first:last].T, out=out[:, first:last])

    with np.errstate(over="ignore", invalid="ignore"):
        share(stretch, outputs, cores() if matrix.size >= _WORK_FOR_THREADS else 1, grain=64)
        if offsets is not None:
            out += offsets
    return out.reshape(*values.shape[:-1], outputs)


def batch_norm(
    x: ArrayLike,
    running_mean: ArrayLike,
    running_var: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    *,
    eps: float = 1e-5,
    out: Array | None = None,
) -> Array:
    """(x - mean) / sqrt(var + eps) * weight + bias, each channel by the statistics that were kept.

    As ``torch.nn.functional.batch_norm`` outside of training. It is done as ``x * scale + shift``: one
    multiplication and one addition a value.

    Parameters
    ----------
    x : (C, H, W), (N, C, H, W) or a vector (C,)
    running_mean, running_var, weight, bias : (C,)
    eps : float
        Keeps the root away from 0.
    out : array, optional
        Where the result goes; may be ``x`` itself.

    Raises
    ------
    ShapeError
        When one of them does not hold a value for each channel.

    Examples
    --------
    >>> batch_norm([[[1.0, 3.0]]], [1.0], [4.0], [2.0], [10.0], eps=0)
    array([[[10., 12.]]])
    """
    values = as_floats(x)
    if values.ndim == 1:
        channels, shape = len(values), values.shape
    else:
        channels = as_maps(values)[0].shape[1]
        shape = (channels, 1, 1)
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    mean, variance, scale, shift = (
        None if value is None else _by_channel(value, channels, name).astype(np.float64)
        for name, value in given.items()
    )
    if mean is None or variance is None:
        raise ShapeError("batch_norm takes a running_mean and a running_var; there is no training here")
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        factor = (1.0 if scale is None else scale) / np.sqrt(variance + eps)
        offset = (0.0 if shift is None else shift) - mean * factor
        made: Array = np.multiply(values, factor.astype(values.dtype).reshape(shape), out=out)
        made += offset.astype(values.dtype).reshape(shape)
    return made


def local_response_norm(
    x: ArrayLike, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """x / (k + alpha * mean of x**2 over ``size`` neighbouring channels) ** beta.

    As ``torch.nn.functional.local_response_norm``: of an even ``size`` the extra channel is the one before,
    channels that are not there count as 0, and the mean is over ``size`` all the same.

    Raises
    ------
    ShapeError
        For a size below 1, or x that is no maps.

    Examples
    --------
    >>> local_response_norm([[[1.0]], [[2.0]]], size=3, alpha=3, beta=1).ravel().round(4)
    array([0.1667, 0.3333])
    """
    maps, batched = as_maps(x)
    maps = maps.astype(float_dtype(maps), copy=False)
    if not is_integer(size) or size < 1:
        raise ShapeError(f"size is {size!r}; it takes an integer of at least 1")
    channels = maps.shape[1]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        squares = maps * maps
        sums = np.zeros_like(maps)
        for step in range(-(size // 2), (size - 1) // 2 + 1):
            first, last = max(-step, 0), min(channels - step, channels)
            if first < last:
                sums[:, first:last] += squares[:, first + step : last + step]
        sums *= maps.dtype.type(alpha / size)
        sums += maps.dtype.type(k)
        out: Array = maps / sums ** maps.dtype.type(beta)
    return out if batched else out[0]


def _by_channel(values: ArrayLike, channels: int, name: str) -> Array:
    given = as_floats(values, name)
    if given.shape != (channels,):
        raise ShapeError(f"{name} has shape {given.shape}; it takes one value for each of {channels}")
    return given
