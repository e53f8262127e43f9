"""A window that slides over its input: convolution and pooling."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from cnnviz.errors import ShapeError

Pair: TypeAlias = tuple[int, int]
Pads: TypeAlias = tuple[Pair, Pair]  # ((top, bottom), (left, right))
PaddingWord = Literal["valid", "same", "same-lower", "full"]
Padding: TypeAlias = int | Pair | Pads | PaddingWord
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

PADDING_WORDS: tuple[str, ...] = get_args(PaddingWord)
PADDING_MODES: tuple[str, ...] = get_args(PaddingMode)


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
    _check_padding_mode(padding_mode, pads, size)
    return _window(size, kernel, strides, pads, dilations, ceil_mode=False, name="kernel")


def pooling_window(
    size: Pair,
    kernel_size: int | Pair,
    stride: int | Pair | None = None,
    padding: int | Pair | Pads = 0,
    dilation: int | Pair = 1,
    *,
    ceil_mode: bool = False,
) -> Window:
    """The window of a pooling; without ``stride`` it moves by its own size.

    >>> pooling_window((112, 112), 3, stride=2, padding=1).output
    (56, 56)

    Raises
    ------
    ShapeError
        When it does not fit, is padded by more than half its size, or an argument is out of its range.
    """
    kernel = pair(kernel_size, "kernel_size")
    strides = kernel if stride is None else pair(stride, "stride")
    dilations = pair(dilation, "dilation")
    if isinstance(padding, str):
        raise ShapeError(f"padding is {padding!r}; pooling takes amounts, not words")
    check_size(size)
    pads = resolve_pads(padding, size, kernel, strides, dilations)
    check_pooling_pads(pads, kernel)
    return _window(size, kernel, strides, pads, dilations, ceil_mode=ceil_mode, name="window")


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
        padded = [n + sum(side) for n, side in zip(size, pads, strict=True)]
        raise ShapeError(
            f"the {name} spans {window.reach[0]}x{window.reach[1]}, which does not fit into the padded input "
            f"of {padded[0]}x{padded[1]}; use a smaller {name}, more padding or a larger input"
        )
    return window


def extent(k: int, d: int = 1) -> int:
    """How many input cells a dilated kernel spans: ``d * (k - 1) + 1``.

    >>> extent(3, 2)
    5
    """
    return d * (k - 1) + 1


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


def same_pads(n: int, k: int, s: int = 1, d: int = 1, *, lower: bool = False) -> Pair:
    """Padding for an output of ``ceil(n / s)``; an odd cell goes at the end (``lower``: at the start).

    >>> same_pads(5, k=4), same_pads(5, k=4, lower=True), same_pads(224, k=3, s=2)
    ((1, 2), (2, 1), (0, 1))
    """
    total = max((-(-n // s) - 1) * s + extent(k, d) - n, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def resolve_pads(padding: Padding, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> Pads:
    """Every form of ``padding`` as ``((top, bottom), (left, right))``.

    ``valid`` is none; ``full`` every place where the window touches the input; ``same`` see `same_pads`.

    >>> resolve_pads("full", (5, 5), (3, 4), (1, 1), (1, 1))
    ((2, 2), (3, 3))
    >>> resolve_pads((1, 2), (5, 5), (3, 3), (1, 1), (1, 1))
    ((1, 1), (2, 2))

    Raises
    ------
    ShapeError
        For a negative amount, an unknown word or a wrong structure.
    """
    if isinstance(padding, str):
        if padding not in PADDING_WORDS:
            raise ShapeError(f"padding is {padding!r}; the words are {', '.join(PADDING_WORDS)}")
        return _word_pads(padding, size, kernel, stride, dilation)
    if isinstance(padding, tuple | list) and any(isinstance(side, tuple | list) for side in padding):
        sides = cast("Pads", padding)
        if len(sides) == 2 and all(isinstance(side, tuple | list) and len(side) == 2 for side in sides):
            (top, bottom), (left, right) = sides
            return (_natural(top), _natural(bottom)), (_natural(left), _natural(right))
        raise ShapeError(f"padding is {padding!r}; four amounts are written ((top, bottom), (left, right))")
    vertical, horizontal = pair(cast("int | Pair", padding), "padding", least=0)
    return (vertical, vertical), (horizontal, horizontal)


def _word_pads(word: PaddingWord, size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> Pads:
    def along(axis: int) -> Pair:
        n, k, s, d = size[axis], kernel[axis], stride[axis], dilation[axis]
        if word == "valid":
            return 0, 0
        if word == "full":
            return extent(k, d) - 1, extent(k, d) - 1
        return same_pads(n, k, s, d, lower=word == "same-lower")

    return along(0), along(1)


def pair(value: int | Pair, name: str, *, least: int = 1) -> Pair:
    """``value`` as (vertical, horizontal), both at ``least``.

    >>> pair(2, "stride"), pair((2, 1), "stride")
    ((2, 2), (2, 1))

    Raises
    ------
    ShapeError
        When it is neither an integer nor two of them, or below ``least``.
    """
    both: object = (value, value) if is_integer(value) else value
    if not isinstance(both, tuple | list) or len(both) != 2 or not all(map(is_integer, both)):
        raise ShapeError(f"{name} is {value!r}; it takes an integer or two (vertical, horizontal)")
    vertical, horizontal = int(both[0]), int(both[1])
    if min(vertical, horizontal) < least:
        raise ShapeError(
            f"{name} is {value!r}; {'non-positive' if least else 'negative'} {name} is not supported"
        )
    return vertical, horizontal


def is_integer(value: object) -> bool:
    """Whether ``value`` counts (``True`` does not); NumPy's integers do, without importing NumPy."""
    return not isinstance(value, bool) and hasattr(value, "__index__") and not hasattr(value, "__len__")


def _natural(value: object) -> int:
    if not is_integer(value):
        raise ShapeError(f"padding holds {value!r}; it takes integers")
    return pair(cast("int", value), "padding", least=0)[0]


def _check_padding_mode(mode: str, pads: Pads, size: Pair) -> None:
    """Refuse what PyTorch refuses: reflecting as far as the input is long, or wrapping round more than once.

    Raises
    ------
    ShapeError
        For an unknown mode, or padding the input is too small for.
    """
    if mode not in PADDING_MODES:
        raise ShapeError(f"padding_mode is {mode!r}; the modes are {', '.join(PADDING_MODES)}")
    for name, n, (low, high) in zip(("height", "width"), size, pads, strict=True):
        most = n - 1 if mode == "reflect" else n
        if mode in ("reflect", "circular") and max(low, high) > most:
            raise ShapeError(
                f"{mode} padding of {max(low, high)} needs an input {name} of at least "
                f"{max(low, high) + n - most}, not {n}; use less padding, or padding_mode replicate or zeros"
            )


def padding_source(position: int, n: int, mode: PaddingMode) -> int | None:
    """Which cell of ``n`` stands at ``position`` of the padded axis (cell 0 is 0); None is a zero.

    >>> def show(mode):
    ...     cells = [padding_source(position, 4, mode) for position in range(-3, 7)]
    ...     return "".join("0" if cell is None else "1234"[cell] for cell in cells)
    >>> [show(mode) for mode in ("zeros", "reflect", "replicate", "circular")]
    ['0001234000', '4321234321', '1111234444', '2341234123']
    """
    if 0 <= position < n:
        return position
    if mode == "zeros":
        return None
    if mode == "replicate":
        return min(max(position, 0), n - 1)
    if mode == "circular":
        return position % n
    return -position if position < 0 else 2 * (n - 1) - position
