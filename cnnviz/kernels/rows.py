"""Small matrices as nested tuples, so that a registry of kernels needs no array library."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cnnviz.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

Rows: TypeAlias = tuple[tuple[float, ...], ...]

# The outer cells of a 3x3 kernel, clockwise from the upper left corner.
_RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def outer(column: Sequence[float], row: Sequence[float]) -> Rows:
    """Multiply ``column`` (kH) by ``row`` (kW): the separable kernel (kH, kW) with these factors.

    >>> outer((1, 2, 1), (-1, 0, 1))
    ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
    """
    return tuple(tuple(c * r for r in row) for c in column)


def times(rows: Rows, factor: float) -> Rows:
    """Every coefficient of ``rows`` times ``factor``."""
    return tuple(tuple(value * factor for value in row) for row in rows)


def turned(rows: Rows, degrees: float) -> Rows:
    """Turn ``rows`` counter-clockwise: by multiples of 90 degrees, or of 45 when 3x3 (the ring is turned).

    >>> turned(((-1, -1, -1), (0, 0, 0), (1, 1, 1)), 45)
    ((-1, -1, 0), (-1, 0, 1), (0, 1, 1))

    Raises
    ------
    UsageError
        For any other angle, which would need interpolation.
    """
    quarters, rest = divmod(degrees % 360, 90)
    for _ in range(int(quarters)):
        rows = tuple(zip(*rows, strict=True))[::-1]
    if rest == 0:
        return rows
    if rest == 45 and len(rows) == len(rows[0]) == 3:
        return _ring_turned(rows)
    raise UsageError(
        f"rotate is {degrees:g}, and the kernel is {len(rows)}x{len(rows[0])}; only multiples of 90 degrees "
        "(of 45 for 3x3) are exact"
    )


def _ring_turned(rows: Rows) -> Rows:
    cells = [list(row) for row in rows]
    for place, (row, column) in enumerate(_RING):
        to_row, to_column = _RING[place - 1]
        cells[to_row][to_column] = rows[row][column]
    return tuple(map(tuple, cells))
