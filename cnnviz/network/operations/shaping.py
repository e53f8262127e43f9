"""Layers that change the shape and no value: flatten, pad, upsample."""

from __future__ import annotations

from math import prod

from cnnviz.geometry import Field, Padding, Pair, resolve_pads
from cnnviz.geometry.fields import MAX_PERIOD
from cnnviz.network.operations.checks import maps
from cnnviz.network.spec import Operation, Shape, Sight


class Flatten(Operation):
    """All numbers in one vector, channel by channel, row by row."""

    def output(self, *inputs: Shape) -> Shape:
        """(C*H*W,)."""
        return (prod(inputs[0]),)

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:  # whatever they are
        """Places are no longer kept apart: everything."""
        return (None,)


class Pad(Operation):
    """Zeros added around, or another ``value``."""

    padding: Padding
    value: float = 0.0

    def output(self, *inputs: Shape) -> Shape:
        """(C, top + H + bottom, left + W + right)."""
        channels, height, width = maps(inputs[0])
        (top, bottom), (left, right) = self.pads
        return channels, top + height + bottom, left + width + right

    @property
    def pads(self) -> tuple[Pair, Pair]:
        """((top, bottom), (left, right))."""
        return resolve_pads(self.padding, (1, 1), (1, 1), (1, 1), (1, 1))

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:  # whatever they are
        """Each its own cell."""
        (top, _), (left, _) = self.pads
        return ((Field.sliding(1, 1, top), Field.sliding(1, 1, left)),)


class Upsample(Operation):
    """``scale`` times as large: cells repeated (nearest) or blended (bilinear, corners not aligned)."""

    scale: Pair
    mode: str = "nearest"

    def output(self, *inputs: Shape) -> Shape:
        """(C, scale * H, scale * W)."""
        channels, height, width = maps(inputs[0])
        return channels, height * self.scale[0], width * self.scale[1]

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:  # whatever they are
        """The cell that is repeated, or the neighbours that are blended."""
        along = nearest if self.mode == "nearest" else bilinear
        return ((along(self.scale[0]), along(self.scale[1])),)


def nearest(scale: int) -> Field | None:
    """Unit u shows cell u // scale.

    >>> nearest(2)
    Field(lows=(0, 0), highs=(0, 0), shift=1, aligned=True, gap=1)
    """
    return Field((0,) * scale, (0,) * scale) if scale <= MAX_PERIOD else None


def bilinear(scale: int) -> Field | None:
    """Unit u lies at (u + 1/2)/scale - 1/2 between the cells on both sides.

    >>> bilinear(2)
    Field(lows=(-1, 0), highs=(0, 1), shift=1, aligned=True, gap=1)
    """
    if scale > MAX_PERIOD:
        return None
    doubled = [2 * unit + 1 - scale for unit in range(scale)]  # the place, times 2 * scale
    return Field(
        tuple(place // (2 * scale) for place in doubled),
        tuple(-(-place // (2 * scale)) for place in doubled),
    )
