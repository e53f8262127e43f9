"""What one can say about a kernel by looking at its coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cnnviz.kernels.relations import relation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cnnviz.kernels.kernel import Kernel

Factors: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]

TOLERANCE: Final = 1e-6
"""Relative to the largest singular value or coefficient: what is smaller counts as 0."""

_LARGEST_SVD = 512  # cells a side; a second or so beyond


@dataclass(frozen=True)
class Properties:
    """What `properties` found.

    ``rank`` is None where it was not worked out (over 512 cells a side); ``factors`` is (column, row), whose
    outer product is the kernel, exactly so for integers, and None unless the rank is 1. ``relation`` names
    the kernel of the catalogue it is or is made from; ``warning`` says what may surprise.
    """

    sum: float
    rank: int | None
    factors: Factors | None
    symmetry: tuple[str, ...]
    relation: str | None
    warning: str | None


def properties(kernel: Kernel) -> Properties:
    """Look at a 2-D ``kernel`` (kH, kW).

    >>> from cnnviz.kernels import read
    >>> found = properties(read(["2 0 -2; 4 0 -4; 2 0 -2"])[0].kernels[0])
    >>> found.sum, found.rank, found.factors, found.relation
    (0, 1, ((2, 4, 2), (1, 0, -1)), 'this is sobel-x times -2')

    Raises
    ------
    ValueError
        For a bank.
    """
    weight = kernel.weight
    if weight.ndim != 2:
        raise ValueError(f"properties are those of a 2-D kernel, not of {weight.shape}")
    rank, factors = _rank_and_factors(weight)
    return Properties(
        sum=_sum(weight),
        rank=rank,
        factors=factors,
        symmetry=_symmetry(weight),
        relation=relation(weight) if kernel.about is None else None,
        warning=_warning(weight),
    )


def _sum(weight: NDArray[Any]) -> float:
    values = weight.ravel().tolist()
    return sum(values) if weight.dtype.kind == "i" else fsum(values)


def _rank_and_factors(weight: NDArray[Any]) -> tuple[int | None, Factors | None]:
    import numpy as np

    if not weight.any():
        return 0, None
    if weight.dtype.kind == "i" and (exact := _integer_factors(weight)) is not None:
        return 1, exact
    if max(weight.shape) > _LARGEST_SVD:
        return None, None
    columns, sizes, rows = np.linalg.svd(weight.astype(np.float64))
    rank = int((sizes > TOLERANCE * sizes[0]).sum())
    if weight.dtype.kind == "i":  # of rank 1 up to the tolerance is not of rank 1
        return max(rank, 2), None
    if rank > 1:
        return rank, None
    scale = float(sizes[0]) ** 0.5
    column, row = (columns[:, 0] * scale).tolist(), (rows[0] * scale).tolist()
    return 1, _signed(tuple(column), tuple(row))


def _integer_factors(weight: NDArray[Any]) -> Factors | None:
    """Factors (column, row) of integers, the row divided by its common divisor; None unless rank 1."""
    import numpy as np

    cells: list[list[int]] = weight.tolist()
    first = next(row for row in cells if any(row))
    divisor = int(np.gcd.reduce(np.array(first, dtype=object)))
    row = [value // divisor for value in first]
    lead = next(place for place, value in enumerate(row) if value)
    column = [line[lead] // row[lead] for line in cells]
    if any(line != [factor * value for value in row] for factor, line in zip(column, cells, strict=True)):
        return None
    return _signed(tuple(column), tuple(row))


def _signed(column: tuple[float, ...], row: tuple[float, ...]) -> Factors:
    """Turn both signs, if need be, so that a smoothing factor comes out positive."""
    total = fsum(column) + fsum(row)
    if total < -TOLERANCE * max(map(abs, column + row)):
        return tuple(-value for value in column), tuple(-value for value in row)
    return column, row


def _symmetry(weight: NDArray[Any]) -> tuple[str, ...]:
    import numpy as np

    flips = {
        "left to right": weight[:, ::-1],
        "top to bottom": weight[::-1],
        "under a turn by 180 degrees": weight[::-1, ::-1],
    }
    near = 0 if weight.dtype.kind == "i" else TOLERANCE * float(np.abs(weight).max())
    words = []
    for name, flipped in flips.items():
        if np.allclose(weight, flipped, rtol=0, atol=near):
            words.append(f"even {name}")
        elif np.allclose(weight, -flipped, rtol=0, atol=near):
            words.append(f"odd {name}")
    return tuple(words)


def _warning(weight: NDArray[Any]) -> str | None:
    total = _sum(weight)
    near = TOLERANCE * fsum(abs(value) for value in weight.ravel().tolist())
    if not (weight.min() < 0 < weight.max()) or abs(total) <= near or abs(total - 1) <= near:
        return None
    return f"its coefficients sum to {total:g}, not 0: a flat region of brightness v gives {total:g} v"
