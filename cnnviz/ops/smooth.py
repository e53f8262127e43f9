"""Smooth activations, value by value. Names and defaults are PyTorch's.

They answer in float32, or float64 for float64 input.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.ops.activation import less_largest, sigmoid
from cnnviz.ops.arrays import Array, as_floats

_SELU_ALPHA: Final = 1.6732632423543772848170429916717
_SELU_SCALE: Final = 1.0507009873554804934193349852946
"""Klambauer, Unterthiner, Mayr, Hochreiter: Self-Normalizing Neural Networks (2017), equation 14."""


def elu(x: ArrayLike, alpha: float = 1.0) -> Array:
    """x where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.

    >>> elu([-1000.0, 0.0, 2.0], alpha=3)
    array([-3.,  0.,  2.])
    """
    values = as_floats(x)
    below = np.expm1(np.minimum(values, values.dtype.type(0)))
    with np.errstate(invalid="ignore"):
        return np.where(values > 0, values, below * values.dtype.type(alpha))


def selu(x: ArrayLike) -> Array:
    """`elu` with the scale and the alpha that keep mean 0 and variance 1 from layer to layer.

    >>> selu([-1000.0, 0.0, 1.0]).round(4)
    array([-1.7581,  0.    ,  1.0507])
    """
    out = elu(x, _SELU_ALPHA)
    out *= out.dtype.type(_SELU_SCALE)
    return out


def silu(x: ArrayLike) -> Array:
    """x * sigmoid(x), also called swish.

    >>> silu([-1000.0, 0.0, 2.0]).round(4)
    array([-0.    ,  0.    ,  1.7616])
    """
    values = as_floats(x)
    with np.errstate(invalid="ignore"):
        out: Array = values * sigmoid(values)
    return out


def gelu(x: ArrayLike) -> Array:
    """x times the share of a normal distribution that lies below x; exact, by the error function.

    >>> gelu([-1000.0, 0.0, 1.0]).round(4)
    array([-0.    ,  0.    ,  0.8413])
    """
    from scipy.special import ndtr  # SciPy takes a while, which every start would pay

    values = as_floats(x)
    with np.errstate(invalid="ignore"):
        out: Array = values * ndtr(values)
    return out.astype(values.dtype, copy=False)


def mish(x: ArrayLike) -> Array:
    """x * tanh(softplus(x)).

    >>> mish([-1000.0, 0.0, 1.0]).round(4)
    array([-0.    ,  0.    ,  0.8651])
    """
    values = as_floats(x)
    with np.errstate(invalid="ignore"):
        out: Array = values * np.tanh(softplus(values))
    return out


def softplus(x: ArrayLike) -> Array:
    """log(1 + exp(x)), without overflow.

    >>> softplus([-1000.0, 0.0, 99.0]).round(4)
    array([ 0.    ,  0.6931, 99.    ])
    """
    values = as_floats(x)
    out: Array = np.log1p(np.exp(-np.abs(values)))
    out += np.maximum(values, values.dtype.type(0))
    return out


def log_softmax(x: ArrayLike, dim: int = -3) -> Array:
    """The logarithm of `softmax`, without taking that of numbers near 0.

    >>> log_softmax([0.0, 0.0, -99.0], dim=0).round(4)
    array([ -0.6931,  -0.6931, -99.6931])

    Raises
    ------
    ShapeError
        When ``x`` has no axis ``dim``.
    """
    less = less_largest(x, dim)
    with np.errstate(divide="ignore"):  # the sum of no values is 0
        less -= np.log(np.exp(less).sum(axis=dim, keepdims=True))
    return less
