"""What a picture's move does to its pixels, its feature map and its pooled map, in distances.

The distance of ``a`` from ``b`` is |a - b| / |b|, with the root of the sum of squares over all values as |.|.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from cnnviz.geometry import PaddingMode, Pair, Window, padding_source
from cnnviz.lessons.layer import Array, Layer

Fill = Literal["zeros", "replicate", "circular"]
Distance: TypeAlias = float | None

_BAND: Final = 1 << 16  # values compared at a time, so that the floats on the way stay in the cache


class Shifted(NamedTuple):
    """One move ``by`` (rows, columns) and what it does; None where there is nothing to compare with.

    ``pixels``, ``map`` and ``pooled_map`` are distances in place: of the moved picture, of its map and of its
    pooled map from those of the picture. ``pixels_less_mean`` is that of the pixels when every channel's mean
    in the picture is taken off both: bright pixels that stay bright make |b| large and say nothing of a move.
    The others are distances from the picture's map moved along, by the nearest whole number of cells (halves
    up): ``map_vs_moved`` and ``pooled_map_vs_moved`` over the interior, the cells that see neither padding
    nor uncovered pixels in either picture; ``whole_map_vs_moved`` over the whole map.
    ``map_phase`` and ``phase`` are what is left of the move after whole cells of the map, of the pooled map.
    """

    by: Pair
    pixels: Distance
    pixels_less_mean: Distance
    map: Distance
    pooled_map: Distance
    map_vs_moved: Distance
    whole_map_vs_moved: Distance
    pooled_map_vs_moved: Distance
    map_phase: Pair
    phase: Pair

    @property
    def distances(self) -> tuple[Distance, ...]:
        """All of them, in the order of `DISTANCES`."""
        return self[1:8]


DISTANCES: Final = Shifted._fields[1:8]
"""What the distances are called, wherever they are shown."""


def moved(pixels: Array, by: Pair, fill: Fill) -> Array:
    """``pixels`` (..., H, W) moved ``by`` (rows, columns): down and to the right, or back where negative.

    The pixels that this uncovers are ``zeros``, the nearest ones of the picture (``replicate``), or those
    that left it on the other side (``circular``).

    >>> moved(np.array([[1, 2, 3, 4]]), (0, 1), "replicate").tolist()
    [[1, 1, 2, 3]]
    >>> moved(np.array([[1, 2, 3, 4]]), (0, -1), "circular").tolist()
    [[2, 3, 4, 1]]
    """
    for axis, steps in zip((-2, -1), by, strict=True):
        if steps:
            pixels = _moved_along(pixels, axis, steps, fill)
    return pixels


def _moved_along(pixels: Array, axis: int, steps: int, fill: PaddingMode) -> Array:
    n = pixels.shape[axis]
    sources = [padding_source(place - steps, n, fill) for place in range(n)]
    taken: Array = pixels.take([source or 0 for source in sources], axis)
    np.moveaxis(taken, axis, 0)[[source is None for source in sources]] = 0
    return taken


class Steps(NamedTuple):
    """How many pixels down and across lie between neighbours of the map, and of the pooled map.

    ``window`` is the pooling window in pixels: its cells times those between neighbours of the map.
    """

    map: Pair
    pooled: Pair
    window: Pair

    @classmethod
    def of(cls, layer: Layer, shape: tuple[int, ...]) -> Steps:
        """Those of ``layer`` on a picture of ``shape`` (C, H, W); without pooling those of the map.

        >>> pixels = np.zeros((1, 9, 9))
        >>> Steps.of(Layer(np.ones((1, 1, 3, 3)), stride=(2, 1)), pixels.shape)
        Steps(map=(2, 1), pooled=(2, 1), window=(2, 1))
        """
        down, across = layer.stride
        pooling = layer.pooling(layer.problem(shape).window.output)
        if pooling is None:
            return cls(layer.stride, layer.stride, layer.stride)
        pooled = down * pooling.stride[0], across * pooling.stride[1]
        return cls(layer.stride, pooled, (down * pooling.kernel[0], across * pooling.kernel[1]))


def shift(pixels: Array, layer: Layer, shifts: Iterable[Pair], fill: Fill) -> Iterator[Shifted]:
    """One record for each of ``shifts`` (rows, columns); each is worked out when it is asked for.

    A convolution commutes with a move by whole strides: then ``map_vs_moved`` is 0, exactly for integers, to
    rounding for floats. So does pooling, by whole strides of both, with ``pooled_map_vs_moved``.

    Parameters
    ----------
    pixels : (C, H, W)

    Raises
    ------
    ShapeError, KernelError
        As `cnnviz.ops.conv2d`.

    Examples
    --------
    >>> spot = np.zeros((1, 5, 9), int)
    >>> spot[0, 2, 2] = 1
    >>> (record,) = shift(spot, Layer(np.array([[[[1, 2, 1]]]])), [(0, 1)], "zeros")
    >>> round(record.map, 3), record.map_vs_moved
    (0.816, 0.0)
    """
    window = layer.problem(pixels.shape).window
    pooling = layer.pooling(window.output)
    steps = Steps.of(layer, pixels.shape)
    base = layer.activated(layer.sums(pixels))
    pooled = layer.pooled(base)
    varying = _varying(pixels)
    for by in shifts:
        picture = moved(pixels, by, fill)
        found = layer.activated(layer.sums(picture))
        cells = _cells(by, steps.map)
        apart = distance(picture, pixels)
        record = Shifted(
            by,
            apart,
            apart if not apart else apart / varying if varying else None,
            distance(found, base),
            None,
            _along(found, base, [window], by, cells),
            distance(found, moved(base, cells, fill)),
            None,
            _phase(by, steps.map),
            _phase(by, steps.pooled),
        )
        if pooling is not None:
            after = layer.pooled(found)
            along = _along(after, pooled, [window, pooling], by, _cells(by, steps.pooled))
            record = record._replace(pooled_map=distance(after, pooled), pooled_map_vs_moved=along)
        yield record


def _varying(pixels: Array) -> float:
    """The share of |pixels| that is left when every channel's mean is taken off: 0 of constant channels."""
    if not np.ptp(pixels, axis=(1, 2)).any():  # where rounding would leave something
        return 0.0
    with np.errstate(over="ignore"):
        mean = pixels.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    return distance(np.broadcast_to(mean, pixels.shape), pixels) or 0.0


