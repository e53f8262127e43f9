"""What a kernel is learned by: the mean squared error between two maps, its gradient and its curvature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from cnnviz.errors import ShapeError, UsageError
from cnnviz.geometry import Pair
from cnnviz.lessons.layer import Array
from cnnviz.lessons.patches import LARGEST
from cnnviz.ops import conv2d

POWER_ITERATIONS: Final = 12
"""After so many the largest curvature of photographs is known to a thousandth, of noise to some percent."""

_FOURIER_FROM: Final = 49
"""Cells of a kernel from which transforms are faster: on 300x451 floats 5x5 takes 2.2 ms by taps and 2.7 by
transforms, 7x7 4.1 and 2.7, 15x15 16 and 3."""


class Sample(NamedTuple):
    """A picture (H, W) and the map (H - kH + 1, W - kW + 1) to be learned; ``known`` is where it counts."""

    pixels: Array
    target: Array
    known: Array | None = None


class Errors(NamedTuple):
    """Of one kernel: the mean squared error, the best offset, and map less target of every sample."""

    loss: float
    offset: float
    maps: list[Array]


def feature_map(pixels: Array, kernel: Array) -> Array:
    """The map (H - kH + 1, W - kW + 1) of ``pixels`` (H, W), in float64.

    >>> feature_map(np.array([[1, 2, 4]]), np.array([[-1, 1]]))
    array([[1., 2.]])
    """
    wide = pixels.astype(np.float64, copy=False)[np.newaxis]
    weight = kernel.astype(np.float64, copy=False)[np.newaxis, np.newaxis]
    maps: Array = conv2d(wide, weight, engine="fourier" if kernel.size >= _FOURIER_FROM else "taps")
    one: Array = maps[0]
    return one


def kernel_gradient(pixels: Array, error: Array) -> Array:
    """The gradient (kH, kW) of half the squared error, with respect to the kernel.

    For the map value (r, c) kernel cell (i, j) lies on pixel (r + i, c + j). Its gradient is the sum of
    ``error[r, c] * pixels[r + i, c + j]`` over the map: a convolution too, of ``pixels`` (H, W) with
    ``error`` (H - kH + 1, W - kW + 1) as the kernel.

    >>> pixels, error = np.arange(12.0).reshape(3, 4), np.array([[1.0, -2.0, 3.0], [4.0, 0.0, -1.0]])
    >>> kernel_gradient(pixels, error)
    array([[14., 19.],
           [34., 39.]])
    >>> conv2d(pixels[np.newaxis], error[np.newaxis, np.newaxis])[0]
    array([[14., 19.],
           [34., 39.]])

    So large a kernel with so few places is not what the engines of `conv2d` are made for: here it is one
    product a place (measured for 3x3 on 300x451: 0.4 ms; by taps 380, by transforms 28).
    """
    height, width = error.shape
    rows, columns = pixels.shape[0] - height + 1, pixels.shape[1] - width + 1
    gradient = np.empty((rows, columns))
    for i, j in np.ndindex(rows, columns):
        gradient[i, j] = np.einsum("rc,rc", pixels[i : i + height, j : j + width], error)
    return gradient


@dataclass(frozen=True, eq=False)
class Exercise:
    """Samples whose pictures are centred, unless the mean is kept; ``count`` map values in all.

    With the mean subtracted a constant between the maps, the offset, is set to its best value whenever
    errors are looked at; with the mean kept there is no offset.
    """

    samples: tuple[Sample, ...]
    size: Pair
    mean: float
    keep_mean: bool

    @cached_property
    def count(self) -> int:
        """Map values that count."""
        return sum(each.target.size if each.known is None else int(each.known.sum()) for each in self.samples)

    @cached_property
    def variance(self) -> float:
        """Of the targets: the loss of a kernel that is 0 everywhere, under its best offset."""
        values = np.concatenate(
            [each.target[... if each.known is None else each.known].ravel() for each in self.samples]
        )
        return float(values.var())

    def errors(self, kernel: Array) -> Errors:
        """How far the maps of ``kernel`` (kH, kW) are from the targets."""
        maps = [feature_map(each.pixels, kernel) - each.target for each in self.samples]
        offset = self._level(maps)
        loss = sum(float(np.vdot(each, each)) for each in maps) / self.count
        return Errors(loss, offset - self.mean * float(kernel.sum()), maps)

    def gradient(self, errors: Sequence[Array]) -> Array:
        """The gradient (kH, kW) of the loss that left ``errors``."""
        parts = [
            kernel_gradient(each.pixels, error) for each, error in zip(self.samples, errors, strict=True)
        ]
        total: Array = np.add.reduce(parts) * (2 / self.count)
        return total

    def curvature(self, seed: int) -> float:
        """The largest curvature of the loss, by power iterations: the same two convolutions a step."""
        direction = noise(self.size, seed)
        found = 0.0
        for _ in range(POWER_ITERATIONS):
            direction /= np.linalg.norm(direction)
            maps = [feature_map(each.pixels, direction) for each in self.samples]
            self._level(maps)
            direction = self.gradient(maps)
            found = float(np.linalg.norm(direction))
            if not found:
                break
        return found

    def _level(self, maps: list[Array]) -> float:
        """Leave out what does not count, and bring the mean of the rest to 0: the offset that does it."""
        for each, error in zip(self.samples, maps, strict=True):
            if each.known is not None:
                error *= each.known
        if self.keep_mean:
            return 0.0
        mean = sum(float(error.sum()) for error in maps) / self.count
        for each, error in zip(self.samples, maps, strict=True):
            error -= mean if each.known is None else mean * each.known
        return -mean


def pose(samples: Sequence[Sample], size: Pair, *, keep_mean: bool = False) -> Exercise:
    """What is to be learned, with the mean of all pictures subtracted.

    Raises
    ------
    ShapeError
        Where the target of a picture is not as large as the map of a kernel of ``size``.
    UsageError
        When the pictures are constant, there are fewer map values than cells, or values are too large.
    """
    for pixels, target, _ in samples:
        needed = pixels.shape[0] - size[0] + 1, pixels.shape[1] - size[1] + 1
        if target.shape != needed or min(needed) < 1:
            raise ShapeError(
                f"a kernel of {size[0]}x{size[1]} makes a map of {needed[0]}x{needed[1]} of a picture of "
                f"{pixels.shape[0]}x{pixels.shape[1]}, the target has {target.shape[0]}x{target.shape[1]}"
            )
        if max(float(np.abs(pixels).max()), float(np.abs(target).max())) > LARGEST:
            raise UsageError(f"there are values beyond {LARGEST:g}, whose squares cannot be added up")
    if all(each.pixels.min() == each.pixels.max() for each in samples):
        raise UsageError(
            "the picture is constant: nothing can be learned from it; take one that shows something"
        )
    mean = (
        0.0
        if keep_mean
        else float(sum(p.pixels.sum() for p in samples) / sum(p.pixels.size for p in samples))
    )
    centred = [each._replace(pixels=each.pixels.astype(np.float64) - mean) for each in samples]
    exercise = Exercise(tuple(centred), size, mean, keep_mean)
    if exercise.count < size[0] * size[1]:
        values = f"{exercise.count} map value{'s' * (exercise.count != 1)}"
        raise UsageError(
            f"{values} cannot tell the {size[0] * size[1]} cells of a kernel of {size[0]}x{size[1]}; take a "
            "larger picture, or a smaller kernel"
        )
    return exercise


def noise(size: Pair, seed: int) -> Array:
    """Where the descent starts: normal noise as layers begin with, of variance one by the number of cells."""
    return np.random.default_rng(seed).normal(size=size) / math.sqrt(size[0] * size[1])
