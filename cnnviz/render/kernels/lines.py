"""Kernels as lines of text: numbers in columns, or signs where there is no room for numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rich.text import Text

_WEAK: Final = 0.05  # of the largest: printed faint
_STRONG, _SOME = 0.5, 0.15  # of the largest: two signs, one sign


class Block(NamedTuple):
    """A kernel under the lines of its heading; each cell with its text and its value by the largest."""

    heading: tuple[str, ...]
    rows: tuple[tuple[tuple[str, float], ...], ...]

    @property
    def width(self) -> int:
        """Columns of text that it takes."""
        cells = max(sum(len(text) for text, _ in row) for row in self.rows)
        return max(cells, *map(len, self.heading))


def numbers(kernel: NDArray[Any], like: NDArray[Any], digits: int = 3) -> list[list[str]]:
    """The cells as text of one width, with decimals that show so many ``digits`` of the largest of ``like``.

    >>> numbers(np.array([[-0.001, 12.5]]), np.array([[2.0]]))
    [['  0.00', ' 12.50']]
    """
    largest = float(np.abs(like).max())
    if largest and not 1e-4 <= largest < 1e6:
        texts = [[f"{value:.1e}" for value in row] for row in kernel.tolist()]
    else:
        places = min(max(digits - 1 - math.floor(math.log10(largest)), 0), 6) if largest else 2
        # + 0.0 makes -0.0 what it is.
        texts = [[f"{round(value, places) + 0.0:.{places}f}" for value in row] for row in kernel.tolist()]
    width = max(len(text) for row in texts for text in row) + 1
    return [[text.rjust(width) for text in row] for row in texts]


def signs(kernel: NDArray[Any]) -> list[list[str]]:
    """The cells as two characters: ``++`` and ``--`` from half of the largest, ``+``, ``-`` or a dot below.

    >>> for row in signs(np.array([[1, 0.3, 0], [-1, -0.3, 0.01]])): print("".join(row).rstrip())
    +++ .
    --- .
    """
    shares = (kernel / (np.abs(kernel).max() or 1)).tolist()
    return [[_sign(share) for share in row] for row in shares]


def _sign(share: float) -> str:
    if abs(share) < _SOME:
        return ". "
    sign = "+" if share > 0 else "-"
    return sign * 2 if abs(share) >= _STRONG else sign + " "


def block(
    kernel: NDArray[Any], heading: Sequence[str], *, like: NDArray[Any] | None = None, room: int = 0
) -> Block:
    """A kernel as numbers that fit into ``room`` columns, as precise as ``like`` wants it; else as signs."""
    texts = signs(kernel) if like is None else numbers(kernel, like)
    if like is not None and sum(map(len, texts[0])) > room:
        texts = signs(kernel)
    shares = (kernel / (np.abs(kernel).max() or 1)).tolist()
    rows = (tuple(zip(row, share, strict=True)) for row, share in zip(texts, shares, strict=True))
    return Block(tuple(heading), tuple(rows))


def lay(result: Text, blocks: Sequence[Block], width: int, gap: int = 4) -> None:
    """Append ``blocks`` to ``result``, as many side by side as ``width`` takes."""
    wide = max(each.width for each in blocks)
    across = max((width + gap) // (wide + gap), 1)
    for first in range(0, len(blocks), across):
        group = blocks[first : first + across]
        for lines in zip(*(each.heading for each in group), strict=True):
            result.append((" " * gap).join(line.ljust(wide) for line in lines).rstrip() + "\n", "bold")
        for rows in zip(*(each.rows for each in group), strict=True):
            for number, cells in enumerate(rows):
                for text, share in cells:
                    result.append(text, sign_style(share))
                used = sum(len(text) for text, _ in cells)
                result.append(" " * (wide - used + gap) if number < len(rows) - 1 else "\n")
        result.append("\n")


def sign_style(share: float) -> str:
    """The colour of a number that is so large by the largest; plain blue is not readable on black."""
    return "dim" if abs(share) < _WEAK else "red" if share > 0 else "bright_blue"


def middle(count: int, most: int, around: int | None = None) -> slice:
    """Of ``count`` rows at most ``most``: those in the middle, or as near as can be ``around`` one.

    >>> middle(13, 7), middle(3, 7), middle(13, 7, around=12)
    (slice(3, 10, None), slice(0, 3, None), slice(6, 13, None))
    """
    shown = min(count, most)
    begin = (count - shown) // 2 if around is None else min(max(around - shown // 2, 0), count - shown)
    return slice(begin, begin + shown)
