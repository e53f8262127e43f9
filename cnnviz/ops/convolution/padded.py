"""Rows of the padded input, a band at a time: the whole picture is never copied to pad it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from cnnviz.geometry import padding_source
from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.threads import scratch


class PaddedRows:
    """Reads bands of the padded channels ``x`` (C, H, W) as ``dtype`` into one buffer (of its thread).

    Casting and padding are one pass, so that what the engines read next lies in the cache. ``places_first``:
    the channels of a place lie side by side in what is read, however they do in ``x``.
    """

    def __init__(
        self, x: Array, problem: Problem, dtype: np.dtype[Any], most: int, *, places_first: bool = False
    ) -> None:
        self._x = x
        (self._top, _), (self._left, right) = problem.window.pads
        self._mode = problem.padding_mode
        width = problem.window.size[1]
        order = not places_first or x.strides[0] == x.itemsize
        self._as_it_is = x.dtype == dtype and self._left == right == 0 and order
        if places_first:
            buffer = scratch("padded", (most, self._left + width + right, len(x)), dtype)
            self._buffer = buffer.transpose(2, 0, 1)
        else:
            self._buffer = scratch("padded", (len(x), most, self._left + width + right), dtype)
        # Where the padding is zeros, nothing else will be written here.
        self._buffer[..., : self._left] = 0
        self._buffer[..., self._left + width :] = 0
        positions = [*range(-self._left, 0), *range(width, width + right)]
        sources = [padding_source(position, width, self._mode) for position in positions]
        pairs = [
            (position, cell) for position, cell in zip(positions, sources, strict=True) if cell is not None
        ]
        self._margins = np.array([position for position, _ in pairs], dtype=np.intp) + self._left
        self._sources = np.array([cell for _, cell in pairs], dtype=np.intp) + self._left

    def read(self, first: int, last: int) -> Array:
        """Padded rows ``first`` to ``last`` (excluded), (C, rows, left + W + right), until the next call."""
        height, width = self._x.shape[1:]
        if self._as_it_is and self._top <= first and last <= self._top + height:
            return self._x[:, first - self._top : last - self._top]
        band = self._buffer[:, : last - first]
        inner = band[:, :, self._left : self._left + width]
        start, stop = max(first, self._top), min(last, self._top + height)
        if start < stop:
            inner[:, start - first : stop - first] = self._x[:, start - self._top : stop - self._top]
        for row in (*range(first, min(last, self._top)), *range(max(first, self._top + height), last)):
            source = padding_source(row - self._top, height, self._mode)
            inner[:, row - first] = 0 if source is None else self._x[:, source]
        if len(self._margins):
            band[:, :, self._margins] = band[:, :, self._sources]
        return band


class Band(NamedTuple):
    """The padded rows that output rows ``rows`` of picture ``n`` need, and the ``maps`` that read them."""

    n: int
    maps: slice
    rows: slice
    padded: Array  # (I, rows read, padded W), until the next band


def bands(
    x: Array,
    problem: Problem,
    dtype: np.dtype[Any],
    height: int,
    start: int = 0,
    stop: int | None = None,
    *,
    places_first: bool = False,
) -> Iterator[Band]:
    """All of ``x`` (N, C, H, W), ``height`` output rows at a time, group by group; of rows start to stop."""
    stop = problem.window.output[0] if stop is None else stop
    read_first, read_last = problem.rows_read(0, height)
    for n, group in np.ndindex(problem.batch, problem.groups):
        channels = x[n, group * problem.depth : (group + 1) * problem.depth]
        source = PaddedRows(channels, problem, dtype, read_last - read_first, places_first=places_first)
        maps = slice(group * problem.maps_per_group, (group + 1) * problem.maps_per_group)
        for first in range(start, stop, height):
            last = min(first + height, stop)
            yield Band(n, maps, slice(first, last), source.read(*problem.rows_read(first, last)))
