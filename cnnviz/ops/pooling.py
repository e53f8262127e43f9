"""Pooling: one number for each window of a map. Names, defaults, edge rules and refusals are PyTorch's.

A window is taken apart into its rows and its columns: k_h + k_w passes in place of k_h * k_w. Maps whose
channels lie side by side in memory give such maps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.errors import ShapeError
from cnnviz.geometry import Pads, Pair, Window, is_integer, pooling_window
from cnnviz.ops.arrays import Array, as_floats, as_maps, channels_last, float_dtype, is_channels_last
from cnnviz.ops.threads import cores, share

_TOGETHER: Final = 1 << 19  # bytes of the maps that are pooled at a time
_WORK_FOR_THREADS: Final = 1 << 18
"""Values below which a second thread gains nothing."""


def max_pool2d(
    x: ArrayLike,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair | Pads = 0,
    dilation: int | Pair = 1,
    *,
    ceil_mode: bool = False,
) -> Array:
    """Keep the largest value of each window; the dtype of ``x`` stays (half precision becomes float32).

    Parameters
    ----------
    x : (C, H, W) or (N, C, H, W)
    kernel_size, dilation : int or (vertical, horizontal)
    stride : int or (vertical, horizontal), optional
        The window's own size unless given.
    padding : int, (vertical, horizontal) or ((top, bottom), (left, right))
        Cells that never win; at most half of the window on each side.
    ceil_mode : bool
        Round the size up: a last window may hang over the edge, but not start beyond it.

    Raises
    ------
    ShapeError
        When the window does not fit, or an argument is out of its range.

    Examples
    --------
    >>> max_pool2d([[[1, 5, 2, 0], [3, 4, 8, 6]]], 2)
    array([[[5, 8]]])
    """
    maps, _ = as_maps(x)
    window = pooling_window(_size(maps), kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    return max_of_windows(x, window)


def avg_pool2d(
    x: ArrayLike,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair | Pads = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Average each window: float32, or float64 for float64 input. Integers are added up exactly first.

    Parameters
    ----------
    x, kernel_size, stride, padding, ceil_mode
        As `max_pool2d`.
    count_include_pad : bool
        Whether padding counts as zeros in the average. Cells that ``ceil_mode`` adds never count.
    divisor_override : int, optional
        Divide by this instead of by the number of cells.

    Raises
    ------
    ShapeError
        As `max_pool2d`, and for a divisor that is 0 or no integer.

    Examples
    --------
    >>> avg_pool2d([[[1, 5, 2, 0], [3, 4, 8, 6]]], 2)
    array([[[3.25, 4.  ]]], dtype=float32)
    """
    maps, _ = as_maps(x)
    window = pooling_window(_size(maps), kernel_size, stride, padding, ceil_mode=ceil_mode)
    if divisor_override is not None and (not is_integer(divisor_override) or divisor_override == 0):
        raise ShapeError(
            f"divisor_override is {divisor_override!r}; it takes an integer other than 0, "
            "or None for the number of cells"
        )
    return mean_of_windows(x, window, count_include_pad=count_include_pad, divisor=divisor_override)


def lp_pool2d(
    x: ArrayLike,
    norm_type: float,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    *,
    ceil_mode: bool = False,
) -> Array:
    """The p-norm of each window, p = ``norm_type``: (sum of x**p) ** (1/p); float32, or float64.

    As ``torch.nn.functional.lp_pool2d``: of the whole window's cells, those that ``ceil_mode`` hangs over
    the edge counted by the mean of the others.

    Raises
    ------
    ShapeError
        As `max_pool2d`, and for a ``norm_type`` of 0.

    Examples
    --------
    >>> lp_pool2d([[[3.0, 4.0]]], 2, (1, 2))
    array([[[5.]]])
    """
    values = as_floats(x)
    maps, _ = as_maps(values)
    if norm_type == 0:
        raise ShapeError("norm_type is 0; it takes another number, 2 for the Euclidean norm")
    window = pooling_window(_size(maps), kernel_size, stride, ceil_mode=ceil_mode)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        means = mean_of_windows(values ** values.dtype.type(norm_type), window)
        means *= window.kernel[0] * window.kernel[1]
        out: Array = means ** values.dtype.type(1 / norm_type)
    return out


def max_of_windows(x: ArrayLike, window: Window) -> Array:
    """As `max_pool2d`, over a window that is resolved already, and may be padded by any amount.

    >>> from cnnviz.geometry import convolution_window
    >>> max_of_windows([[[1, 5, 2]]], convolution_window((1, 3), (1, 3), padding="same"))
    array([[[5, 5, 5]]])
    """
    maps, batched = as_maps(x)
    worst = -np.inf if maps.dtype.kind == "f" else np.iinfo(maps.dtype).min
    out = _reduce(maps, window, np.maximum, worst)
    return out if batched else out[0]


def mean_of_windows(
    x: ArrayLike, window: Window, *, count_include_pad: bool = True, divisor: int | None = None
) -> Array:
    """As `avg_pool2d`, over a window that is resolved already, and may be padded by any amount.

    The mean of no cells, where a window lies in padding that does not count, is NaN.

    >>> from cnnviz.geometry import convolution_window
    >>> mean_of_windows([[[3, 6, 9]]], convolution_window((1, 3), (1, 3), padding="same"))
    array([[[3., 6., 5.]]], dtype=float32)
    """
    maps, batched = as_maps(x)
    with np.errstate(over="ignore", invalid="ignore"):  # infinity and NaN spread without a word
        sums = _reduce(_summands(maps, window), window, np.add, 0)
        counts = divisor or _counts(window, include_pad=count_include_pad)
        out = (sums / counts).astype(float_dtype(maps), copy=False)
    return out if batched else out[0]


