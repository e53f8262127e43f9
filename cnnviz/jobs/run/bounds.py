"""How large a network may be that is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cnnviz.errors import UsageError
from cnnviz.jobs.maps import MAX_VALUES
from cnnviz.network.shapes import NetworkShapes

MOST_PARAMETERS: Final = 1 << 30
MOST_MACS: Final = 10**13  # minutes of work
MOST_HELD: Final = 1 << 29  # 2 GB


def check_size(found: NetworkShapes) -> None:
    """Refuse what would take more memory or time than anybody means, before any is taken."""
    largest = max(found.layers, key=lambda layer: layer.elements)
    for what, count, most in (
        ("parameters", found.parameters, MOST_PARAMETERS),
        (f"numbers in the output of {largest.name}", largest.elements, MAX_VALUES),
        ("multiply-accumulates", found.macs, MOST_MACS),
    ):
        if count > most:
            raise UsageError(f"the network has {count:,} {what}, more than the {most:,} that are run")


def check_held(found: NetworkShapes, names: Iterable[str]) -> None:
    """Refuse layers whose outputs, in memory all at once, would take more than there may be."""
    count = sum(found[name].elements for name in names)
    if count > MOST_HELD:
        raise UsageError(
            f"the layers asked for put out {count:,} numbers, more than the {MOST_HELD:,} that are held at "
            "once; ask for fewer --layers, or a smaller --size"
        )
