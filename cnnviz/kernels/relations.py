"""How a kernel follows from one of the catalogue: turned, negated or scaled.

Mirrors are not needed: every mirror image of a kernel of the catalogue is a turned one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnviz.kernels.blur import binomial, box
from cnnviz.kernels.registry import NAMED
from cnnviz.kernels.rows import Rows, turned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_NEAR = 1e-6
_LARGEST_FAMILY = 31  # cells a side


def relation(weight: NDArray[Any]) -> str | None:
    """Say which kernel of the catalogue ``weight`` (kH, kW) is, or is made from; None if there is none.

    The simplest way is told: as it is, then moved, then scaled, then both.

    >>> import numpy as np
    >>> relation(np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]))
    'this is sobel-x turned by 180 degrees'
    """
    found = [
        (factor != 1, order, f"this is {name}{move}{_scale(factor)}")
        for name, rows in _known(weight.shape)
        if {len(rows), len(rows[0])} == set(weight.shape)
        for order, (move, moved) in enumerate(_moves(rows))
        if (factor := _factor(weight, moved)) is not None
    ]
    return min(found, key=lambda each: each[:2])[2] if found else None


def _known(shape: tuple[int, ...]) -> Iterator[tuple[str, Rows]]:
    """The kernels it could be; of the families those that everybody meets, which go before their twins."""
    if shape[0] == shape[1] <= _LARGEST_FAMILY:
        yield "box" if shape[0] == 3 else f"box:{shape[0]}", box(shape[0])
        yield "binomial" if shape[0] == 3 else f"binomial:{shape[0]}", binomial(shape[0])
    yield from ((name, named.rows) for name, named in NAMED.items())


def _moves(rows: Rows) -> Iterator[tuple[str, Rows]]:
    """``rows`` in every place they can be brought to, the plainest move first."""
    yield "", rows
    yield " turned by 180 degrees", turned(rows, 180)
    eighths = (45, 135, 225, 315) if len(rows) == len(rows[0]) == 3 else ()
    for degrees in (90, 270, *eighths):
        yield f" turned by {degrees} degrees counter-clockwise", turned(rows, degrees)


def _factor(weight: NDArray[Any], rows: Rows) -> float | None:
    """Return the number that makes ``weight`` of ``rows``, if there is one."""
    import numpy as np

    if weight.shape != (len(rows), len(rows[0])):
        return None
    given, base = weight.astype(np.float64), np.array(rows, dtype=np.float64)
    largest = np.unravel_index(np.abs(base).argmax(), base.shape)
    factor = float(given[largest] / base[largest])
    if factor == 0 or np.abs(given - factor * base).max() > _NEAR * np.abs(given).max():
        return None
    return round(factor) if abs(factor - round(factor)) < _NEAR and round(factor) else factor


def _scale(factor: float) -> str:
    if factor == 1:
        return ""
    return " negated" if factor == -1 else f" times {factor:g}"