def global_max_pool2d(x: ArrayLike) -> Array:
    """Keep the largest value of each whole map: (..., C, 1, 1).

    >>> global_max_pool2d([[[1, 5], [3, 4]]])
    array([[[5]]])
    """
    maps, _ = as_maps(x)
    return max_pool2d(x, _size(maps))


def global_avg_pool2d(x: ArrayLike) -> Array:
    """Average each whole map: (..., C, 1, 1).

    >>> global_avg_pool2d([[[1, 5], [3, 4]]])
    array([[[3.25]]], dtype=float32)
    """
    maps, _ = as_maps(x)
    return avg_pool2d(x, _size(maps))


def _size(maps: Array) -> Pair:
    return maps.shape[2], maps.shape[3]


def _summands(maps: Array, window: Window) -> Array:
    """``maps`` in a dtype whose sums are exact: int64, or Python's integers where 64 bits could overflow."""
    if maps.dtype.kind == "f":
        return maps
    largest = max(int(maps.max(initial=0)), -int(maps.min(initial=0)))
    wide = largest * window.kernel[0] * window.kernel[1] >= 2**63
    return maps.astype(object if wide else np.int64)


def _reduce(maps: Array, window: Window, join: Callable[..., Any], empty: float) -> Array:
    """Join the cells of each window of ``maps`` (N, C, H, W), rows first; ``empty`` fills the padding.

    A few maps at a time, so that what the rows leave is still in the cache for the columns (max-pool 2 of
    64x224x224: 2.9 ms in place of 5.0; a second thread gains nothing more).
    """
    if is_channels_last(maps):
        return _reduce_channels_last(maps, window, join, empty)
    out = np.empty((*maps.shape[:2], *window.output), maps.dtype)
    flat, results = maps.reshape(-1, *maps.shape[2:]), out.reshape(-1, *window.output)
    few = max(_TOGETHER // max(flat[:1].nbytes, 1), 1)
    for start in range(0, len(flat), few):
        rows = _reduce_axis(flat[start : start + few], window, 0, join, empty)
        results[start : start + few] = _reduce_axis(rows, window, 1, join, empty)
    return out


def _reduce_channels_last(maps: Array, window: Window, join: Callable[..., Any], empty: float) -> Array:
    """The same where the channels of a cell lie side by side: bands of output rows, all channels at once."""
    places = maps.transpose(0, 2, 3, 1)  # (N, H, W, C), and so are the results
    (down, across), (vertical, horizontal) = window.stride, window.dilation
    rows, columns = window.output
    margins = []
    for axis in (0, 1):
        low = window.pads[axis][0]
        needed = (window.output[axis] - 1) * window.stride[axis] + window.reach[axis]
        margins.append((low, max(needed - low - window.size[axis], 0)))
    if any(map(any, margins)):
        places = np.pad(places, ((0, 0), *margins, (0, 0)), constant_values=empty)
    out = channels_last((*maps.shape[:2], rows, columns), maps.dtype)
    results = out.transpose(0, 2, 3, 1)
    row = places[0, :1].nbytes
    grain = max(_TOGETHER // max(row * down, 1), 1)

    def stretch(first: int, last: int) -> None:
        for n in range(len(places)):
            for top in range(first, last, grain):
                bottom = min(top + grain, last)
                lines = [
                    places[n, start : start + (bottom - top - 1) * down + 1 : down]
                    for start in range(top * down, top * down + window.reach[0], vertical)
                ]
                line = _all(lines, join)
                cells = [
                    line[:, start : start + (columns - 1) * across + 1 : across]
                    for start in range(0, window.reach[1], horizontal)
                ]
                _all(cells, join, results[n, top:bottom])

    share(stretch, rows, cores() if places[0].size >= _WORK_FOR_THREADS else 1, grain=grain)
    return out


def _all(parts: list[Array], join: Callable[..., Any], out: Array | None = None) -> Array:
    """All ``parts`` joined, in ``out`` if there is one; a single part may be given as it is."""
    if len(parts) == 1:
        if out is None:
            return parts[0]
        out[...] = parts[0]
        return out
    made: Array = join(parts[0], parts[1], out=out)
    for part in parts[2:]:
        join(made, part, out=made)
    return made


def _reduce_axis(maps: Array, window: Window, axis: int, join: Callable[..., Any], empty: float) -> Array:
    n, s, d, size = (each[axis] for each in (window.size, window.stride, window.dilation, window.output))
    low = window.pads[axis][0]
    # What the windows reach; with ceil_mode that may lie beyond the padding.
    needed = (size - 1) * s + window.reach[axis]
    after = max(needed - low - n, 0)
    if low or after:
        margins = [(0, 0)] * 3
        margins[1 + axis] = (low, after)
        maps = np.pad(maps, margins, constant_values=empty)
    steps = [slice(i * d, i * d + (size - 1) * s + 1, s) for i in range(window.kernel[axis])]
    views = [maps[:, step] if axis == 0 else maps[:, :, step] for step in steps]
    return _all(views, join)


def _counts(window: Window, *, include_pad: bool) -> Array:
    """How many cells each window counts: (oH, oW)."""

    def along(axis: int) -> Array:
        n, (low, high) = window.size[axis], window.pads[axis]
        first = np.arange(window.output[axis]) * window.stride[axis] - low
        taps = first[:, np.newaxis] + np.arange(window.kernel[axis]) * window.dilation[axis]
        counts: Array = (taps < n + high if include_pad else (taps >= 0) & (taps < n)).sum(axis=1)
        return counts

    return np.outer(along(0), along(1))
