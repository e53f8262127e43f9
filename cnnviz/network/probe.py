"""From one unit of a network back to the last multiplication that its value comes from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cnnviz.errors import UsageError
from cnnviz.expressions import shape_text
from cnnviz.geometry import Pair
from cnnviz.network import operations as op
from cnnviz.network.shapes import LayerShape, NetworkShapes
from cnnviz.network.spec import INPUT, Layer, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IN_PLACE: Final = (
    *(op.Activation, op.LeakyRelu, op.PRelu, op.Elu, op.BatchNorm, op.LocalResponseNorm, op.Dropout),
)
"""Layers whose units have one unit of the same place behind them."""

_HANDED_ON: Final = (op.Concat, op.Pad, op.Upsample)
"""Layers whose units are those of a layer before them, in another map or at another place."""

_WEIGHED: Final = {
    "softmax": "all channels there",
    "lrn": "its neighbour channels",
}
"""Layers that hold a unit against others, by their kinds."""


PADDING: Final = "padding"
"""Why a unit has its value that no unit is behind."""


class Unit(NamedTuple):
    """A unit: its layer, its map, its place, and its value; ``why`` says where the value comes from."""

    layer: str
    kind: str
    channel: int
    at: Pair
    value: float
    why: str = ""


def path(shapes: NetworkShapes, name: str, channel: int) -> list[str]:
    """The layers from ``name`` back to the one that makes its ``channel``, and what that one reads."""
    names = [name]
    while names[-1] != INPUT:
        layer = shapes[names[-1]]
        behind = _behind(layer, channel)
        source, channel = behind or (layer.layer.inputs[0], channel)
        names.append(source)
        if behind is None:
            break
    return names


def _behind(layer: LayerShape, channel: int) -> tuple[str, int] | None:
    """Where the values of ``channel`` come from, a layer and its channel; None where they are worked out."""
    operation = layer.layer.operation
    blended = isinstance(operation, op.Upsample) and operation.mode != "nearest"
    one_by_one = isinstance(operation, (*_IN_PLACE, *_HANDED_ON)) or _keeps_the_largest(layer.layer)
    if blended or not one_by_one or None in (layer.sights[0] or ()):
        return None
    for source, shape in zip(layer.layer.inputs, layer.inputs, strict=True):
        if channel < shape[0]:
            return source, channel
        channel -= shape[0]
    return None


def _keeps_the_largest(layer: Layer) -> bool:
    """Whether it is max pooling; of whole maps, or adaptive, it is one operation with its mean."""
    pools = op.GlobalPool, op.AdaptivePool
    return isinstance(layer.operation, op.MaxPool) or (
        isinstance(layer.operation, pools) and layer.kind.endswith("maxpool")
    )


def check(shape: Shape, name: str, channel: int, at: Pair | None) -> None:
    """Refuse a unit that is not in the output (``shape``) of the layer ``name``; raises `UsageError`."""
    if len(shape) != 3:
        what = "a vector" if len(shape) == 1 else f"{shape_text(shape)} numbers"
        raise UsageError(f"{name} puts out {what}; its units have no place in the picture")
    count, height, width = shape
    if not 0 <= channel < count:
        raise UsageError(f"{name} has no map {channel}; they are 0 to {count - 1}")
    if at is not None and not (at[0] < height and at[1] < width):
        raise UsageError(
            f"{name} has no unit {at[0]},{at[1]}; its maps have rows 0 to {height - 1} and "
            f"columns 0 to {width - 1}"
        )


def find(
    shapes: NetworkShapes, outputs: Mapping[str, NDArray[Any]], name: str, channel: int, at: Pair | None
) -> list[Unit]:
    """The unit of ``channel`` at ``at`` (None: the largest of its map), and those that its value comes from.

    ``outputs`` holds the output (C, H, W) of every layer on the `path`. The last unit is that of a
    convolution, of a layer behind which no single unit stands, or of padding.

    Raises
    ------
    UsageError
        For a unit that is not there.
    """
    values = outputs[name]
    check(values.shape, name, channel, at)
    if at is None:
        at = divmod(int(values[channel].argmax()), values.shape[2])
    units: list[Unit] = []
    while True:
        layer = shapes[name]
        here = Unit(name, layer.layer.kind, channel, at, float(outputs[name][channel, at[0], at[1]]))
        behind = _behind(layer, channel)
        if behind is None or behind[0] == INPUT:
            return [*units, here]
        cells = _cells(layer, at)
        if not cells:
            return [*units, here._replace(why=PADDING)]
        name, channel = behind
        read = {cell: float(outputs[name][channel, cell[0], cell[1]]) for cell in cells}
        at = max(read, key=read.__getitem__)
        units.append(here._replace(why=_why(layer.layer, name, at, read[at])))


def _cells(layer: LayerShape, at: Pair) -> list[Pair]:
    """The cells behind the unit at ``at``: those of a pooling window, else one; none where it is padding."""
    fields = layer.sights[0] or (None, None)
    rows, columns = (
        range(n) if field is None else sorted(field.seen({unit}, n))
        for field, unit, n in zip(fields, at, layer.inputs[0][1:], strict=True)
    )
    return list(product(rows, columns))


def _why(layer: Layer, source: str, at: Pair, value: float) -> str:
    """How the unit has its value from the one at ``at`` of ``source``."""
    if _keeps_the_largest(layer):
        return f"the largest of its window, from row {at[0]}, column {at[1]} of {source}"
    if isinstance(layer.operation, _HANDED_ON):
        return f"handed on from {source}"
    against = _WEIGHED.get(layer.kind)
    return f"of {value:.4g} in {source}" + (f", held against {against}" if against else "")
