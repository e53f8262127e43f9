"""How large a network may be that is run."""

from __future__ import annotations

from typing import Final

from cnnviz.errors import UsageError
from cnnviz.jobs.maps import MAX_VALUES
from cnnviz.network.shapes import NetworkShapes

MOST_PARAMETERS: Final = 1 << 30
MOST_MACS: Final = 10**13  # minutes of work


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
