"""Receptive fields along one axis: which cells of an input each unit of an output sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Final, NamedTuple

MAX_PERIOD: Final = 256
"""The longest pattern of differing units that is followed; adaptive pools after each other could make any."""


MAX_CELL: Final = 10**30
"""The farthest cell followed; a thousand strides of 65536 make a number that Python will not write."""


class Field(NamedTuple):
    """Unit ``u`` sees the cells ``lows[u % period] + (u // period) * shift`` to ``highs[...] + ...``.

    The period is ``len(lows)``. It is 1 after convolutions and pools: every unit sees as much as the one
    before, ``shift`` cells further on. Behind a transposed convolution by 2 it is 2: units at even and at odd
    places (its phases) see differently. A unit that sees nothing has a high below its low. ``aligned`` is
    false once paths of different centres have been joined. A single dilated layer sees every ``gap``-th of
    these cells; through several layers what lies between is not kept apart.

    Cells are positions in the input; below 0, or from its size on, they lie in the padding.

    >>> first = Field.sliding(kernel=7, stride=2, pad=3)
    >>> second = Field.sliding(kernel=3, stride=2, pad=1).through(first)
    >>> second.size, second.jump, second.start, second.cells(0)
    (11, Fraction(4, 1), Fraction(0, 1), (-5, 5))
    """

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    shift: int = 1
    aligned: bool = True
    gap: int = 1

    @classmethod
    def sliding(cls, kernel: int, stride: int = 1, pad: int = 0, dilation: int = 1) -> Field:
        """The field of a window: ``pad`` is the padding before the first cell."""
        return cls((-pad,), (dilation * (kernel - 1) - pad,), stride, gap=dilation)

    @classmethod
    def spread(cls, kernel: int, stride: int, pad: int = 0, dilation: int = 1) -> Field | None:
        """The field of a transposed convolution: cell i reaches the units i*stride - pad + dilation*tap.

        >>> Field.spread(kernel=4, stride=2, pad=1)
        Field(lows=(-1, 0), highs=(0, 1), shift=1, aligned=True, gap=1)
        """
        if stride > MAX_PERIOD:
            return None
        lows, highs = [], []
        every = stride // gcd(stride, dilation)  # the taps that a unit gets lie this far apart
        for unit in range(stride):
            hits = (tap for tap in range(min(kernel, every)) if (unit + pad - dilation * tap) % stride == 0)
            first = next(hits, None)
            if first is None:
                highs.append((unit + pad) // stride)
                lows.append(highs[-1] + 1)
            else:
                last = first + (kernel - 1 - first) // every * every
                highs.append((unit + pad - dilation * first) // stride)
                lows.append((unit + pad - dilation * last) // stride)
        return cls(tuple(lows), tuple(highs), gap=dilation // gcd(stride, dilation))

    @classmethod
    def adaptive(cls, n: int, output: int) -> Field | None:
        """The field of PyTorch's adaptive pooling: from floor(u*n/output) to before ceil((u+1)*n/output).

        >>> Field.adaptive(6, 3), Field.adaptive(5, 2)
        (Field(lows=(0,), highs=(1,), shift=2, aligned=True, gap=1),
         Field(lows=(0, 2), highs=(2, 4), shift=5, aligned=True, gap=1))
        """
        period = output // gcd(n, output)
        if period > MAX_PERIOD:
            return None
        return cls(
            tuple(unit * n // output for unit in range(period)),
            tuple(-(-(unit + 1) * n // output) - 1 for unit in range(period)),
            n * period // output,
        )

    @property
    def period(self) -> int:
        """After how many units the pattern repeats."""
        return len(self.lows)

    @property
    def size(self) -> int:
        """How many cells a unit sees, the largest over the phases."""
        return max(high - low + 1 for low, high in zip(self.lows, self.highs, strict=True))

    @property
    def jump(self) -> Fraction:
        """How far apart neighbouring units' fields are, on average: the effective stride."""
        return Fraction(self.shift, self.period)

    @property
    def start(self) -> Fraction:
        """The centre of the first unit's field."""
        return Fraction(self.lows[0] + self.highs[0], 2)

    @property
    def exact(self) -> bool:
        """Whether every unit sees ``size`` cells, centred on ``start + unit * jump``, whatever the path."""
        if self.period == 1:
            return self.aligned
        return self.aligned and all(
            high - low + 1 == self.size and Fraction(low + high, 2) == self.start + unit * self.jump
            for unit, (low, high) in enumerate(zip(self.lows, self.highs, strict=True))
        )

    def cells(self, unit: int) -> tuple[int, int]:
        """The first and the last cell that ``unit`` sees; the last is before the first where it sees none."""
        turns, phase = divmod(unit, self.period)
        return self.lows[phase] + turns * self.shift, self.highs[phase] + turns * self.shift

    def seen(self, units: Iterable[int], n: int) -> set[int]:
        """Which of ``n`` cells the ``units`` of a single layer really see; the padding holds none.

        >>> sorted(Field.sliding(kernel=3, pad=2, dilation=2).seen([0, 1], 9))
        [0, 1, 2, 3]
        """
        found: set[int] = set()
        for unit in units:
            low, high = self.cells(unit)
            found.update(range(low if low >= 0 else low % self.gap, min(high + 1, n), self.gap))
        return found

    def hull(self, first: int, last: int) -> tuple[int, int]:
        """The cells that the units ``first`` to ``last`` see together, from the lowest to the highest."""
        # Behind a dilated transposed kernel a later phase may reach lower; a whole period later none does.
        head = [self.cells(unit) for unit in range(first, min(last + 1, first + self.period))]
        tail = [self.cells(unit) for unit in range(max(first, last + 1 - self.period), last + 1)]
        lows = [low for low, high in head if low <= high]
        highs = [high for low, high in tail if low <= high]
        return (min(lows), max(highs)) if lows and highs else (self.cells(first)[0], self.cells(first)[0] - 1)

    def through(self, inner: Field) -> Field | None:
        """What these units see through ``inner``, whose units are our cells.

        None beyond `MAX_PERIOD` or `MAX_CELL`.
        """
        if self == EACH:
            return inner
        period = self.period * inner.period // gcd(self.shift, inner.period)
        if period > MAX_PERIOD:
            return None
        lows, highs = [], []
        for unit in range(period):
            low, high = inner.hull(*self.cells(unit))
            lows.append(low)
            highs.append(high)
        shift = self.shift * (period // self.period) * inner.shift // inner.period
        if max(shift, *highs, -min(lows)) > MAX_CELL:
            return None
        return _simplest(lows, highs, shift, aligned=self.aligned and inner.aligned)

    def joined(self, other: Field) -> Field | None:
        """Both paths together: all that a unit sees on either; None where their jumps differ."""
        if self.jump != other.jump:
            return None
        period = lcm(self.period, other.period)
        if period > MAX_PERIOD:
            return None
        ours = [self.cells(unit) for unit in range(period)]
        theirs = [other.cells(unit) for unit in range(period)]
        centred = all(
            sum(a) == sum(b) for a, b in zip(ours, theirs, strict=True) if a[0] <= a[1] and b[0] <= b[1]
        )
        seen = [_both(a, b) for a, b in zip(ours, theirs, strict=True)]
        return _simplest(
            [low for low, _ in seen],
            [high for _, high in seen],
            self.shift * (period // self.period),
            aligned=self.aligned and other.aligned and centred,
        )


def _both(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    if a[1] < a[0] or b[1] < b[0]:
        return b if a[1] < a[0] else a
    return min(a[0], b[0]), max(a[1], b[1])


def _simplest(lows: Sequence[int], highs: Sequence[int], shift: int, *, aligned: bool) -> Field:
    """The same field with its shortest period."""
    period = len(lows)
    for short in range(1, period + 1):
        if period % short or shift * short % period:
            continue
        step = shift * short // period
        if all(
            (lows[unit] + step, highs[unit] + step) == (lows[unit + short], highs[unit + short])
            for unit in range(period - short)
        ):
            return Field(tuple(lows[:short]), tuple(highs[:short]), step, aligned)
    raise AssertionError("the whole period always repeats")


EACH: Final = Field((0,), (0,))
"""Every unit sees the cell at its own place."""
