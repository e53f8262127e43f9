"""Padding: every form of it as amounts, and what the cells that it adds hold."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast, get_args

from cnnviz.errors import ShapeError
from cnnviz.geometry.pairs import Pair, extent, is_integer, pair

Pads: TypeAlias = tuple[Pair, Pair]  # ((top, bottom), (left, right))
PaddingWord = Literal["valid", "same", "same-lower", "full"]
Padding: TypeAlias = int | Pair | Pads | PaddingWord
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

PADDING_WORDS: tuple[str, ...] = get_args(PaddingWord)
PADDING_MODES: tuple[str, ...] = get_args(PaddingMode)


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


def same_pads(n: int, k: int, s: int = 1, d: int = 1, *, lower: bool = False) -> Pair:
    """Padding for an output of ``ceil(n / s)``; an odd cell goes at the end (``lower``: at the start).

    >>> same_pads(5, k=4), same_pads(5, k=4, lower=True), same_pads(224, k=3, s=2)
    ((1, 2), (2, 1), (0, 1))
    """
    total = max((-(-n // s) - 1) * s + extent(k, d) - n, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def _natural(value: object) -> int:
    if not is_integer(value):
        raise ShapeError(f"padding holds {value!r}; it takes integers")
    return pair(cast("int", value), "padding", least=0)[0]


def check_padding_mode(mode: str, pads: Pads, size: Pair) -> None:
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
                f"{max(low, high) + n - most}, not {n}; use less padding, or the padding mode "
                "replicate or zeros"
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
