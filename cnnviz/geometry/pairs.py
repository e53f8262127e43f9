"""Pairs of integers, (vertical, horizontal), and what a dilated kernel spans."""

from __future__ import annotations

from typing import TypeAlias

from cnnviz.errors import ShapeError

Pair: TypeAlias = tuple[int, int]


def extent(k: int, d: int = 1) -> int:
    """How many input cells a dilated kernel spans: ``d * (k - 1) + 1``.

    >>> extent(3, 2)
    5
    """
    return d * (k - 1) + 1


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
        raise ShapeError(f"{name} is {value!r}; it must be {least} or more")
    return vertical, horizontal


def is_integer(value: object) -> bool:
    """Whether ``value`` counts (``True`` does not); NumPy's integers do, without importing NumPy."""
    return not isinstance(value, bool) and hasattr(value, "__index__") and not hasattr(value, "__len__")
