"""How close one kernel is to another, and how far a picture can tell kernels apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnviz.geometry import Pair
from cnnviz.lessons.layer import Array
from cnnviz.lessons.patches import moments


class Closeness(NamedTuple):
    """``cosine`` (1: the same direction; None where one is 0) and the largest difference of a cell."""

    cosine: float | None
    largest_difference: float


class Condition(NamedTuple):
    """Largest by smallest curvature of the loss: with the mean subtracted, and with it left in."""

    centred: float
    with_mean: float


def closeness(kernel: Array, known: Array) -> Closeness:
    """How close ``kernel`` came to the ``known`` one; the smaller of the two gets zeros around it.

    >>> closeness(np.array([[3.0, 0.0]]), np.array([[2.0, 0.0]]))
    Closeness(cosine=1.0, largest_difference=1.0)
    """
    size = max(kernel.shape[0], known.shape[0]), max(kernel.shape[1], known.shape[1])
    one, other = _within(kernel, size), _within(known, size)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    cosine = min(max(float(np.vdot(one, other)) / lengths, -1.0), 1.0) if lengths else None
    return Closeness(cosine, float(np.abs(one - other).max()))


def _within(kernel: Array, size: Pair) -> Array:
    top, left = (size[0] - kernel.shape[0]) // 2, (size[1] - kernel.shape[1]) // 2
    placed = np.zeros(size)
    placed[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel
    return placed


def condition(pictures: Sequence[Array], size: Pair) -> Condition:
    """How unlike the directions of the loss are, of kernels of ``size`` on ``pictures`` (H, W).

    It is the condition number of the patches' covariance; infinite where some kernels cannot be told apart.

    >>> noisy = np.random.default_rng(0).normal(100, 1, size=(80, 80))
    >>> [round(each, -1) for each in condition([noisy], (1, 2))]
    [0.0, 19900.0]
    """
    mean, covariance = moments(pictures, size)
    return Condition(_condition(covariance), _condition(covariance + np.outer(mean, mean)))


def _condition(matrix: Array) -> float:
    values = np.linalg.eigvalsh(matrix)
    return float(values[-1] / values[0]) if values[0] > 1e-12 * values[-1] else math.inf
