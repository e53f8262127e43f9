"""A window that slides over its input: convolution and pooling."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.geometry.pads import Padding, Pads, check_padding_mode, resolve_pads
from cnnviz.geometry.pairs import Pair, extent, pair


class Window(NamedTuple):
    """A window sliding over an input of ``size``: the shape of a convolution or pooling, resolved."""

    size: Pair
    kernel: Pair
    stride: Pair
    pads: Pads
    dilation: Pair
    output: Pair

    @property
    def reach(self) -> Pair:
        """How many cells the window spans, down and across, its gaps included."""
        return extent(self.kernel[0], self.dilation[0]), extent(self.kernel[1], self.dilation[1])

    @property
    def padded(self) -> Pair:
        """Height and width of the input with its padding."""
        (top, bottom), (left, right) = self.pads
        return top + self.size[0] + bottom, left + self.size[1] + right

    def taps(self, at: Pair) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rows and the columns of the input on which the window lies at place ``at`` of the output.

        Below 0, and from the size on, they are padding.

        >>> convolution_window((5, 5), (3, 2), stride=2, padding=1).taps((0, 1))
        ((-1, 0, 1), (1, 2))
        """
        rows, columns = (
            tuple(
                at[axis] * self.stride[axis] - self.pads[axis][0] + tap * self.dilation[axis]
                for tap in range(self.kernel[axis])
            )
            for axis in (0, 1)
        )
        return rows, columns

    def cells(self, at: Pair) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """As `taps`, without those on padding.

        >>> convolution_window((5, 5), (3, 2), stride=2, padding=1).cells((0, 1))
        ((0, 1), (1, 2))
        """
        rows, columns = (
            tuple(tap for tap in taps if 0 <= tap < n)
            for taps, n in zip(self.taps(at), self.size, strict=True)
        )
        return rows, columns

    def within(self, axis: int, first: int, stop: int) -> range:
        """The places of the output along ``axis`` whose taps all lie on cells ``first`` to ``stop`` - 1.

        >>> convolution_window((5, 5), (3, 3), padding=1).within(0, 0, 5)
        range(1, 4)
        """
        low, s = self.pads[axis][0], self.stride[axis]
        start = max(-(-(first + low) // s), 0)
        end = min((stop + low - self.reach[axis]) // s + 1, self.output[axis])
        return range(start, max(start, end))


def convolution_window(
    size: Pair,
    kernel: Pair,
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    padding_mode: str = "zeros",
) -> Window:
    """The window of a convolution.

    >>> convolution_window((224, 224), (7, 7), stride=2, padding=3).output
    (112, 112)

    Raises
    ------
    ShapeError
        When the kernel does not fit into the padded input, or an argument is out of its range.
    """
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    check_size(size)
    pads = resolve_pads(padding, size, kernel, strides, dilations)
    check_padding_mode(padding_mode, pads, size)
    return _window(size, kernel, strides, pads, dilations, ceil_mode=False, name="kernel")


def pooling_window(
    size: Pair,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair | Pads = 0,
    dilation: int | Pair = 1,
    *,
    ceil_mode: bool = False,
    any_padding: bool = False,
) -> Window:
    """The window of a pooling; without ``stride`` it moves by its own size.

    >>> pooling_window((112, 112), 3, stride=2, padding=1).output
    (56, 56)

    Raises
    ------
    ShapeError
        When it does not fit, is padded by more than half its size (unless by ``any_padding``), or an argument
        is out of its range.
    """
    kernel = pair(kernel_size, "kernel_size")
    strides = kernel if stride is None else pair(stride, "stride")
    dilations = pair(dilation, "dilation")
    if isinstance(padding, str):
        raise ShapeError(f"padding is {padding!r}; pooling takes amounts, not words")
    check_size(size)
    pads = resolve_pads(padding, size, kernel, strides, dilations)
    if not any_padding:
        check_pooling_pads(pads, kernel)
    return _window(size, kernel, strides, pads, dilations, ceil_mode=ceil_mode, name="pooling window")


def check_pooling_pads(pads: Pads, kernel: Pair) -> None:
    """Refuse to pad by more than half of the window; raises `ShapeError`."""
    for sides, k in zip(pads, kernel, strict=True):
        if 2 * max(sides) > k:
            window = f"{kernel[0]}x{kernel[1]}"
            raise ShapeError(
                f"padding is {max(sides)}; pooling takes at most half of its {window} window a side"
            )


def check_size(size: Pair) -> None:
    """Refuse an empty input; raises `ShapeError`."""
    if min(size) < 1:
        raise ShapeError(f"the input has height {size[0]} and width {size[1]}; both must be at least 1")


def _window(
    size: Pair, kernel: Pair, stride: Pair, pads: Pads, dilation: Pair, *, ceil_mode: bool, name: str
) -> Window:
    along = ceil_output_size if ceil_mode else output_size
    height, width = (
        along(size[axis], kernel[axis], stride[axis], *pads[axis], dilation[axis]) for axis in (0, 1)
    )
    window = Window(size, kernel, stride, pads, dilation, (height, width))
    if min(height, width) < 1:
        raise ShapeError(
            f"the {name} spans {window.reach[0]}x{window.reach[1]}, which does not fit into the padded input "
            f"of {window.padded[0]}x{window.padded[1]}; use a smaller {name}, more padding or a larger input"
        )
    return window


def output_size(n: int, k: int, s: int = 1, low: int = 0, high: int = 0, d: int = 1) -> int:
    """How many places the window takes: ``(n + low + high - d*(k-1) - 1) // s + 1``; below 1 it does not fit.

    >>> output_size(224, k=7, s=2, low=3, high=3)
    112
    """
    return (n + low + high - extent(k, d)) // s + 1


def ceil_output_size(n: int, k: int, s: int = 1, low: int = 0, high: int = 0, d: int = 1) -> int:
    """As `output_size`, rounded up; a last window that would start in the right padding is dropped.

    >>> ceil_output_size(6, k=3, s=2), ceil_output_size(5, k=2, s=2, low=1, high=1)
    (3, 3)
    """
    size = -(-(n + low + high - extent(k, d)) // s) + 1
    return size - 1 if (size - 1) * s >= n + low else size
