"""The whole arithmetic of one output value: which pixels were multiplied by what, and how they add up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby, product
from typing import NamedTuple

import numpy as np

from cnnviz.errors import UsageError
from cnnviz.geometry import Pair, Window, padding_source
from cnnviz.lessons.layer import Array, Layer, Number
from cnnviz.ops.convolution.problem import Problem


class Term(NamedTuple):
    """One tap: ``value`` x ``weight``. ``row`` and ``column`` may lie outside of the picture, on padding."""

    channel: int
    row: int
    column: int
    value: Number
    weight: Number
    product: Number
    padded: bool


class Unit(NamedTuple):
    """One value of the map before pooling: ``total`` is the terms and the ``bias``."""

    at: Pair
    terms: tuple[Term, ...]
    bias: Number
    total: Number
    activated: Number


class Explanation(NamedTuple):
    """The value ``output`` at ``output_at`` of the map; several ``units`` where it was pooled from them."""

    output_at: Pair
    units: tuple[Unit, ...]
    output: Number
    window: Window
    depth: int
    activation: str | None = None
    pool: tuple[str, Window] | None = None
    taken_from: Pair | None = None  # the unit that won a max

    @property
    def totals(self) -> list[Number]:
        """What each channel adds to the `shown` unit."""
        by_channel = groupby(self.shown.terms, key=lambda term: term.channel)
        return [add([term.product for term in terms]) for _, terms in by_channel]

    def weightiest(self, count: int) -> list[int]:
        """The ``count`` channels that add most, of either sign, in their order."""
        totals = self.totals
        largest = sorted(range(self.depth), key=lambda channel: -abs(totals[channel]))
        return sorted(largest[:count])

    @property
    def shown(self) -> Unit:
        """The unit to look at: the one that won, or the first."""
        return next((unit for unit in self.units if unit.at == self.taken_from), self.units[0])


class Maps(NamedTuple):
    """The map (H, W) that a value stands in, and what it was pooled from: itself where nothing was."""

    last: Array
    unpooled: Array


def explain(pixels: Array, layer: Layer, at: Pair | str) -> tuple[Explanation, Maps]:
    """Take apart the value at ``at`` (row, column), or of the largest or smallest (``max``, ``min``).

    Returns the explanation and the map it stands in. Integers add up exactly; floats are added by
    `math.fsum`, and agree with the map to its rounding.

    Parameters
    ----------
    pixels : (C, H, W)
    at : (row, column), ``max`` or ``min``
        Of the last map: after pooling, where there is one.

    Raises
    ------
    UsageError
        For a place that the map does not have.
    ShapeError, KernelError
        As `cnnviz.ops.conv2d`.

    Examples
    --------
    >>> step = np.repeat(np.array([[[0, 0, 255, 255]]], np.uint8), 3, axis=1)
    >>> sobel_x = np.array([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])
    >>> found, _ = explain(step, Layer(sobel_x), (0, 1))
    >>> found.output, [term.product for term in found.units[0].terms]
    (1020, [0, 0, 255, 0, 0, 510, 0, 0, 255])
    """
    problem = layer.problem(pixels.shape)
    activated = layer.activated(layer.sums(pixels))
    last = layer.pooled(activated)
    place = _place(at, last)
    window = layer.pooling(problem.window.output)
    cells = [place] if window is None else list(product(*window.cells(place)))
    units = tuple(_unit(pixels, layer, problem, cell, activated[cell].item()) for cell in cells)
    pool = taken = None
    if layer.pool is not None and window is not None:
        pool = layer.pool.mode, window
        if layer.pool.mode == "max":
            taken = max(units, key=lambda unit: unit.activated).at
    activation = None if layer.activation is None else layer.activation.name
    output = last[place].item()
    found = Explanation(place, units, output, problem.window, problem.depth, activation, pool, taken)
    return found, Maps(last, activated)


def _place(at: Pair | str, found: Array) -> Pair:
    if isinstance(at, str):
        flat = int(found.argmax() if at == "max" else found.argmin())
        return flat // found.shape[1], flat % found.shape[1]
    height, width = found.shape
    if not (0 <= at[0] < height and 0 <= at[1] < width):
        raise UsageError(
            f"there is no value {at[0]},{at[1]}; the map has rows 0 to {height - 1} and columns 0 to "
            f"{width - 1}"
        )
    return at


def _unit(pixels: Array, layer: Layer, problem: Problem, at: Pair, activated: Number) -> Unit:
    terms = tuple(_terms(pixels, layer.weight[0], problem, at))
    return Unit(at, terms, layer.bias, add([*(term.product for term in terms), layer.bias]), activated)


def add(values: list[Number]) -> Number:
    """The sum of ``values``: integers exactly, floats rounded once; what leaves the range is not finite.

    >>> add([1, 2, 3]), add([0.1] * 10), add([1e308, 1e308, -math.inf])
    (6, 1.0, nan)
    """
    if all(isinstance(value, int) for value in values):
        return sum(values)
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(map(float, values))


def _terms(pixels: Array, kernel: Array, problem: Problem, at: Pair) -> Iterator[Term]:
    window = problem.window
    taps = window.taps(at)
    for channel, i, j in np.ndindex(kernel.shape):
        row, column = taps[0][i], taps[1][j]
        source = [
            padding_source(place, size, problem.padding_mode)
            for place, size in zip((row, column), window.size, strict=True)
        ]
        padded = not (0 <= row < window.size[0] and 0 <= column < window.size[1])
        value: Number = 0 if None in source else pixels[channel, source[0], source[1]].item()
        weight: Number = kernel[channel, i, j].item()
        yield Term(channel, row, column, value, weight, value * weight, padded)
