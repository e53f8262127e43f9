"""Transposed convolution: every input cell lays the kernel on the output, ``stride`` apart."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.geometry.pads import Padding, Pads, resolve_pads
from cnnviz.geometry.pairs import Pair, extent, pair
from cnnviz.geometry.windows import check_size


class TransposedWindow(NamedTuple):
    """The shape of a transposed convolution, resolved; ``pads`` are cut off the output."""

    size: Pair
    kernel: Pair
    stride: Pair
    pads: Pads
    output_padding: Pair
    dilation: Pair
    output: Pair


def transposed_window(
    size: Pair,
    kernel: Pair,
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    output_padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> TransposedWindow:
    """The window of a transposed convolution; ``same`` makes the output ``stride`` times as large.

    >>> transposed_window((7, 7), (4, 4), stride=2, padding=1).output
    (14, 14)
    >>> transposed_window((7, 7), (3, 3), stride=2, padding="same").output
    (14, 14)

    Raises
    ------
    ShapeError
        When nothing is left of the output, or an argument is out of its range.
    """
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    extra = pair(output_padding, "output_padding", least=0)
    check_size(size)
    if isinstance(padding, str):
        if padding != "same":
            raise ShapeError(f"padding is {padding!r}; a transposed convolution takes amounts, or same")
        # What the forward convolution from the output back to this input would pad.
        spans = [extent(k, d) - s for k, d, s in zip(kernel, dilations, strides, strict=True)]
        cuts = [max(span, 0) for span in spans]
        pads: Pads = ((cuts[0] // 2, cuts[0] - cuts[0] // 2), (cuts[1] // 2, cuts[1] - cuts[1] // 2))
        extra = (extra[0] + max(-spans[0], 0), extra[1] + max(-spans[1], 0))
    else:
        pads = resolve_pads(padding, size, kernel, strides, dilations)
    for name, more, s, d in zip(("height", "width"), extra, strides, dilations, strict=True):
        if more >= max(s, d):
            raise ShapeError(
                f"output_padding is {more} along the {name}; it must be below the stride or the dilation"
            )
    height, width = (
        transposed_size(size[axis], kernel[axis], strides[axis], *pads[axis], dilations[axis], extra[axis])
        for axis in (0, 1)
    )
    if min(height, width) < 1:
        raise ShapeError(
            f"a padding this large leaves an output of {height}x{width}; use less padding or a larger kernel"
        )
    return TransposedWindow(size, kernel, strides, pads, extra, dilations, (height, width))


def transposed_size(
    n: int, k: int, s: int = 1, low: int = 0, high: int = 0, d: int = 1, more: int = 0
) -> int:
    """The size of the output: ``(n - 1)*s - low - high + d*(k - 1) + 1 + output_padding``.

    >>> transposed_size(7, k=3, s=2, low=1, high=1, more=1)
    14
    """
    return (n - 1) * s - low - high + extent(k, d) + more
