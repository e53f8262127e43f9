"""What one unit sees of the picture: back from it, through every map on the way.

The walk stays inside the maps, so that it ends at the very pixels that are read; the receptive field that
goes forwards differs from them by what padding, gaps and left-over rows cut off.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from cnnviz.network import operations as op
from cnnviz.network.receptive_field import Extent
from cnnviz.network.shapes import NetworkShapes
from cnnviz.network.spec import INPUT

Sides: TypeAlias = tuple[tuple[int, int], tuple[int, int]]
"""First and last row, first and last column, all included."""


_UNPADDED: Final = (op.Upsample, op.ConvTransposed)
"""Layers whose outermost units have fewer cells, or the same ones twice, where others would be padded."""


class Seen(NamedTuple):
    """The rectangle of the picture that a unit sees.

    ``rectangle`` reaches into the padding (below 0, or from the picture's size on); ``pixels`` are those of
    the picture that are really read. None: none at all.
    """

    rectangle: Sides | None
    pixels: Sides | None


def seen_by(shapes: NetworkShapes, name: str, at: tuple[int, int]) -> Seen | None:
    """What the unit at row and column ``at`` of the layer ``name`` sees; None where that is not known.

    A unit that sees everything has the whole picture as both.
    """
    layer = shapes[name]
    if layer.view is Extent.UNKNOWN:
        return None
    size = shapes.input[1:]
    if isinstance(layer.view, Extent):
        whole = ((0, size[0] - 1), (0, size[1] - 1)) if len(size) == 2 else None
        return Seen(whole, whole)
    down, across = (_spanned(shapes, name, axis, at[axis]) for axis in (0, 1))
    rows, columns = (_walked_back(shapes, name, axis, at[axis]) for axis in (0, 1))
    return Seen(
        (down, across) if down and across else None,
        ((min(rows), max(rows)), (min(columns), max(columns))) if rows and columns else None,
    )


def _spanned(shapes: NetworkShapes, name: str, axis: int, unit: int) -> tuple[int, int] | None:
    """The first and last cell along ``axis``, of the picture or its padding, that a unit sees."""
    wanted: dict[str, tuple[int, int]] = {name: (unit, unit)}
    for layer in reversed(shapes.layers):
        units = wanted.pop(layer.name, None)
        if units is None:
            continue
        for source, shape, sight in zip(layer.layer.inputs, layer.inputs, layer.sights, strict=True):
            field = None if sight is None else sight[axis]
            if field is None:  # not behind a layer that has a view
                continue
            low, high = field.hull(*units)
            if isinstance(layer.layer.operation, _UNPADDED):
                low = low if units[0] < 0 else max(low, 0)
                high = high if units[1] >= layer.output[axis - 2] else min(high, shape[axis - 2] - 1)
            if low <= high:
                first, last = wanted.get(source, (low, high))
                wanted[source] = min(first, low), max(last, high)
    return wanted.get(INPUT)


def _walked_back(shapes: NetworkShapes, name: str, axis: int, unit: int) -> set[int]:
    """The pixels along ``axis`` that a unit reads, by way of the very cells of every map between."""
    wanted: dict[str, set[int]] = {name: {unit}}
    for layer in reversed(shapes.layers):
        units = wanted.pop(layer.name, set())
        if not units:
            continue
        for source, shape, sight in zip(layer.layer.inputs, layer.inputs, layer.sights, strict=True):
            n = shape[axis - 2]  # height and width are the last two, whatever stands before them
            field = None if sight is None else sight[axis]
            # A layer that sees everything, or too much to say what: no cell is left out.
            cells = set(range(n)) if field is None else field.seen(units, n)
            wanted[source] = wanted.get(source, set()) | cells
    return wanted.get(INPUT, set())
