"""Activations, value by value (softmax: across channels). Names and defaults are PyTorch's.

Integers stay integers under relu; everything else answers in float32, or float64 for float64 input.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import is_integer
from cnnviz.ops.arrays import Array, as_numbers, float_dtype


def relu(x: ArrayLike) -> Array:
    """max(x, 0), in the dtype of ``x``; NaN stays NaN.

    >>> relu([-2, 0, 3])
    array([0, 0, 3])
    """
    values = as_numbers(x, "x")
    out: Array = np.maximum(values, values.dtype.type(0))
    return out


def leaky_relu(x: ArrayLike, negative_slope: float = 0.01) -> Array:
    """x where it is positive, ``negative_slope * x`` elsewhere.

    >>> leaky_relu([-2.0, 3.0], negative_slope=0.5)
    array([-1.,  3.])
    """
    values = _floats(x)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(values > 0, values, values * values.dtype.type(negative_slope))


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)), without overflow on either side.

    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    values = _floats(x)
    small = np.exp(-np.abs(values))  # in 0..1 whatever the sign
    out: Array = np.where(values >= 0, values.dtype.type(1), small) / (1 + small)
    return out


def tanh(x: ArrayLike) -> Array:
    """The hyperbolic tangent.

    >>> tanh([0.0])
    array([0.])
    """
    return np.tanh(_floats(x))


def softmax(x: ArrayLike, dim: int = -3) -> Array:
    """exp(x) / sum(exp(x)) along ``dim``, the channels of (..., C, H, W) unless said otherwise.

    >>> softmax([0.0, 0.0], dim=0)
    array([0.5, 0.5])

    Raises
    ------
    ShapeError
        When ``x`` has no axis ``dim``.
    """
    values = _floats(x)
    if not is_integer(dim) or not -values.ndim <= dim < values.ndim:
        raise ShapeError(f"dim is {dim!r}, but x has {values.ndim} axes")
    with np.errstate(invalid="ignore"):  # infinity among the values gives NaN without a word, as in PyTorch
        powers: Array = np.exp(values - values.max(axis=dim, keepdims=True, initial=-np.inf))
    powers /= powers.sum(axis=dim, keepdims=True)
    return powers


def _floats(x: ArrayLike) -> Array:
    values = as_numbers(x, "x")
    return values.astype(float_dtype(values), copy=False)
