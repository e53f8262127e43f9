"""How large a network may be that is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cnnviz.errors import UsageError
from cnnviz.jobs.maps import MAX_VALUES
from cnnviz.network.operations import Pool
from cnnviz.network.shapes import LayerShape, NetworkShapes

MOST_PARAMETERS: Final = 1 << 30
MOST_MACS: Final = 10**13  # minutes of work
MOST_STEPS: Final = 10**11  # minutes too: NumPy reads and writes memory where a product stays in the cache
MOST_LAYERS: Final = 10_000
MOST_HELD: Final = 1 << 29  # 2 GB


def check_size(found: NetworkShapes) -> None:
    """Refuse what would take more memory or time than anybody means, before any is taken."""
    largest = max(found.layers, key=lambda layer: layer.elements)
    for what, count, most in (
        ("layers", len(found.layers), MOST_LAYERS),
        ("parameters", found.parameters, MOST_PARAMETERS),
        (f"numbers in the output of {largest.name}", largest.elements, MAX_VALUES),
        ("multiply-accumulates", found.macs, MOST_MACS),
        ("numbers put out or compared by pools", sum(map(_steps, found.layers)), MOST_STEPS),
    ):
        if count > most:
            raise UsageError(f"the network has {count:,} {what}, more than the {most:,} that are run")


def _steps(layer: LayerShape) -> int:
    """The numbers it puts out, or those that a pool joins: the rows of each window, then what they leave."""
    if not isinstance(layer.layer.operation, Pool) or layer.window is None:
        return layer.elements
    (height, width), (rows, columns) = layer.window.output, layer.window.kernel
    across = max(layer.window.size[1], width)
    return layer.output[0] * height * (rows * across + columns * width)


def check_held(found: NetworkShapes, names: Iterable[str]) -> None:
    """Refuse layers whose outputs, in memory all at once, would take more than there may be."""
    count = sum(found[name].elements for name in names)
    if count > MOST_HELD:
        raise UsageError(
            f"the layers asked for put out {count:,} numbers, more than the {MOST_HELD:,} that are held at "
            "once; ask for fewer --layers, or a smaller --size"
        )
