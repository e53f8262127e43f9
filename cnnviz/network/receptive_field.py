"""Receptive fields through a network: along every path, and back from one unit to the picture.

Forwards, a field is the hull of what a unit sees on any path, as cells of the picture and of the padding
around it, as if every map went on for ever. Backwards, `seen_by` stays inside every map on the way, so that
it names the very pixels; the two differ by what padding, gaps and left-over rows cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from cnnviz.geometry import EACH, Field
from cnnviz.network.spec import INPUT, Shape, Sight

if TYPE_CHECKING:
    from cnnviz.network.shapes import NetworkShapes


class Extent(Enum):
    """Fields that are no rectangle of a size."""

    WHOLE = "all"
    """The whole picture: behind flatten, linear layers and global pools."""
    UNKNOWN = "?"
    """Behind an unknown operator, where paths have different jumps, or after too long a pattern."""


View: TypeAlias = tuple[Field, Field] | Extent
"""What the units of a layer see of the picture, down and across."""


def first_view(shape: Shape) -> View:
    """What the picture sees of itself; a vector has no places."""
    return (EACH, EACH) if len(shape) == 3 else Extent.WHOLE


def composed(sight: Sight, inner: View) -> View:
    """What units see of the picture that see ``sight`` of a layer whose own view is ``inner``."""
    if sight is None or inner is Extent.WHOLE:
        return Extent.WHOLE
    if isinstance(inner, Extent):
        return inner
    fields = [outer and outer.through(deeper) for outer, deeper in zip(sight, inner, strict=True)]
    vertical, horizontal = fields
    return Extent.UNKNOWN if vertical is None or horizontal is None else (vertical, horizontal)


def joined(views: Sequence[View]) -> View:
    """All paths together; unknown where their jumps differ."""
    if Extent.WHOLE in views:
        return Extent.WHOLE
    first, *others = views
    for other in others:
        if isinstance(first, Extent) or isinstance(other, Extent):
            return Extent.UNKNOWN
        vertical, horizontal = (a.joined(b) for a, b in zip(first, other, strict=True))
        if vertical is None or horizontal is None:
            return Extent.UNKNOWN
        first = (vertical, horizontal)
    return first


def different_jumps(views: Sequence[View]) -> bool:
    """Whether paths meet whose units lie differently far apart: no unit sees one place on both."""
    jumps = {tuple(field.jump for field in view) for view in views if not isinstance(view, Extent)}
    return len(jumps) > 1


class Seen(NamedTuple):
    """The rectangle of the picture that a unit sees, as first and last row and column, both included.

    ``rectangle`` reaches into the padding (below 0, or from the picture's size on); ``pixels`` are those of
    the picture that are really read. None: none at all.
    """

    rectangle: tuple[tuple[int, int], tuple[int, int]] | None
    pixels: tuple[tuple[int, int], tuple[int, int]] | None


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
    rectangle = [field.cells(unit) for field, unit in zip(layer.view, at, strict=True)]
    rows, columns = (_walked_back(shapes, name, axis, at[axis]) for axis in (0, 1))
    return Seen(
        (rectangle[0], rectangle[1]) if all(low <= high for low, high in rectangle) else None,
        ((min(rows), max(rows)), (min(columns), max(columns))) if rows and columns else None,
    )


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
