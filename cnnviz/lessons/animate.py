"""The kernel slides over the picture: one frame for every place it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnnviz.errors import UsageError
from cnnviz.geometry import Pair, Window, padding_source
from cnnviz.lessons.layer import Array, Layer, Number


class Frame(NamedTuple):
    """The window at place ``at`` of the map, and what comes of it.

    ``rows`` and ``columns`` are where its taps lie on the picture (padding below 0 and from the size on),
    ``patch`` (C, kH, kW) the values there. ``pooled`` are the cells of the pooled map that are complete now.
    """

    number: int
    at: Pair
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    patch: Array
    total: Number
    value: Number
    pooled: tuple[Pair, ...]


class Sweep(NamedTuple):
    """All that is swept over, and all that comes of it: ``map`` is after the activation.

    ``padded`` (C, H, W) is the picture with its padding. ``completed`` holds, for every cell of the pooled
    map, the number of the frame after which it is known.
    """

    layer: Layer
    window: Window
    padded: Array
    sums: Array
    map: Array
    pooling: Window | None
    pooled: Array | None
    completed: Array | None

    def __len__(self) -> int:
        return self.map.size

    def frame(self, number: int) -> Frame:
        """The frame of the ``number``-th place, row by row."""
        at = number // self.window.output[1], number % self.window.output[1]
        rows, columns = self.window.taps(at)
        (top, _), (left, _) = self.window.pads
        patch = self.padded[:, [[row + top] for row in rows], [column + left for column in columns]]
        found = [] if self.completed is None else np.argwhere(self.completed == number).tolist()
        done = tuple((row, column) for row, column in found)
        return Frame(number, at, rows, columns, patch, self.sums[at].item(), self.map[at].item(), done)


def sweep(pixels: Array, layer: Layer) -> Sweep:
    """Work out every place of ``layer`` on ``pixels`` (C, H, W).

    Raises
    ------
    ShapeError, KernelError
        As `cnnviz.ops.conv2d`.

    Examples
    --------
    >>> found = sweep(np.arange(12).reshape(1, 3, 4), Layer(np.array([[[[1, -1], [0, 2]]]])))
    >>> len(found), found.frame(4).at, found.frame(4).patch[0].tolist(), found.frame(4).total
    (6, (1, 1), [[5, 6], [9, 10]], 19)
    """
    window = layer.problem(pixels.shape).window
    sums = layer.sums(pixels)
    activated = layer.activated(sums)
    pooling = layer.pooling(window.output)
    return Sweep(
        layer,
        window,
        _padded(pixels, layer, window),
        sums,
        activated,
        pooling,
        None if pooling is None else layer.pooled(activated),
        None if pooling is None else _completed(pooling),
    )


def chosen(count: int, most: int | None) -> list[int]:
    """At most ``most`` of the numbers 0 to ``count`` - 1, evenly; the first and the last are kept.

    >>> chosen(10, 4), chosen(3, None), chosen(9, 1)
    ([0, 3, 6, 9], [0, 1, 2], [8])
    """
    if most is None or most >= count:
        return list(range(count))
    if most == 1:
        return [count - 1]
    return [round(step * (count - 1) / (most - 1)) for step in range(most)]


def named_frames(numbers: Sequence[int], count: int) -> Iterator[int]:
    """The frames that ``numbers`` name, those below 0 counted from the end.

    >>> list(named_frames((0, -1), 9))
    [0, 8]

    Raises
    ------
    UsageError
        For a frame that is not there.
    """
    for number in numbers:
        if not -count <= number < count:
            raise UsageError(f"there is no frame {number}; they are 0 to {count - 1}, or -1 for the last")
        yield number % count


def _padded(pixels: Array, layer: Layer, window: Window) -> Array:
    (top, bottom), (left, right) = window.pads
    height, width = window.size
    out = np.zeros((len(pixels), *window.padded), pixels.dtype)
    for row in range(-top, height + bottom):
        for column in range(-left, width + right):
            source = (
                padding_source(row, height, layer.padding_mode),
                padding_source(column, width, layer.padding_mode),
            )
            if None not in source:
                out[:, row + top, column + left] = pixels[:, source[0], source[1]]
    return out


def _completed(pooling: Window) -> Array:
    """The last cell, in reading order, that each pooled cell is made from."""
    height, width = pooling.output
    out = np.empty((height, width), np.int64)
    for row in range(height):
        for column in range(width):
            rows, columns = pooling.cells((row, column))
            out[row, column] = rows[-1] * pooling.size[1] + columns[-1]
    return out
