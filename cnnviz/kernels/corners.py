"""Matched filters: the shape itself, less its mean, so that a flat region gives 0."""

from __future__ import annotations

from cnnviz.kernels.kernel import Named
from cnnviz.kernels.rows import Rows, turned

_SOURCE = (
    "template less its mean (a matched filter): Duda & Hart, Pattern Classification and Scene Analysis (1973)"
)
_NORTH_WEST: Rows = ((-4, -4, -4), (-4, 5, 5), (-4, 5, 5))
_CORNERS = {"nw": "upper left", "sw": "lower left", "se": "lower right", "ne": "upper right"}

CORNERS: tuple[Named, ...] = (
    *(
        Named(
            f"corner-{direction}",
            turned(_NORTH_WEST, 90 * quarters),
            "9 x (a bright 2x2 block - its mean 4/9)",
            _SOURCE,
            f"the {words} corner of something bright",
            "corners",
        )
        for quarters, (direction, words) in enumerate(_CORNERS.items())
    ),
    Named(
        "cross",
        ((-5, 4, -5), (4, 4, 4), (-5, 4, -5)),
        "9 x (a bright cross of 5 cells - its mean 5/9)",
        _SOURCE,
        "crossings of a bright horizontal and a bright vertical line",
        "corners",
    ),
)
