"""Numbers that stand together are written alike: with the same decimals, in the same power of ten."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from cnnviz.render.lines import number_text

_MOST_EXACT: Final = 2  # decimals that are written where they say all
_PLAIN: Final = (-1, 4)  # powers of ten whose numbers are written out
_LONGEST: Final = 15
"""Digits, before and after the point, that a float can be trusted with."""


class Digits(NamedTuple):
    """``decimals`` behind the point, of numbers in units of ten to the ``power``."""

    decimals: int = 0
    power: int = 0

    def text(self, value: float) -> str:
        """Write one; integers stay exact, and only a true zero is ``0`` among decimals.

        >>> [Digits(2, -3).text(value) for value in (0.00492, -0.000001, 0.0)], Digits(2).text(-55)
        (['4.92', '0.00', '0'], '-55')
        """
        if not value or (isinstance(value, int) and not self.power):
            return str(int(value))
        return f"{Decimal(value).scaleb(-self.power):z.{self.decimals}f}"

    @property
    def unit(self) -> str:
        """What the numbers are to be taken times, for a heading.

        >>> Digits(2, -3).unit, Digits().unit
        (' (times 0.001)', '')
        """
        return f" (times {10.0**self.power:g})" if self.power else ""


def of_cells(values: Sequence[float], widest: int, digits: int = 3) -> Digits:
    """What a grid is written in: exactly in at most ``widest`` characters, else to ``digits`` of the largest.

    >>> of_cells([0.25, -1], 7), of_cells([0.00492, 0.0398], 7), of_cells([-1234567, 1], 7)
    (Digits(decimals=2, power=0), Digits(decimals=2, power=-2), Digits(decimals=2, power=6))
    """
    for decimals in range(_MOST_EXACT + 1):
        exact = Digits(decimals)
        if _holds(values, decimals) and max(len(exact.text(value)) for value in values) <= widest:
            return exact
    power = _power(values)
    if _PLAIN[0] <= power <= _PLAIN[1]:
        return Digits(max(digits - 1 - power, 0))
    return Digits(digits - 1, power)


def of_sums(values: Sequence[float], result: float) -> Callable[[float], str]:
    """How sums and what they add up to are written, so that one can check them: with the same decimals.

    Four digits of the largest of ``values``, and two of the ``result``.

    >>> write = of_sums([12.3456, 0.1], 0.1)
    >>> write(12.3456), write(0.1), of_sums([462410770.0, 1093812312.0], 1)(1093812312.0)
    ('12.35', '0.10', '1093812312')
    """
    if not any(values):
        return number_text
    power = _power(values)
    exact = next((decimals for decimals in range(_MOST_EXACT + 1) if _holds(values, decimals)), None)
    decimals = max(3 - power, 1 - _power([result]) if result else 0, 0) if exact is None else exact
    return Digits(decimals).text if decimals + max(power, 0) < _LONGEST else number_text


def _holds(values: Sequence[float], decimals: int) -> bool:
    """Whether so many decimals lose nothing; a float32 is taken for the decimal number it stands for."""
    return all(math.isclose(value, round(value, decimals), rel_tol=1e-7) for value in values)


def _power(values: Sequence[float]) -> int:
    """Of ten, that the largest of ``values`` has."""
    largest = max(map(abs, values), default=0)
    return math.floor(math.log10(largest)) if largest else 0
