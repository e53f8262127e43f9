"""Activations, value by value (softmax: across channels). Names and defaults are PyTorch's.

Integers stay integers under relu; everything else answers in float32, or float64 for float64 input. Those
made of a normal distribution, of logarithms and the like stand in `cnnviz.ops.smooth`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import is_integer
from cnnviz.ops.arrays import Array, as_floats, as_numbers


def relu(x: ArrayLike, *, out: Array | None = None) -> Array:
    """max(x, 0), in the dtype of ``x``; NaN stays NaN. ``out`` may be ``x`` itself.

    >>> relu([-2, 0, 3])
    array([0, 0, 3])
    """
    values = as_numbers(x, "x")
    made: Array = np.maximum(values, values.dtype.type(0), out=out)
    return made


def relu6(x: ArrayLike, *, out: Array | None = None) -> Array:
    """min(max(x, 0), 6), in the dtype of ``x``; NaN stays NaN. ``out`` may be ``x`` itself.

    >>> relu6([-2, 3, 8])
    array([0, 3, 6])
    """
    values = as_numbers(x, "x")
    made: Array = np.minimum(relu(values, out=out), values.dtype.type(6), out=out)
    return made


def leaky_relu(x: ArrayLike, negative_slope: float = 0.01) -> Array:
    """x where it is positive, ``negative_slope * x`` elsewhere.

    >>> leaky_relu([-2.0, 3.0], negative_slope=0.5)
    array([-1.,  3.])
    """
    values = as_floats(x)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(values > 0, values, values * values.dtype.type(negative_slope))


def prelu(x: ArrayLike, weight: ArrayLike) -> Array:
    """x where it is positive, ``weight * x`` elsewhere; one weight for all channels, or one for each.

    >>> prelu([[[-2.0, 3.0]], [[-2.0, 3.0]]], [0.5, 0.25])
    array([[[-1. ,  3. ]],
           [[-0.5,  3. ]]])

    Raises
    ------
    ShapeError
        When ``weight`` holds neither one value nor one for each channel of ``x`` (..., C, H, W) or (C,).
    """
    values, slopes = as_floats(x), as_floats(weight, "weight")
    channels = values.shape[-3] if values.ndim > 2 else values.shape[-1] if values.ndim else 1
    if slopes.shape not in ((1,), (channels,)):
        raise ShapeError(
            f"weight has shape {slopes.shape}; it takes one value, or one for each of the {channels} channels"
        )
    if values.ndim > 2 and len(slopes) > 1:
        slopes = slopes[:, np.newaxis, np.newaxis]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(values > 0, values, values * slopes.astype(values.dtype))


def hardsigmoid(x: ArrayLike) -> Array:
    """relu6(x + 3) / 6: `sigmoid` in straight lines.

    >>> hardsigmoid([-4.0, 0.0, 4.0])
    array([0. , 0.5, 1. ])
    """
    values = as_floats(x)
    out = relu6(values + values.dtype.type(3))
    out /= values.dtype.type(6)
    return out


def hardswish(x: ArrayLike) -> Array:
    """x * relu6(x + 3) / 6: `silu` in straight lines.

    >>> hardswish([-4.0, 0.0, 1.0, 6.0])
    array([-0.        ,  0.        ,  0.66666667,  6.        ])
    """
    values = as_floats(x)
    with np.errstate(over="ignore", invalid="ignore"):
        out: Array = values * relu6(values + values.dtype.type(3))
        out /= values.dtype.type(6)
    return out


def softsign(x: ArrayLike) -> Array:
    """x / (1 + abs(x)).

    >>> softsign([-1.0, 0.0, 3.0])
    array([-0.5 ,  0.  ,  0.75])
    """
    values = as_floats(x)
    with np.errstate(invalid="ignore"):
        out: Array = values / (1 + np.abs(values))
    return out


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)), without overflow on either side.

    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    values = as_floats(x)
    small = np.exp(-np.abs(values))  # in 0..1 whatever the sign
    out: Array = np.where(values >= 0, values.dtype.type(1), small) / (1 + small)
    return out


def tanh(x: ArrayLike) -> Array:
    """The hyperbolic tangent.

    >>> tanh([0.0])
    array([0.])
    """
    return np.tanh(as_floats(x))


def softmax(x: ArrayLike, dim: int = -3) -> Array:
    """exp(x) / sum(exp(x)) along ``dim``, the channels of (..., C, H, W) unless said otherwise.

    >>> softmax([0.0, 0.0], dim=0)
    array([0.5, 0.5])

    Raises
    ------
    ShapeError
        When ``x`` has no axis ``dim``.
    """
    powers = less_largest(x, dim)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=dim, keepdims=True)
    return powers


def less_largest(x: ArrayLike, dim: int) -> Array:
    """``x`` less the largest along ``dim``, so that no power overflows; raises as `softmax`."""
    values = as_floats(x)
    if not is_integer(dim) or not -values.ndim <= dim < values.ndim:
        raise ShapeError(f"dim is {dim!r}, but x has {values.ndim} axes")
    with np.errstate(invalid="ignore"):  # infinity among the values gives NaN without a word, as in PyTorch
        less: Array = values - values.max(axis=dim, keepdims=True, initial=-np.inf)
    return less