def _cells(by: Pair, step: Pair) -> Pair:
    """The nearest whole number of cells that lie ``step`` pixels apart; halves up."""
    down, across = ((2 * pixels + each) // (2 * each) for pixels, each in zip(by, step, strict=True))
    return down, across


def _phase(by: Pair, step: Pair) -> Pair:
    return by[0] % step[0], by[1] % step[1]


def _along(found: Array, base: Array, windows: Sequence[Window], by: Pair, cells: Pair) -> Distance:
    """The distance of ``found`` from ``base`` moved along by ``cells``, over the interior."""
    rows, columns = (_interior(windows, axis, by[axis], cells[axis]) for axis in (0, 1))
    if not (rows and columns):
        return None
    down, across = cells
    there = base[rows.start - down : rows.stop - down, columns.start - across : columns.stop - across]
    return distance(found[rows.start : rows.stop, columns.start : columns.stop], there)


def _interior(windows: Sequence[Window], axis: int, steps: int, cells: int) -> range:
    """The cells that see only the picture, when it was moved and, ``cells`` before them, when it was not."""
    n = windows[0].size[axis]
    moved_ones = _seeing(windows, axis, max(steps, 0), min(n, n + steps))
    unmoved = _seeing(windows, axis, 0, n)
    start = max(moved_ones.start, unmoved.start + cells)
    return range(start, max(start, min(moved_ones.stop, unmoved.stop + cells)))


def _seeing(windows: Sequence[Window], axis: int, first: int, stop: int) -> range:
    """The cells after ``windows`` that see no other pixels than ``first`` to ``stop`` - 1."""
    seen = range(first, max(first, stop))
    for window in windows:
        seen = window.within(axis, seen.start, seen.stop)
    return seen


@np.errstate(invalid="ignore", over="ignore")  # of what is not finite the distance is not either
def distance(found: Array, expected: Array) -> Distance:
    """|found - expected| / |expected| of two arrays of one shape; 0 where both are 0, None where one is.

    It is exactly 0 only where they are equal.

    >>> distance(np.array([[3, 5]]), np.array([[3, 4]])), distance(np.array([[1]]), np.array([[0]]))
    (0.2, None)
    """
    largest = max(_largest(found), _largest(expected))
    if not largest:
        return 0.0
    # Near 1, so that no square leaves the range of a float; by a power of 2, which rounds nothing.
    scale = 2.0 ** (math.frexp(largest)[1] - 1)
    width = found.shape[-1]
    one, other = found.reshape(-1, width), expected.reshape(-1, width)
    rows = max(_BAND // width, 1)
    apart = size = 0.0
    for first in range(0, len(one), rows):
        band = np.divide(other[first : first + rows], scale, dtype=np.float64).ravel()
        size += float(np.vdot(band, band))
        band -= np.divide(one[first : first + rows], scale, dtype=np.float64).ravel()
        apart += float(np.vdot(band, band))
    return float((apart / size) ** 0.5) if size else None


def _largest(values: Array) -> float:
    return float(max(values.max().item(), -values.min().item()))
