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
from cnnviz.network.spec import INPUT, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IN_PLACE: Final = (
    *(op.Activation, op.LeakyRelu, op.PRelu, op.Elu, op.BatchNorm, op.LocalResponseNorm, op.Dropout),
)
"""Layers whose units have one unit of the same place behind them."""

_WEIGHED: Final = {
    "softmax": "all channels there",
    "lrn": "its neighbour channels",
}
"""Layers that hold a unit against others, by their kinds."""


class Unit(NamedTuple):
    """A unit: its layer, its map, its place, and its value; ``why`` says where the value comes from."""

    layer: str
    kind: str
    channel: int
    at: Pair
    value: float
    why: str = ""


def path(shapes: NetworkShapes, name: str) -> list[str]:
    """The layers from ``name`` back to the convolution that its values come from, and what that reads."""
    names = [name]
    while names[-1] != INPUT:
        layer = shapes[names[-1]]
        names.append(layer.layer.inputs[0])
        if not _goes_on(layer):
            break
    return names


def _goes_on(layer: LayerShape) -> bool:
    return isinstance(layer.layer.operation, (*_IN_PLACE, op.MaxPool))


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
    convolution, or of a layer behind which no single unit stands.

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
        value = float(outputs[name][channel, at[0], at[1]])
        here = Unit(name, layer.layer.kind, channel, at, value)
        source = layer.layer.inputs[0]
        if not _goes_on(layer) or source == INPUT:
            return [*units, here]
        if not isinstance(layer.layer.operation, _IN_PLACE):
            at = _largest(layer, outputs[source][channel], at)
            here = here._replace(
                why=f"the largest of its window, from row {at[0]}, column {at[1]} of {source}"
            )
        else:
            against = _WEIGHED.get(layer.layer.kind)
            weighed = f", held against {against}" if against else ""
            here = here._replace(why=f"of {outputs[source][channel, at[0], at[1]]:.4g} in {source}{weighed}")
        units.append(here)
        name = source


def _largest(layer: LayerShape, values: NDArray[Any], at: Pair) -> Pair:
    """The cell of the pooling window at ``at`` that won."""
    window: Any = layer.window
    return max(product(*window.cells(at)), key=lambda cell: float(values[cell]))
