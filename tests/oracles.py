"""Second opinions on the arithmetic: plain loops, NumPy's padding and SciPy. Nothing here comes from cnnviz.

They follow what PyTorch documents for ``Conv2d``, ``MaxPool2d`` and ``AvgPool2d``. Maps are (N, C, H, W),
weights (O, I, kH, kW), pads ((top, bottom), (left, right)).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import correlate2d

Array = NDArray[Any]
Pair = tuple[int, int]
Pads = tuple[Pair, Pair]

_NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def places(n: int, k: int, s: int, low: int, high: int, d: int, *, ceil_mode: bool = False) -> list[int]:
    """Where the window starts along the padded axis, found by walking; ``ceil_mode`` lets it hang over."""
    end = low + n + high
    last_cell = [(start, start + d * (k - 1)) for start in range(0, end, s)]
    if ceil_mode:
        return [start for start, last in last_cell if last < end + s - 1 and start < low + n]
    return [start for start, last in last_cell if last < end]


def amounts(word: str, n: int, k: int, s: int, d: int) -> Pair:
    """What a padding word means along one axis, found by trying one cell more until it is enough."""
    if word == "valid":
        return 0, 0
    if word == "full":
        return d * (k - 1), d * (k - 1)
    total = 0
    while len(places(n, k, s, 0, total, d)) < -(-n // s):
        total += 1
    return (total - total // 2, total // 2) if word == "same-lower" else (total // 2, total - total // 2)


def padded(x: Array, pads: Pads, padding_mode: str = "zeros") -> Array:
    """``x`` (..., H, W) with its margins, by `numpy.pad`."""
    around = [(0, 0)] * (x.ndim - 2) + list(pads)
    out: Array = np.pad(x, around, mode=_NUMPY_MODES[padding_mode])  # type: ignore[call-overload]  # a name
    return out


def loops_conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Pair = (1, 1),
    pads: Pads = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Array:
    """Convolution by the definition, in int64 or float64."""
    x, weight = _wide(x, weight)
    source = padded(x, pads, padding_mode)
    (maps, depth, kh, kw), (height, width) = weight.shape, x.shape[2:]
    rows = places(height, kh, stride[0], *pads[0], dilation[0])
    columns = places(width, kw, stride[1], *pads[1], dilation[1])
    out = np.zeros((len(x), maps, len(rows), len(columns)), x.dtype)
    for n, o, r, c in np.ndindex(out.shape):
        first = o // (maps // groups) * depth
        for i, j in np.ndindex(kh, kw):
            cells = source[n, first : first + depth, rows[r] + i * dilation[0], columns[c] + j * dilation[1]]
            out[n, o, r, c] += (cells * weight[o, :, i, j]).sum()
    return out if bias is None else out + bias[:, np.newaxis, np.newaxis]


def scipy_conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Pair = (1, 1),
    pads: Pads = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Array:
    """Convolution by `scipy.signal.correlate2d`: the kernel widened with zeros, the result thinned out."""
    x, weight = _wide(x, weight)
    source, widened = padded(x, pads, padding_mode), dilated(weight, dilation)
    maps, depth = weight.shape[:2]
    each = []
    for n, o in np.ndindex(len(x), maps):
        first = o // (maps // groups) * depth
        whole = sum(correlate2d(source[n, first + i], widened[o, i], mode="valid") for i in range(depth))
        each.append(np.asarray(whole)[:: stride[0], :: stride[1]])
    out = np.array(each).reshape(len(x), maps, *each[0].shape)
    return out if bias is None else out + bias[:, np.newaxis, np.newaxis]


def _wide(x: Array, weight: Array) -> tuple[Array, Array]:
    dtype = np.int64 if x.dtype.kind in "iu" and weight.dtype.kind in "iu" else np.float64
    return x.astype(dtype), weight.astype(dtype)


def dilated(weight: Array, dilation: Pair) -> Array:
    """``weight`` (..., kH, kW) with ``dilation - 1`` zeros put between its taps."""
    (kh, kw), (down, across) = weight.shape[-2:], dilation
    out = np.zeros((*weight.shape[:-2], down * (kh - 1) + 1, across * (kw - 1) + 1), weight.dtype)
    out[..., ::down, ::across] = weight
    return out


def loops_max_pool2d(
    x: Array, kernel: Pair, stride: Pair, pads: Pads, dilation: Pair = (1, 1), *, ceil_mode: bool = False
) -> Array:
    """The largest value of each window: padding never wins, NaN always does."""
    out = _empty(x, kernel, stride, pads, dilation, ceil_mode=ceil_mode)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    for place, cells, _ in _windows(x, kernel, stride, pads, dilation, ceil_mode=ceil_mode):
        best = [lowest, *cells]
        out[place] = np.nan if any(cell != cell for cell in best) else max(best)
    return out


def loops_avg_pool2d(
    x: Array,
    kernel: Pair,
    stride: Pair,
    pads: Pads,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    dilation: Pair = (1, 1),
) -> Array:
    """The mean of each window in float64; padding counts as zeros, what hangs over it never counts."""
    out = _empty(x, kernel, stride, pads, dilation, ceil_mode=ceil_mode).astype(np.float64)
    for place, cells, in_padding in _windows(x, kernel, stride, pads, dilation, ceil_mode=ceil_mode):
        counted = len(cells) + (in_padding if count_include_pad else 0)
        out[place] = float(sum(cells)) / (divisor_override or counted) if counted else np.nan
    return out


def _empty(x: Array, kernel: Pair, stride: Pair, pads: Pads, dilation: Pair, *, ceil_mode: bool) -> Array:
    sizes = (
        len(places(x.shape[2 + a], kernel[a], stride[a], *pads[a], dilation[a], ceil_mode=ceil_mode))
        for a in (0, 1)
    )
    return np.zeros((*x.shape[:2], *sizes), x.dtype)


def _windows(
    x: Array, kernel: Pair, stride: Pair, pads: Pads, dilation: Pair, *, ceil_mode: bool
) -> Iterator[tuple[tuple[int, ...], list[Any], int]]:
    """Each output place with the values its window holds and how many of its cells lie in the padding."""
    (height, width), ((top, bottom), (left, right)) = x.shape[2:], pads
    rows = places(height, kernel[0], stride[0], *pads[0], dilation[0], ceil_mode=ceil_mode)
    columns = places(width, kernel[1], stride[1], *pads[1], dilation[1], ceil_mode=ceil_mode)
    for n, c, r, k in np.ndindex(*x.shape[:2], len(rows), len(columns)):
        cells, in_padding = [], 0
        for i, j in np.ndindex(kernel):
            row, column = rows[r] + i * dilation[0] - top, columns[k] + j * dilation[1] - left
            if 0 <= row < height and 0 <= column < width:
                cells.append(x[n, c, row, column].item())
            elif row < height + bottom and column < width + right:
                in_padding += 1
        yield (n, c, r, k), cells, in_padding
